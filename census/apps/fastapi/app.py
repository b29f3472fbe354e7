import asyncio
import json

from fastapi import BackgroundTasks, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from turn import messages, model, model_sync, save, save_sync

app = FastAPI()
running = set()


class Question(BaseModel):
    id: str
    message: str


def event(data):
    return f"data: {data}\n\n"


@app.post("/naive")
async def naive(question: Question):
    async def answer():
        text = ""
        async for piece in model(question.message):
            text += piece
            yield event(json.dumps({"text": piece}))
        yield event("[DONE]")
        await save(question.id, text)

    return StreamingResponse(answer(), media_type="text/event-stream")


@app.post("/sync")
def sync(question: Question):
    def answer():
        text = ""
        for piece in model_sync(question.message):
            text += piece
            yield event(json.dumps({"text": piece}))
        yield event("[DONE]")
        save_sync(question.id, text)

    return StreamingResponse(answer(), media_type="text/event-stream")


@app.post("/background")
async def background(question: Question, tasks: BackgroundTasks):
    pieces = []

    async def answer():
        async for piece in model(question.message):
            pieces.append(piece)
            yield event(json.dumps({"text": piece}))
        yield event("[DONE]")

    async def keep():
        await save(question.id, "".join(pieces))

    tasks.add_task(keep)
    return StreamingResponse(answer(), media_type="text/event-stream")


@app.post("/right")
async def right(question: Question):
    queue = asyncio.Queue()

    async def generate():
        text = ""
        async for piece in model(question.message):
            text += piece
            queue.put_nowait(json.dumps({"text": piece}))
        await save(question.id, text)
        queue.put_nowait("[DONE]")
        queue.put_nowait(None)

    task = asyncio.create_task(generate())
    running.add(task)
    task.add_done_callback(running.discard)

    async def answer():
        while (data := await queue.get()) is not None:
            yield event(data)

    return StreamingResponse(answer(), media_type="text/event-stream")


@app.get("/messages/{id}")
async def message(id: str):
    if id not in messages:
        raise HTTPException(404)
    return messages[id]
