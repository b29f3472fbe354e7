import asyncio
import json
import os

from aiohttp import web
from aiohttp_sse import sse_response
from turn import messages, model, save

running = set()


async def naive(request):
    question, text = request.query, ""
    async with sse_response(request) as response:
        async for piece in model(question["message"]):
            text += piece
            await response.send(json.dumps({"text": piece}))
        await response.send("[DONE]")
    await save(question["id"], text)
    return response


async def right(request):
    question, queue = request.query, asyncio.Queue()

    async def generate():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            queue.put_nowait(json.dumps({"text": piece}))
        await save(question["id"], text)
        queue.put_nowait("[DONE]")
        queue.put_nowait(None)

    task = asyncio.create_task(generate())
    running.add(task)
    task.add_done_callback(running.discard)
    async with sse_response(request) as response:
        while (data := await queue.get()) is not None:
            await response.send(data)
    return response


async def message(request):
    found = messages.get(request.match_info["id"])
    return web.json_response(found, status=200 if found else 404)


app = web.Application()
app.add_routes([web.get("/naive", naive), web.get("/right", right), web.get("/messages/{id}", message)])
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
