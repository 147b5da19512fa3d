"""A million mails go out, watched from outside: the sender, and whoever uses the site meanwhile.

``python -m scripts.bench.million SUBSCRIBERS SINK_LOG WORKER_GROUP`` runs with a portal's settings
while its web server and worker are running, and prints JSON.
"""

import http.client
import json
import re
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

import django

django.setup()

from django.conf import settings  # noqa: E402 (these need the line above)
from django.db import connection, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from newsletter import announcing, claiming, forms  # noqa: E402
from newsletter.admin.base import status_url  # noqa: E402
from newsletter.models import (  # noqa: E402
    Announcement,
    ConsentText,
    Delivery,
    Sender,
    SubscriptionRequest,
)
from pages import languages  # noqa: E402
from pages.models import TextPage  # noqa: E402
from scripts.bench import announcement as announcements  # noqa: E402
from scripts.bench.postfix import Sink  # noqa: E402

WARM_UP, IDLE = 5.0, 40.0  # seconds of use of the site before anything is sent
BREAK = 0.2  # seconds between two visits
EVERY = 0.25  # seconds between two samples
PAUSES = (0.01, 0.5, 0.96)  # of the mails sent: where sending is stopped and looked at
FIRST, LAST = (0.04, 0.14), (0.85, 0.95)  # a tenth each, without a pause in it
TIMES = 21
State = Announcement.State


@dataclass
class Sample:
    at: float
    received: int
    memory: float  # MiB of the largest process of the worker
    own: float  # the same, with pages that processes share counted in part


@dataclass
class Sampler(threading.Thread):
    """Looks at the sink and at the worker's memory, several times a second."""

    sink: Sink
    group: int
    samples: list[Sample] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    __hash__ = threading.Thread.__hash__

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        while not self.is_over.wait(EVERY):
            memory, own = (
                max(column) for column in zip((0, 0), *memory_of(self.group), strict=True)
            )
            self.samples.append(Sample(time.monotonic(), self.sink.received, memory, own))

    def rate(self, part: tuple[float, float], base: int, count: int) -> float:
        """Messages a second while this part of all was sent."""
        least, most = (base + share * count for share in part)
        inside = [sample for sample in self.samples if least <= sample.received <= most]
        if len(inside) < 2 or inside[-1].received == inside[0].received:
            return 0.0
        seconds = inside[-1].at - inside[0].at
        return (inside[-1].received - inside[0].received) / seconds

    def memory(self, part: tuple[float, float], base: int, count: int) -> float:
        """Its median in MiB while this part of all was sent."""
        least, most = (base + share * count for share in part)
        inside = [one.memory for one in self.samples if least <= one.received <= most]
        return statistics.median(inside) if inside else 0.0


