"""``make bench-mail``: how fast announcements go out, beside a plain client and five packages.

Every sender sends messages of 20 KB to the same smtp-sink; rounds are interleaved, figures are
medians. A second part watches a million mails go out. Prints one table, writes var/bench/mail.json.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import redis

from scripts import services
from scripts.bench import postfix
from scripts.bench.portal import NICE, BenchError, Portal
from scripts.processes import ROOT, Processes

RESULTS = ROOT / "var" / "bench"
PEERS_PYTHON = RESULTS / "peers-venv" / "bin" / "python"
PEERS_SCRIPT = ROOT / "scripts" / "bench" / "peers" / "send.py"
PEERS = {
    "django": "Django's send_messages",
    "birdsong": "wagtail-birdsong",
    "post_office": "django-post-office",
    "newsletter": "django-newsletter",
    "mailer": "django-mailer",
}
OURS = {"ours": "ours, PostgreSQL and Redis", "sqlite": "ours, SQLite and files"}
SOURCES = {"source": 8, "source16": 16}  # sessions of smtp-source; the first is the measure
SOURCE = next(iter(SOURCES))
LENGTH = 20_000  # bytes of a message
CONNECTIONS = "16"
PEER_SHARE = 10  # peers send a tenth: they are slow, and rates are compared
GRACE = 2.0  # seconds for the sink to write its last count

Row = tuple[str, ...]


@dataclass
class Sender:
    """``send`` sends so many messages and gives the seconds that it took."""

    key: str
    title: str
    count: int
    send: Callable[[int], float]
    rates: list[float] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    bytes: int = 0
    problem: str = ""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates) if self.rates else 0.0


@dataclass(frozen=True)
class Goal:
    what: str
    value: float
    goal: str
    holds: bool


class Bench:
    def __init__(self, options: argparse.Namespace, processes: Processes, folder: Path) -> None:
        self.options = options
        self.processes = processes
        self.folder = folder
        self.postfix = postfix.find(RESULTS / "postfix")
        self.port = postfix.free_port()
        self.sinks = 0

    @contextmanager
    def sink(self, *, dump: bool = False, nice: int = 0) -> Iterator[postfix.Sink]:
        self.sinks += 1
        folder = self.folder / f"sink-{self.sinks}"
        with postfix.sink(
            self.postfix, self.processes, folder, self.port, dump=dump, nice=nice
        ) as sink:
            yield sink
        shutil.rmtree(folder)

    def run(self) -> dict[str, Any]:
        result: dict[str, Any] = {"at": datetime.now(UTC).isoformat(), "machine": machine()}
        with ExitStack() as stack:
            database = stack.enter_context(
                services.postgresql_server(self.processes, self.folder / "pg", durable=True)
            )
            broker = stack.enter_context(
                services.redis_server(self.processes, self.folder / "redis")
            )
            portal = self.portal("ours", DATABASE_URL=database, REDIS_URL=broker)
            if not self.options.million:
                result |= self.compare(portal, database)
            if self.options.million or not self.options.only:
                result |= self.watch(portal, broker)
        return result

    def portal(self, name: str, **variables: str) -> Portal:
        url = f"smtp://127.0.0.1:{self.port}"
        return Portal(
            self.processes,
            self.folder / name,
            EMAIL_URL=url,
            NEWSLETTER_CONNECTIONS=CONNECTIONS,
            **variables,
        )

    # All senders in turn

    def compare(self, portal: Portal, database: str) -> dict[str, Any]:
        senders = [*self.sources(), *self.ours(portal), *self.peers(database)]
        for sender in senders:
            self.rehearse(sender)
        with self.sink() as sink:
            for number in range(1, self.options.rounds + 1):
                for sender in senders:
                    say(f"Round {number} of {self.options.rounds}: {sender.title}")
                    self.measure(sender, sink)
        portal.stop()
        goals = list(sender_goals(senders))
        show(sender_rows(senders))
        show(goal_rows(goals))
        return {"senders": [described(sender) for sender in senders], "goals": as_dicts(goals)}

    def is_wanted(self, key: str) -> bool:
        return not self.options.only or key in self.options.only

    def sources(self) -> Iterator[Sender]:
        for key, sessions in SOURCES.items():
            title = f"smtp-source, {sessions} sessions"
            yield Sender(key, title, self.options.count, partial(self.source, sessions))

    def source(self, sessions: int, count: int) -> float:
        began = time.perf_counter()
        self.postfix.source(self.port, sessions, count, LENGTH)
        return time.perf_counter() - began

    def ours(self, portal: Portal) -> Iterator[Sender]:
        portals = {"ours": (portal, 2), "sqlite": (self.portal("sqlite"), 1)}
        static = None
        for key, (installation, workers) in portals.items():
            if self.is_wanted(key):
                say(f"Preparing {OURS[key]}")
                installation.prepare(static)
                installation.start(processes=workers)
                static = installation.folder / "static"
                yield our_sender(key, self.options.count, installation)

    def peers(self, database: str) -> Iterator[Sender]:
        host = "/" + database.removeprefix("postgres://portal@/").rpartition("/")[0].lstrip("/")
        environment = {**os.environ, "PGHOST": host, "PGUSER": "portal"}
        for key, title in PEERS.items():
            if self.is_wanted(key):
                say(f"Preparing {title}")
                peer = Peer(key, self.port, environment, self.folder)
                sender = Sender(key, title, max(1, self.options.count // PEER_SHARE), peer.send)
                try:
                    peer.prepare()
                except BenchError as error:
                    sender.problem = str(error)
                yield sender

    def rehearse(self, sender: Sender) -> None:
        """Send once to a sink that writes everything down: how large, and each exactly once."""
        if sender.problem:
            return
        say(f"Rehearsing {sender.title}")
        with self.sink(dump=True) as sink:
            self.measure(sender, sink)
            sender.rates.clear()
            if not sender.problem and sink.dump:
                sender.bytes = round(sink.dump.stat().st_size / sender.count)
                if sender.key not in SOURCES:
                    sender.problem = other_than_once(sink.recipients(), sender.count)

    def measure(self, sender: Sender, sink: postfix.Sink) -> None:
        if sender.problem:
            return
        before = sink.received
        try:
            seconds = sender.send(sender.count)
        except (BenchError, subprocess.CalledProcessError) as error:
            say(str(error))
            sender.problem = str(error).partition("\n")[0]
            return
        deadline = time.monotonic() + GRACE
        while (received := sink.received - before) < sender.count and time.monotonic() < deadline:
            time.sleep(0.05)
        if received != sender.count:
            sender.problem = f"{received} of {sender.count} messages arrived"
        sender.rates.append(sender.count / seconds)

    # A million

    def watch(self, portal: Portal, broker: str) -> dict[str, Any]:
        say(f"Announcing to {self.options.subscribers} subscribers (this takes some minutes)")
        if not (portal.folder / "welcome.txt").is_file():
            portal.prepare()
        # The demo's images would be scaled in the worker whose memory is measured.
        redis.Redis.from_url(broker).flushall()
        with self.sink(nice=NICE) as sink:
            portal.start(processes=2)
            found = portal.ask(
                "scripts.bench.million",
                str(self.options.subscribers),
                str(sink.log),
                str(portal.worker_group),
            )
            portal.stop()
        goals = [Goal(**goal) for goal in found["goals"]]
        show(goal_rows(goals))
        return {"million": {**found, "subscribers": self.options.subscribers}}


class Peer:
    """One of the packages, in the environment that the Makefile made for them."""

    def __init__(self, key: str, port: int, environment: dict[str, str], folder: Path) -> None:
        self.key = key
        self.port = port
        self.environment = environment
        self.folder = folder / key
        self.folder.mkdir()

    def prepare(self) -> None:
        create = [f"{services.postgresql()}/createdb", self.key]
        subprocess.run(create, env=self.environment, cwd=self.folder, check=True)
        self.call("prepare")

    def send(self, count: int) -> float:
        return float(self.call(str(count), str(self.port)))

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [PEERS_PYTHON, PEERS_SCRIPT, self.key, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchError(done.stderr.strip().rpartition("\n")[2])
        return done.stdout


def our_sender(key: str, count: int, portal: Portal) -> Sender:
    def send(count: int) -> float:
        answer = portal.ask("scripts.bench.announcement", str(count))
        sender.details.append(answer)
        if answer["sent"] != count:
            raise BenchError(f"{answer['sent']} of {count} recorded as sent")
        return float(answer["seconds"])

    sender = Sender(key, OURS[key], count, send)
    return sender


def other_than_once(recipients: Iterable[str], count: int) -> str:
    """What is wrong with whom the messages went to; empty where each reader got one."""
    seen = Counter(recipients)
    missing = sum(not seen[f"reader{number}@example.org"] for number in range(count))
    doubled = sum(number - 1 for number in seen.values())
    return f"{missing} missing, {doubled} doubled" if missing or doubled else ""


# What is shown and kept


def sender_goals(senders: Sequence[Sender]) -> Iterator[Goal]:
    rates = {sender.key: sender.rate for sender in senders if not sender.problem}
    best = max((rates[key] for key in PEERS if key in rates), default=0.0)
    for key, least in (("ours", 0.55), ("sqlite", 0.3)):
        if key in rates:
            ratio = rates[key] / rates[SOURCE]
            yield Goal(f"{OURS[key]}: x smtp-source", ratio, f">= {least}", ratio >= least)
    if "ours" in rates and best:
        ratio = rates["ours"] / best
        yield Goal(f"{OURS['ours']}: x best package", ratio, ">= 7", ratio >= 7)


def sender_rows(senders: Sequence[Sender]) -> Iterator[Row]:
    yield ("sender", "messages/s", "x smtp-source", "bytes", "messages a round")
    reference = senders[0].rate or 1.0
    for sender in senders:
        if sender.problem:
            yield (sender.title, "-", "-", "-", sender.problem)
        else:
            ratio = f"{sender.rate / reference:.3f}"
            yield (
                sender.title, f"{sender.rate:.0f}", ratio, str(sender.bytes), str(sender.count)
            )  # fmt: skip


def goal_rows(goals: Iterable[Goal]) -> Iterator[Row]:
    yield ("goal", "value", "to reach", "reached")
    for goal in goals:
        yield (goal.what, f"{goal.value:.3g}", goal.goal, "yes" if goal.holds else "NO")


def show(rows: Iterable[Row]) -> None:
    """Print a table, unless there is nothing below its first row, the head."""
    table = list(rows)
    if len(table) == 1:
        return
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
    lines.insert(1, "  ".join("-" * width for width in widths))
    say("\n" + "\n".join(line.rstrip() for line in lines))


def described(sender: Sender) -> dict[str, Any]:
    kept = {key: value for key, value in vars(sender).items() if key != "send"}
    return {**kept, "median": sender.rate}


def as_dicts(goals: Iterable[Goal]) -> list[dict[str, Any]]:
    return [asdict(goal) for goal in goals]


def machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def say(text: str) -> None:
    print(text, flush=True)


def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-mail ARGS=...", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=20_000, help="messages a round")
    parser.add_argument(
        "--only", nargs="+", choices=[*OURS, *PEERS], help="just these beside smtp-source"
    )
    parser.add_argument("--million", action="store_true", help="just the million")
    parser.add_argument("--subscribers", type=int, default=1_000_000, help="of the million")
    return parser.parse_args()


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, interrupt)
    processes = Processes()
    RESULTS.mkdir(parents=True, exist_ok=True)
    # Not in /tmp, which may be memory: the databases keep what they promise on a disk.
    with tempfile.TemporaryDirectory(prefix="portal-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's user must get to its folder
        try:
            result = Bench(options, processes, Path(folder)).run()
        except BenchError as error:
            say(str(error))
            return 1
        except KeyboardInterrupt:
            say("\nInterrupted")
            return 130
        finally:
            processes.stop()
    path = RESULTS / "mail.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    say(f"\nWritten to {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
