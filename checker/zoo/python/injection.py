"""Text from outside that becomes fields of the stream. Plain events: `data`, and `event: close` at the end."""
import re

from framing import CLOSE, plain
from route import route


@route("injection-lf", keep=True)
async def injection_lf(turn):
    async for word in turn.words():
        yield f"data: {word}\n\n"
    await turn.save()
    yield CLOSE


@route("injection-cr", keep=True)
async def injection_cr(turn):
    """Splits at LF as most encoders do, and forgets that CR alone ends a line too."""
    async for word in turn.words():
        yield "".join(f"data: {line}\n" for line in word.split("\n")) + "\n"
    await turn.save()
    yield CLOSE


@route("injection-event-name", keep=True)
async def injection_event_name(turn):
    """Names events after the question's topic, which the reader chose."""
    async for word in turn.words():
        yield f"event: {turn.message}\n{plain(word)}"
    await turn.save()
    yield CLOSE


@route("plain", keep=True)
async def no_injection(turn):
    async for word in turn.words():
        yield plain(word)
    await turn.save(text=re.sub("\r\n|\r", "\n", turn.text))
    yield CLOSE


@route("plain-save-after-close")
async def plain_save_after_close(turn):
    async for word in turn.words():
        yield plain(word)
    yield CLOSE
    await turn.save()
