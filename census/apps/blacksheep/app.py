import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass

from blacksheep import Application, FromJSON, get, json, not_found, post
from blacksheep.server.sse import ServerSentEvent, ServerSentEventsResponse, TextServerSentEvent
from turn import messages, model, save

app = Application()
running = set()


@dataclass
class Question:
    id: str
    message: str


@post("/naive")
async def naive(data: FromJSON[Question]) -> ServerSentEventsResponse:
    question = data.value

    async def answer() -> AsyncIterable[ServerSentEvent]:
        text = ""
        async for piece in model(question.message):
            text += piece
            yield ServerSentEvent({"text": piece})
        yield TextServerSentEvent("[DONE]")
        await save(question.id, text)

    return ServerSentEventsResponse(answer)


@post("/right")
async def right(data: FromJSON[Question]) -> ServerSentEventsResponse:
    question, queue = data.value, asyncio.Queue()

    async def generate():
        text = ""
        async for piece in model(question.message):
            text += piece
            queue.put_nowait(ServerSentEvent({"text": piece}))
        await save(question.id, text)
        queue.put_nowait(TextServerSentEvent("[DONE]"))
        queue.put_nowait(None)

    task = asyncio.create_task(generate())
    running.add(task)
    task.add_done_callback(running.discard)

    async def answer() -> AsyncIterable[ServerSentEvent]:
        while (event := await queue.get()) is not None:
            yield event

    return ServerSentEventsResponse(answer)


@get("/messages/{id}")
async def message(id: str):
    return json(messages[id]) if id in messages else not_found()
