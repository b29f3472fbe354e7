"""What goes wrong with many readers, or with one that does not read."""
import asyncio

from starlette.responses import StreamingResponse

from framing import DONE, FINISH, deltas
from route import route

CONNECTIONS = 2
LARGE = 10_000  # copies of a word in one piece: far more in an answer than sockets buffer

connections = asyncio.Semaphore(CONNECTIONS)
socket_turn = asyncio.Lock()


@route("save-gives-up-when-busy", keep=True)
async def save_gives_up_when_busy(turn):
    """Swallows the pool's timeout, as a logged and forgotten exception does."""
    async for event in deltas(turn.words()):
        yield event
    if not connections.locked():
        async with connections:
            await turn.save()
    yield FINISH
    yield DONE


@route("save-waits-when-busy", keep=True)
async def save_waits_when_busy(turn):
    async for event in deltas(turn.words()):
        yield event
    async with connections:
        await turn.save()
    yield FINISH
    yield DONE


class OneAfterTheOther(StreamingResponse):
    """Holds a lock that all answers share while it waits for its own reader's socket."""

    async def stream_response(self, send):
        async def send_in_turn(message):
            async with socket_turn:
                await send(message)

        await super().stream_response(send_in_turn)


@route("stalled-reader-holds-all", response=OneAfterTheOther)
async def stalled_reader_holds_all(turn):
    async for event in deltas(turn.words(size=LARGE)):
        yield event
    await turn.save()
    yield FINISH
    yield DONE


@route("stalled-reader-holds-itself", keep=True)
async def stalled_reader_holds_itself(turn):
    async for event in deltas(turn.words(size=LARGE)):
        yield event
    await turn.save()
    yield FINISH
    yield DONE
