"""Texts for those who make a framework: symptom, reproduction, smallest fix. The words are the manifest's, the numbers the results'."""
import json
import re
import shlex

from manifest import CENSUS

REPORTS = CENSUS / "reports"
HALF = {
    "nothing": "nothing is kept",
    "less_than_seen": "less is kept than was seen",
    "part_looks_whole": "a part is kept and looks whole",
    "part": "a part is kept, and marked as one",
    "whole": "the whole answer is kept",
}
FENCES = {".py": "python", ".mjs": "js", ".rs": "rust"} | {f".{name}": name for name in ("js", "ts", "go", "java", "toml", "yaml", "json")}
INSTALLS = {
    "python": "python3 -m venv venv && venv/bin/pip install -r requirements.txt",
    "node": "npm install",
    "go": "go build -o app .",
    "rust": "cargo build && cp target/debug/app .",
    "java": "mvn -q package",
}
RESET = "connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))  # as a reloaded page does\n"
LEAVE = '''import http.client, json, socket, struct, time, uuid

HOME = ("127.0.0.1", {port})
known = {{"run": uuid.uuid4().hex}}

def ask(method, path, body=None, headers={{}}):
    for name, value in known.items():
        path, body = path.replace("{{{{" + name + "}}}}", value), body and body.replace("{{{{" + name + "}}}}", value)
    connection = http.client.HTTPConnection(*HOME)
    connection.request(method, path, body, {{"content-type": "application/json", **headers}})
    return connection, connection.getresponse()

{steps}connection, answer = ask({ask})
{header}seen = 0
for line in answer:
    seen += line.startswith(b"data:")
    if {leave}:
        break
{reset}answer.close()
connection.close()                         # the reader has gone
time.sleep(3)
found = ask({verify})[1]
print(found.status, found.read().decode()[:400])
'''


def render(apps, found):
    """Writes the report of every application that has words for one, and a result that says the same."""
    REPORTS.mkdir(exist_ok=True)
    for name, app in apps.items():
        result, file = found.get(name, {}), REPORTS / f"{name}.md"
        value = complaint(app, result)
        if value:
            file.write_text(text(app, value, result))
        else:
            file.unlink(missing_ok=True)


def complaint(app, result):
    """What was measured of the variant that the report is about; None where it shows nothing, or was another application's."""
    value = app.report and result.get("variants", {}).get(app.report["variant"])
    if not value or not app.is_of(app.variant(app.report["variant"]), value["experiment"]):
        return None
    return value if shown_by(app, value["truth"]) else None


def shown_by(app, told):
    """Whether what was measured is what the report complains of: a text for others says nothing that was not seen."""
    if app.report.get("leave") == "half-way":
        return told["half"] in ("nothing", "less_than_seen", "part_looks_whole")
    return any(share["n"] for share in told["end"])


def text(app, value, result):
    said = app.report
    lines = [f"# {app.title} {app.version}: {said['title']}", "", "## Symptom", "", said["symptom"].strip(), "", measured(value, result), ""]
    lines += [f"Documentation followed: <{app.docs}>", "", "## Reproduction", ""]
    for name, path in files(app).items():
        lines += [f"`{name}`", "", f"```{FENCES.get(path.suffix, '')}", path.read_text().rstrip(), "```", ""]
    lines += ["```sh", INSTALLS[app.language], start(app), *([] if app.steps else [curl(app)]), "```", ""]
    where = "half-way" if said.get("leave") == "half-way" else "at the ending event"
    lines += [f"A reader who leaves {where}, `leave.py`:", "", "```python", script(app).rstrip(), "```", ""]
    lines += ["## Smallest fix", "", said["fix"].strip(), ""]
    return "\n".join(lines)


