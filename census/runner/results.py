"""What was measured, one JSON file for each application: results are made by runs only, and tables only from results."""
import datetime
import json
import os
import platform
import subprocess

from manifest import CENSUS, ROOT

RESULTS = CENSUS / "results"
VERSIONS = {
    "python": ["python3", "--version"], "node": ["node", "--version"], "go": ["go", "version"], "rust": ["rustc", "--version"],
}  # fmt: skip


def write(app, variants, not_run="", folder=RESULTS):
    """Keeps what one run found; variants that this run did not try stay as they were."""
    file = folder / f"{app.name}.json"
    kept = json.loads(file.read_text()).get("variants", {}) if file.exists() and not not_run else {}
    result = {
        "name": app.name,
        "title": app.title,
        "version": app.version,
        "language": app.language,
        "ecosystem": app.ecosystem,
        "at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "runtime": app.runtime or runtime(app.language),
        "machine": machine(),
        "checker": checker_version(),
        "not_run": not_run,
        "variants": {name: value for name, value in {**kept, **variants}.items() if name in {variant.name for variant in app.variants}},
    }
    folder.mkdir(exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n")
    return result


def read_all(folder=RESULTS):
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def runtime(language):
    """The version of what runs the application, in one line."""
    if language == "java":
        home = os.environ.get("JAVA_HOME", "")
        release = f"{home}/release"
        if os.path.exists(release):
            with open(release) as lines:
                named = [line.split("=")[1].strip().strip('"') for line in lines if line.startswith("JAVA_VERSION=")]
            return f"Java {named[0]}" if named else "Java"
        return "Java"
    said = subprocess.run(VERSIONS[language], capture_output=True, text=True, check=False).stdout.strip()
    words = {"go": said.split()[2:3], "rust": said.split()[:2], "node": ["Node", said]}.get(language, [said])
    return " ".join(words)


def machine():
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def checker_version():
    """The commit that the checker was built from."""
    said = subprocess.run(["git", "log", "-1", "--format=%h", "--", "checker", "dialect"], cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"
