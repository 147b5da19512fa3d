"""An installation of the portal to measure: as in production, in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.bench.postfix import free_port
from scripts.processes import ROOT, Processes
from scripts.services import wait_for

CLEARED = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "EMAIL_URL", "REDIS_URL")
START_TIMEOUT = 60.0
NICE = 19  # of those that send
LINES = 15  # of a log, to show why something went wrong


class BenchError(Exception):
    """Something could not be measured; the message says why."""


def _worker(queue: str, processes: int, *options: str) -> list[str]:
    """Celery's arguments for a worker of one queue."""
    pool = ["--pool", "prefork", "--concurrency", str(processes)]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    name = ["--queues", queue, "--hostname", f"{queue}@localhost"]
    return ["-m", "celery", "--app", "portal", "worker", *pool, *quiet, *name, *options]


class Portal:
    """Its database, web server and worker. Every step raises ``BenchError`` where it fails."""

    def __init__(self, processes: Processes, folder: Path, **variables: str) -> None:
        """``variables``: those that differ from the settings' defaults."""
        folder.mkdir(parents=True)
        self.processes = processes
        self.folder = folder
        self.port = free_port()
        self.environment = {
            **{key: value for key, value in os.environ.items() if key not in CLEARED},
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "DEBUG": "off",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SECRET_KEY": "only-for-the-benchmark",
            "SECURE_PROXY_SSL_HEADER": "on",  # visitors from many networks, by a header
            "VAR_DIR": str(folder),
            **variables,
        }
        self.running: list[subprocess.Popen[bytes]] = []
        self.worker_group = 0

    def prepare(self, static: Path | None = None) -> None:
        """Make the tables and the demo content; ``static``: collected files of another portal."""
        if static:
            shutil.copytree(static, self.folder / "static")
        else:
            self.call("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        self.call("-m", "scripts.prepare", str(self.folder / "welcome.txt"))

    def start(self, *, processes: int) -> None:
        """Start the web server, a worker for all small tasks, and one with so many that send.

        As docs/operations.md has it: those that send give way to those who read.
        """
        web = ["-m", "gunicorn", "portal.wsgi:application", "--bind", f"127.0.0.1:{self.port}"]
        web += ["--worker-class", "gthread", "--threads", "8", "--no-control-socket"]
        wait_for(self._start("web", web), ("127.0.0.1", self.port))
        self._start("worker", _worker("celery", 1, "--beat"))
        # Checks belong to the start of the site; in a sender they would load the whole admin.
        senders = self._start("senders", _worker("mail", processes), CELERY_SKIP_CHECKS="1")
        os.setpriority(os.PRIO_PROCESS, senders.pid, NICE)
        self.worker_group = senders.pid
        for name in ("worker", "senders"):
            self._wait_until_ready(name)

    def _wait_until_ready(self, name: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while " ready." not in self.log(name).read_text(errors="replace"):
            if time.monotonic() > deadline:
                raise BenchError(f"The worker does not start:\n{tail(self.log(name))}")
            time.sleep(0.1)

    def stop(self) -> None:
        for child in self.running:
            self.processes.forget(child)
        self.running.clear()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def ask(self, module: str, *arguments: str) -> dict[str, Any]:
        """What a module says that runs with this portal's settings: JSON, in its last line."""
        answer: dict[str, Any] = json.loads(self.call("-m", module, *arguments).splitlines()[-1])
        return answer

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.splitlines()[-LINES:] or [f"{arguments} failed"]
            worker = tail(self.log("worker")) if self.running else ""
            raise BenchError("\n".join([said[-1], *said, worker]))
        return done.stdout

    def _start(
        self, name: str, arguments: Sequence[str], **variables: str
    ) -> "subprocess.Popen[bytes]":
        with self.log(name).open("wb") as log:
            child = self.processes.start(
                [sys.executable, *arguments],
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append(child)
        return child


def tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LINES:])
