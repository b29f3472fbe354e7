import asyncio
import json
import os

from agents import Agent, OpenAIChatCompletionsModel, Runner, SQLiteSession, set_tracing_disabled
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI
from pydantic import BaseModel

set_tracing_disabled(True)
model = OpenAIChatCompletionsModel("scripted", AsyncOpenAI(base_url=os.environ["CENSUS_MODEL"], api_key="none"))
agent = Agent(name="Assistant", model=model)
app = FastAPI()
running = set()
DATABASE = "sessions.db"


class Question(BaseModel):
    id: str
    message: str


async def words(question):
    result = Runner.run_streamed(agent, question.message, session=SQLiteSession(question.id, DATABASE))
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            yield f"data: {json.dumps({'text': event.data.delta})}\n\n"
    yield "data: [DONE]\n\n"


@app.post("/naive")
async def naive(question: Question):
    return StreamingResponse(words(question), media_type="text/event-stream")


@app.post("/right")
async def right(question: Question):
    queue = asyncio.Queue()

    async def generate():
        async for data in words(question):
            queue.put_nowait(data)
        queue.put_nowait(None)

    task = asyncio.create_task(generate())
    running.add(task)
    task.add_done_callback(running.discard)

    async def answer():
        while (data := await queue.get()) is not None:
            yield data

    return StreamingResponse(answer(), media_type="text/event-stream")


@app.get("/messages/{id}")
async def message(id: str):
    return await SQLiteSession(id, DATABASE).get_items()
