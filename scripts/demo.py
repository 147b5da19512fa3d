"""``make demo``: prepare the portal, start its two processes, watch them, stop everything.

This process imports nothing of the portal, so that it starts at once and stays small.
"""

import hashlib
import os
import queue
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import IO

from scripts.catalogues import compile_catalogues
from scripts.processes import ROOT, Processes

PATIENCE = 2.0  # seconds of silence after which a step says that it is still at work
ERROR = re.compile(r"\b(ERROR|CRITICAL)\b")


class DemoError(Exception):
    """The demo cannot go on; the message is for the user."""


class Stopped(Exception):  # noqa: N818 (a request, not an error)
    """The user, or the system, asked us to stop."""


class Demo:
    def __init__(self, port: int, var: Path) -> None:
        self.port = port
        self.var = var
        self.stop_asked = False
        self.processes = Processes()
        self.environment = {
            "BASE_URL": f"http://localhost:{port}",
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PYTHONUNBUFFERED": "1",
            "VAR_DIR": str(var),
        }

    def run(self) -> None:
        """Returns never: raises ``Stopped`` or ``DemoError``."""
        began = time.monotonic()
        with listen(self.port) as listener:
            self.prepare()
            say("Starting the web server and the worker")
            children = self.start(listener)
        logs = {name: follow(self.log(name)) for name in children}
        self.wait_until_ready(children)
        say(f"\nThe portal is running (ready after {time.monotonic() - began:.1f} s).")
        say(self.welcome.read_text() + "Ctrl-C stops everything.")
        while True:
            self.pause()
            for name, log in logs.items():
                for line in next(log):
                    say(f"{name}: {line}")
            self.check(children)

    @property
    def welcome(self) -> Path:
        return self.var / f"demo-welcome-{self.port}.txt"

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def prepare(self) -> None:
        (self.var / "log").mkdir(parents=True, exist_ok=True)
        if make_secret_key(self.var / "secret-key"):
            say("Wrote a new secret key")
        if written := compile_catalogues():
            say(f"Compiled {len(written)} translation catalogue(s)")
        collecting = self.start_collecting()
        self.step("scripts.prepare", str(self.welcome))
        if collecting:
            if collecting.poll() is None:
                say("Compressing the static files")
            self.wait_for(collecting)
            if collecting.returncode:
                raise DemoError(f"Collecting the static files failed:\n{tail(self.log('static'))}")
            self.static_stamp.write_text(static_digest())

    @property
    def static_stamp(self) -> Path:
        return self.var / "static-digest"

    def start_collecting(self) -> subprocess.Popen[bytes] | None:
        """Collect the static files beside the next step, unless what is there is current."""
        if self.static_stamp.is_file() and self.static_stamp.read_text() == static_digest():
            return None
        self.static_stamp.unlink(missing_ok=True)
        command = ["manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"]
        return self.start_logged("static", command)

    def step(self, module: str, *arguments: str) -> None:
        """Run a module to its end; show its lines, and the seconds while it has none to show."""
        child = self.processes.start(
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert child.stdout is not None  # noqa: S101 (for mypy: it was opened as a pipe)
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=forward, args=(child.stdout, lines), daemon=True)
        reader.start()
        self.wait_for(child, lines)
        reader.join(timeout=1)
        show(lines)
        if child.returncode:
            raise DemoError(f"The preparation failed (exit code {child.returncode}), see above.")

    def wait_for(
        self, child: subprocess.Popen[bytes], lines: "queue.Queue[str] | None" = None
    ) -> None:
        began = spoke = time.monotonic()
        while child.poll() is None:
            self.pause()
            now = time.monotonic()
            if lines and show(lines):
                began = spoke = now
            elif now - spoke >= PATIENCE:
                say(f"  ... {now - began:.0f} s")
                spoke = now
        self.processes.forget(child)

    def start(self, listener: socket.socket) -> dict[str, subprocess.Popen[bytes]]:
        bound = listener.fileno()
        web = ["-m", "gunicorn", "portal.wsgi:application", "--bind", f"fd://{bound}"]
        # One process: what it keeps in memory holds for every request.
        web += ["--worker-class", "gthread", "--threads", "8", "--no-control-socket"]
        worker = ["-m", "celery", "--app", "portal", "worker", "--beat", "--pool", "solo"]
        worker += ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
        worker += ["--schedule", str(self.var / f"celerybeat-{self.port}")]
        return {
            "web": self.start_logged("web", web, pass_fds=[bound]),
            "worker": self.start_logged("worker", worker),
        }

    def start_logged(
        self, name: str, arguments: Sequence[str], pass_fds: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        self.log(name).write_bytes(b"")
        with self.log(name).open("ab") as log:
            return self.processes.start(
                [sys.executable, *arguments],
                env=self.environment,
                pass_fds=pass_fds,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self, children: dict[str, subprocess.Popen[bytes]]) -> None:
        url = f"http://localhost:{self.port}/"
        began = spoke = time.monotonic()
        while (status := answer(url)) is None:
            self.pause()
            self.check(children)
            now = time.monotonic()
            if now - spoke >= PATIENCE:
                say(f"  ... {now - began:.0f} s")
                spoke = now
        if status != HTTPStatus.OK:
            log = self.log("web")
            raise DemoError(f"{url} answers {status}. The end of {log}:\n{tail(log)}")

    def check(self, children: dict[str, subprocess.Popen[bytes]]) -> None:
        for name, child in children.items():
            if child.poll() is not None:
                log = self.log(name)
                raise DemoError(
                    f"The {name} process has ended (exit code {child.returncode}). "
                    f"The end of {log}:\n{tail(log)}"
                )

    def pause(self) -> None:
        time.sleep(0.1)
        if self.stop_asked:
            raise Stopped


def say(text: str) -> None:
    print(text, flush=True)


def listen(port: int) -> socket.socket:
    """The web server's socket, taken before the work begins: nobody gets the port meanwhile."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise DemoError(
            f"Port {port} of this machine cannot be used ({error.strerror}). "
            f"Choose another: PORT={port + 123} make demo"
        ) from error
    return listener


def make_secret_key(path: Path) -> bool:
    """Write a random key that only its owner can read, unless there is one."""
    if path.is_file():
        return False
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)  # unlike a rename, never replaces the key of a demo started meanwhile
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def static_digest() -> str:
    """Of everything that the collected static files are made from."""
    files = [ROOT / "requirements.txt", ROOT / "portal" / "settings.py"]
    files += sorted(path for path in ROOT.glob("*/static/**/*") if path.is_file())
    rows = [f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}" for path in files]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def forward(stream: IO[bytes], lines: "queue.Queue[str]") -> None:
    for line in stream:
        lines.put(line.decode(errors="replace").rstrip())


def show(lines: "queue.Queue[str]") -> bool:
    """Print what has come in since; whether there was anything."""
    shown = False
    while not lines.empty():
        say(lines.get())
        shown = True
    return shown


def follow(log: Path) -> Iterator[list[str]]:
    """At each turn, the lines written since the last one that tell of an error."""
    with log.open(errors="replace") as file:
        while True:
            yield [line.rstrip() for line in file if ERROR.search(line)]


def tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def answer(url: str) -> int | None:
    """The status that the address answers with; None while nobody answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def chosen_port() -> int:
    port = os.environ.get("PORT", "8000")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise DemoError(f"PORT is '{port}'. It must be a number, for example: PORT=8123 make demo")
    return int(port)


def main() -> int:
    try:
        port = chosen_port()
    except DemoError as failure:
        say(str(failure))
        return 1
    demo = Demo(port, Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve())

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        demo.stop_asked = True  # and no more: a handler that takes a lock can wait for itself

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    code = 0
    try:
        demo.run()
    except Stopped:
        say("\nStopping")
    except DemoError as failure:
        say(str(failure))
        code = 1
    finally:
        # Celery 5.7 looks up from its queue every 2 s, and waits another for its clock.
        slow = threading.Timer(PATIENCE, say, ["  ... waiting for the worker to end its work"])
        slow.start()
        demo.processes.stop()
        slow.cancel()
    return code


if __name__ == "__main__":
    sys.exit(main())
