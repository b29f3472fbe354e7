import asyncio
import json

from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from turn import messages, model, save

running = set()


async def naive(request):
    question = await request.json()

    async def answer():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            yield {"event": "message", "data": json.dumps({"text": piece})}
        yield {"event": "end", "data": ""}
        await save(question["id"], text)

    return EventSourceResponse(answer())


async def right(request):
    question, queue = await request.json(), asyncio.Queue()

    async def generate():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            queue.put_nowait({"event": "message", "data": json.dumps({"text": piece})})
        await save(question["id"], text)
        queue.put_nowait({"event": "end", "data": ""})
        queue.put_nowait(None)

    task = asyncio.create_task(generate())
    running.add(task)
    task.add_done_callback(running.discard)

    async def answer():
        while event := await queue.get():
            yield event

    return EventSourceResponse(answer())


async def message(request):
    found = messages.get(request.path_params["id"])
    return JSONResponse(found, 200 if found else 404)


app = Starlette(
    routes=[
        Route("/naive", naive, methods=["POST"]),
        Route("/right", right, methods=["POST"]),
        Route("/messages/{id}", message),
    ]
)
