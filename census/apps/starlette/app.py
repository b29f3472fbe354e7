import json

import anyio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from turn import messages, model, save


def event(data):
    return f"data: {data}\n\n"


async def naive(request):
    question = await request.json()

    async def answer():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            yield event(json.dumps({"text": piece}))
        yield event("[DONE]")
        await save(question["id"], text)

    return StreamingResponse(answer(), media_type="text/event-stream")


async def in_finally(request):
    question = await request.json()

    async def answer():
        text = ""
        try:
            async for piece in model(question["message"]):
                text += piece
                yield event(json.dumps({"text": piece}))
            yield event("[DONE]")
        finally:
            await save(question["id"], text)

    return StreamingResponse(answer(), media_type="text/event-stream")


async def right(request):
    question = await request.json()

    async def answer():
        text, status = "", "partial"
        try:
            async for piece in model(question["message"]):
                text += piece
                yield event(json.dumps({"text": piece}))
            status = "complete"
        finally:
            with anyio.CancelScope(shield=True):
                await save(question["id"], text, status)
        yield event("[DONE]")

    return StreamingResponse(answer(), media_type="text/event-stream")


async def message(request):
    found = messages.get(request.path_params["id"])
    return JSONResponse(found, 200 if found else 404)


app = Starlette(
    routes=[
        Route("/naive", naive, methods=["POST"]),
        Route("/finally", in_finally, methods=["POST"]),
        Route("/right", right, methods=["POST"]),
        Route("/messages/{id}", message),
    ]
)
