import asyncio
import json
import os

from robyn import Response, Robyn, SSEMessage, SSEResponse
from turn import messages, model, save

app = Robyn(__file__)
running = set()


@app.post("/naive")
async def naive(request):
    question = json.loads(request.body)

    async def answer():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            yield SSEMessage(json.dumps({"text": piece}))
        yield SSEMessage("[DONE]")
        await save(question["id"], text)

    return SSEResponse(answer())


@app.post("/right")
async def right(request):
    question, queue = json.loads(request.body), asyncio.Queue()

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

    async def answer():
        while (data := await queue.get()) is not None:
            yield SSEMessage(data)

    return SSEResponse(answer())


@app.get("/messages/:id")
async def message(request):
    found = messages.get(request.path_params["id"])
    return Response(200 if found else 404, {"content-type": "application/json"}, json.dumps(found))


app.start(host="127.0.0.1", port=int(os.environ["PORT"]))
