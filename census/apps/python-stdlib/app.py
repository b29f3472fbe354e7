import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from turn import messages, model_sync, save_sync


class Chat(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-cache")
        self.end_headers()
        {"/naive": self.naive, "/right": self.right}[self.path](asked["id"], asked["message"])

    def naive(self, id, message):
        text = ""
        for piece in model_sync(message):
            text += piece
            self.event(json.dumps({"text": piece}))
        self.event("[DONE]")
        save_sync(id, text)

    def right(self, id, message):
        text, status = "", "partial"
        try:
            for piece in model_sync(message):
                text += piece
                self.event(json.dumps({"text": piece}))
            status = "complete"
        finally:
            save_sync(id, text, status)
        self.event("[DONE]")

    def event(self, data):
        self.wfile.write(f"data: {data}\n\n".encode())

    def do_GET(self):
        message = messages.get(self.path.removeprefix("/messages/"))
        self.send_response(200 if message else 404)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(message).encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Chat).serve_forever()
