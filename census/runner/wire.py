"""A reader on a bare socket: it sees events as they arrive and leaves where it likes. Shares no code with the checker."""
import json
import socket
import struct
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SILENCE_S_MAX = 20  # an application that says nothing for so long has failed


@dataclass
class Event:
    at: float
    type: str
    data: str

    def named(self, ending):
        """Whether a manifest's `ending` means this event: `event:NAME`, `/pointer=value`, or the data itself."""
        if ending.startswith("event:"):
            return self.type == ending.removeprefix("event:")
        if ending.startswith("/"):
            place, _, value = ending.partition("=")
            return plain(pointed(self.json(), place)) == value
        return self.data == ending

    def json(self):
        try:
            return json.loads(self.data)
        except ValueError:
            return None

    def text(self, place):
        """The words in it: at a JSON Pointer, or with `data` the data itself. An event without words has ''."""
        if place == "data":
            return self.data
        found = pointed(self.json(), place)
        return found if isinstance(found, str) else ""


def pointed(value, place):
    """What a JSON Pointer (RFC 6901) points at, or None."""
    for step in place.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


@dataclass
class Request:
    method: str
    url: str
    body: str = ""
    headers: dict = field(default_factory=dict)

    def encoded(self):
        parts, body = urlsplit(self.url), self.body.encode()
        fields = {"host": parts.netloc, "accept": "*/*"}
        if self.method != "GET":
            fields["content-length"] = len(body)
            fields["content-type"] = "application/json"
        fields |= self.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return f"{self.method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


class Connection:
    """One request on a connection of its own; connecting and asking are apart, so that a look can be at the ready."""

    def __init__(self, request):
        parts = urlsplit(request.url)
        self.request = request
        self.socket = socket.create_connection((parts.hostname, parts.port), SILENCE_S_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread, self.status, self.headers = b"", 0, {}

    def ask(self):
        self.socket.sendall(self.request.encoded())
        head = self._until(b"\r\n\r\n").decode("latin1").split("\r\n")
        self.status = int(head[0].split(" ")[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        return self

    def _more(self):
        part = self.socket.recv(1 << 16)
        if not part:
            raise EOFError("the connection was closed in the middle of a response")
        self.unread += part

    def _until(self, mark):
        while mark not in self.unread:
            self._more()
        end = self.unread.index(mark) + len(mark)
        taken, self.unread = self.unread[:end], self.unread[end:]
        return taken

    def _exactly(self, size):
        while len(self.unread) < size:
            self._more()
        taken, self.unread = self.unread[:size], self.unread[size:]
        return taken

    def parts(self):
        """The body as it arrives, out of its framing (RFC 9112 §6)."""
        if self.status in (204, 304):
            return
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            while size := int(self._until(b"\r\n").split(b";")[0], 16):
                yield self._exactly(size + 2)[:-2]
        elif "content-length" in self.headers:
            yield self._exactly(int(self.headers["content-length"]))
        else:
            yield self.unread
            while part := self.socket.recv(1 << 16):
                yield part

    def body(self):
        return b"".join(self.parts()).decode(errors="replace")

    def events(self):
        """Server-Sent Events as they arrive (HTML §9.2.6), without what no application here sends: a BOM, a lone CR."""
        unread = b""
        for part in self.parts():
            unread += part
            at = time.monotonic()
            unread = unread.replace(b"\r\n", b"\n")
            *blocks, unread = unread.split(b"\n\n")
            for block in blocks:
                event = parsed(block.decode(errors="replace"), at)
                if event:
                    yield event

    def leave(self, reset=False):
        """Closes as a program does that is done with it, or resets as a browser does whose page is reloaded."""
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def parsed(block, at):
    """One event of the lines between two blank ones; None where they hold no data."""
    type, data = "", []
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            type = value
    return Event(at, type, "\n".join(data)) if data else None


def fetch(request):
    """Status, headers and body of a short response."""
    connection = Connection(request)
    try:
        body = connection.ask().body()
        return connection.status, connection.headers, body
    finally:
        connection.leave()


def plain(value):
    """A JSON value as a manifest writes it: true, not True."""
    return value if isinstance(value, str) else json.dumps(value)
