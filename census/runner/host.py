"""Installs an application of the census into .lastword/census/NAME, starts it on a free port, and ends what it started."""
import contextlib
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from manifest import CENSUS, ROOT

STATE = ROOT / ".lastword" / "census"
INSTALL_S_MAX = 1800
PYTHON = "{state}/venv/bin/python"
INSTALLS = {
    "python": (
        "[ ! -f requirements.txt ] || { " + sys.executable + " -m venv {state}/venv && "
        "{state}/venv/bin/pip install -q --disable-pip-version-check -r requirements.txt; }"
    ),
    "node": "[ ! -f package.json ] || if [ -f package-lock.json ]; then npm ci --no-audit --no-fund --loglevel=error; "
    "else npm install --no-audit --no-fund --loglevel=error; fi",
    "go": "go build -o app .",
    "rust": "CARGO_TARGET_DIR={cache}/cargo cargo build -q --locked && cp {cache}/cargo/debug/app app",
    "java": "{root}/mvnw -q -B -ntp -f pom.xml package",
}
QUIET = {"DO_NOT_TRACK": "1", "NEXT_TELEMETRY_DISABLED": "1", "COPILOTKIT_TELEMETRY_DISABLED": "true", "GRADIO_ANALYTICS_ENABLED": "False"}
NOT_INSTALLED = {"node": "npm", "go": "go", "rust": "cargo"}


class CannotRun(RuntimeError):
    """The application could not be installed or started; the message is one line for RESULTS.md."""


class Host:
    """One application's folder, processes and log."""

    def __init__(self, app, model):
        self.app, self.model = app, model
        self.state = STATE / app.name
        self.work = self.state / "app" if app.copy else app.folder
        self.log = self.state / "log"
        self.before = 0  # how much of the log is from earlier starts

    def _filled(self, command, port=0):
        places = {
            "state": self.state, "work": self.work, "root": ROOT, "census": CENSUS, "cache": STATE / "cache", "port": port, "model": self.model,
            "java": os.environ.get("JAVA_HOME", "/usr") + "/bin/java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
            "python": PYTHON.replace("{state}", str(self.state)) if (self.state / "venv").exists() else sys.executable,
        }  # fmt: skip
        for name, value in places.items():
            command = command.replace("{" + name + "}", str(value))
        return command

    def install(self):
        """Copies the application beside the shared files and runs its installation, where anything has changed since the last."""
        missing = NOT_INSTALLED.get(self.app.language)
        if missing and not shutil.which(missing):
            raise CannotRun(f"{missing} is not installed on this machine")
        self.state.mkdir(parents=True, exist_ok=True)
        if self.app.copy:
            for folder in (CENSUS / "shared" / self.app.language, self.app.folder):
                shutil.copytree(folder, self.work, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "node_modules", "target"))
        mark, sum = self.state / "installed", self._sum()
        if mark.exists() and mark.read_text() == sum:
            return
        command = self._filled(self.app.install or INSTALLS[self.app.language])
        with open(self.log, "w") as log:
            done = self._run(command, log)
        if done:
            raise CannotRun(f"its installation ended with {done}: {self._last_line()}")
        mark.write_text(sum)

    def _run(self, command, log):
        environment = self._environment() | {"NODE_ENV": "development"}
        process = subprocess.Popen(
            ["nice", "sh", "-c", command], cwd=self.work, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )
        try:
            return process.wait(INSTALL_S_MAX)
        except subprocess.TimeoutExpired as slow:
            raise CannotRun(f"its installation took more than {INSTALL_S_MAX} s") from slow
        finally:
            end(process)

    def _sum(self):
        """What the installation depends on: the application's files and the shared ones."""
        sum = hashlib.sha256((self.app.install or "").encode())
        for folder in (self.app.folder, CENSUS / "shared" / self.app.language):
            for file in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
                sum.update(file.name.encode() + file.read_bytes())
        return sum.hexdigest()

    def _environment(self, port=0):
        unset = {"PYTHONPATH", "VIRTUAL_ENV"}
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        return kept | {"PORT": str(port), "CENSUS_MODEL": self.model, "PYTHONUNBUFFERED": "1", "NODE_ENV": "production"} | QUIET

    def _last_line(self):
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("[ERROR]", "error", "npm error"))]
        return (errors or lines)[0 if errors else -1][:200] if lines else f"nothing was said; see {self.log}"

    @contextlib.contextmanager
    def running(self):
        """Starts the application; its address is the value. What it started is ended with it."""
        port = free_port()
        self.before = len(self.log.read_text(errors="replace")) if self.log.exists() else 0
        with open(self.log, "a") as log:
            process = subprocess.Popen(
                ["sh", "-c", "exec " + self._filled(self.app.start, port)],
                cwd=self.work, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self._environment(port), start_new_session=True,
            )  # fmt: skip
        try:
            yield self._said_address(process) if self.app.address else self._wait_until_ready(process, port)
        finally:
            end(process)

    def _said_address(self, process):
        """The address that the application printed itself, by the manifest's pattern."""
        until = time.monotonic() + self.app.ready_s_max
        while time.monotonic() < until and process.poll() is None:
            said = re.findall(self.app.address, self.log.read_text(errors="replace")[self.before :])
            if said:
                return said[-1]
            time.sleep(0.1)
        raise CannotRun(f"it did not say its address: {self._last_line()}")

    def _wait_until_ready(self, process, port):
        until = time.monotonic() + self.app.ready_s_max
        while time.monotonic() < until:
            if process.poll() is not None:
                raise CannotRun(f"it ended with {process.returncode} while starting: {self._last_line()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return f"http://127.0.0.1:{port}"
            time.sleep(0.1)
        raise CannotRun(f"it did not listen within {self.app.ready_s_max} s: {self._last_line()}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end(process):
    """Ends a process and its group, first politely."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
