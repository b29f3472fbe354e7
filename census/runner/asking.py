"""How an application is asked and where its answer is saved: places such as `{{run}}` filled in, and what a look finds."""
import itertools
import json
import re
import time
from dataclasses import dataclass

from wire import Request, fetch, plain, pointed

_runs = itertools.count(time.time_ns() // 1000)


class NoAnswer(RuntimeError):
    """The application cannot be judged: what a reader who stays gets, or finds saved, is no answer."""


@dataclass
class Look:
    """What one look at the saved state found of an answer."""

    chars: int = 0  # how much of its beginning is there
    times: int = 0  # how often the whole of it is there
    marked_whole: bool = False
    status: int = 0


class Turn:
    """One question: a fresh `{{run}}`, the requests before it, and the values that its answer brought."""

    def __init__(self, app, base, variant):
        self.app = app
        stem = f"{next(_runs):x}"
        self.values = {"run": stem, "base": base, "variant": variant, "uuid": f"00000000-0000-4000-8000-{stem[-12:]:0>12}"}

    def filled(self, text):
        def value(match):
            place = match[1]
            if place not in self.values:
                raise KeyError(f"nothing has brought {{{{{place}}}}}; known are {sorted(self.values)}")
            return self.values[place]

        return re.sub(r"\{\{([^{}]+)\}\}", value, text)

    def request(self, asked):
        headers = {name: self.filled(value) for name, value in asked.get("headers", {}).items()}
        url = self.values["base"] + self.filled(asked["path"])
        return Request(asked.get("method", "POST"), url, self.filled(asked.get("body", "")), headers)

    def prepare(self):
        """Makes the requests that come before the question, such as a login; their JSON is `{{NAME.json:/pointer}}`."""
        for step in self.app.steps:
            status, _, body = fetch(self.request(step))
            if status >= 400:
                raise NoAnswer(f"{step['name']} was answered with {status}: {body[:200]}")
            for place in self._places(f"{step['name']}.json:"):
                self.values[place] = plain(pointed(json.loads(body), place.partition(":")[2]))
        return self.request(self.app.ask)

    def _places(self, prefix):
        said = json.dumps([self.app.steps, self.app.ask, self.app.verify])
        return {place for place in re.findall(r"\{\{([^{}]+)\}\}", said) if place.startswith(prefix)}

    def answered(self, connection):
        for place in self._places("header:"):
            self.values[place] = connection.headers.get(place.removeprefix("header:").lower(), "")

    def brought(self, event):
        for place in self._places("event:") - self.values.keys():
            value = pointed(event.json(), place.removeprefix("event:"))
            if value is not None:
                self.values[place] = plain(value)

    def verification(self):
        asked = self.app.verify
        return self.request({"method": "GET", "path": asked} if isinstance(asked, str) else asked)

    def look(self, said):
        """Asks what is saved, on a connection of its own."""
        try:
            request = self.verification()
        except KeyError:
            return Look()  # the reader left before it was told where its answer would be
        status, _, body = fetch(request)
        return seen(status, body, said, self.app.whole)


def seen(status, body, said, whole):
    """How much of `said` a response of the verification holds, in any string of its JSON or in its text."""
    look = Look(status=status)
    if status != 200 or not said:
        return look
    try:
        value = json.loads(body)
    except ValueError:
        value = body
    place, _, mark = whole.partition("=")
    look.marked_whole = not whole or plain(pointed(value, place)) == mark
    for string in _strings(value):
        look.times += string.count(said)
        look.chars = max(look.chars, _beginning(string, said))
    return look


def _strings(value):
    if isinstance(value, str):
        inner = _kept_as_text(value)
        yield from [value] if inner is None else _strings(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _kept_as_text(value):
    """The JSON that a string holds, as databases keep it; None where it holds none."""
    if value[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _beginning(string, said):
    """How many characters of `said`, from its beginning, stand in `string`; less than its first words is chance."""
    at = string.find(said[:12])
    if at < 0:
        return 0
    same = 0
    for a, b in zip(string[at:], said):
        if a != b:
            break
        same += 1
    return same
