import gradio
from fastapi import FastAPI, HTTPException
from turn import messages, model, save


async def answer(message, history, id):
    text = ""
    async for piece in model(message):
        text += piece
        yield text
    await save(id, text)


app = FastAPI()


@app.get("/messages/{id}")
async def message(id: str):
    if id not in messages:
        raise HTTPException(404)
    return messages[id]


chat = gradio.ChatInterface(answer, additional_inputs=[gradio.Textbox()], concurrency_limit=20)
gradio.mount_gradio_app(app, chat, path="/")
