from collections.abc import AsyncIterable

import anyio
from fastapi import FastAPI, HTTPException
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel
from turn import messages, model, save

app = FastAPI()


class Question(BaseModel):
    id: str
    message: str


@app.post("/naive", response_class=EventSourceResponse)
async def naive(question: Question) -> AsyncIterable[ServerSentEvent]:
    text = ""
    async for piece in model(question.message):
        text += piece
        yield ServerSentEvent(data={"text": piece})
    yield ServerSentEvent(raw_data="[DONE]")
    await save(question.id, text)


@app.post("/right", response_class=EventSourceResponse)
async def right(question: Question) -> AsyncIterable[ServerSentEvent]:
    text, status = "", "partial"
    try:
        async for piece in model(question.message):
            text += piece
            yield ServerSentEvent(data={"text": piece})
        status = "complete"
    finally:
        with anyio.CancelScope(shield=True):
            await save(question.id, text, status)
    yield ServerSentEvent(raw_data="[DONE]")


@app.get("/messages/{id}")
async def message(id: str):
    if id not in messages:
        raise HTTPException(404)
    return messages[id]
