"""The same answer in other forms: how the end is named, how the JSON looks, what comes ahead of the text, how long it is."""
import asyncio
import json

from framing import DONE, chunk, delta, plain
from route import route
from turn import PAUSE_S, saved


def data(value, type=""):
    text = value if isinstance(value, str) else json.dumps(value)
    return (f"event: {type}\n" if type else "") + f"data: {text}\n\n"


def words_of(turn, pieces_max=None):
    """As `turn.words`, but a short answer has its last word too, and longer pieces."""
    return turn.words(pieces_max, size=1 if pieces_max is None else 3)


# The end by its name, and the bug of them all: the save comes after it, and goes with the reader. `-saved` is the same without.
ENDS = {
    "event-done": data({}, "done"),
    "event-end": data({}, "end"),
    "event-complete": data({}, "complete"),
    "event-stop": data("stop", "stop"),
    "type-done": data({"type": "done"}),
    "type-end": data({"type": "end", "usage": {"tokens": 21}}),
    "type-final": data({"type": "final"}),
    "done-true": data({"done": True}),
    "message-end": data({"event": "message_end"}),
    "bracket-end": data("[END]"),
    "bare-done": data("DONE"),
    "status-completed": data({"status": "completed"}),
    "finish-reason": data({"finish_reason": "stop"}),
    "nobody-knows": data({"farewell": "so long"}, "adieu"),
}


def end_routes(name, end):
    @route(f"end-{name}")
    async def loses(turn):
        async for word in turn.words():
            yield data({"text": word})
        yield end
        await turn.save()

    @route(f"end-{name}-saved", keep=True)
    async def saves(turn):
        async for word in turn.words():
            yield data({"text": word})
        await turn.save()
        yield end


for name, end in ENDS.items():
    end_routes(name, end)


@route("end-in-last-text")
async def end_in_last_text(turn):
    words = [word async for word in turn.words()]
    for index, word in enumerate(words):
        await asyncio.sleep(PAUSE_S)
        yield data({"token": word, "done": index == len(words) - 1})
    await turn.save()


@route("end-of-body", keep=True)
async def end_of_body(turn):
    async for word in turn.words():
        yield data({"text": word})
    await turn.save()


@route("end-of-body-then-save", keep=False)
async def end_of_body_then_save(turn):
    async for word in turn.words():
        yield data({"text": word})
    task = asyncio.ensure_future(turn.save())
    turn.later = task  # the loop holds tasks only weakly


@route("two-ends-saved-between")
async def two_ends_saved_between(turn):
    async for word in turn.words():
        yield data({"text": word})
    yield data({"type": "finish"})
    await turn.save()
    yield data({"tokens": 21}, "usage")


@route("saved-beside-finish", keep=True)
async def saved_beside_finish(turn):
    async for word in turn.words():
        yield data({"text": word})
    turn.later = asyncio.ensure_future(turn.save())
    yield data({"type": "finish"})
    await turn.later
    yield data("[DONE]")


# The text by its place, in answers that are kept.
def springy(word):
    output = {"messageType": "ASSISTANT", "metadata": {"id": "c1", "role": "ASSISTANT"}, "toolCalls": [], "text": word}
    generation = {"output": output, "metadata": {"finishReason": ""}}
    return data({"result": generation, "results": [generation], "metadata": {"id": "c1", "model": "zoo"}})


def graph(word):
    chunk = {"content": word, "type": "AIMessageChunk", "id": "run-1", "tool_calls": []}
    return data([chunk, {"langgraph_node": "agent", "thread_id": "t1"}], "messages")


def dify(word):
    return data({"event": "message", "task_id": "t", "message_id": "m", "conversation_id": "c", "answer": word})


