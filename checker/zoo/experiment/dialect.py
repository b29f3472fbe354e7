"""What events mean: OpenAI chat chunks, or plain text that ends with `event: close`."""
import json


def parsed(event):
    try:
        value = json.loads(event.data)
        return value if isinstance(value, dict) else {}
    except ValueError:
        return {}


def terminal(event):
    return event.data == "[DONE]" or event.type == "close"


def failure(event):
    return "error" in parsed(event)


def finish(event):
    return any(choice.get("finish_reason") for choice in parsed(event).get("choices", []))


def text(events):
    return "".join(piece(event) for event in events)


def piece(event):
    if terminal(event) or failure(event):
        return ""
    choices = parsed(event).get("choices")
    if choices is None:
        return event.data
    return "".join(choice.get("delta", {}).get("content") or "" for choice in choices)
