"""What events mean: OpenAI chat chunks; plain text that ends with `event: close`; or what the manifest says of a route's form."""
import json


def parsed(event):
    try:
        return json.loads(event.data)
    except ValueError:
        return None


def at(value, pointer):
    for name in pointer.split("/")[1:]:
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return None
    return value


class Chunks:
    """OpenAI chat chunks, and plain events with `event: close`."""

    ends_with_body = False

    def terminal(self, event):
        return event.data == "[DONE]" or event.type == "close"

    def failure(self, event):
        value = parsed(event)
        return isinstance(value, dict) and "error" in value

    def finish(self, event):
        value = parsed(event)
        return isinstance(value, dict) and any(choice.get("finish_reason") for choice in value.get("choices", []))

    def piece(self, event):
        if self.terminal(event) or self.failure(event):
            return ""
        value = parsed(event)
        choices = value.get("choices") if isinstance(value, dict) else None
        if choices is None:
            return event.data
        return "".join(choice.get("delta", {}).get("content") or "" for choice in choices)

    def text(self, events):
        return "".join(self.piece(event) for event in events)


class Form:
    """`form: own` in the manifest: `text` is a pointer, `json` or `data`, in events that `if` and `event` describe; `end` and
    `finish` are `event NAME`, `data TEXT` or `/pointer=value`; `end: body` is the end of the body."""

    def __init__(self, options):
        self.options = options
        self.ends_with_body = options.get("end") == "body"

    def is_so(self, event, rule):
        if not rule or rule == "body":
            return False
        if rule.startswith("/"):
            pointer, _, wanted = rule.partition("=")
            value = parsed(event)
            found = at(value, pointer) if isinstance(value, (dict, list)) else None
            return (found if isinstance(found, str) else json.dumps(found)) == wanted
        kind, _, wanted = rule.partition(" ")
        return wanted == (event.type if kind == "event" else event.data)

    def terminal(self, event):
        return self.is_so(event, self.options.get("end"))

    def finish(self, event):
        return self.is_so(event, self.options.get("finish"))

    def failure(self, event):
        return False

    def piece(self, event):
        if self.options.get("event", event.type) != event.type or not self.is_so(event, self.options.get("if")) and "if" in self.options:
            return ""
        place = self.options["text"]
        if place == "data":
            return "" if self.terminal(event) else event.data
        found = parsed(event)
        found = found if place == "json" else at(found, place) if isinstance(found, (dict, list)) else None
        return found if isinstance(found, str) else ""

    def text(self, events):
        pieces = [piece for piece in (self.piece(event) for event in events) if piece]
        return (pieces or [""])[-1] if self.options.get("so-far") else "".join(pieces)


def of(options):
    return Form(options) if options.get("form") == "own" else Chunks()
