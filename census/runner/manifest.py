"""One application of the census, as its `census.toml` describes it (census/README.md has the keys)."""
import pathlib
import tomllib
from dataclasses import dataclass, field

CENSUS = pathlib.Path(__file__).resolve().parent.parent
ROOT = CENSUS.parent
APPS = CENSUS / "apps"

NEEDED = ("title", "version", "language", "docs", "docs-say")
KNOWN = {
    *NEEDED, "package", "ecosystem", "not-run", "runtime", "install", "start", "copy", "ending", "text", "cumulative", "whole", "copies",
    "ready-s-max", "ask", "steps", "verify", "variants", "checker-flags", "note", "address", "report",
}  # fmt: skip
ECOSYSTEMS = {"python": "PyPI", "node": "npm", "go": "Go modules", "rust": "crates.io", "java": "Maven Central"}

# The form that applications share where their framework has none of its own.
ASK = {"method": "POST", "path": "/{{variant}}", "body": '{"id": "{{run}}", "message": "tell me of {{run}}"}'}
ASK_BY_GET = {"method": "GET", "path": "/{{variant}}?id={{run}}&message=tell%20me%20of%20{{run}}"}


class ManifestError(ValueError):
    """Says which file and which key is wrong."""


@dataclass
class Variant:
    """One way of writing the same application: as people do (`right` is false), or mended."""

    name: str
    what: str
    right: bool = False
    ending: list = field(default_factory=list)  # where it has events of its own
    expect: dict = field(default_factory=dict)


class Manifest:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.name = self.folder.name
        file = self.folder / "census.toml"
        try:
            said = tomllib.loads(file.read_text())
        except (OSError, tomllib.TOMLDecodeError) as wrong:
            raise ManifestError(f"{file}: {wrong}") from wrong
        self._refuse(file, said)
        self.title, self.version, self.language = said["title"], said["version"], said["language"]
        self.docs, self.docs_say = said["docs"], said["docs-say"]
        self.package = said.get("package", self.name)
        self.ecosystem = said.get("ecosystem", ECOSYSTEMS[self.language])
        self.note = said.get("note", "")
        self.report = said.get("report")
        self.runtime = said.get("runtime", "")
        self.not_run = said.get("not-run", "")
        self.install, self.start = said.get("install"), said.get("start")
        self.copy = said.get("copy", True)
        self.address = said.get("address", "")
        self.ending = said.get("ending", ["[DONE]"])
        self.text = said.get("text", "/text")
        self.cumulative = said.get("cumulative", False)
        self.whole = said.get("whole", "/status=complete")
        self.ready_s_max = said.get("ready-s-max", 60)
        self.copies = said.get("copies", 1)
        self.steps = said.get("steps", [])
        self.ask, self.verify = ASK | said.get("ask", {}), said.get("verify", "/messages/{{run}}")
        if self.ask["method"] == "GET":
            self.ask = {key: value for key, value in (ASK_BY_GET | said["ask"]).items() if key != "body"}
        self.checker_flags = said.get("checker-flags", {})
        self.variants = [Variant(name, **entry) for name, entry in said.get("variants", {}).items()]

    def variant(self, name):
        return next(variant for variant in self.variants if variant.name == name)

    def ending_of(self, variant):
        return variant.ending or self.ending

    def is_of(self, variant, measured):
        """Whether an earlier run left at the ending events that this manifest names; otherwise another application was tried."""
        return list(measured["leaves"]) == self.ending_of(variant)

    @staticmethod
    def _refuse(file, said):
        for key in NEEDED:
            if key not in said:
                raise ManifestError(f"{file}: the key '{key}' is missing")
        for key in said:
            if key not in KNOWN:
                raise ManifestError(f"{file}: unknown key '{key}'")
        if said["language"] not in ECOSYSTEMS:
            raise ManifestError(f"{file}: language '{said['language']}' is none of {', '.join(ECOSYSTEMS)}")
        if "not-run" not in said:
            for key in ("start", "variants"):
                if key not in said:
                    raise ManifestError(f"{file}: the key '{key}' is missing, and no 'not-run' says why")


def all_apps(folder=APPS):
    """Every application, by name; a broken manifest stops everything, since a table without its row would be a lie."""
    return {path.parent.name: Manifest(path.parent) for path in sorted(folder.glob("*/census.toml"))}
