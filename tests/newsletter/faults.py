"""Real workers on a real broker and database, and a hand that kills them.

The worker's processes use the test's own database and folder. The harness plays the part of
Celery's beat: it sends a wake-up for the tick twice a second.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import redis
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone

from newsletter.models import Announcement, Delivery
from scripts.processes import Processes
from tests.newsletter.conftest import states
from tests.newsletter.sink import Sink

TICK = 0.5
ROOT = Path(settings.BASE_DIR)
APP = "portal"
REDIS_DATABASE = 7  # one that the tests' own cache does not use


def database_url() -> str:
    """The test's database, as a worker's DATABASE_URL."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    return f"postgres://{facts['USER']}@/{facts['HOST']}/{facts['NAME']}"


def redis_url() -> str:
    """A database of the tests' Redis, or nothing where there is none: then files carry wake-ups."""
    url = settings.REDIS_URL
    return f"{url.rpartition('/')[0]}/{REDIS_DATABASE}" if url else ""


@dataclass
class Engine:
    """A worker, whose processes can be killed, and which comes back as a supervisor would do it."""

    sink: Sink
    folder: Path
    app: str = APP
    options: dict[str, str] = field(default_factory=dict)
    redis_url: str = field(default_factory=redis_url)
    workers: list[subprocess.Popen] = field(default_factory=list)
    restarts: int = 0
    is_over: bool = False

    def __post_init__(self) -> None:
        kept = ("PATH", "HOME", "LANG", "TMPDIR")
        self.environment = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "BASE_URL": settings.BASE_URL,
            "DATABASE_URL": database_url(),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": settings.SECRET_KEY,
            "VAR_DIR": str(self.folder),
            **self.options,
        }
        self.processes = Processes()
        self.celery = Celery(broker=self.redis_url or "filesystem://localhost")
        if not self.redis_url:
            queue, control = self.folder / "broker" / "queue", self.folder / "broker" / "control"
            for path in (queue, control):
                path.mkdir(parents=True, exist_ok=True)
            self.celery.conf.broker_transport_options = {
                "data_folder_in": str(queue),
                "data_folder_out": str(queue),
                "control_folder": str(control),
            }

    # Processes

    def start(self) -> None:
        """With Redis two processes below one parent; with files two workers of one process each."""
        count = 1 if self.redis_url else 2
        self.workers = [self._worker(number) for number in range(count)]
        self.ticker = threading.Thread(target=self._tick)
        self.ticker.start()

    def _worker(self, number: int) -> subprocess.Popen:
        pool = ["--pool", "prefork", "--concurrency", "2"] if self.redis_url else ["--pool", "solo"]
        command = [sys.executable, "-m", "celery", "--app", self.app, "worker", *pool]
        command += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
        command += ["--hostname", f"worker{number}@localhost"]
        with (self.folder / f"worker{number}.log").open("ab") as log:
            return self.processes.start(command, env=self.environment, stdout=log, stderr=log)

    def _tick(self) -> None:
        while not self.is_over:
            with suppress(Exception):  # the broker may be away: that is the point
                self.celery.send_task("newsletter.tasks.tick", expires=5, retry=False)
            self._revive()
            time.sleep(TICK)

    def _revive(self) -> None:
        for number, worker in enumerate(self.workers):
            if worker.poll() is not None and not self.is_over:
                self.restarts += 1
                self.workers[number] = self._worker(number)

    def victims(self) -> list[int]:
        """Those that send: the children of a parent, or the worker itself."""
        found = []
        for worker in self.workers:
            children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
            with suppress(OSError):
                found += [int(pid) for pid in children.read_text().split()]
            if not self.redis_url:
                found.append(worker.pid)
        return found

    def kill_one(self, dice: random.Random) -> bool:
        """SIGKILL to one of the processes that send; False where there is none just now."""
        candidates = self.victims()
        if not candidates:
            return False
        with suppress(ProcessLookupError):
            os.kill(dice.choice(candidates), signal.SIGKILL)
        return True

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> None:
        """End everything; waits for an orderly end before it uses force."""
        self.is_over = True
        if hasattr(self, "ticker"):
            self.ticker.join()
        for worker in self.workers:
            with suppress(ProcessLookupError):
                os.kill(worker.pid, number)
        for worker in self.workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(seconds)
        self.processes.stop()
        self.celery.close()

    # Watching

    def wait_for_sent(self, count: int, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while len(self.sink.messages) < count:
            assert time.monotonic() < deadline, f"{len(self.sink.messages)} sent: {self.logs()}"
            time.sleep(0.01)

    def wait_for_end(self, announcement: Announcement, seconds: float = 120) -> None:
        """Until the announcement is finished."""
        deadline = time.monotonic() + seconds
        while True:
            announcement.refresh_from_db()
            if announcement.state == Announcement.State.FINISHED:
                return
            assert time.monotonic() < deadline, f"{states(announcement)}: {self.logs()}"
            time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(path.read_text()[-3_000:] for path in self.folder.glob("worker*.log"))


@contextmanager
def running_engine(sink: Sink, folder: Path, **options) -> Iterator[Engine]:
    engine = Engine(sink, folder, **options)
    if engine.redis_url:
        redis.Redis.from_url(engine.redis_url).flushdb()
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Result:
    """What the sink says against what the rows say."""

    doubled: list[str]
    missing: list[str]  # neither taken by the sink nor listed as held
    unseen: list[str]  # the rows call it sent, and the sink never took it
    held: int
    assumed: int

    @property
    def is_once(self) -> bool:
        return not (self.doubled or self.missing or self.unseen)


def compare(sink: Sink, announcement: Announcement) -> Result:
    taken: Counter[str] = sink.counts()
    rows = dict(
        Delivery.objects.filter(announcement=announcement).values_list(
            "subscriber__address", "state"
        )
    )
    state = Delivery.State
    return Result(
        doubled=sorted(address for address, count in taken.items() if count > 1),
        missing=sorted(a for a, s in rows.items() if a not in taken and s != state.HELD),
        unseen=sorted(
            a for a, s in rows.items() if a not in taken and s in {state.SENT, state.ASSUMED}
        ),
        held=sum(s == state.HELD for s in rows.values()),
        assumed=sum(s == state.ASSUMED for s in rows.values()),
    )


def let_deferred_come_due(announcement: Announcement) -> None:
    """As if the waiting time were over."""
    now = timezone.now()
    announcement.deliveries.filter(state=Delivery.State.DEFERRED).update(next_attempt_at=now)
    announcement.slices.filter(deferred__gt=0).update(due_at=now)
