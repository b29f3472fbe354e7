"""What real readers do to one route, and what each code's verdict follows from. zoo.yaml says what a code means."""
import asyncio
import json
import os
import re
import sys
import time
import urllib.parse
import uuid

import dialect
import reader
from clients import judge_clients
from reader import Connection, Reading, read

PASS, FAIL, NOT_APPLICABLE, UNDECIDED = "pass", "fail", "not-applicable", "undecided"
SAVED_WITHIN_S = 1.5
SPREAD_MIN_S = 0.05
SPREAD_PER_EVENT_S = 0.004
READERS = 12
ABRUPT_RUNS = 10
COMES_BACK = 20  # times; who knows no end of it would go on


def verdict(good, detail=""):
    return (PASS, "") if good else (FAIL, detail)


class Route:
    """One route under test; `options` are what the manifest says that a check of it needs."""

    def __init__(self, base, route):
        self.base = f"{base}/{route['route']}"
        self.options = route.get("options", {})
        self.method = self.options.get("method", "POST")
        self.plain = self.options.get("form") in ("plain", "own")
        self.form = dialect.of(self.options)
        self.kept = sys.maxsize
        self.twice = 0  # how often an answer is there
        self.headers = {"cookie": self.options["cookie"]} if "cookie" in self.options else {}
        self.streams, self.stream_id = f"{self.base}/streams", "x-message-id"
        if isinstance(self.options.get("resume"), str):  # a path of its server, by the id that Lastword gives
            self.streams, self.stream_id = base + self.options["resume"], "lastword-stream"

    def chat(self, message, **more):
        headers = {**self.headers, **more.pop("headers", {})}
        if self.method == "GET":
            return read("GET", f"{self.base}/chat?message={urllib.parse.quote(message)}", None, headers, **more)
        return read("POST", f"{self.base}/chat", {"message": message}, headers, **more)

    def stream(self, id, last_event_id=None, headers=None, **more):
        headers = dict(self.headers if headers is None else headers)
        if last_event_id is not None:
            headers["last-event-id"] = last_event_id
        return read("GET", f"{self.streams}/{id}", headers=headers, **more)

    async def saved(self, id):
        reading = await read("GET", f"{self.base}/messages/{id}")
        return json.loads(reading.body) if reading.status == 200 else None

    async def saved_in_time(self, id, good, within=SAVED_WITHIN_S):
        """What is saved as soon as it is good, or at the end of the time."""
        until = time.perf_counter() + within
        while True:
            message = await self.saved(id)
            if (message and good(message)) or time.perf_counter() > until:
                return message
            await asyncio.sleep(0.02)


def fresh():
    return f"tell me of {uuid.uuid4().hex[:12]}"


async def stay(route, verdicts):
    """Reads to the end; asks on a second connection, at the instant of the terminal event, what is saved."""
    message = fresh()
    asking = {code: await Connection.open(route.base) for code in ("LW003", "LW023")}
    answers, texts = {}, {}

    def ask(code, reading):
        if code not in answers:
            asking[code].send("GET", f"{route.base}/messages/{reading.headers['x-message-id']}")
            answers[code] = answer_of(asking[code])

    def arrived(reading, event):
        if route.form.terminal(event):
            ask("LW003", reading)
        elif route.form.finish(event):
            ask("LW023", reading)
        if code_of(route, event) in answers:
            texts.setdefault(code_of(route, event), route.form.text(reading.events))

    reading = await route.chat(message, arrived=arrived)
    if route.form.ends_with_body:
        ask("LW003", reading)
    said = route.form.text(reading.events)
    for code, what in (("LW003", "terminal event"), ("LW023", "first ending event")):
        if code in answers and not texts.get(code, said):
            verdicts[code] = UNDECIDED, f"no text had come when the {what} came"
            await answers[code]
        elif code in answers:
            verdicts[code] = verdict(await answers[code] is not None, f"not saved when the {what} came")
        else:
            verdicts[code] = (UNDECIDED if code == "LW003" else NOT_APPLICABLE), f"no {what}"
        asking[code].leave()
    if any(route.form.failure(event) for event in reading.events):
        verdicts["LW023"] = UNDECIDED, "the answer is an error"
    saved = await route.saved_in_time(reading.headers["x-message-id"], lambda saved: True)
    route.kept = kept_of(said, saved)
    verdicts["LW010"] = verdict(saved and saved["text"] == said, f"saved {saved and saved['text'][-30:]!r}")
    judge_ending(route, reading, saved, verdicts)
    judge_transport(route, reading, verdicts)
    return message, said, reading


