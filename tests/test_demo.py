"""``make demo`` as a user has it: real processes, a folder of its own, a free port."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.conf import settings

from scripts.template import copy_template, template

pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc"),
]

ROOT = Path(settings.BASE_DIR)
DEADLINE = 180


class Demo:
    """A supervisor under test, and what it has printed."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        self.port = port
        self.output = var.parent / f"{port}.txt"
        kept = ("PATH", "HOME", "LANG", "TMPDIR")
        environment = {key: os.environ[key] for key in kept if key in os.environ}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scripts.demo"],
                cwd=ROOT,
                env={**environment, "PORT": str(port), "VAR_DIR": str(var)},
                start_new_session=True,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + DEADLINE
        while text not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def get(self, path: str) -> tuple[int, str]:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"http://localhost:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def processes(self) -> dict[int, str]:
        """The command of every process that was started with this demo's folder, by its number."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended meanwhile
                if f"VAR_DIR={self.var}".encode() in (path / "environ").read_bytes().split(b"\0"):
                    command = (path / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(path.name)] = command.decode()
        return found

    def wait_until_nothing_runs(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.processes() == {}


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all the tests here: the first start fills it, the others are second starts."""
    return tmp_path_factory.mktemp("demo") / "var"


@pytest.fixture
def start(var: Path) -> Iterator[Callable[[], Demo]]:
    started = []

    def start() -> Demo:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            started.append(Demo(var, probe.getsockname()[1]))
        return started[-1]

    yield start

    for demo in started:
        demo.process.terminate()
    for demo in started:
        demo.process.wait(timeout=30)
        demo.wait_until_nothing_runs(15)


@pytest.fixture
def demo(start: Callable[[], Demo]) -> Demo:
    demo = start()
    demo.wait_for("Ctrl-C stops everything.")
    return demo


def test_demo_serves_prints_and_stops(demo: Demo) -> None:
    printed = demo.output.read_text()
    for code, _name in settings.LANGUAGES:
        status, body = demo.get(f"/{code}/")
        assert (status, re.findall(r'<html[^>]* lang="(\w+)"', body)) == (200, [code])
        assert f"http://localhost:{demo.port}/{code}/" in printed
    assert f"http://localhost:{demo.port}/admin/" in printed
    assert (demo.var / "demo-login.txt").read_text().splitlines()[0] in printed
    assert f"is written to {demo.var / 'mail'}/" in printed
    assert demo.get("/admin/login/")[0] == 200

    demo.process.send_signal(signal.SIGINT)

    assert demo.process.wait(timeout=15) == 0
    assert demo.processes() == {}


def test_demo_starts_again_with_what_it_has(demo: Demo, start: Callable[[], Demo]) -> None:
    key = demo.var / "secret-key"
    before = key.read_text()
    demo.process.terminate()
    assert demo.process.wait(timeout=15) == 0

    again = start()
    again.wait_for("Ctrl-C stops everything.")

    assert (key.read_text(), len(before) >= 50, key.stat().st_mode & 0o777) == (before, True, 0o600)
    assert again.get("/")[0] == 200


def test_demo_ends_when_a_child_dies(demo: Demo) -> None:
    workers = [number for number, command in demo.processes().items() if " -m celery " in command]

    for number in workers:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)

    assert demo.process.wait(timeout=15) == 1
    assert "The worker process has ended (exit code -9)" in demo.output.read_text()
    assert demo.processes() == {}


def test_no_process_outlives_a_killed_demo(demo: Demo) -> None:
    assert len(demo.processes()) >= 4

    demo.process.kill()

    demo.process.wait(timeout=15)
    demo.wait_until_nothing_runs(15)


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "migrate"],
        ["-c", "import portal.wsgi"],
        ["-m", "celery", "-A", "portal", "report"],
    ],
)
def test_start_without_a_key_says_what_to_set(tmp_path: Path, command: list[str]) -> None:
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("SECRET_KEY is not set. Set the variable SECRET_KEY to")


def test_template_is_whole_migrated_and_copied_once(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "scripts.template"], cwd=ROOT, check=True)
    database = tmp_path / "var" / "portal.sqlite3"

    copy_template(database)
    with closing(sqlite3.connect(database)) as connection:
        (state,) = connection.execute("PRAGMA integrity_check").fetchone()
        (title,) = connection.execute("SELECT title FROM pages_page WHERE depth = 2").fetchone()
    database.write_bytes(b"what editors wrote")
    copy_template(database)

    assert (state, title) == ("ok", "Home")
    assert database.read_bytes() == b"what editors wrote"
    assert list(database.parent.iterdir()) == [database]
    assert list(template().parent.glob("portal-template-*")) == [template()]


def test_demo_says_that_its_port_is_taken(var: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        demo = Demo(var, port)

        code = demo.process.wait(timeout=30)

    printed = demo.output.read_text()
    assert (code, printed.count("\n")) == (1, 1)
    assert re.search(rf"Port {port} .* PORT=\d+ make demo", printed)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "is written to {folder}/"),
        ({"EMAIL_URL": "smtp+tls://user:secret@mail.example.org:587"},
         "is sent through mail.example.org"),
        ({"EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend"}, "is sent by Postmark"),
        ({"EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend",
          "EMAIL_URL": "smtp://mail.example.org"}, "is sent by Postmark"),
        ({"EMAIL_URL": "consolemail://"},
         "is sent by django.core.mail.backends.console.EmailBackend"),
    ],
)  # fmt: skip
def test_welcome_says_where_mail_goes(tmp_path: Path, chosen: dict[str, str], said: str) -> None:
    code = (
        "import django; django.setup(); from scripts import prepare; print(prepare.way_of_mail())"
    )
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "SECRET_KEY": "for-a-test"}
    environment["DJANGO_SETTINGS_MODULE"] = "portal.settings"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment | chosen, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == said.format(folder=tmp_path / "mail") + "\n"
    assert "secret" not in done.stdout
