import json
import os

from aiohttp import web
from turn import messages, model, save


async def opened(request):
    response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
    await response.prepare(request)
    return response


async def write(response, data):
    await response.write(f"data: {data}\n\n".encode())


async def naive(request):
    question, text = await request.json(), ""
    response = await opened(request)
    async for piece in model(question["message"]):
        text += piece
        await write(response, json.dumps({"text": piece}))
    await write(response, "[DONE]")
    await save(question["id"], text)
    return response


async def right(request):
    question, text, reading = await request.json(), "", True
    response = await opened(request)
    async for piece in model(question["message"]):
        text += piece
        try:
            if reading:
                await write(response, json.dumps({"text": piece}))
        except ConnectionResetError:
            reading = False
    await save(question["id"], text)
    if reading:
        await write(response, "[DONE]")
    return response


async def message(request):
    found = messages.get(request.match_info["id"])
    return web.json_response(found, status=200 if found else 404)


app = web.Application()
app.add_routes([web.post("/naive", naive), web.post("/right", right), web.get("/messages/{id}", message)])
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
