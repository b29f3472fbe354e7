import asyncio
import json
import os

from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler
from turn import messages, model, save


class Chat(RequestHandler):
    def prepare(self):
        self.question = json.loads(self.request.body)
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-cache")

    async def event(self, data):
        self.write(f"data: {data}\n\n")
        await self.flush()


class Naive(Chat):
    async def post(self):
        text = ""
        async for piece in model(self.question["message"]):
            text += piece
            await self.event(json.dumps({"text": piece}))
        await self.event("[DONE]")
        await save(self.question["id"], text)


class Right(Chat):
    async def post(self):
        text, reading = "", True
        async for piece in model(self.question["message"]):
            text += piece
            try:
                if reading:
                    await self.event(json.dumps({"text": piece}))
            except StreamClosedError:
                reading = False
        await save(self.question["id"], text)
        if reading:
            await self.event("[DONE]")


class Message(RequestHandler):
    def get(self, id):
        self.set_status(200 if id in messages else 404)
        self.finish(messages.get(id, {}))


async def main():
    app = Application([("/naive", Naive), ("/right", Right), ("/messages/(.*)", Message)], log_function=lambda _: None)
    app.listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
