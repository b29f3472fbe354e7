"""What all routes share: how one is registered, and how a generation is kept apart from its reader."""
import asyncio

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from log import Log
from turn import Turn, saved

app = FastAPI(openapi_url=None)
names = []
running = set()  # the event loop holds tasks only weakly

HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


class Question(BaseModel):
    message: str


def start(coroutine):
    task = asyncio.create_task(coroutine)
    running.add(task)
    task.add_done_callback(running.discard)
    return task


def detached(events):
    """Runs the events to their end in a task of their own: a reader that leaves cancels its own reading only."""
    log = Log()
    start(log.fill(events))
    return (event async for _, event in log.read())


def route(name, keep=False, headers=HEADERS, media_type="text/event-stream", on=app, response=StreamingResponse):
    """Registers an async generator of events as `POST /name/chat`; `keep` detaches it from its reader.

    An application other than `app` is one to be mounted at `/name`.
    """

    def register(answer):
        @on.post(f"/{name}/chat" if on is app else "/chat")
        async def chat(question: Question, request: Request):
            turn = Turn(question.message, request)
            events = detached(answer(turn)) if keep else answer(turn)
            return response(events, media_type=media_type, headers={**headers, "x-message-id": turn.id})

        names.append(name)
        return answer

    return register


@app.get("/{name}/messages/{id}")
async def message(name: str, id: str):
    return JSONResponse(saved[id]) if id in saved else JSONResponse({"error": "no such message"}, 404)
