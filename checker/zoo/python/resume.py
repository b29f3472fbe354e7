"""Streams that are kept under their id and read again from `GET /name/streams/{id}`, after Last-Event-ID or from the start."""
from fastapi import Request
from starlette.responses import Response, StreamingResponse

from framing import CLOSE, plain
from log import Log
from route import HEADERS, Question, app, names, start
from turn import Turn


logs = {}


async def answer(turn):
    async for word in turn.words():
        yield plain(word)
    await turn.save()
    yield CLOSE


async def with_ids(events):
    async for number, event in events:
        yield f"id: {number}\n{event}"


def sse(events, **headers):
    return StreamingResponse(with_ids(events), media_type="text/event-stream", headers={**HEADERS, **headers})


def resumable(name):
    """Registers `resume(log, after, request)` as the way back to a stream; `after` is 0 where no id was sent."""

    def register(resume):
        @app.post(f"/{name}/chat")
        async def chat(question: Question, request: Request):
            turn = Turn(question.message, request)
            log = logs[turn.id] = Log(request.cookies.get("user"))
            start(log.fill(answer(turn)))
            return sse(log.read(), **{"x-message-id": turn.id})

        @app.get(f"/{name}/streams/{{id}}")
        async def stream(id: str, request: Request):
            log = logs.get(id)
            after = int(request.headers.get("last-event-id") or 0)
            return resume(log, after, request) if log else Response(status_code=404)

        names.append(name)
        return resume

    return register


@resumable("resume")
def resume(log, after, request):
    return Response(status_code=204) if log.over(after) else sse(log.read(after))


@resumable("resume-gap")
def resume_gap(log, after, request):
    """Takes the last id that was seen for the first that is wanted, one off."""
    return Response(status_code=204) if log.over(after) else sse(log.read(after + 1 if after else 0))


@resumable("resume-duplicate")
def resume_duplicate(log, after, request):
    return Response(status_code=204) if log.over(after) else sse(log.read(max(after - 1, 0)))


@resumable("resume-live-only")
def resume_live_only(log, after, request):
    """Joins the live stream; what was said in between is nowhere."""
    return Response(status_code=204) if log.ended else sse(log.read(len(log.events)))


@resumable("resume-ignores-last-event-id")
def resume_ignores_last_event_id(log, after, request):
    return Response(status_code=204) if log.over(after) else sse(log.read())


@resumable("resume-other-words")
def resume_other_words(log, after, request):
    """Replays from a copy that was tidied up on its way into a table."""
    if log.over(after):
        return Response(status_code=204)

    async def tidied():
        async for number, event in log.read(after):
            yield number, event.replace("data:  ", "data: ")

    return sse(tidied())


@resumable("replays-for-ever")
def replays_for_ever(log, after, request):
    """Resumes well, and has nothing to say but everything once the answer is over: an EventSource comes back for ever."""
    return sse(log.read(0 if log.over(after) else after))


@resumable("late-return-gets-nothing")
def late_return_gets_nothing(log, after, request):
    """An empty stream for who comes back too late: a reader by fetch is told that there is no more, an EventSource would come back."""
    return sse(log.read(after))


@resumable("stream-open-to-all")
def stream_open_to_all(log, after, request):
    return resume(log, after, request)


@resumable("stream-of-its-owner")
def stream_of_its_owner(log, after, request):
    owner = request.cookies.get("user")
    return resume(log, after, request) if owner and owner == log.owner else Response(status_code=404)


@resumable("stream-open-without-cookie")
def stream_open_without_cookie(log, after, request):
    """Compares the owner where there is a cookie to compare."""
    stranger = request.cookies.get("user", log.owner) != log.owner
    return Response(status_code=404) if stranger else resume(log, after, request)
