#!/usr/bin/env python3
"""The census: what popular frameworks and applications do to an answer whose reader leaves, and what the checker says to it.

Without names, tries every application under census/apps: installs it into .lastword/census, starts it, makes the experiment on
raw sockets, asks the checker, and writes census/results/NAME.json, census/RESULTS.md and census/results.html.
"""
import argparse
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "runner"))
import checker  # noqa: E402
import model  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
from asking import NoAnswer  # noqa: E402
from experiment import Experiment, has_mixed, truth  # noqa: E402
from host import CannotRun, Host  # noqa: E402
from manifest import ManifestError, all_apps  # noqa: E402

SHORT = {checker.AGREES: "=", checker.DIFFERS: "≠", checker.RACE: "~", checker.NOT_JUDGED: "?"}


def main(arguments=None):
    options = parsed(arguments)
    try:
        apps = chosen(all_apps(), options)
    except ManifestError as wrong:
        sys.exit(f"lastword: {wrong}")
    if options.list:
        for app in apps:
            print(f"{app.name:28} {app.language:8} {app.title} {app.version}" + (f"  (not run: {app.not_run})" if app.not_run else ""))
        return 0
    if options.render:
        render()
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended on the way out
    scripted = model.serve()
    if options.serve:
        try:
            return serve(apps, scripted)
        except CannotRun as failed:
            sys.exit(f"lastword: {failed}")
    if options.reproduce:
        return reproduce(apps, scripted)
    failed = {app.name: wrong for app in apps if (wrong := take(app, scripted, options))}
    if not options.no_check and not options.checker:
        render()
    named = ", ".join(f"{name} ({'; '.join(wrong)})" for name, wrong in failed.items())
    print(f"{len(apps) - len(failed)} of {len(apps)} applications as expected" + (f"; not: {named}" if failed else ""))
    return 1 if failed else 0


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="lastword census", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="an application, as --list names it; all where none is named")
    parser.add_argument("--language", action="append", help="only python, node, go, rust or java; may be repeated")
    parser.add_argument("--variant", action="append", help="only this variant, such as naive or right; may be repeated")
    parser.add_argument("--list", action="store_true", help="print the applications, and do nothing")
    parser.add_argument("--serve", action="store_true", help="install and start one application, and print how to ask it, until it is ended")
    parser.add_argument("--no-check", action="store_true", help="make the experiment only, and keep no results")
    parser.add_argument("--reproduce", action="store_true", help="run the script of each report against its application, and print what it found saved")
    parser.add_argument("--recheck", action="store_true", help="ask the checker again, and take what the experiment saw from earlier results")
    parser.add_argument("--checker", metavar="LASTWORD", help="ask this lastword instead of this checkout's, and keep no results")
    parser.add_argument("--render", action="store_true", help="write RESULTS.md and results.html again from what earlier runs found")
    return parser.parse_args(arguments)


def render():
    apps, found = all_apps(), results.read_all()
    page.render(apps, found)
    report.render(apps, found)


def chosen(apps, options):
    unknown = [name for name in options.names if name not in apps]
    if unknown:
        sys.exit(f"lastword: the census has no application '{unknown[0]}'; --list names them")
    names = options.names or list(apps)
    return [apps[name] for name in names if not options.language or apps[name].language in options.language]


def take(app, scripted, options):
    """Tries one application and keeps the results. What was not as expected, in short; nothing where all was, or it is known not to run."""
    print(f"{app.title} {app.version}", flush=True)
    if app.not_run:
        print(f"  not run: {app.not_run}", flush=True)
        results.write(app, {}, app.not_run)
        return []
    host, found, wrong = Host(app, scripted), {}, []
    try:
        host.install()
        with host.running() as base:
            for variant in app.variants:
                if options.variant and variant.name not in options.variant:
                    continue
                found[variant.name], more = take_variant(app, base, variant, host, options)
                wrong += [f"{variant.name}: {each}" for each in more]
    except (CannotRun, NoAnswer, OSError, EOFError) as failed:
        print(f"  cannot run: {failed}", flush=True)
        return [*wrong, "cannot run"]
    if not options.no_check and not options.checker:
        results.write(app, found)
    return wrong


def take_variant(app, base, variant, host, options):
    experiment = Experiment(app, base, variant)
    measured = (kept(results.read_all(), app, variant) if options.recheck else None) or experiment.run()
    if has_mixed(truth(measured)):
        experiment.look_closer(measured)
    told = truth(measured)
    found = {"what": variant.what, "right": variant.right, "experiment": measured, "truth": told}
    line = f"  {variant.name:12} {page.sentence(told)}"
    if not options.no_check:
        report = checker.check(app, base, variant.name, host.state, [options.checker] if options.checker else None)
        if checker.DIFFERS in checker.compare(told, report, bool(app.whole)).values():
            experiment.look_closer(measured)
            told = found["truth"] = truth(measured)
        found |= {"report": report, "compared": checker.compare(told, report, bool(app.whole))}
        line += f"  checker: {' '.join(code + SHORT[how] for code, how in found['compared'].items())}"
        line += f" (exit {report['exit']}{': ' + report['problem'] if report['problem'] else ''})"
    surprises = unexpected(variant, told)
    print(line + "".join(f"\n    UNEXPECTED {surprise}" for surprise in surprises), flush=True)
    return found, surprises + [f"{code} is wrong" for code, how in found.get("compared", {}).items() if how == checker.DIFFERS]


def kept(found, app, variant):
    """What an earlier run measured of a variant; None where there was none, or its experiment asked less than today's, or another application."""
    measured = found.get(app.name, {}).get("variants", {}).get(variant.name, {}).get("experiment")
    try:
        return measured if measured and app.is_of(variant, measured) and truth(measured) else None
    except KeyError:
        return None


def unexpected(variant, told):
    """Where the experiment differs from the truth that the manifest knows."""
    words = {"end": page.END[told["end"][-1]["n"] > 0], "late": page.LATE[told["late"][-1]["n"] > 0], "half": told["half"]}
    return [f"{key}: {words[key]}, the manifest says {value}" for key, value in variant.expect.items() if words[key] != value]


def reproduce(apps, scripted):
    """What the scripts of the reports print: a text for others has to do what it says."""
    for app in apps:
        if app.report:
            host = Host(app, scripted)
            host.install()
            with host.running() as base:
                script = report.script(app, int(base.rpartition(":")[2]))
                done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
            print(f"{app.name:20} {(done.stdout or done.stderr).strip()[-300:]}", flush=True)
    return 0


def serve(apps, scripted):
    if len(apps) != 1:
        sys.exit("lastword: --serve takes the name of one application")
    app = apps[0]
    host = Host(app, scripted)
    host.install()
    with host.running() as base:
        print(page.how_to_ask(app, base), flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
