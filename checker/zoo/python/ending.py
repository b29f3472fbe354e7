"""How the end is said: not at all, twice, too early, or as a success that it was not."""
from framing import DONE, ERROR, FINISH, USAGE, deltas
from route import route


@route("terminal-missing", keep=True)
async def terminal_missing(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH


@route("terminal-twice", keep=True)
async def terminal_twice(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH
    yield DONE
    yield DONE


@route("events-after-terminal", keep=True)
async def events_after_terminal(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save()
    yield FINISH
    yield DONE
    yield USAGE


@route("cut-off-in-silence", keep=True)
async def cut_off_in_silence(turn):
    async for event in deltas(turn.words(pieces_max=9)):
        yield event
    await turn.save("failed")


@route("error-as-success", keep=True)
async def error_as_success(turn):
    async for event in deltas(turn.words(pieces_max=9)):
        yield event
    await turn.save("failed")
    yield FINISH
    yield DONE


@route("error-then-stop", keep=True)
async def error_then_stop(turn):
    async for event in deltas(turn.words(pieces_max=9)):
        yield event
    await turn.save("failed")
    yield ERROR
    yield FINISH
    yield DONE


@route("error-said", keep=True)
async def error_said(turn):
    async for event in deltas(turn.words(pieces_max=9)):
        yield event
    await turn.save("failed")
    yield ERROR