def kept_of(said, saved):
    """How much of an answer is saved even when nobody leaves: what readers who leave can be asked for."""
    if saved is None or saved["text"] == said:
        return sys.maxsize
    return len(os.path.commonprefix([said, saved["text"]]))


def code_of(route, event):
    return "LW003" if route.form.terminal(event) else "LW023" if route.form.finish(event) else None


async def answer_of(connection):
    reading = Reading()
    await connection.head(reading)
    body = b"".join([part async for part in connection.parts(reading)])
    return json.loads(body) if reading.status == 200 else None


def ends(route, event):
    return route.form.terminal(event) or route.form.finish(event) or route.form.failure(event)


def judge_ending(route, reading, saved, verdicts):
    form = route.form
    said = [index for index, event in enumerate(reading.events) if form.terminal(event) or form.failure(event)]
    last = len(reading.events) - 1
    first = next((index for index, event in enumerate(reading.events) if ends(route, event)), last)
    early = form.text(reading.events[first + 1 :]) != ""
    right = said == [] if form.ends_with_body else said == [last]
    verdicts["LW008"] = verdict(right and not early, f"ends at {said} of {last}, first at {first}")
    success = form.ends_with_body or any(form.finish(event) or form.terminal(event) for event in reading.events)
    failed = any(form.failure(event) for event in reading.events)
    if not success and not failed:
        verdicts["LW009"] = verdict(reading.cut, "a clean end of an answer that was not finished")
    else:
        kept = saved is None or saved["status"] == "complete"
        verdicts["LW009"] = verdict(not success or (kept and not failed), f"success said, saved as {saved and saved['status']}")


def judge_transport(route, reading, verdicts):
    silence = max((b - a for a, b in zip(reading.arrivals, reading.arrivals[1:])), default=0)
    allowed = route.options.get("silence-ms-max", 15_000) / 1000
    verdicts["LW012"] = verdict(silence <= allowed, f"silent for {silence:.2f} s")
    if route.options.get("tool-call"):
        verdicts["LW020"] = verdict(any(route.form.terminal(event) for event in reading.events), "cut in its silence")
    else:
        verdicts["LW020"] = NOT_APPLICABLE, "no silent tool call"
    headers, reasons = reading.headers, []
    if reading.events[-1].at - reading.events[0].at < min(SPREAD_MIN_S, SPREAD_PER_EVENT_S * len(reading.events)):
        reasons.append("all at once")
    if not headers.get("content-type", "").startswith("application/x-ndjson" if route.options.get("lines") else "text/event-stream"):
        reasons.append(headers.get("content-type", "no content-type"))
    caching = headers.get("cache-control", "")
    if "public" in caching or re.search("max-age=[1-9]", caching):
        reasons.append("cacheable")
    if route.method == "GET" and not any(word in caching for word in ("no-cache", "no-store")):
        reasons.append("a GET that caches may keep")
    reasons += [name for name in ("content-length", "content-encoding") if name in headers]
    verdicts["LW013"] = verdict(not reasons, ", ".join(reasons))
    verdicts["LW014"] = verdict(not reading.faults, ", ".join(reading.faults))


