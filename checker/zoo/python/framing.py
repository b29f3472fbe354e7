"""Events as bytes: OpenAI chat chunks, and plain events whose end is `event: close`."""
import json
import re


def chunk(delta, finish_reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    body = {"id": "chatcmpl-zoo", "object": "chat.completion.chunk", "created": 0, "model": "zoo", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n"


def delta(text):
    return chunk({"content": text})


FINISH = chunk({}, "stop")
DONE = "data: [DONE]\n\n"
ERROR = 'data: {"error":{"message":"the upstream broke off","type":"server_error"}}\n\n'
USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":20,"total_tokens":25}}\n\n'
CANCELLED = 'data: {"error":{"message":"stopped by its reader","code":"cancelled"}}\n\n'
CLOSE = "event: close\ndata: end\n\n"


async def deltas(words):
    async for word in words:
        yield delta(word)


def plain(text, event_id=None):
    """Data as one line for each of its lines, so that none of them can become a field."""
    lines = [f"data: {line}\n" for line in re.split("\r\n|\r|\n", text)]
    return (f"id: {event_id}\n" if event_id is not None else "") + "".join(lines) + "\n"
