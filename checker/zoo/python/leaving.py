"""What is saved when the reader leaves before the end."""
import anyio

from framing import DONE, FINISH, deltas
from route import route


@route("finally-awaited")
async def finally_awaited(turn):
    status = "partial"
    try:
        async for event in deltas(turn.words()):
            yield event
        status = "complete"
        yield FINISH
        yield DONE
    finally:
        await turn.save(status)


@route("finally-shielded")
async def finally_shielded(turn):
    status = "partial"
    try:
        async for event in deltas(turn.words()):
            yield event
        status = "complete"
        yield FINISH
        yield DONE
    finally:
        with anyio.CancelScope(shield=True):
            await turn.save(status)


@route("finally-at-once")
async def finally_at_once(turn):
    status = "partial"
    try:
        async for event in deltas(turn.words()):
            yield event
        status = "complete"
        yield FINISH
        yield DONE
    finally:
        turn.save_now(status)


@route("partial-saved-then-done")
async def partial_saved_then_done(turn):
    status = "partial"
    try:
        async for event in deltas(turn.words()):
            yield event
        status = "complete"
    finally:
        with anyio.CancelScope(shield=True):
            await turn.save(status)
    yield FINISH
    yield DONE


@route("partial-marked-complete")
async def partial_marked_complete(turn):
    try:
        async for event in deltas(turn.words()):
            yield event
    finally:
        with anyio.CancelScope(shield=True):
            await turn.save()
    yield FINISH
    yield DONE