THOUGHT = "Let me think about what would be a good thing to say. "
SHAPES = {
    "delta": (lambda word: data({"delta": word}), [], data("[DONE]")),
    "token-array": (lambda word: data(["token", word]), [data(["status", "looking around for it"])], data(["end", ""])),
    "data-delta": (lambda word: data({"data": {"delta": word}}), [], data("[DONE]")),
    "deep": (lambda word: data({"message": {"content": {"parts": [{"text": word}]}}}), [], data({"type": "done"})),
    "typed-token": (lambda word: data({"type": "token", "text": word}), [data({"type": "thinking", "text": THOUGHT})], data({"type": "done"})),
    "event-token": (lambda word: data({"t": word}, "token"), [data({"t": "searching the web"}, "status")], data({}, "done")),
    "odd-names": (lambda word: data({"zq": "blurp", "v": {"gnarl": word}}), [data({"zq": "hrmpf", "v": {"gnarl": THOUGHT}})], data({"zq": "finis"})),
    "json-string": (lambda word: data(json.dumps(word), "data"), [data({"run_id": "r"}, "metadata")], data("", "end")),
    "spring-ai": (springy, [], data("[DONE]")),
    "langgraph": (graph, [data({"run_id": "r"}, "metadata"), data({"retrieve": {"documents": ["a page"]}}, "updates")], data("null", "end")),
    "dify": (dify, [data({"event": "workflow_started"})], data({"event": "message_end", "metadata": {"usage": {"total_tokens": 9}}})),
    "ag-ui": (
        lambda word: data({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": word}),
        [
            data({"type": "RUN_STARTED", "threadId": "t", "runId": "r"}),
            data({"type": "STATE_SNAPSHOT", "snapshot": {"topic": "none yet"}}),
            data({"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}),
        ],
        data({"type": "TEXT_MESSAGE_END", "messageId": "m"}) + data({"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}),
    ),
    "sources-first": (lambda word: data({"text": word}), [data({"type": "sources", "documents": [{"title": "A page of no account"}] * 4})] * 3, data("[DONE]")),
    "status-first": (lambda word: data({"text": word}), [data(f"step {n}", "status") for n in range(6)], data("[DONE]")),
    "metadata-first": (plain, [data({"conversation_id": "c", "title": "Something"}, "metadata")], data("", "close")),
    "words-then-usage": (plain, [], data({"usage": {"prompt_tokens": 5, "completion_tokens": 20}})),
    "thinking-first": (lambda word: data({"content": word}), [data({"thinking": piece}) for piece in THOUGHT.split(" ")], data({"done": True})),
}


def shape_routes(name, text, leading, end):
    @route(f"shape-{name}", keep=True)
    async def right(turn):
        for event in leading:
            await asyncio.sleep(PAUSE_S)
            yield event
        async for word in turn.words():
            yield text(word)
        await turn.save()
        yield end

    @route(f"shape-{name}-cancelled")
    async def cancelled(turn):
        for event in leading:
            await asyncio.sleep(PAUSE_S)
            yield event
        async for word in turn.words():
            yield text(word)
        await turn.save()
        yield end


for name, (text, leading, end) in SHAPES.items():
    shape_routes(name, text, leading, end)


TOOL = [
    data({"type": "tool_call", "name": "search", "text": "what there is to say"}),
    data({"type": "tool_result", "name": "search", "text": "three pages, none of which was of much help"}),
]


def tool_routes(name, keep):
    """As agents do: tools are called between two words, and what they say stands where the words do."""

    @route(name, keep=keep)
    async def with_tools(turn):
        number = 0
        async for word in turn.words():
            yield data({"type": "token", "text": word})
            number += 1
            for event in TOOL if number % 7 == 0 else []:
                await asyncio.sleep(PAUSE_S)
                yield event
        await turn.save()
        yield data({"type": "done"})


tool_routes("shape-tools-between", True)
tool_routes("shape-tools-between-cancelled", False)


@route("shape-so-far", keep=True)
async def so_far(turn):
    async for _ in turn.words():
        yield data({"message": turn.text})
    await turn.save()
    yield data({"type": "done"})


def gradio_routes(name, keep):
    """As Gradio's `/call/NAME/ID`: an array of the outputs, the first of which is all of the text so far, and once more with the end."""

    @route(name, keep=keep)
    async def generating(turn):
        async for _ in turn.words():
            yield data([turn.text, None], "generating")
        await turn.save()
        yield data([turn.text, None], "complete")


gradio_routes("shape-gradio", True)
gradio_routes("shape-gradio-cancelled", False)


def together(word):
    """As Together's chunks: what is new stands twice in each, as a completion's text and as a chat's delta."""
    choice = {"index": 0, "text": word, "delta": {"role": "assistant", "content": word}, "finish_reason": None}
    return data({"id": "t1", "object": "chat.completion.chunk", "created": 0, "model": "zoo", "choices": [choice]})


@route("shape-text-twice-in-a-chunk", keep=True)
async def text_twice_in_a_chunk(turn):
    async for word in turn.words():
        yield together(word)
    await turn.save()
    yield chunk({}, "stop")
    yield DONE


RESPONSE = {"id": "r1", "object": "response"}
MESSAGE = {"id": "i1", "type": "message", "role": "assistant"}
PART = {"item_id": "i1", "output_index": 0, "content_index": 0}


def of_responses(type, **more):
    return data({"type": type, **more}, type)


@route("shape-response-done", keep=True)
async def response_done(turn):
    """As servers that are like OpenAI's Responses, but call the end response.done, as its Realtime API does."""
    yield of_responses("response.created", response=RESPONSE | {"status": "in_progress"})
    yield of_responses("response.output_item.added", output_index=0, item=MESSAGE | {"content": []})
    yield of_responses("response.content_part.added", **PART, part={"type": "output_text", "text": ""})
    async for word in turn.words():
        yield of_responses("response.output_text.delta", **PART, delta=word)
    await turn.save()
    yield of_responses("response.done", response=RESPONSE | {"status": "completed"})


@route("shape-ndjson", keep=True, media_type="application/x-ndjson")
async def ndjson(turn):
    async for word in turn.words():
        yield json.dumps({"response": word, "done": False}) + "\n"
    await turn.save()
    yield json.dumps({"response": "", "done": True, "total_duration": 48213}) + "\n"


@route("shape-ndjson-save-after", media_type="application/x-ndjson")
async def ndjson_save_after(turn):
    async for word in turn.words():
        yield json.dumps({"type": "token", "text": word}) + "\n"
    yield json.dumps({"type": "end"}) + "\n"
    await turn.save()


# Short answers.
def short_routes(pieces_max):
    @route(f"short-{pieces_max}", keep=True)
    async def right(turn):
        async for word in words_of(turn, pieces_max):
            yield data({"text": word})
        await turn.save()
        yield data({"type": "done"})

    @route(f"short-{pieces_max}-cancelled")
    async def cancelled(turn):
        async for word in words_of(turn, pieces_max):
            yield data({"text": word})
        await turn.save()
        yield data({"type": "done"})

    @route(f"short-{pieces_max}-part-called-complete")
    async def part_called_complete(turn):
        try:
            async for word in words_of(turn, pieces_max):
                yield data({"text": word})
        finally:
            turn.save_now()
        yield data({"type": "done"})


for pieces_max in (5, 8, 12, 20):
    short_routes(pieces_max)


# Saves that come twice: what is shown is the history.
def in_history(turn, status="complete"):
    message = saved.setdefault(turn.id, {"id": turn.id, "text": turn.text, "status": status, "history": [{"role": "user", "text": "asked"}]})
    message["history"].append({"role": "assistant", "text": turn.text, "status": status})


@route("saved-once-in-history", keep=True)
async def once(turn):
    async for word in turn.words():
        yield data({"text": word})
    in_history(turn)
    yield data("[DONE]")


@route("saved-twice", keep=True)
async def twice(turn):
    async for word in turn.words():
        yield data({"text": word})
    in_history(turn)
    yield data("[DONE]")
    await asyncio.sleep(PAUSE_S)
    in_history(turn)


@route("saved-twice-when-left")
async def twice_when_left(turn):
    try:
        async for word in turn.words():
            yield data({"text": word})
        in_history(turn)
        yield data("[DONE]")
        await asyncio.sleep(0.1)
    except (asyncio.CancelledError, GeneratorExit):
        in_history(turn, "partial")
        raise


# Endings that come ahead of what they end.
@route("finish-first", keep=True)
async def finish_first(turn):
    yield chunk({"role": "assistant", "content": ""}, "stop")
    async for word in turn.words():
        yield delta(word)
    await turn.save()
    yield chunk({}, "stop")
    yield DONE


@route("done-first", keep=True)
async def done_first(turn):
    yield data("[DONE]")
    async for word in turn.words():
        yield data({"text": word})
    await turn.save()
    yield data("[DONE]")


@route("terminal-twice-with-ids", keep=True)
async def terminal_twice_with_ids(turn):
    n = 0
    async for word in turn.words():
        n += 1
        yield f"id: {n}\n" + data({"text": word})
    await turn.save()
    yield f"id: {n + 1}\n" + data("[DONE]")
    yield f"id: {n + 2}\n" + data("[DONE]")
