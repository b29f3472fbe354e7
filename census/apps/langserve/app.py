import os

from fastapi import FastAPI, HTTPException
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_openai import ChatOpenAI
from langserve import add_routes

scripted = ChatOpenAI(model="scripted", base_url=os.environ["CENSUS_MODEL"], api_key="none", streaming=True)
prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("history"), ("human", "{question}")])
histories = {}


def history(session_id):
    return histories.setdefault(session_id, InMemoryChatMessageHistory())


app = FastAPI()
remembering = RunnableWithMessageHistory(prompt | scripted, history, input_messages_key="question", history_messages_key="history")
add_routes(app, remembering, path="/chat")


@app.get("/messages/{id}")
async def message(id: str):
    if id not in histories:
        raise HTTPException(404)
    return [{"type": message.type, "text": message.content} for message in histories[id].messages]
