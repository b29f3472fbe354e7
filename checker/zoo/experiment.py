#!/usr/bin/env python3
"""Tries every route of the zoo as real readers would, and compares what happened with zoo.yaml.

Shares no code with the checker: this is what the checker is measured against. Starts the zoo unless --servers is given.
Exit code 1 where a cell differs.
"""
import argparse
import asyncio
import json
import os
import pathlib
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "experiment"))
from clients import CODES, Clients  # noqa: E402
from probes import probe  # noqa: E402

RUN_S_MAX = 120  # a route that hangs is a finding, not a reason to hang
SHORT = {"pass": "+", "fail": "F", "not-applicable": "-", "undecided": "?"}


def expected(entry, defaults, code):
    """The verdicts that the manifest allows, as a list."""
    cell = {**defaults, **entry.get("verdicts", {})}[code]
    return cell if isinstance(cell, list) else [cell]


def with_lastword(manifest):
    """The routes that are tried with Lastword on the class path, with what has to be found then."""
    defaults = {**manifest["verdicts"], **manifest["kept"]}
    return {
        "verdicts": defaults,
        "routes": [
            {**entry, "verdicts": entry["kept"], "options": {**entry.get("options", {}), "resume": "/lastword/streams"}}
            for entry in manifest["routes"]
            if "kept" in entry
        ],
    }


async def probe_often(base, entry, runs, gate, clients):
    async with gate:
        return [await asyncio.wait_for(probe(base, entry, clients), RUN_S_MAX) for _ in range(runs)]


def differences(entry, defaults, results):
    for run, result in enumerate(results, 1):
        for code, (verdict, detail) in result.items():
            if verdict not in expected(entry, defaults, code):
                yield f"{entry['route']} {code} run {run}: {verdict} ({detail}), manifest says {expected(entry, defaults, code)}"


def row(results):
    """One sign for each code; a digit is the number of runs that failed where runs differ."""
    signs = []
    for code in results[0]:
        verdicts = [result[code][0] for result in results]
        failed = verdicts.count("fail")
        signs.append(SHORT[verdicts[0]] if len(set(verdicts)) == 1 else str(min(failed, 9)))
    return signs


async def run(manifest, servers, options):
    gate = asyncio.Semaphore(options.at_once)
    entries = [
        entry
        for entry in manifest["routes"]
        if entry["server"] in servers and (not options.only or entry["route"] in options.only)
    ]
    clients = await Clients.start() if options.clients else None
    tries = [asyncio.ensure_future(probe_often(servers[e["server"]], e, options.runs, gate, clients)) for e in entries]
    wrong = []
    codes = [code for code in sorted(manifest["verdicts"]) if clients or code not in CODES]
    print(f"{'':44}" + " ".join(code[-2:] for code in codes))
    for entry, trying in zip(entries, tries):
        try:
            results = await trying
        except Exception as failed:
            wrong.append(f"{entry['server']} {entry['route']}: {failed!r}")
            continue
        print(f"{entry['server'] + ' ' + entry['route']:44}" + " ".join(f"{sign:>2}" for sign in row(results)), flush=True)
        wrong += [f"{entry['server']} {line}" for line in differences(entry, manifest["verdicts"], results)]
        if options.verbose:
            print("".join(f"    {code} {v}: {d}\n" for code, (v, d) in results[0].items() if v == "fail"), end="")
    if clients:
        await clients.stop()
    print(f"\n{len(entries)} routes, {options.runs} runs each, {len(wrong)} cells differ from zoo.yaml")
    print("\n".join(wrong))
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", help='a running zoo, as start.sh prints it: {"python":"http://..."}')
    parser.add_argument("--only", action="append", help="this route, whatever its server; may be repeated")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=3, help="routes tried at the same time")
    parser.add_argument("--kept", metavar="FOLDER", help="with Lastword's jars of FOLDER on the class path; beside --servers they have them")
    parser.add_argument("--clients", action="store_true", help="with Chromium and OpenAI's SDKs: LW018 and LW022")
    parser.add_argument("--verbose", action="store_true", help="say why each fail is one")
    options = parser.parse_args()
    manifest = yaml.safe_load((HERE / "zoo.yaml").read_text())
    if options.kept:
        manifest = with_lastword(manifest)
    if options.servers:
        sys.exit(asyncio.run(run(manifest, json.loads(options.servers), options)))
    start = [HERE / "start.sh", "java"] if options.kept else [HERE / "start.sh"]
    zoo = subprocess.Popen(start, stdout=subprocess.PIPE, text=True, env={**os.environ, "ZOO_KEPT": options.kept or ""})
    try:
        sys.exit(asyncio.run(run(manifest, json.loads(zoo.stdout.readline()), options)))
    finally:
        zoo.terminate()
        zoo.wait()


if __name__ == "__main__":
    main()
