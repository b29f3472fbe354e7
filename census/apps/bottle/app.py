import json
import os

from bottle import HTTPError, get, post, request, response, run
from turn import messages, model_sync, save_sync


@post("/naive")
def naive():
    question, text = request.json, ""
    response.content_type = "text/event-stream"
    for piece in model_sync(question["message"]):
        text += piece
        yield f"data: {json.dumps({'text': piece})}\n\n"
    yield "data: [DONE]\n\n"
    save_sync(question["id"], text)


@post("/right")
def right():
    question, text, status = request.json, "", "partial"
    response.content_type = "text/event-stream"
    try:
        for piece in model_sync(question["message"]):
            text += piece
            yield f"data: {json.dumps({'text': piece})}\n\n"
        status = "complete"
    finally:
        save_sync(question["id"], text, status)
    yield "data: [DONE]\n\n"


@get("/messages/<id>")
def message(id):
    return messages.get(id) or HTTPError(404)


run(server="waitress", host="127.0.0.1", port=int(os.environ["PORT"]), threads=32, send_bytes=1, quiet=True)
