import asyncio
import json
from dataclasses import dataclass

from litestar import Litestar, get, post
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import NotFoundException
from litestar.response import ServerSentEvent, ServerSentEventMessage
from turn import messages, model, save

running = set()
DONE = ServerSentEventMessage(event="done", data="end")


@dataclass
class Question:
    id: str
    message: str


@post("/naive", status_code=200)
async def naive(data: Question) -> ServerSentEvent:
    async def answer():
        text = ""
        async for piece in model(data.message):
            text += piece
            yield json.dumps({"text": piece})
        yield DONE
        await save(data.id, text)

    return ServerSentEvent(answer())


@post("/background", status_code=200)
async def background(data: Question) -> ServerSentEvent:
    pieces = []

    async def answer():
        async for piece in model(data.message):
            pieces.append(piece)
            yield json.dumps({"text": piece})
        yield DONE

    async def keep():
        await save(data.id, "".join(pieces))

    return ServerSentEvent(answer(), background=BackgroundTask(keep))


@post("/right", status_code=200)
async def right(data: Question) -> ServerSentEvent:
    queue = asyncio.Queue()

    async def generate():
        text = ""
        async for piece in model(data.message):
            text += piece
            queue.put_nowait(json.dumps({"text": piece}))
        await save(data.id, text)
        queue.put_nowait(DONE)
        queue.put_nowait(None)

    task = asyncio.create_task(generate())
    running.add(task)
    task.add_done_callback(running.discard)

    async def answer():
        while (event := await queue.get()) is not None:
            yield event

    return ServerSentEvent(answer())


@get("/messages/{id:str}")
async def message(id: str) -> dict:
    if id not in messages:
        raise NotFoundException
    return messages[id]


app = Litestar([naive, background, right, message])
