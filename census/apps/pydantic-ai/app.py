import asyncio

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic_ai import Agent
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.ui.ag_ui import AGUIAdapter
from turn import messages, model, save


async def scripted(prompt, info):
    async for piece in model(prompt[-1].parts[-1].content):
        yield piece


app = FastAPI()
agent = Agent(FunctionModel(stream_function=scripted))
running = set()


def keeping(id):
    async def keep(result):
        await save(id, result.output)

    return keep


@app.post("/naive")
async def naive(request: Request):
    id = (await request.json())["threadId"]
    return await AGUIAdapter.dispatch_request(request, agent=agent, on_complete=keeping(id))


@app.post("/right")
async def right(request: Request):
    adapter, queue = await AGUIAdapter.from_request(request, agent=agent), asyncio.Queue()

    async def generate():
        async for data in adapter.encode_stream(adapter.run_stream(on_complete=keeping(adapter.run_input.thread_id))):
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
    if id not in messages:
        raise HTTPException(404)
    return messages[id]
