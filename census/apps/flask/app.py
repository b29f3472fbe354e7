import json

from flask import Flask, Response, abort, request, stream_with_context
from turn import messages, model_sync, save_sync

app = Flask(__name__)


def event(data):
    return f"data: {data}\n\n"


def streamed(generator):
    return Response(stream_with_context(generator), mimetype="text/event-stream")


@app.post("/naive")
def naive():
    question = request.get_json()

    def answer():
        text = ""
        for piece in model_sync(question["message"]):
            text += piece
            yield event(json.dumps({"text": piece}))
        yield event("[DONE]")
        save_sync(question["id"], text)

    return streamed(answer())


@app.post("/on-close")
def on_close():
    question, pieces = request.get_json(), []

    def answer():
        for piece in model_sync(question["message"]):
            pieces.append(piece)
            yield event(json.dumps({"text": piece}))
        yield event("[DONE]")

    response = streamed(answer())
    response.call_on_close(lambda: save_sync(question["id"], "".join(pieces)))
    return response


@app.post("/right")
def right():
    question = request.get_json()

    def answer():
        text, status = "", "partial"
        try:
            for piece in model_sync(question["message"]):
                text += piece
                yield event(json.dumps({"text": piece}))
            status = "complete"
        finally:
            save_sync(question["id"], text, status)
        yield event("[DONE]")

    return streamed(answer())


@app.get("/messages/<id>")
def message(id):
    return messages.get(id) or abort(404)
