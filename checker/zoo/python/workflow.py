"""Runs that outlive their connections: the AI SDK's WorkflowChatTransport asks again, behind the parts that it has read, until it has read
`finish`. A stop ends a run with `abort` in its place."""
import json

from fastapi import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from framing import DONE
from log import Log
from route import HEADERS, Question, app, names, start
from turn import Turn

runs = {}
stopped = set()


def part(type, **more):
    return f"data: {json.dumps({'type': type, **more})}\n\n"


async def run(turn):
    yield part("start", messageId=turn.id)
    yield part("text-start", id="0")
    end, status = "finish", "complete"
    async for word in turn.words():
        if turn.id in stopped:
            end, status = "abort", "cancelled"
            break
        yield part("text-delta", id="0", delta=word)
    await turn.save(status)
    yield part("text-end", id="0")
    yield part(end)


async def parts(log, after):
    async for _, each in log.read(after):
        yield each
    yield DONE  # of each response, and no part


def stream(log, id, after=0):
    named = {"x-message-id": id, "x-workflow-run-id": id, "x-vercel-ai-ui-message-stream": "v1"}
    return StreamingResponse(parts(log, after), media_type="text/event-stream", headers={**HEADERS, **named})


def workflow(name):
    """Registers what who comes back to a run is answered, `come_back(log, id, after)`."""

    def register(come_back):
        @app.post(f"/{name}/chat")
        async def chat(question: Question, request: Request):
            turn = Turn(question.message, request)
            log = runs[turn.id] = Log()
            start(log.fill(run(turn)))
            return stream(log, turn.id)

        @app.get(f"/{name}/chat/{{id}}/stream")
        async def again(id: str, startIndex: int = 0):
            return come_back(runs[id], id, startIndex) if id in runs else Response(status_code=404)

        @app.post(f"/{name}/stop/{{id}}")
        async def stop(id: str):
            stopped.add(id)
            return JSONResponse({"stopped": True})

        names.append(name)
        return come_back

    return register


@workflow("workflow-asked-for-ever")
def asked_for_ever(log, id, after):
    """A run that is over has no parts to come, and no answer that says so."""
    return stream(log, id, after)


@workflow("workflow-gone")
def gone(log, id, after):
    return Response(status_code=410) if log.over(after) else stream(log, id, after)
