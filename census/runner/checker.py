"""Asks `lastword check` about an application as a stranger would, and compares its verdicts with what the experiment saw."""
import json
import os
import subprocess

from experiment import is_race
from manifest import ROOT

CHECK_S_MAX = 600
# A browser, SDKs, stalled readers and forged events are left to the zoo; what a census asks is whether answers survive.
SKIPPED = "LW016,LW018,LW021,LW022"
AGREES, DIFFERS, RACE, NOT_JUDGED = "agrees", "differs", "a race, either verdict", "not judged"
LATER = ("LW023", "LW024")  # checkers of earlier results did not have them


def check_file(app, base, variant, run="{{run}}"):
    """What check.yaml would say, as JSON, which is YAML. The checker is told where to ask and to look, and nothing of the ending."""

    def filled(text):
        return text.replace("{{variant}}", variant).replace("{{uuid}}", "00000000-0000-4000-8000-{{run}}")

    ask = app.ask
    said = {"url": base + filled(ask["path"]), "method": ask.get("method", "POST")} | _verification(app.verify, base, filled)
    if "body" in ask:
        said["data"] = filled(ask["body"])
    headers = {"content-type": "application/json"} if "body" in ask else {}
    headers |= ask.get("headers", {})
    if headers:
        said["header"] = headers
    if app.steps:
        said["steps"] = {step["name"]: _step(step, base, filled) for step in app.steps}
    if app.whole:
        said["expect-complete"] = app.whole
    return said | app.checker_flags


def _verification(verify, base, filled):
    """A GET is the checker's own; anything else is a command, as its documentation says."""
    if isinstance(verify, str):
        return {"verify": base + filled(verify)}
    data = f"-H 'content-type: application/json' -d '{filled(verify['body'])}'" if "body" in verify else ""
    return {"verify-command": f"curl -s -m 10 -X {verify['method']} {data} '{base}{filled(verify['path'])}'"}


def _step(step, base, filled):
    said = {"url": base + filled(step["path"]), "method": step.get("method", "POST")}
    if "body" in step:
        said |= {"data": filled(step["body"]), "header": {"content-type": "application/json"} | step.get("headers", {})}
    return said


def check(app, base, variant, state, command=None):
    """The report of one check, and the shell command that repeats it."""
    file = state / f"check-{variant}.yaml"
    file.write_text(json.dumps(check_file(app, base, variant), indent=2) + "\n")
    command = command or [str(ROOT / "lastword")]
    arguments = [*command, "check", "-f", str(file), "--json", "--skip", SKIPPED]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=CHECK_S_MAX, stdin=subprocess.DEVNULL, env=os.environ)
    except subprocess.TimeoutExpired:
        return {"exit": -1, "problem": f"the checker took more than {CHECK_S_MAX} s", "verdicts": {}}
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return {"exit": done.returncode, "problem": (done.stderr or done.stdout).strip()[-300:], "verdicts": {}}
    return {
        "exit": done.returncode,
        "problem": report.get("problem", ""),
        "dialect": report.get("dialect", ""),
        "seconds": report.get("seconds", 0),
        "verdicts": {
            verdict["code"]: {"verdict": verdict["verdict"], "detail": verdict["detail"], "runs": verdict["runs"], "failed": verdict["failed"]}
            for verdict in report["verdicts"]
        },
    }


def expected(truth):
    """Which verdict of which code follows from the experiment: True must fail, False must pass, None either (a race)."""
    codes = {"LW001": _lost(truth["end"][-1]), "LW003": _lost(truth["late"][-1])}
    if len(truth["end"]) > 1:
        codes |= {"LW002": _lost(truth["end"][0]), "LW023": _lost(truth["late"][0])}
    codes["LW004"] = truth["half"] in ("nothing", "less_than_seen", "part_looks_whole")
    if truth["doubled"]:  # nothing follows where it is not: the checker counts also what readers who leave find twice
        codes["LW024"] = True
    return codes


def _lost(share):
    return None if is_race(share) else share["n"] > 0


def compare(truth, report, marked=True):
    """For each code: agrees, differs, a race that may have either verdict, or not judged, where the checker said that it could not tell.

    Where a saved answer has no mark that tells a whole one (`marked` is false), the checker says that it does not judge parts.
    """
    compared, verdicts = {}, report["verdicts"]
    for code, fails in expected(truth).items():
        if verdicts and code in LATER and code not in verdicts:
            continue
        verdict = verdicts.get(code, {}).get("verdict", "")
        unmarked = code == "LW004" and not marked and truth["half"] == "part_looks_whole" and verdict == "pass"
        if verdict not in ("pass", "fail") or unmarked:
            compared[code] = NOT_JUDGED
        elif fails is None:
            compared[code] = RACE
        else:
            compared[code] = AGREES if (verdict == "fail") == fails else DIFFERS
    return compared