def measured(value, result):
    """What the experiment saw, in sentences."""
    told = value["truth"]
    lines = []
    for ending, share in zip(value["experiment"]["leaves"], told["end"]):
        lines.append(f"Of {share['of']} readers who left at {_shown(ending)}, {share['n']} lost the answer.")
    for ending, late in zip(value["experiment"]["calm"]["late_ms"], told["late"]):
        if late["n"]:
            lines.append(f"For {late['n']} of {late['of']} readers who stayed it was not yet saved when {_shown(ending)} came (it was {late['ms']} ms later).")
    half = value["experiment"]["half_way"]
    lines.append(f"Of {half['runs']} readers who left half-way: {HALF[told['half']]} ({half['whole']} of {half['runs']} kept whole).")
    return " ".join(lines) + f" Measured on {result['runtime']}, {result['machine']}."


def _shown(ending):
    return "the last event" if ending == "last" else f"`{ending}`"


def files(app):
    """What a reproduction needs, by where it lies: the application, without what only the census reads, and the shared model and store."""
    hidden = ("census.toml", "package-lock.json", "go.sum", "Cargo.lock")
    folders = [app.folder, *([CENSUS / "shared" / app.language] if app.report.get("shared", True) else [])]
    return {
        str(path.relative_to(folder)): path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in hidden and "__pycache__" not in path.parts
    }


def start(app, port=8000):
    """The command as a person types it."""
    command = app.start.replace("{port}", str(port)).replace("{python}", "venv/bin/python").replace("{state}/venv", "venv").replace("{java}", "java")
    model = "CENSUS_MODEL=http://127.0.0.1:9000/v1 " if app.report.get("model") else ""
    return f"PORT={port} {model}{command} &" + ("   # CENSUS_MODEL: any OpenAI-compatible server, such as census/runner/model.py 9000" if model else "")


def curl(app, port=8000):
    ask = _of(app)
    headers = "".join(f" -H {shlex.quote(f'{name}: {value}')}" for name, value in _headers(ask).items())
    data = f" -d {shlex.quote(ask['body'].replace('{{run}}', 'one'))}" if "body" in ask else ""
    return f"curl -N -X {ask['method']} 'http://127.0.0.1:{port}{ask['path'].replace('{{run}}', 'one')}'{headers}{data}"


def script(app, port=8000):
    ask = _of(app)
    verify = {"method": "GET", "path": app.verify} if isinstance(app.verify, str) else app.verify
    verify = {key: _variant(app, value) for key, value in verify.items()}
    steps = "".join(
        f'known["{place}"] = json.load(ask({_call({"method": "POST", **step})})[1]){_keys(place)}\n'
        for step in app.steps
        for place in sorted(set(re.findall(rf"{re.escape(step['name'])}\.json:[^}}]+", json.dumps([app.ask, app.verify]))))
    )
    headers = set(re.findall(r"\{\{(header:[^}]+)\}\}", json.dumps(verify)))
    header = "".join(f'known["{place}"] = answer.headers["{place.removeprefix("header:")}"]\n' for place in sorted(headers))
    return LEAVE.format(port=port, steps=steps, ask=_call(ask), header=header, leave=_leave(app), reset=RESET if app.report.get("reset") else "", verify=_call(verify))


def _leave(app):
    if app.report.get("leave") == "half-way":
        return "seen == 10"
    ending = app.ending[-1]
    if ending.startswith("event:"):
        return f'line.rstrip() in (b"event: {ending[6:]}", b"event:{ending[6:]}")'
    if ending.startswith("/"):
        name, _, value = ending.rpartition("/")[2].partition("=")
        return f'b\'"{name}":"{value}"\' in line.replace(b" ", b"")'
    return f'line.rstrip() in (b"data: {ending}", b"data:{ending}")'


def _of(app):
    return {key: _variant(app, value) for key, value in app.ask.items()}


def _variant(app, value):
    return value.replace("{{variant}}", app.report["variant"]) if isinstance(value, str) else value


def _headers(ask):
    return ({"content-type": "application/json"} if "body" in ask else {}) | ask.get("headers", {})


def _call(ask):
    said = [repr(ask.get("method", "POST")), repr(ask["path"])]
    if "body" in ask or ask.get("headers"):
        said.append(repr(ask.get("body")))
    return ", ".join(said + ([repr(ask["headers"])] if ask.get("headers") else []))


def _keys(place):
    return "".join(f'["{key}"]' for key in place.partition("json:")[2].split("/")[1:])
