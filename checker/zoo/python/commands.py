"""Stopping a generation, and asking for the same one twice."""
from fastapi import Request
from starlette.responses import JSONResponse, StreamingResponse

from framing import CANCELLED, DONE, FINISH, deltas
from log import Log
from route import HEADERS, Question, app, names, route, start
from turn import Turn

stopped = set()


async def until_stopped(turn):
    async for event in deltas(turn.words()):
        if turn.id in stopped:
            return
        yield event


def stoppable(name):
    @app.post(f"/{name}/stop/{{id}}")
    async def stop(id: str):
        stopped.add(id)
        return JSONResponse({"stopped": True})

    return route(name, keep=True)


@stoppable("stop")
async def stop_works(turn):
    async for event in until_stopped(turn):
        yield event
    if turn.id in stopped:
        await turn.save("cancelled")
        yield CANCELLED
        return
    await turn.save()
    yield FINISH
    yield DONE


@stoppable("stop-goes-on")
async def stop_goes_on(turn):
    """Says that it has stopped; the generation does not look."""
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH
    yield DONE


@stoppable("stop-loses-partial")
async def stop_loses_partial(turn):
    async for event in until_stopped(turn):
        yield event
    if turn.id in stopped:
        yield CANCELLED
        return
    await turn.save()
    yield FINISH
    yield DONE


async def answer(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH
    yield DONE


route("same-key-twice-generates-twice", keep=True)(answer)

by_key = {}


@app.post("/same-key-attaches/chat")
async def same_key_attaches(question: Question, request: Request):
    key = request.headers.get("idempotency-key") or object()
    if key not in by_key:
        turn = Turn(question.message, request)
        by_key[key] = turn, Log()
        start(by_key[key][1].fill(answer(turn)))
    turn, log = by_key[key]
    events = (event async for _, event in log.read())
    return StreamingResponse(events, media_type="text/event-stream", headers={**HEADERS, "x-message-id": turn.id})


names.append("same-key-attaches")