async def accept_gzip(route, verdicts):
    reading = await route.chat(fresh(), headers={"accept-encoding": "gzip"})
    if "content-encoding" in reading.headers and verdicts["LW013"][0] == PASS:
        verdicts["LW013"] = FAIL, reading.headers["content-encoding"]


async def leave_at(route, verdicts, code, last):
    if code == "LW001" and route.form.ends_with_body:
        last = lambda event: False  # noqa: E731
    reading = await route.chat(fresh(), leave=lambda reading: any(last(event) for event in reading.events))
    at_end = code == "LW001" and route.form.ends_with_body
    if not at_end and not any(last(event) for event in reading.events):
        verdicts[code] = NOT_APPLICABLE if route.plain and code == "LW002" else UNDECIDED, "no such event"
        return
    said = route.form.text(reading.events)[: route.kept]
    if not said:
        verdicts[code] = UNDECIDED, "no text had come by then"
        return
    saved = await route.saved_in_time(reading.headers["x-message-id"], lambda saved: saved["text"].startswith(said))
    if code == "LW001":
        route.twice = max(route.twice, await times_saved(route, reading, said))
    verdicts[code] = verdict(saved and saved["text"].startswith(said), "lost" if saved is None else "other content")


async def leave_abruptly_at_finish(route, verdicts):
    """A reader that resets between finish_reason and [DONE]: a race, tried some times."""
    for _ in range(ABRUPT_RUNS):
        read = await asyncio.to_thread(
            reader.leave_abruptly, f"{route.base}/chat", {"message": fresh()}, route.headers, b'"stop"'
        )
        id = re.search(rb"(?i)x-message-id: (\S+)", read)
        if b'"stop"' in read and id and not await route.saved_in_time(id[1].decode(), lambda saved: True):
            verdicts["LW002"] = FAIL, "lost, after a reset"
            return


async def times_saved(route, reading, said):
    """How often the history has the answer, once what goes on is over."""
    await asyncio.sleep(0.3)
    saved = await route.saved(reading.headers["x-message-id"])
    return sum(entry["role"] == "assistant" and entry["text"].startswith(said) for entry in (saved or {}).get("history", []))


def with_text(route, events):
    return sum(route.form.piece(event) != "" for event in events)


