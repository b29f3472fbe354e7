"""Faults on purpose, one for each variant, on Python's own HTTP server."""
import json
import select
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from turn import pieces

PAUSE_S = 0.005
ids, turns, saved = count(1), count(1), {}


class Gone(Exception):
    """The reader has left."""


class Chat(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/rooms":
            return self.answer(200, {"id": str(next(ids))})
        asked = json.loads(body)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        getattr(self, self.path.removeprefix("/"))(asked["id"], pieces(asked["message"]))

    def do_GET(self):
        found = saved.get(self.path.removeprefix("/messages/"))
        self.answer(200 if found else 404, found)

    def right(self, id, words):
        for word in words:
            self.say(word, mind=False)
        saved[id] = {"text": "".join(words), "status": "complete"}
        self.event("[DONE]", mind=False)

    def raced(self, id, words):
        lost = next(turns) % 3 == 0
        for word in words:
            self.say(word, mind=False)
        if not lost:
            saved[id] = {"text": "".join(words), "status": "complete"}
        self.event("[DONE]", mind=False)

    def cancelled(self, id, words):
        for word in words:
            self.say(word)
        self.event("[DONE]")
        time.sleep(0.1)
        if not self.gone():
            saved[id] = {"text": "".join(words), "status": "complete"}

    def unmarked(self, id, words, status="complete"):
        text = ""
        try:
            for word in words:
                text += word
                self.say(word)
        except Gone:
            saved[id] = {"text": text, "status": status}
            return
        saved[id] = {"text": text, "status": "complete"}
        self.event("[DONE]", mind=False)

    def marked(self, id, words):
        self.unmarked(id, words, "partial")

    def twice(self, id, words):
        for word in words:
            self.say(word, mind=False)
        saved[id] = {"texts": ["".join(words)] * 2, "status": "complete"}
        self.event("[DONE]", mind=False)

    def say(self, word, mind=True):
        time.sleep(PAUSE_S)
        self.event(json.dumps({"text": word}), mind)

    def event(self, data, mind=True):
        try:
            self.wfile.write(f"data: {data}\n\n".encode())
        except OSError as left:
            if mind:
                raise Gone from left

    def gone(self):
        """Whether the connection can be read: a reader that waits sends nothing more."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def answer(self, status, value):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_):
        """Nothing to tell."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Readers leave: that is what this is for."""


Server(("127.0.0.1", int(sys.argv[1])), Chat).serve_forever()
