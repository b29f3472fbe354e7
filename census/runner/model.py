"""The scripted model of the census as an OpenAI-compatible server, for applications that cannot call a function."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = "it was read with care , and this is what there is to say about it : all is well".split()
PAUSE_S = 0.015


def answer(question):
    """The same answer as the shared files give: about twenty pieces that begin with the question."""
    return [f"You asked: {question}. Well,", *(f" {word}" for word in WORDS), " End."]


class _Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._json({"object": "list", "data": [{"id": "scripted", "object": "model", "owned_by": "census"}]})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        pieces = answer(_question(asked))
        if not asked.get("stream"):
            return self._json(_whole("".join(pieces)))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            self._chunk({"role": "assistant", "content": ""})
            for piece in pieces:
                time.sleep(PAUSE_S)
                self._chunk({"content": piece})
            self._chunk({}, "stop")
            self._part(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # whoever asked has left; a model's server notices and stops

    def _chunk(self, delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self._part(f"data: {json.dumps(_envelope('chat.completion.chunk', [choice]))}\n\n".encode())

    def _part(self, data):
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: what is asked here is no news."""


def _envelope(kind, choices):
    return {"id": "chatcmpl-census", "object": kind, "created": 0, "model": "scripted", "choices": choices}


def _whole(text):
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 1, "completion_tokens": 20, "total_tokens": 21}
    return _envelope("chat.completion", [{"index": 0, "message": message, "finish_reason": "stop"}]) | {"usage": usage}


def _question(asked):
    """The text of the last message of a chat."""
    content = (asked.get("messages") or [{"content": ""}])[-1].get("content", "")
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content if isinstance(part, dict))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Whoever asks may leave, which is what this is about."""


def serve():
    """Starts the model on a free port, in a thread that ends with the process; its base address, as SDKs take it."""
    server = _Server(("127.0.0.1", 0), _Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"


if __name__ == "__main__":
    import sys

    _Server(("127.0.0.1", int(sys.argv[1])), _Model).serve_forever()
