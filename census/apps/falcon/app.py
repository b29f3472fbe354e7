import asyncio

import falcon.asgi
from falcon.asgi import SSEvent
from turn import messages, model, save

running = set()


class Naive:
    async def on_post(self, req, resp):
        question = await req.get_media()

        async def answer():
            text = ""
            async for piece in model(question["message"]):
                text += piece
                yield SSEvent(json={"text": piece})
            yield SSEvent(event="done", text="end")
            await save(question["id"], text)

        resp.sse = answer()


class Right:
    async def on_post(self, req, resp):
        question, queue = await req.get_media(), asyncio.Queue()

        async def generate():
            text = ""
            async for piece in model(question["message"]):
                text += piece
                queue.put_nowait(SSEvent(json={"text": piece}))
            await save(question["id"], text)
            queue.put_nowait(SSEvent(event="done", text="end"))
            queue.put_nowait(None)

        task = asyncio.create_task(generate())
        running.add(task)
        task.add_done_callback(running.discard)

        async def answer():
            while (event := await queue.get()) is not None:
                yield event

        resp.sse = answer()


class Message:
    async def on_get(self, req, resp, id):
        resp.status = 200 if id in messages else 404
        resp.media = messages.get(id)


app = falcon.asgi.App()
app.add_route("/naive", Naive())
app.add_route("/right", Right())
app.add_route("/messages/{id}", Message())
