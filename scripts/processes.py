"""Child processes that never outlive the process that started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GRACE = 5.0  # seconds between asking a process to end and killing it


class Processes:
    """Starts children, each at the head of a process group of its own, and ends them all.

    A guard process reads their numbers from a pipe. When this process dies, in whatever way, the
    pipe closes and the guard ends the groups that are still there.
    """

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []
        self.guard = subprocess.Popen(
            [sys.executable, "-m", "scripts.processes"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def start(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
        """Start a child; the options are those of ``subprocess.Popen``."""
        child = subprocess.Popen(command, **{"cwd": ROOT, "start_new_session": True, **options})
        self.running.append(child)
        self._tell_guard(child.pid)
        return child

    def forget(self, child: subprocess.Popen[bytes]) -> None:
        """End what a finished child may have left behind, and no longer account for it."""
        self.end([child])
        self.running.remove(child)
        self._tell_guard(-child.pid)

    def end(self, children: Collection[subprocess.Popen[bytes]]) -> None:
        """End these children and whatever they started."""
        end_groups({child.pid for child in children}, reap=children)

    def stop(self) -> None:
        """End every child, and then the guard."""
        self.end(self.running)
        self.running.clear()
        assert self.guard.stdin is not None  # noqa: S101 (for mypy: it was opened as a pipe)
        with suppress(BrokenPipeError):
            self.guard.stdin.write(b"0\n")
            self.guard.stdin.close()
        self.guard.wait()

    def _tell_guard(self, number: int) -> None:
        assert self.guard.stdin is not None  # noqa: S101 (for mypy: it was opened as a pipe)
        self.guard.stdin.write(f"{number}\n".encode())
        self.guard.stdin.flush()


def end_groups(
    groups: Collection[int], reap: Collection[subprocess.Popen[bytes]] = (), grace: float = GRACE
) -> None:
    """Ask the process groups to end, wait, and kill what is left of them."""
    left = set(groups)
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 1.0)):
        for group in left:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            for child in reap:
                child.poll()  # until it is asked for, a dead child counts as a member of its group
            left = {group for group in left if is_alive(group)}
            if left:
                time.sleep(0.05)


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # macOS refuses when only zombies are left
        return False
    return True


def guard() -> None:
    """Follow the numbers on standard input: n is started, -n has ended, 0 is the orderly end."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        number = int(line)
        if number == 0:
            return
        if number > 0:
            groups.add(number)
        else:
            groups.discard(-number)
    end_groups(groups)


if __name__ == "__main__":
    guard()
