"""A reader on a bare socket: it sees bytes as they arrive, leaves where it likes, and parses events by the WHATWG's rules."""
import asyncio
import json
import re
import socket
import struct
import time
import zlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Event:
    at: float
    type: str = ""
    data: str = ""
    id: str = ""

    def same(self):
        return self.type, self.data, self.id


@dataclass
class Reading:
    status: int = 0
    headers: dict = field(default_factory=dict)
    events: list = field(default_factory=list)
    arrivals: list = field(default_factory=list)  # when any bytes of the body came
    body: bytes = b""
    faults: list = field(default_factory=list)  # what the rules forbid
    cut: bool = False  # the framing was not ended
    ended: float = 0.0


class Events:
    """Bytes to events; `\\r\\n`, `\\n` and `\\r` end a line."""

    def __init__(self):
        self.unread = b""
        self.first = True
        self.fields = []
        self.last_id = ""

    def feed(self, more, reading):
        self.unread += more
        while (end := re.search(rb"\r\n|\n|\r(?!$)", self.unread)) is not None:
            line, self.unread = self.unread[: end.start()], self.unread[end.end() :]
            try:
                text = line.decode()
            except UnicodeDecodeError:
                reading.faults.append("invalid UTF-8")
                text = line.decode(errors="replace")
            if self.first:
                text, self.first = text.removeprefix("\ufeff"), False
            if text:
                self.fields.append(text)
            else:
                self.dispatch(reading)

    def feed_lines(self, more, reading):
        """Lines of JSON: each is an event."""
        self.unread += more
        *lines, self.unread = self.unread.split(b"\n")
        for line in lines:
            if line.strip():
                reading.events.append(Event(time.perf_counter(), data=line.decode()))

    def dispatch(self, reading):
        event, data = Event(time.perf_counter()), []
        for line in self.fields:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name == "event":
                event.type = value
            elif name == "id" and "\0" not in value:
                self.last_id = value
        self.fields = []
        event.id, event.data = self.last_id, "\n".join(data)
        if data:
            reading.events.append(event)

    def end(self, reading):
        if self.unread not in (b"", b"\r") or any(not line.startswith(":") for line in self.fields):
            reading.faults.append("the last event is not finished")


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, url, receive_buffer=None):
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        parts = urlsplit(url)
        await asyncio.get_running_loop().sock_connect(connection, (parts.hostname, parts.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(*await asyncio.open_connection(sock=connection, limit=1 << 12 if receive_buffer else 1 << 20))

    def send(self, method, url, body=None, headers=None):
        parts = urlsplit(url)
        payload = b"" if body is None else json.dumps(body).encode()
        fields = {"host": parts.netloc, "accept": "*/*", "content-length": len(payload), **(headers or {})}
        if body is not None:
            fields["content-type"] = "application/json"
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        self.writer.write(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + payload)

    async def head(self, reading):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        reading.status = int(lines[0].split(" ")[1])
        reading.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}

    async def parts(self, reading):
        """The body as it arrives, out of its framing."""
        if reading.status == 204 or reading.headers.get("content-length") == "0":
            return
        if "content-length" in reading.headers:
            yield await self.reader.readexactly(int(reading.headers["content-length"]))
            return
        if reading.headers.get("transfer-encoding") != "chunked":
            while part := await self.reader.read(1 << 16):
                yield part
            return
        while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
            yield (await self.reader.readexactly(size + 2))[:-2]

    def leave(self, at_once=False):
        """Closes; at once where what was not read yet is not waited for, which resets."""
        if at_once:
            self.writer.transport.abort()
        else:
            self.writer.close()


def leave_abruptly(url, body, headers, last):
    """Resets the connection as soon as `last` was among the bytes; blocking, since an event loop takes its time.

    :return: everything that was read
    """
    parts = urlsplit(url)
    payload = json.dumps(body).encode()
    fields = {"host": parts.netloc, "content-type": "application/json", "content-length": len(payload), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode() + payload)
        read = b""
        while last not in read and (part := connection.recv(1 << 16)):
            read += part
    return read


async def read(method, url, body=None, headers=None, leave=lambda reading: False, arrived=None, receive_buffer=None):
    """Reads a response to its end, or until `leave(reading)` after an event; `arrived` is called for every event."""
    reading, events = Reading(), Events()
    connection = await Connection.open(url, receive_buffer)
    try:
        connection.send(method, url, body, headers)
        await connection.head(reading)
        inflate = zlib.decompressobj(47) if "content-encoding" in reading.headers else None
        async for part in connection.parts(reading):
            reading.arrivals.append(time.perf_counter())
            reading.body += part
            seen = len(reading.events)
            feed = events.feed_lines if "ndjson" in reading.headers.get("content-type", "") else events.feed
            feed(inflate.decompress(part) if inflate else part, reading)
            for event in reading.events[seen:]:
                if arrived:
                    arrived(reading, event)
            if len(reading.events) > seen and leave(reading):
                connection.leave(at_once=True)
                return reading
        events.end(reading)
    except (asyncio.IncompleteReadError, ConnectionError):
        reading.cut = True
    finally:
        reading.ended = time.perf_counter()
        connection.leave()
    return reading
