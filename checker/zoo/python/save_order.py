"""When the save happens: before the end is said, after it, or some time."""
import asyncio

from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import StreamingResponse

from fastapi import FastAPI, Request

from framing import DONE, FINISH, deltas
from route import HEADERS, Question, app, detached, names, route, start
from turn import Turn


@route("save-after-done")
async def save_after_done(turn):
    async for event in deltas(turn.words()):
        yield event
    yield FINISH
    yield DONE
    await turn.save()


@route("save-between-finish-and-done")
async def save_between_finish_and_done(turn):
    async for event in deltas(turn.words()):
        yield event
    yield FINISH
    await turn.save()
    yield DONE


@route("save-before-finish")
async def save_before_finish(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH
    yield DONE


@route("detached", keep=True)
async def good(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH
    yield DONE


def fire_and_forget(delay_ms):
    async def save_later(turn):
        await asyncio.sleep(delay_ms / 1000)
        turn.save_now()

    @route(f"fire-and-forget-{delay_ms}", keep=True)
    async def answer(turn):
        async for event in deltas(turn.words()):
            yield event
        start(save_later(turn))
        yield FINISH
        yield DONE


for delay_ms in (0, 5, 50, 500):
    fire_and_forget(delay_ms)


@route("done-callback")
async def done_callback(turn):
    async def generate():
        async for event in deltas(turn.words()):
            queue.put_nowait(event)
        queue.put_nowait(FINISH)
        queue.put_nowait(DONE)

    queue = asyncio.Queue()
    start(generate()).add_done_callback(lambda task: start(turn.save()))
    while (event := await queue.get()) != DONE:
        yield event
    yield DONE


async def answer_until_done(turn):
    async for event in deltas(turn.words()):
        yield event
    yield FINISH
    yield DONE


def background_task(on, name, path):
    @on.post(path)
    async def chat(question: Question, request: Request):
        turn = Turn(question.message, request)
        return StreamingResponse(
            answer_until_done(turn),
            media_type="text/event-stream",
            headers={**HEADERS, "x-message-id": turn.id},
            background=BackgroundTask(turn.save),
        )

    names.append(name)


async def pass_on(request, call_next):
    return await call_next(request)


background_task(app, "background-task", "/background-task/chat")
under_middleware = FastAPI(openapi_url=None)
under_middleware.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
background_task(under_middleware, "background-task-under-middleware", "/chat")
app.mount("/background-task-under-middleware", under_middleware)