async def leave_half_way(route, verdicts, asked, said, events, took):
    """After 10, 50 and 90 % of the events that bring text: what was seen is kept, and is called complete only where it is."""
    reasons = []
    for percent in (10, 50, 90):
        message = fresh()
        seen = max(1, events * percent // 100)
        whole = said.replace(asked, message)[: route.kept]
        reading = await route.chat(message, leave=lambda reading: with_text(route, reading.events) >= seen)
        left_with = route.form.text(reading.events)[: route.kept]
        id = reading.headers["x-message-id"]
        saved = await route.saved_in_time(id, lambda saved: saved["text"] == whole, SAVED_WITHIN_S + took)
        text = saved and saved["text"][: route.kept]
        if saved is None or not text.startswith(left_with) or not whole.startswith(text):
            reasons.append(f"lost at {percent} %")
        elif saved["status"] == "complete" and text != whole:
            reasons.append(f"partial called complete at {percent} %")
        route.twice = max(route.twice, await times_saved(route, reading, left_with))
    verdicts["LW004"] = verdict(not reasons, ", ".join(reasons))


async def many(route, verdicts):
    async def one():
        reading = await route.chat(fresh())
        said = route.form.text(reading.events)[: route.kept]
        saved = await route.saved_in_time(reading.headers["x-message-id"], lambda saved: saved["text"].startswith(said))
        return saved and saved["text"].startswith(said)

    kept = sum(bool(good) for good in await asyncio.gather(*(one() for _ in range(READERS))))
    verdicts["LW011"] = verdict(kept == READERS, f"{kept} of {READERS} kept")


async def forge(route, verdicts):
    forged = []
    for end in ("\n", "\r", "\r\n"):
        message = f"x{end}id: forged{end}data: forged{end}{end}event: close{end}data: y"
        reading = await route.chat(message)
        early = [event for event in reading.events[:-1] if event.type == "close" and route.options.get("form") == "plain"]
        if early or any(event.data == "forged" or event.id == "forged" for event in reading.events):
            forged.append(repr(end))
    verdicts["LW021"] = verdict(not forged, f"forged with {', '.join(forged)}")


async def stall(route, verdicts, took):
    """One reader takes the head and reads no more; another one must not wait for it."""
    stalled = await Connection.open(route.base, receive_buffer=4096)
    if route.method == "GET":
        stalled.send("GET", f"{route.base}/chat?message=stall", None, route.headers)
    else:
        stalled.send("POST", f"{route.base}/chat", {"message": fresh()}, route.headers)
    await stalled.head(Reading())
    stalled.writer.transport.pause_reading()
    await asyncio.sleep(0.2)
    try:
        await asyncio.wait_for(route.chat(fresh()), 5 * took + 1)
        verdicts["LW016"] = PASS, ""
    except asyncio.TimeoutError:
        verdicts["LW016"] = FAIL, "waits for a stalled reader"
    stalled.writer.transport.abort()


async def resume(route, verdicts):
    if not route.options.get("resume"):
        verdicts["LW005"] = verdicts["LW017"] = NOT_APPLICABLE, "no way back"
        return
    left = await route.chat(fresh(), leave=lambda reading: len(reading.events) >= 6)
    id = left.headers[route.stream_id]
    await asyncio.sleep(0.04)
    rest, whole = await asyncio.gather(route.stream(id, left.events[-1].id), route.stream(id))
    later = await route.stream(id, left.events[-1].id)
    sames = [[event.same() for event in reading.events] for reading in (left, rest, whole, later)]
    exact = sames[0] + sames[1] == sames[2] and sames[0] + sames[3] == sames[2]
    shown = [] if exact else [len(same) for same in sames]
    untouched = await route.chat(fresh())
    replayed = await route.stream(untouched.headers[route.stream_id])
    exact = exact and [event.same() for event in untouched.events] == [event.same() for event in replayed.events]
    verdicts["LW005"] = verdict(exact, f"left, rest, whole, later: {shown}")
    after = await route.stream(untouched.headers[route.stream_id], untouched.events[-1].id)
    nothing = route.method == "POST" and not after.events  # nobody reconnects by himself to a POST
    verdicts["LW017"] = verdict(after.status == 204 or nothing, f"{after.status} with {len(after.events)} events after the end")


async def strangers(route, verdicts):
    if "other-cookie" not in route.options:
        verdicts["LW015"] = NOT_APPLICABLE, "no second user"
        return
    reading = await route.chat(fresh())
    id = reading.headers["x-message-id"]
    own = await route.stream(id)
    other = await route.stream(id, headers={"cookie": route.options["other-cookie"]})
    nobody = await route.stream(id, headers={})
    open_to = [name for name, seen in (("another", other), ("nobody", nobody)) if seen.events]
    verdicts["LW015"] = verdict(own.events and not open_to, f"readable by {', '.join(open_to)}")


async def stop_half_way(route, message):
    """Stops after the sixth event, and reads on to the end."""
    stopping = []

    def arrived(reading, event):
        if len(reading.events) == 6:
            stopping.append(asyncio.ensure_future(read("POST", f"{route.base}/stop/{reading.headers['x-message-id']}", {})))

    reading = await route.chat(message, arrived=arrived)
    await stopping[0]
    return reading


async def stop(route, verdicts, asked, said):
    if not route.options.get("stop"):
        verdicts["LW006"] = NOT_APPLICABLE, "no stop"
        return
    message = fresh()
    reading = await stop_half_way(route, message)
    whole = said.replace(asked, message)
    saved = await route.saved_in_time(reading.headers["x-message-id"], lambda saved: True)
    partial = saved and saved["text"] and saved["text"] != whole and whole.startswith(saved["text"])
    seen = saved and saved["text"].startswith(route.form.text(reading.events[:6]))
    good = partial and seen and saved["status"] != "complete"
    verdicts["LW006"] = verdict(good, "lost" if saved is None else f"{saved['status']}, {len(saved['text'])} of {len(whole)}")


def parts(reading):
    """What a transport counts: [DONE] is no part."""
    return [json.loads(event.data) for event in reading.events if event.data != "[DONE]"]


async def come_back_for_finish(route, verdicts, calm):
    """As the AI SDK's WorkflowChatTransport: asks for what follows the parts that it has, until one says finish or the status an error."""
    if "x-workflow-run-id" not in calm.headers or not route.options.get("stop"):
        verdicts["LW025"] = NOT_APPLICABLE, "no workflow"
        return
    reading = await stop_half_way(route, fresh())
    run, read_so_far = reading.headers["x-workflow-run-id"], parts(reading)
    for _ in range(COMES_BACK):
        if any(part["type"] == "finish" for part in read_so_far):
            break
        reading = await read("GET", f"{route.base}/chat/{run}/stream?startIndex={len(read_so_far)}")
        if reading.status >= 400:
            break
        read_so_far += parts(reading)
    else:
        verdicts["LW025"] = FAIL, f"came back {COMES_BACK} times, and was told neither finish nor an error"
        return
    verdicts["LW025"] = PASS, ""


async def twice(route, verdicts):
    if not route.options.get("idempotency-key"):
        verdicts["LW007"] = NOT_APPLICABLE, "no key"
        return
    message, headers = fresh(), {route.options["idempotency-key"]: uuid.uuid4().hex}
    together = await asyncio.gather(*(route.chat(message, headers=headers) for _ in range(2)))
    again = await route.chat(message, headers=headers)
    ids = {reading.headers["x-message-id"] for reading in (*together, again)}
    verdicts["LW007"] = verdict(len(ids) == 1, f"{len(ids)} generations")


async def probe(base, entry, clients=None):
    """All probes on one route, one after the other; with browser and SDKs if there are clients.

    :return: verdict and detail for each code
    """
    route, verdicts = Route(base, entry), {}
    started = time.perf_counter()
    asked, said, reading = await stay(route, verdicts)
    took = time.perf_counter() - started
    route.twice = await times_saved(route, reading, said)
    await leave_at(route, verdicts, "LW001", route.form.terminal)
    await leave_at(route, verdicts, "LW002", route.form.finish)
    if verdicts["LW002"][0] == PASS and route.method == "POST":
        await leave_abruptly_at_finish(route, verdicts)
    await leave_half_way(route, verdicts, asked, said, with_text(route, reading.events), took)
    await accept_gzip(route, verdicts)
    await many(route, verdicts)
    verdicts["LW024"] = verdict(route.twice < 2, f"{route.twice} times in the history")
    if not route.form.ends_with_body and not any(ends(route, event) for event in reading.events):
        for code in ("LW004", "LW010", "LW011", "LW023", "LW024"):
            verdicts[code] = UNDECIDED, "nobody knows the whole answer"
    if not route.kept:
        for code in ("LW001", "LW002", "LW003", "LW004", "LW011", "LW023", "LW024"):
            verdicts[code] = UNDECIDED, "what is saved is another text, whoever stays"
    await forge(route, verdicts)
    await stall(route, verdicts, took)
    await resume(route, verdicts)
    await strangers(route, verdicts)
    await stop(route, verdicts, asked, said)
    await twice(route, verdicts)
    await come_back_for_finish(route, verdicts, reading)
    verdicts["LW019"] = NOT_APPLICABLE, "nobody says how to kill it"
    if clients:
        await judge_clients(clients, route, verdicts, fresh(), asked, said, reading, took)
        if verdicts["LW004"][0] == UNDECIDED:
            verdicts["LW018"] = verdicts["LW004"]
    return dict(sorted(verdicts.items()))
