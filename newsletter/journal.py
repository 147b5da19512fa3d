"""What a sender knows and the database does not yet: marks in memory that outlive the process.

One file per sender, mapped into memory and locked as long as the process lives. Each lane (one
connection) has a ring of marks. A mark is one byte, written after what it speaks of is in place, so
that whoever reads the file after ``kill -9`` finds the truth. A power cut may lose it.
"""

import fcntl
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

RING = 512  # marks per lane; more than a sender may leave unrecorded
ENTRY = struct.Struct("<QH")  # delivery, code; then the mark
ENTRY_SIZE = 16
MARK = ENTRY.size

NOTHING = 0
HANDING = ord("B")  # the final dot may or may not have left the process
HANDED = ord("A")  # it has left, and no answer has been seen
SENT = ord("S")
DEFERRED = ord("D")
REFUSED = ord("F")


@dataclass(frozen=True)
class Entry:
    delivery_id: int
    mark: int
    code: int


class Lane:
    """One connection's ring. Positions run on; the ring forgets what ``clear`` has released."""

    def __init__(self, memory: mmap.mmap, start: int) -> None:
        self._memory = memory
        self._start = start
        self._next = 0

    def begin(self, delivery_id: int) -> int:
        """Take a place for a delivery, still without a mark."""
        place = self._start + (self._next % RING) * ENTRY_SIZE
        self._next += 1
        self._memory[place + MARK] = NOTHING
        ENTRY.pack_into(self._memory, place, delivery_id, 0)
        return place

    def mark(self, place: int, mark: int) -> None:
        self._memory[place + MARK] = mark

    def settle(self, place: int, delivery_id: int, mark: int, code: int) -> None:
        ENTRY.pack_into(self._memory, place, delivery_id, code)
        self._memory[place + MARK] = mark


class Journal:
    """The file of one sender; raises ``OSError`` for a name that is taken or a full disk."""

    def __init__(self, path: Path, lanes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = lanes * RING * ENTRY_SIZE
        try:
            # Room for real, not a hole: a full disk must fail here, not with SIGBUS at a mark.
            os.posix_fallocate(self._file, 0, size)
        except OSError:
            os.close(self._file)
            path.unlink(missing_ok=True)
            raise
        self._memory = mmap.mmap(self._file, size)
        self.lanes = [Lane(self._memory, number * RING * ENTRY_SIZE) for number in range(lanes)]

    def clear(self, place: int) -> None:
        """What the mark said is in the database."""
        self._memory[place + MARK] = NOTHING

    def close(self, *, forget: bool) -> None:
        """Unlock; ``forget`` the file too, when everything in it is in the database."""
        if forget:
            self.path.unlink(missing_ok=True)
        self._memory.close()
        os.close(self._file)


def is_alive(path: Path) -> bool:
    """Whether a process on this host holds the journal."""
    try:
        with _locked(path):
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False


def read(path: Path) -> list[Entry] | None:
    """The marks of a dead sender; None where there is no journal to read."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return list(_entries(data))


def _entries(data: bytes) -> Iterator[Entry]:
    for place in range(0, len(data) - ENTRY_SIZE + 1, ENTRY_SIZE):
        if mark := data[place + MARK]:
            delivery_id, code = ENTRY.unpack_from(data, place)
            yield Entry(delivery_id, mark, code)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        with suppress(OSError):
            os.close(file)
