"""RESULTS.md and results.html, made from the results alone."""
import html
import shlex

import report
from checker import AGREES, DIFFERS, NOT_JUDGED, RACE, compare
from manifest import CENSUS
from report import HALF

END = {False: "kept", True: "lost"}
LATE = {False: "at once", True: "late"}
LANGUAGES = {"python": "Python", "node": "Node.js", "go": "Go", "rust": "Rust", "java": "Java"}
HEAD = ["application", "variant", "leaves at the end", "stays", "leaves half-way", "checker"]


def at_end(told):
    """Of the readers who left at an ending event; where there are several such events, at each, the first one first."""
    return ", ".join("kept" if share["n"] == 0 else f"**{share['n']} of {share['of']} lost**{_by(share)}" for share in told["end"])


def _by(share):
    """Where it matters how a reader leaves: half of them close the connection, half reset it."""
    if share["n"] == share["of"] or share["by_reset"] not in (0, share["n"]):
        return ""
    return ", all by a reset" if share["by_reset"] else ", all by a close"


def stays(told):
    """What is saved at the instant of an ending event, at each where there are several."""
    return ", ".join(_stays(late) for late in told["late"]) + (", saved twice" if told["doubled"] else "")


def _stays(late):
    if late["n"] == 0:
        return "saved"
    return f"{late['n']} of {late['of']} late, " + ("never saved" if late["ms"] is None else f"saved {late['ms']} ms later")


def half_way(told):
    bad = told["half"] in ("nothing", "less_than_seen", "part_looks_whole")
    return f"**{HALF[told['half']]}**" if bad else HALF[told["half"]]


def sentence(told):
    return "; ".join(text.replace("**", "") for text in (at_end(told), stays(told), half_way(told)))


def verdict(variant):
    """What the checker said, and whether it is what the experiment saw."""
    said = variant.get("report")
    if said is None:
        return "not asked"
    if said["problem"]:
        return f"could not check: {said['problem'].splitlines()[0][:160]}"
    failed = [code for code, found in said["verdicts"].items() if found["verdict"] == "fail"]
    by = {how: [code for code, found in variant["compared"].items() if found == how] for how in (DIFFERS, RACE, NOT_JUDGED)}
    words = [f"fails {' '.join(failed)}" if failed else "nothing found"]
    words += [f"**wrong: {' '.join(by[DIFFERS])}**"] if by[DIFFERS] else []
    words += [f"{RACE}: {' '.join(by[RACE])}"] if by[RACE] else []
    words += [f"not judged: {' '.join(by[NOT_JUDGED])}"] if by[NOT_JUDGED] else []
    return "; ".join(words)


def rows(apps, found):
    """One row for each variant of each application that ran, by language; what follows from a measurement follows it here."""
    for language in LANGUAGES:
        for name, app in apps.items():
            result = found.get(name)
            if app.language != language or not result or result["not_run"]:
                continue
            for variant in app.variants:
                value = result["variants"].get(variant.name)
                if value:
                    if "report" in value:
                        value = value | {"compared": compare(value["truth"], value["report"], bool(app.whole))}
                    yield app, result, variant, value


def counts(apps, found):
    naive = [value["truth"] for _, _, variant, value in rows(apps, found) if not variant.right]
    right = [value["truth"] for _, _, variant, value in rows(apps, found) if variant.right]
    compared = [how for _, _, _, value in rows(apps, found) for how in value.get("compared", {}).values()]
    frameworks = len({app.name for app, *_ in rows(apps, found)})
    loses = sum(any(share["n"] for share in told["end"]) for told in naive)
    return [
        f"{frameworks} frameworks and applications ran, in {len(naive)} variants as people write them and {len(right)} mended ones.",
        f"As people write them: {loses} of {len(naive)} lose answers whose reader leaves at the ending event; "
        f"{sum(any(late['n'] for late in told['late']) for told in naive)} have not saved the answer when its end is said; "
        f"{sum(told['half'] == 'nothing' for told in naive)} keep nothing of an answer whose reader leaves half-way; "
        f"in {sum(told['looks_whole']['n'] > 0 for told in naive)} a part looks whole.",
        f"Mended: {sum(any(share['n'] for share in told['end']) for told in right)} of {len(right)} lose at the end, "
        f"{sum(any(late['n'] for late in told['late']) for told in right)} are late, "
        f"{sum(told['half'] in ('nothing', 'less_than_seen', 'part_looks_whole') for told in right)} lose half-way.",
        f"Verdicts of the checker on these questions: {compared.count(AGREES)} as the experiment saw it, "
        f"{compared.count(DIFFERS)} otherwise, {compared.count(RACE)} on a race, where either is right, {compared.count(NOT_JUDGED)} not judged.",
    ]


def cells(app, variant, value):
    told = value["truth"]
    return [f"{app.title} {app.version}", f"{variant.name}: {variant.what}", at_end(told), stays(told), half_way(told), verdict(value)]


