"""Serves all routes on a free port, and says which."""
import asyncio
import socket

import uvicorn

import commands, content, ending, injection, leaving, load, resume, save_order, shapes, silence, transport, workflow  # noqa: E401, F401
from route import app, names


@app.get("/")
async def routes():
    return names


listening = socket.create_server(("127.0.0.1", 0))
listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)  # a reader that stalls is felt soon
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
print(f'"python":"http://127.0.0.1:{listening.getsockname()[1]}"', flush=True)
asyncio.run(server.serve([listening]))
