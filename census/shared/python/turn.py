"""What the applications of the census share: a scripted model, and where answers are saved."""
import asyncio
import time

PAUSE_S = 0.015  # between two pieces of an answer
SAVE_S = 0.03  # what a database takes until it has committed
WORDS = "it was read with care , and this is what there is to say about it : all is well".split()

messages = {}


def pieces(question):
    return [f"You asked: {question}. Well,", *(f" {word}" for word in WORDS), " End."]


async def model(question):
    for piece in pieces(question):
        await asyncio.sleep(PAUSE_S)
        yield piece


def model_sync(question):
    for piece in pieces(question):
        time.sleep(PAUSE_S)
        yield piece


async def save(id, text, status="complete"):
    await asyncio.sleep(SAVE_S)
    messages[id] = {"id": id, "text": text, "status": status}


def save_sync(id, text, status="complete"):
    time.sleep(SAVE_S)
    messages[id] = {"id": id, "text": text, "status": status}