def has_report(app, result, variant):
    return bool(app.report) and app.report["variant"] == variant.name and report.complaint(app, result) is not None


def markdown(apps, found):
    lines = [
        "# Results of the census",
        "",
        "Made by `./lastword census` from [what was measured](results/); do not edit. [What the columns mean](../docs/guides/census.md#columns).",
        "",
        *(f"- {line}" for line in counts(apps, found)),
    ]
    language = None
    for app, result, variant, value in rows(apps, found):
        if app.language != language:
            language = app.language
            lines += ["", f"## {LANGUAGES[language]}", "", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
        row = cells(app, variant, value)
        row[0] = f"[{row[0]}](apps/{app.name})"
        if has_report(app, result, variant):
            row[1] += f" ([report](reports/{app.name}.md))"
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |")
    lines += ["", "## Not run", ""]
    for app, why in not_run(apps, found):
        lines.append(f"- {app.title} {app.version}: {why}")
    lines += ["", "## What it was measured with", "", *(f"- {line}" for line in conditions(apps, found)), ""]
    return "\n".join(lines)


def not_run(apps, found):
    for name, app in apps.items():
        if app.not_run:
            yield app, f"not run, because {app.not_run}"
        elif name not in found:
            yield app, "not run yet"


def conditions(apps, found):
    ran = [result for name, result in found.items() if name in apps and not result["not_run"]]
    for what, label in (("machine", "Machine"), ("runtime", "Runtimes"), ("checker", "Checker, last commit of its code"), ("at", "Days (UTC)")):
        yield f"{label}: {', '.join(sorted({result[what] for result in ran}))}"


STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8884 }
th { position: sticky; top: 0; background: Canvas } tr.right td { color: color-mix(in srgb, CanvasText 75%, Canvas) }
.bad { font-weight: 600; color: light-dark(#b3261e, #ff8a80) } .table { overflow-x: auto }
"""


def page(apps, found):
    """The same as one HTML file without scripts, which loads nothing."""
    body, language = [f"<p>{html.escape(line)}</p>" for line in counts(apps, found)], None
    for app, result, variant, value in rows(apps, found):
        if app.language != language:
            body += ["</tbody></table></div>"] if language else []
            language = app.language
            heads = "".join(f'<th scope="col">{head}</th>' for head in HEAD)
            body.append(f'<h2>{LANGUAGES[language]}</h2><div class="table"><table><thead><tr>{heads}</tr></thead><tbody>')
        row = [_bold(cell) for cell in cells(app, variant, value)]
        row[0] = _link(app.docs, row[0])
        if has_report(app, result, variant):
            row[1] += f" ({_link(f'reports/{app.name}.md', 'report')})"
        marked = "".join(f"<td>{cell}</td>" for cell in row)
        body.append(f'<tr class="{"right" if variant.right else "naive"}">{marked}</tr>')
    body += ["</tbody></table></div>"] if language else []
    skipped = "".join(f"<li>{_link(app.docs, html.escape(f'{app.title} {app.version}'))}: {html.escape(why)}</li>" for app, why in not_run(apps, found))
    body.append(f"<h2>Not run</h2><ul>{skipped}</ul>")
    body.append("<h2>What it was measured with</h2><ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in conditions(apps, found)) + "</ul>")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Lastword census</title><style>{STYLE}</style></head><body><h1>Who loses the last word?</h1>" + "\n".join(body) + "</body></html>\n"
    )


def _link(address, marked):
    return f'<a href="{html.escape(address)}">{marked}</a>'


def _bold(text):
    parts = html.escape(text).split("**")
    return "".join(f'<span class="bad">{part}</span>' if index % 2 else part for index, part in enumerate(parts))


def how_to_ask(app, base):
    """Commands that ask a served application by hand."""
    lines = []
    for step in app.steps:
        lines.append(_curl(step, base))
    for variant in app.variants:
        ask = {key: value.replace("{{variant}}", variant.name) if isinstance(value, str) else value for key, value in app.ask.items()}
        lines += [f"# {variant.name}: {variant.what}", _curl(ask, base)]
    lines.append(_curl({"path": app.verify, "method": "GET"} if isinstance(app.verify, str) else app.verify, base))
    return "\n".join(line.replace("{{run}}", "one") for line in lines)


def _curl(ask, base):
    body = f" -H 'content-type: application/json' -d {shlex.quote(ask['body'])}" if "body" in ask else ""
    method = f" -X {ask['method']}" if ask.get("method", "POST" if body else "GET") not in ("GET", "POST") else ""
    return f"curl -N{method} '{base}{ask['path']}'{body}"


def render(apps, found):
    (CENSUS / "RESULTS.md").write_text(markdown(apps, found))
    (CENSUS / "results.html").write_text(page(apps, found))
