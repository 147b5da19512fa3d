"""``make test``: the linters, then every test on SQLite, then on a private PostgreSQL and Redis.

With arguments: just pytest, on SQLite, with them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from scripts import services
from scripts.catalogues import compile_catalogues
from scripts.processes import ROOT, Processes

PROGRAMS: dict[str, Callable[[], object]] = {  # Debian's package: how to see that it is there
    "chromium": services.chromium,
    "gettext": services.gettext,
    "postgresql": services.postgresql,
    "redis-server": services.redis,
}
CLEARED = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "EMAIL_URL", "REDIS_URL")
# By file: what a module prepares is prepared once. (With pytest 9.2 xdist 3.8's groups do nothing.)
PYTEST = ("-m", "pytest", "-q", "-n", "2", "--dist", "loadfile")
CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "djlint": ("-m", "djlint", "--lint", "--quiet", "."),
    "import-linter": ("-c", "from importlinter.cli import lint_imports_command as c; c()"),
    "mypy": ("-m", "mypy"),
    "migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
}


class Run:
    """Runs the checks and the tests, counts what came of them, and remembers nothing else."""

    def __init__(self, processes: Processes, folder: Path) -> None:
        self.processes = processes
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in CLEARED},
            "DEBUG": "off",
            "SECRET_KEY": "only-for-the-tests",
            "TMPDIR": str(folder),  # what a test leaves behind goes with it
            "VAR_DIR": str(folder),
        }

    def check(self, name: str, arguments: Sequence[str]) -> None:
        say(f"\n=== {name}")
        self.note(name, self.call(arguments), counts=True)

    def tests(self, name: str, arguments: Sequence[str], **environment: str) -> None:
        say(f"\n=== Tests on {name}")
        report = self.folder / f"{len(self.counts)}-{len(self.failed)}.xml"
        code = self.call([*PYTEST, f"--junitxml={report}", *arguments], **environment)
        self.note(f"tests on {name}", code)
        if report.is_file():
            self.counts += count(report)

    def note(self, name: str, code: int, *, counts: bool = False) -> None:
        if code:
            self.failed.append(name)
        if counts:
            self.counts["failed" if code else "passed"] += 1

    def call(self, arguments: Sequence[str], **environment: str) -> int:
        child = self.processes.start(
            [sys.executable, *arguments], env={**self.environment, **environment}
        )
        try:
            return child.wait()
        finally:
            self.processes.forget(child)

    def everything(self) -> None:
        missing = install_missing()
        compile_catalogues()
        for name, arguments in CHECKS.items():
            self.check(name, arguments)
        without = sorted({"postgresql", "redis-server"} & set(missing))
        # Where there is no PostgreSQL, its tests are selected here, to be skipped by name.
        self.tests("SQLite", () if without else ("-m", "not postgresql"))
        if without:
            say(f"\nSkipped: the tests on PostgreSQL ({', '.join(without)} is not installed)")
            return
        with (
            services.postgresql_server(self.processes, self.folder / "postgresql") as database,
            services.redis_server(self.processes, self.folder / "redis") as broker,
        ):
            arguments = ("-m", "not browser and not sqlite_only")
            self.tests("PostgreSQL and Redis", arguments, DATABASE_URL=database, REDIS_URL=broker)


def count(report: Path) -> Counter[str]:
    """What pytest's report says, in the words of its last line."""
    suite = next(ET.parse(report).iter("testsuite"))  # noqa: S314 (written by our own pytest)
    numbers = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
    failed = numbers["failures"] + numbers["errors"]
    skipped = numbers["skipped"]
    passed = numbers["tests"] - failed - skipped
    return Counter(passed=passed, failed=failed, skipped=skipped)


def install_missing() -> list[str]:
    """Install the missing programs where we may (Debian, root); return those that stay missing."""
    missing = [name for name, find in PROGRAMS.items() if not find()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {', '.join(missing)} with apt-get (this can take a minute)")
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        if not quietly(install):
            quietly(["apt-get", "update", "-qq"])
            quietly(install)
        missing = [name for name in missing if not PROGRAMS[name]()]
    if missing:
        say(f"Missing on this machine: {', '.join(missing)}. The tests that need them are skipped.")
    return missing


def quietly(command: Sequence[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    return done.returncode == 0


def say(text: str) -> None:
    print(text, flush=True)


def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, interrupt)
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="portal-test-run-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's user must get to its folder
        run = Run(processes, Path(folder))
        try:
            if arguments := sys.argv[1:]:
                compile_catalogues()
                return run.call(["-m", "pytest", *arguments])
            run.everything()
        except KeyboardInterrupt:
            say("\nInterrupted")
            return 130
        finally:
            processes.stop()
    if run.failed:
        say(f"\nFailed: {', '.join(run.failed)}")
    say("{passed} passed, {failed} failed, {skipped} skipped".format_map(run.counts))
    return 1 if run.failed else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
