"""What is saved is not what was said."""
from framing import DONE, FINISH, delta, deltas
from route import route


@route("truncated-content", keep=True)
async def truncated_content(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save(text=turn.text[:40])
    yield FINISH
    yield DONE


@route("last-piece-not-saved", keep=True)
async def last_piece_not_saved(turn):
    before_last = ""
    async for word in turn.words():
        before_last = turn.text.removesuffix(word)
        yield delta(word)
    await turn.save(text=before_last)
    yield FINISH
    yield DONE


@route("question-saved", keep=True)
async def question_saved(turn):
    async for event in deltas(turn.words()):
        yield event
    await turn.save(text=turn.message)
    yield FINISH
    yield DONE


said_by_anyone = []


@route("shared-buffer", keep=True)
async def shared_buffer(turn):
    said_by_anyone.clear()
    async for word in turn.words():
        said_by_anyone.append(word)
        yield delta(word)
    await turn.save(text="".join(said_by_anyone))
    yield FINISH
    yield DONE
