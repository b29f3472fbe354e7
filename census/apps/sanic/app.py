import asyncio
import json
import os

from sanic import Sanic
from sanic.response import json as as_json
from turn import messages, model, save

app = Sanic("census")


@app.post("/naive")
async def naive(request):
    question, text = request.json, ""
    response = await request.respond(content_type="text/event-stream")
    async for piece in model(question["message"]):
        text += piece
        await response.send("data: " + json.dumps({"text": piece}) + "\n\n")
    await response.send("data: [DONE]\n\n")
    await save(question["id"], text)


@app.post("/right")
async def right(request):
    question, queue = request.json, asyncio.Queue()

    async def generate():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            queue.put_nowait(json.dumps({"text": piece}))
        await save(question["id"], text)
        queue.put_nowait("[DONE]")
        queue.put_nowait(None)

    request.app.add_task(generate())
    response = await request.respond(content_type="text/event-stream")
    while (data := await queue.get()) is not None:
        await response.send(f"data: {data}\n\n")


@app.get("/messages/<id>")
async def message(request, id):
    found = messages.get(id)
    return as_json(found, 200 if found else 404)


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]), single_process=True, access_log=False, motd=False)
