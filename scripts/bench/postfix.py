"""postfix's smtp-sink and smtp-source: taken from Debian's package, without installing it."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.processes import Processes
from scripts.services import wait_for

COUNTERS = 64  # bytes: the last counters that the sink wrote are within them


@dataclass(frozen=True)
class Postfix:
    """Where the programs are, and their libraries where those are not in the system's folders."""

    programs: Path
    libraries: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        more = {"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}
        return {**os.environ, **more}

    def source(self, port: int, sessions: int, count: int, length: int) -> None:
        """Send as fast as a plain client can: each session is kept for all of its messages."""
        command = [str(self.programs / "smtp-source"), "-d", "-s", str(sessions), "-m", str(count)]
        command += ["-l", str(length), "-f", "press@example.org", "-t", "reader@example.org"]
        command += [f"127.0.0.1:{port}"]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)


@dataclass(frozen=True)
class Sink:
    port: int
    log: Path
    dump: Path | None = None

    @property
    def received(self) -> int:
        """Messages accepted so far."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - COUNTERS))
            counts: list[bytes] = re.findall(rb"mesg=(\d+)", file.read())
        return int(counts[-1]) if counts else 0

    def recipients(self) -> Iterator[str]:
        """Whom the dumped messages were for, one for each transaction."""
        assert self.dump is not None  # noqa: S101 (for mypy: asked of a sink that dumps)
        with self.dump.open("rb") as file:
            for line in file:
                if line.startswith(b"X-Rcpt-Args: <"):
                    yield line[14:].partition(b">")[0].decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def sink(
    postfix: Postfix,
    processes: Processes,
    folder: Path,
    port: int,
    *,
    dump: bool = False,
    nice: int = 0,
) -> Iterator[Sink]:
    """A mail server that accepts everything and counts it; with ``dump`` it also writes it down.

    ``nice``: it plays another machine, and should not keep waiting who lives on this one.
    """
    folder.mkdir(parents=True)
    command = [str(postfix.programs / "smtp-sink"), "-c", "-m", "1000"]
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
        command += ["-u", "nobody"]
    if dump:
        command += ["-D", str(folder / "dump")]
    with (folder / "counters").open("wb") as counters, (folder / "log").open("wb") as log:
        server = processes.start(
            [*command, f"127.0.0.1:{port}", "1000"],
            env=postfix.environment,
            stdout=counters,
            stderr=log,
        )
    os.setpriority(os.PRIO_PROCESS, server.pid, nice)
    try:
        wait_for(server, ("127.0.0.1", port))
        yield Sink(port, folder / "counters", folder / "dump" if dump else None)
    finally:
        processes.forget(server)


def find(cache: Path) -> Postfix:
    """The installed programs, else those of the package, unpacked below ``cache``.

    Raises ``FileNotFoundError`` where there is neither.
    """
    if installed := shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin"):
        return Postfix(Path(installed).parent)
    unpacked = Postfix(cache / "usr" / "sbin", cache / "usr" / "lib" / "postfix")
    if not (unpacked.programs / "smtp-sink").is_file():
        unpack(cache)
    return unpacked


def unpack(cache: Path) -> None:
    if not shutil.which("apt-get"):
        raise FileNotFoundError("smtp-sink (install postfix)")
    print("Unpacking postfix's smtp-sink and smtp-source", flush=True)
    cache.mkdir(parents=True, exist_ok=True)
    download = ["apt-get", "download", "-qq", "postfix"]
    if subprocess.run(download, cwd=cache, capture_output=True, check=False).returncode:
        update = ["apt-get", "update", "-qq"]
        subprocess.run(update, check=True, capture_output=True)
        subprocess.run(download, cwd=cache, check=True, capture_output=True)
    extract = ["dpkg-deb", "-x", str(max(cache.glob("postfix_*.deb"))), str(cache)]
    subprocess.run(extract, check=True)
