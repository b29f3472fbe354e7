"""Right events that arrive late, compressed, mislabelled or in broken bytes; and unusual bytes that are right."""
import asyncio

from fastapi import FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response, StreamingResponse

from framing import DONE, FINISH, deltas
from route import HEADERS, Question, app, detached, names, route
from turn import Turn

HELD_UP_S = 0.37  # longer than an answer takes


async def good(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH
    yield DONE


route("wrong-content-type", keep=True, media_type="text/plain")(good)
route("cache-control-missing", keep=True, headers={})(good)
route("cache-control-public", keep=True, headers={"cache-control": "public, max-age=60"})(good)


@app.get("/cache-control-missing-get/chat")
async def cache_control_missing_get(message: str, request: Request):
    """A GET is what caches keep where nothing forbids it."""
    turn = Turn(message, request)
    return StreamingResponse(
        detached(good(turn)), media_type="text/event-stream", headers={"x-message-id": turn.id}
    )


names.append("cache-control-missing-get")

compressing = FastAPI(openapi_url=None)
compressing.add_middleware(GZipMiddleware)
route("gzip", keep=True, on=compressing)(good)
app.mount("/gzip", compressing)


@app.post("/buffered/chat")
async def buffered(question: Question, request: Request):
    turn = Turn(question.message, request)
    body = "".join([event async for event in good(turn)])
    return Response(body, media_type="text/event-stream", headers={**HEADERS, "x-message-id": turn.id})


@route("held-up-for-a-third-of-a-second", keep=True)
async def held_up(turn):
    """Nothing for as long as the answer takes, and then all of it: what a proxy makes of it that waits for the end."""
    held = asyncio.ensure_future(asyncio.sleep(HELD_UP_S))
    events = [event async for event in good(turn)]
    await held
    yield "".join(events)


@route("invalid-utf8", keep=True)
async def invalid_utf8(turn):
    async for event in good(turn):
        yield event.encode() if event != FINISH else b'data: {"choices":[],"note":"caf\xc3"}\n\n' + FINISH.encode()


@route("last-event-unfinished", keep=True)
async def last_event_unfinished(turn):
    async for event in good(turn):
        yield event if event != DONE else DONE.removesuffix("\n")


@route("unusual-but-right", keep=True)
async def unusual_but_right(turn):
    """A byte order mark, CR LF, no space after the colon, comments, a field that nobody knows."""
    yield "\ufeff: hello\r\n\r\n"
    async for event in good(turn):
        yield ":\r\nshape: round\r\n" + event.replace("data: ", "data:").replace("\n", "\r\n")


@route("cut-in-mid-character", keep=True)
async def cut_in_mid_character(turn):
    """Writes that end inside an event and inside a character, which is any network's right."""
    async for event in good(turn):
        event = event.replace('"model": "zoo"', '"model": "zoö 🦓"').encode()
        middle = event.find("🦓".encode()) + 2
        yield event[:middle]
        yield event[middle:]
