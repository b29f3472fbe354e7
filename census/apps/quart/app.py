import asyncio
import json

from quart import Quart, abort, make_response, request
from turn import messages, model, save

app = Quart(__name__)


async def streamed(generator):
    response = await make_response(generator, {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    response.timeout = None
    return response


@app.post("/naive")
async def naive():
    question = await request.get_json()

    async def answer():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            yield f"data: {json.dumps({'text': piece})}\n\n".encode()
        yield b"data: [DONE]\n\n"
        await save(question["id"], text)

    return await streamed(answer())


@app.post("/right")
async def right():
    question, queue = await request.get_json(), asyncio.Queue()

    async def generate():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            queue.put_nowait(json.dumps({"text": piece}))
        await save(question["id"], text)
        queue.put_nowait("[DONE]")
        queue.put_nowait(None)

    app.add_background_task(generate)

    async def answer():
        while (data := await queue.get()) is not None:
            yield f"data: {data}\n\n".encode()

    return await streamed(answer())


@app.get("/messages/<id>")
async def message(id):
    return messages.get(id) or abort(404)