def memory_of(group: int) -> Iterator[tuple[float, float]]:
    """The resident and the proportional set size of each process of the group, in MiB."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(stat[2]) == group:
                sizes = (folder / "smaps_rollup").read_text()
                rss, pss = (
                    int(found) for found in re.findall(r"^(?:Rss|Pss): +(\d+)", sizes, re.MULTILINE)
                )
                yield rss / 1024, pss / 1024
        except (OSError, ValueError):  # it has ended meanwhile
            continue


class Visitors(threading.Thread):
    """Read a page, sign up, publish a page, over and over; how long each took, in seconds."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.visits: dict[str, list[float]] = {}
        self.is_over = threading.Event()
        self.may_visit = threading.Event()
        self.failures: list[str] = []
        self.number = 0
        self.page = TextPage.objects.live().first()
        self.text = ConsentText.objects.latest()
        with languages.speaking(languages.DEFAULT):
            self.form_path = reverse("newsletter_subscribe")
            self.page_path = urlsplit(self.page.full_url).path

    def start_over(self) -> None:
        self.visits = {"reading a page": [], "signing up": [], "publishing a page": []}
        self.may_visit.set()

    def run(self) -> None:
        deeds: tuple[Callable[[], None], ...] = (self.read, self.sign_up, self.publish)
        while not self.is_over.wait(BREAK):
            self.may_visit.wait()
            visits = self.visits
            for deed, times in zip(deeds, visits.values(), strict=True):
                began = time.perf_counter()
                deed()
                times.append(time.perf_counter() - began)

    def read(self) -> None:
        self._ask("GET", self.page_path, http.client.OK)

    def sign_up(self) -> None:
        """As a person who took ten seconds, each from a network of their own."""
        self.number += 1
        fields = {
            "address": f"visitor{self.number}@example.org",
            "language": languages.DEFAULT,
            "consent": self.text.pk,
            "shown": forms.stamp(time.time() - 10),
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
            "X-Forwarded-For": f"10.{self.number >> 8 & 255}.{self.number & 255}.1",
        }
        self._ask("POST", self.form_path, http.client.FOUND, urlencode(fields), headers)

    def publish(self) -> None:
        with languages.speaking(languages.DEFAULT):
            self.page.save_revision().publish()

    def _ask(
        self,
        method: str,
        path: str,
        expected: int,
        body: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        site = http.client.HTTPConnection(urlsplit(settings.BASE_URL).netloc, timeout=30)
        site.request(method, path, body, dict(headers))
        answer = site.getresponse()
        answer.read()
        site.close()
        if answer.status != expected:
            self.failures.append(f"{method} {path}: {answer.status}")

    def p95(self) -> dict[str, float]:
        return {what: statistics.quantiles(times, n=20)[18] for what, times in self.visits.items()}


class Watch:
    def __init__(self, count: int, sink: Sink, group: int) -> None:
        self.count = count
        self.sink = sink
        self.group = group
        self.sampler = Sampler(sink, group)
        self.visitors = Visitors()
        self.editor = announcements.sender()
        self.editor.is_superuser = True
        self.editor.save()
        self.claims: dict[str, float] = {}
        self.progress: dict[str, float] = {}
        self.pauses: list[float] = []
        self.live: list[float] = []

    def run(self) -> dict[str, object]:
        announcements.subscribe(self.count)
        self.announcement = announcements.draft()
        self.visitors.start_over()
        self.visitors.start()
        time.sleep(WARM_UP)
        self.visitors.start_over()
        time.sleep(IDLE)
        idle = self.visitors.p95()
        self.visitors.start_over()
        self.base = self.sink.received
        asked_at = timezone.now()
        self.sampler.start()
        began = time.monotonic()
        launch = self.send()
        for share in PAUSES:
            self.look_at(share)
        announcements.wait_until_sent(self.announcement)
        seconds = time.monotonic() - began
        busy = self.visitors.p95()
        self.visitors.is_over.set()
        self.sampler.is_over.set()
        self.claims["100 %"] = self.claim()
        if self.visitors.failures or not SubscriptionRequest.objects.exists():
            raise RuntimeError(f"The site answered wrongly: {self.visitors.failures[:3]}")
        return {
            "goals": list(self.goals(launch, idle, busy)),
            "seconds": seconds,
            "sent": announcements.sent(self.announcement),
            "claims_ms": self.claims,
            "p95_ms": {"idle": in_ms(idle), "while sending": in_ms(busy)},
            "letter_after_sign_up_s": letters_p95(asked_at),
            "visits": {what: len(times) for what, times in self.visitors.visits.items()},
            "samples": [
                [round(one.at - began, 2), one.received - self.base, one.memory, one.own]
                for one in self.sampler.samples[::4]
            ],
        }

    def send(self) -> float:
        """Seconds from "send" to the first state in which mails may go out."""
        began = time.perf_counter()
        announcing.send_now(self.announcement.pk, self.editor)
        while announcements.state_of(self.announcement)[0] == State.LAUNCHING:
            time.sleep(0.005)
        return time.perf_counter() - began

    def look_at(self, share: float) -> None:
        """When so much is sent: look at the page, pause, look at what takes how long, go on."""
        while self.sink.received - self.base < share * self.count:
            if announcements.state_of(self.announcement)[0] != State.SENDING:
                raise RuntimeError(
                    f"The announcement is {announcements.state_of(self.announcement)}"
                )
            time.sleep(0.05)
        self.visitors.may_visit.clear()
        self.pauses.append(self.pause())
        self.claims[f"{share:.0%}"] = self.claim()
        self.progress[f"{share:.0%} sent, paused"] = self.open_status_page()
        announcing.resume(self.announcement.pk)
        self.visitors.may_visit.set()
        self.progress[f"{share:.0%} sent, while sending"] = self.open_status_page()

    def pause(self) -> float:
        """Seconds from the deed to the last mail that was recorded."""
        began = time.time()
        announcing.pause(self.announcement.pk)
        while Sender.objects.filter(announcement=self.announcement).exists():
            time.sleep(0.05)
        rows = Delivery.objects.filter(announcement=self.announcement)
        last = rows.aggregate(last=Max("settled_at"))["last"]
        return max(0.0, float(last.timestamp()) - began)

    def claim(self) -> float:
        """The median of a claim in milliseconds; each is rolled back."""
        times = []
        sender = Sender.objects.create(announcement=self.announcement, host="bench", boot="bench")
        for _number in range(TIMES):
            with transaction.atomic():
                began = time.perf_counter()
                claiming.claim_slice(self.announcement.pk, sender.pk)
                times.append(1000 * (time.perf_counter() - began))
                transaction.set_rollback(True)
        sender.delete()
        return statistics.median(times)

    def open_status_page(self) -> float:
        """The median of the page in the admin that shows the progress, in milliseconds."""
        client = Client(headers={"host": urlsplit(settings.BASE_URL).netloc})
        client.force_login(self.editor)
        times = []
        for _number in range(TIMES):
            began = time.perf_counter()
            answer = client.get(status_url(self.announcement))
            times.append(1000 * (time.perf_counter() - began))
            if answer.status_code != http.client.OK:
                raise RuntimeError(f"The status page answers {answer.status_code}")
        return statistics.median(times[1:])

    def goals(
        self, launch: float, idle: dict[str, float], busy: dict[str, float]
    ) -> Iterator[dict[str, object]]:
        yield below("launch, s", launch, 5)
        yield below("claim, ms (largest median)", max(self.claims.values()), 5)
        yield below("pause, s (longest)", max(self.pauses), 1)
        for what, value in self.progress.items():
            yield below(f"progress page, ms, {what}", value, 50)
        samples = self.sampler.samples
        yield below("worker process, MiB resident", max(one.memory for one in samples), 150)
        yield below("worker process, MiB less shared pages", max(one.own for one in samples), 150)
        first, last = (self.sampler.memory(part, self.base, self.count) for part in (FIRST, LAST))
        yield below("its growth, last tenth / first", last / first if first else 0, 1.1)
        first, last = (self.sampler.rate(part, self.base, self.count) for part in (FIRST, LAST))
        yield below("cost of a message, last tenth / first", first / last if last else 0, 1.2)
        for what, quiet in idle.items():
            yield below(f"p95 of {what}, while sending / idle", busy[what] / quiet, 1.5)


def letters_p95(since: datetime) -> float:
    """Seconds from a sign-up to its letter; what is still waiting counts as written now."""
    rows = SubscriptionRequest.objects.filter(requested_at__gte=since)
    waits = [
        ((answered_at or timezone.now()) - requested_at).total_seconds()
        for requested_at, answered_at in rows.values_list("requested_at", "answered_at")
    ]
    return float(statistics.quantiles(waits, n=20)[18])


def below(what: str, value: float, limit: float) -> dict[str, object]:
    return {"what": what, "value": value, "goal": f"< {limit:g}", "holds": value < limit}


def in_ms(times: dict[str, float]) -> dict[str, float]:
    return {what: round(1000 * seconds, 1) for what, seconds in times.items()}


def main(count: str, log: str, group: str) -> None:
    found = Watch(int(count), Sink(0, Path(log)), int(group)).run()
    connection.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
