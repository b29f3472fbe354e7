import asyncio
import json

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import Http404, JsonResponse, StreamingHttpResponse
from django.urls import path
from turn import messages, model, save

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="census", LOGGING_CONFIG=None)
django.setup()
saving = set()


def event(data):
    return f"data: {data}\n\n"


async def naive(request):
    question = json.loads(request.body)

    async def answer():
        text = ""
        async for piece in model(question["message"]):
            text += piece
            yield event(json.dumps({"text": piece}))
        yield event("[DONE]")
        await save(question["id"], text)

    return StreamingHttpResponse(answer(), content_type="text/event-stream")


async def right(request):
    question = json.loads(request.body)

    async def answer():
        text, status = "", "partial"
        try:
            async for piece in model(question["message"]):
                text += piece
                yield event(json.dumps({"text": piece}))
            status = "complete"
        finally:
            task = asyncio.create_task(save(question["id"], text, status))
            saving.add(task)
            task.add_done_callback(saving.discard)
            await asyncio.shield(task)
        yield event("[DONE]")

    return StreamingHttpResponse(answer(), content_type="text/event-stream")


async def message(request, id):
    if id not in messages:
        raise Http404
    return JsonResponse(messages[id])


urlpatterns = [path("naive", naive), path("right", right), path("messages/<id>", message)]
app = get_asgi_application()
