"""What real readers do to one application, and what was saved afterwards. No code of the checker is used, or known, here.

Four questions: is the answer lost when its reader leaves at the ending event, is it late when a reader stays (not there at the
instant at which the ending event comes), what is left when the reader leaves half-way, and does such a part look whole.
"""
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from asking import Look, NoAnswer, Turn, seen
from wire import Connection

LOOK_EVERY_S = 0.02
LOOK_S_MAX = 0.02  # a look that found the answer but took longer tells nothing of the instant at which it was asked


@dataclass
class Effort:
    """How often each thing is tried, and how long an answer may take to appear after it would be over."""

    calm: int = 5
    departures: int = 10  # at each ending event; half of them close, half reset
    half_way: int = 6
    grace_s: float = 2.0


@dataclass
class Calm:
    """What readers who stay to the end of the body saw."""

    said: str
    took_s: float
    events: int
    words: int  # events with words
    last_events: list  # the last three
    late_ms: dict = field(default_factory=dict)  # for each ending event, how long after it; 0 where it was there at once, None never
    times: int = 1  # how often the history holds the answer


class Experiment:
    def __init__(self, app, base, variant, effort=None):
        self.app, self.base, self.variant = app, base, variant.name
        self.effort = effort or Effort()
        self.ending = app.ending_of(variant)
        self.only_reader = threading.Lock()  # a reader that waits for its turn among others leaves too late to see a race
        self.text = app.text.replace("{{variant}}", variant.name)

    def run(self):
        """Everything about one variant, as plain values for a results file."""
        sys.setswitchinterval(0.0005)  # seconds; a reader that has seen the end is to leave before it
        calm = self.calm()
        departures = {ending: self.departures(ending, calm, self.effort.departures) for ending in self.ending}
        return {
            "calm": {
                "took_ms": round(calm.took_s * 1000),
                "events": calm.events,
                "last_events": calm.last_events,
                "late_ms": calm.late_ms,
                "times": calm.times,
                "copies": self.app.copies,
            },
            "leaves": departures,
            "half_way": self.half_way(calm),
        }

    def look_closer(self, result):
        """Leaves and stays many more times, once: a race that ten readers missed may be one, and what one of ten saw may be none."""
        leaves, late = result["leaves"], result["calm"]["late_ms"]
        left = [ending for ending in self.ending if leaves[ending]["runs"] <= self.effort.departures]
        stayed = [ending for ending in self.ending if len(late[ending]) <= self.effort.calm]
        if not left and not stayed:
            return
        calm = self.calm(4 * self.effort.calm if stayed else self.effort.calm)
        for ending in left:
            more = self.departures(ending, calm, 4 * self.effort.departures)
            leaves[ending] = {key: leaves[ending][key] + more[key] for key in more}
        for ending in stayed:
            late[ending] = late[ending] + calm.late_ms[ending]

    def calm(self, readers=None):
        """Stays and looks at the instant of each ending event, one reader after the other; the first only warms up."""
        calm, readers = None, readers or self.effort.calm
        for tries in range(1 + 3 * readers):
            if calm and len(calm.late_ms.get(self.ending[-1], [])) == readers:
                break
            turn = Turn(self.app, self.base, self.variant)
            started = time.monotonic()
            events, looks = self._stay(turn, calm)
            took, said = time.monotonic() - started, self._said(events)
            if not said:
                raise NoAnswer(f"no event has words at {self.text}; the last was {shown(events[-1]) if events else 'none'}")
            found_at = self._found_at(turn, said)
            if calm is None:
                calm = Calm(said, took, len(events), self._words(events), [shown(event) for event in events[-3:]])
                continue
            calm.took_s = took
            left = 3 * readers - tries
            if left > readers and any(took > LOOK_S_MAX for _, _, took in looks.values()):
                continue
            for ending in self.ending:
                if ending not in looks:
                    raise NoAnswer(f"no event is the ending {ending}; the last was {shown(events[-1])}")
                ended_at, look, _ = looks[ending]
                there = seen(*look, said, self.app.whole).times > 0
                late = 0 if there else found_at and max(1, round((found_at - ended_at) * 1000))
                calm.late_ms.setdefault(ending, []).append(late)
            calm.times = max(calm.times, turn.look(said).times)
        if all(late is None for late in calm.late_ms[self.ending[-1]]):
            raise NoAnswer("not even the answer of a reader who stays is saved")
        return calm

    def _stay(self, turn, calm):
        """All events of a response; and for each ending event when it came, and what a look found that was sent at that instant."""
        connection = Connection(turn.prepare())
        events, looks = [], {}
        try:
            turn.answered(connection.ask())
            if connection.status != 200:
                raise NoAnswer(f"status {connection.status}: {connection.body()[:200]}")
            for event in connection.events():
                events.append(event)
                turn.brought(event)
                for ending in self.ending:
                    last = ending == "last" and calm and len(events) == calm.events
                    if ending not in looks and (last or event.named(ending)):
                        looks[ending] = event.at, self._asked(turn), time.monotonic() - event.at
        finally:
            connection.leave()
        return events, looks

    @staticmethod
    def _asked(turn):
        asking = Connection(turn.verification())
        try:
            return asking.ask().status, asking.body()
        finally:
            asking.leave()

    def _found_at(self, turn, said):
        """When the whole answer was found, or None where it did not appear in time."""
        until = time.monotonic() + self.effort.grace_s
        while time.monotonic() < until:
            if turn.look(said).times:
                return time.monotonic()
            time.sleep(LOOK_EVERY_S)
        return None

    def departures(self, ending, calm, runs):
        """Leaves at an ending event, closing and resetting in turn; reads one at a time, and waits for what is saved side by side."""
        with ThreadPoolExecutor(self.effort.departures) as readers:
            results = list(readers.map(lambda run: self._leave_at(ending, calm, reset=run % 2 == 1), range(runs)))
        if None in results:
            raise NoAnswer(f"the ending {ending} did not come in {results.count(None)} of {runs} runs")
        return {"runs": runs, "lost": results.count("lost"), "lost_by_reset": results[1::2].count("lost")}

    def _leave_at(self, ending, calm, reset):
        def is_end(events):
            return len(events) == calm.events if ending == "last" else events[-1].named(ending)

        turn, events = self._read_until(is_end, reset)
        if events is None:
            return None
        said = self._said(events)
        return "kept" if self._found_at(turn, said) else "lost"

    def half_way(self, calm):
        """Leaves after half of the words; looks at once, as a refreshed page does, and when the answer would be over."""
        with ThreadPoolExecutor(self.effort.half_way) as readers:
            runs = list(readers.map(lambda run: self._leave_half_way(calm, reset=run % 2 == 1), range(self.effort.half_way)))
        counted = {"runs": self.effort.half_way, "nothing": 0, "less_than_seen": 0, "part": 0, "part_looks_whole": 0, "whole": 0}
        for run in runs:
            counted[run["left"]] += 1
        counted["refresh_shows_what_was_seen"] = sum(run["refreshed"] for run in runs)
        return counted

    def _leave_half_way(self, calm, reset):
        half = max(1, calm.words // 2)
        turn, events = self._read_until(lambda events: self._words(events) >= half, reset)
        if events is None:
            raise NoAnswer("an answer was over before its half")
        read = self._said(events)
        refreshed = turn.look(read).times > 0
        left, look = time.monotonic(), Look()
        expected = read + calm.said[len(read) :]  # runs differ in the question, which an answer repeats at its beginning
        while time.monotonic() < left + calm.took_s + self.effort.grace_s:
            look = turn.look(expected)
            if look.chars >= len(expected):
                break
            time.sleep(LOOK_EVERY_S * 2)
        return {"refreshed": refreshed, "left": self._named(look, len(read), len(expected))}

    @staticmethod
    def _named(look, read, whole):
        if look.chars >= whole:
            return "whole"
        if look.chars == 0:
            return "nothing"
        if look.marked_whole:
            return "part_looks_whole"
        return "part" if look.chars >= read else "less_than_seen"

    def _said(self, events):
        words = [event.text(self.text) for event in events if not self._ends(event)]
        if self.app.cumulative:
            return next((text for text in reversed(words) if text), "")
        return "".join(words)

    def _words(self, events):
        return sum(1 for event in events if event.text(self.text) and not self._ends(event))

    def _ends(self, event):
        return any(ending != "last" and event.named(ending) for ending in self.ending)

    def _read_until(self, enough, reset):
        """Reads until `enough(events)`, and leaves; None for the events where that never came."""
        turn, events = Turn(self.app, self.base, self.variant), []
        with self.only_reader:
            connection = Connection(turn.prepare())
            try:
                turn.answered(connection.ask())
                for event in connection.events():
                    events.append(event)
                    if enough(events):
                        return turn, events
                return turn, None
            finally:
                connection.leave(reset)
                for event in events:
                    turn.brought(event)


def shown(event):
    """An event in one short line, for a person."""
    return (f"{event.type}: " if event.type else "") + event.data[:120]


def truth(result):
    """The four answers in short: what a table shows and what verdicts are compared with. Lists are by ending event."""
    half, calm = result["half_way"], result["calm"]
    return {
        "end": [_share(leave["lost"], leave["runs"]) | {"by_reset": leave["lost_by_reset"]} for leave in result["leaves"].values()],
        "late": [_late(all) for all in calm["late_ms"].values()],
        "half": _half(half),
        "looks_whole": _share(half["part_looks_whole"], half["runs"]),
        "refresh": _share(half["refresh_shows_what_was_seen"], half["runs"]),
        "doubled": calm["times"] > calm["copies"],
    }


def is_mixed(share):
    return 0 < share["n"] < share["of"]


def is_race(share):
    """Whether some lost and others did not although they did the same: every second of those who leave resets."""
    if not is_mixed(share):
        return False
    resets, by_reset = share["of"] // 2, share.get("by_reset")
    return by_reset is None or (by_reset < resets and share["n"] - by_reset < share["of"] - resets)


def has_mixed(told):
    return any(is_mixed(share) for share in told["end"] + told["late"])


def _late(all):
    late = [ms for ms in all if ms]
    return _share(sum(ms != 0 for ms in all), len(all)) | {"ms": round(statistics.median(late)) if late else None}


def _half(half):
    for name in ("nothing", "less_than_seen", "part_looks_whole", "part", "whole"):
        if half[name]:
            return name
    raise ValueError(f"no run was counted: {half}")


def _share(some, all):
    return {"of": all, "n": some}
