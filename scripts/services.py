"""The programs that the tests need besides Python: where they are, and private servers of them."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.processes import Processes

START_TIMEOUT = 30.0


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


def gettext() -> str | None:
    return shutil.which("xgettext") and shutil.which("msgmerge")


def redis() -> str | None:
    return shutil.which("redis-server")


def postgresql() -> Path | None:
    """The folder of PostgreSQL's server programs: the newest; Debian keeps them out of the path."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max(
        (path.parent for path in versions), key=lambda path: float(path.parts[-2]), default=None
    )


@contextmanager
def postgresql_server(
    processes: Processes, folder: Path, *, durable: bool = False
) -> Iterator[str]:
    """A private server in ``folder``, reached by its socket file only; gives its DATABASE_URL.

    It trusts whoever can reach the folder and, unless ``durable``, forgets everything on a crash.
    """
    programs = postgresql()
    if programs is None:
        raise FileNotFoundError("initdb")
    data = folder / "data"
    data.mkdir(parents=True)
    folder.chmod(0o755)
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:  # initdb refuses to run as root
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(data, "postgres", "postgres")
    initialise = [f"{programs}/initdb", f"--pgdata={data}", "--username=portal", "--auth=trust"]
    initialise += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    with (folder / "initdb.log").open("wb") as log:
        subprocess.run(initialise, check=True, cwd=data, stdout=log, stderr=log, **owner)
    command = [f"{programs}/postgres", "-D", f"{data}", "-k", f"{data}", "-c", "listen_addresses="]
    if not durable:
        for option in ("fsync=off", "synchronous_commit=off", "full_page_writes=off"):
            command += ["-c", option]
    with (folder / "postgresql.log").open("wb") as log:
        server = processes.start(command, cwd=data, stdout=log, stderr=log, **owner)
    try:
        wait_for(server, data / ".s.PGSQL.5432")
        wait_until_accepting(programs, data)
        create = [f"{programs}/createdb", f"--host={data}", "--username=portal", "portal"]
        subprocess.run(create, check=True, cwd=folder)
        yield f"postgres://portal@/{data}/portal"
    finally:
        processes.forget(server)


def wait_until_accepting(programs: Path, data: Path) -> None:
    """PostgreSQL answers from the moment it starts, but refuses everybody until it has started."""
    deadline = time.monotonic() + START_TIMEOUT
    ask = [f"{programs}/pg_isready", "--quiet", f"--host={data}"]
    while subprocess.run(ask, cwd=data.parent, check=False).returncode:
        if time.monotonic() > deadline:
            raise TimeoutError(f"PostgreSQL in {data} does not accept connections")
        time.sleep(0.05)


@contextmanager
def redis_server(processes: Processes, folder: Path) -> Iterator[str]:
    """A private server on a free port of this machine; gives its REDIS_URL."""
    program = redis()
    if program is None:
        raise FileNotFoundError("redis-server")
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        f"{folder}",
    ]
    with (folder / "redis.log").open("wb") as log:
        server = processes.start(command, stdout=log, stderr=log)
    try:
        wait_for(server, ("127.0.0.1", port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        processes.forget(server)


def wait_for(server: "subprocess.Popen[bytes]", address: Path | tuple[str, int]) -> None:
    """Until somebody answers at the address: a socket file, or a host and port."""
    deadline = time.monotonic() + START_TIMEOUT
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket(family) as probe:
            if probe.connect_ex(str(address) if isinstance(address, Path) else address) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"{server.args!r} does not answer at {address}")
