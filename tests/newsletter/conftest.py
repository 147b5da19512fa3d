"""A mail server, readers, and an announcement on its way to them."""

from contextlib import ExitStack

import pytest
from django.db import connection
from django.test import override_settings

from newsletter import sending, ticking
from newsletter.models import (
    Announcement,
    AnnouncementVariant,
    Delivery,
    DeliverySlice,
    Relay,
    Subscriber,
)
from newsletter.models.deliveries import SLICE
from tests.newsletter.sink import Sink, running_sink

FROZEN = (
    b"From: press@example.org\r\nTo: \0TO\0\r\nSubject: News\r\nDate: \0DATE\0\r\n"
    b"Message-ID: <\0MESSAGE_ID\0>\r\n\r\nHello, %b.\r\nhttp://localhost/\0TOKEN\0/\r\n"
)


@pytest.fixture
def smtp():
    """Start a sink, and have Django's mail go there; gives a function that takes its options."""
    with ExitStack() as stack:

        def start(behaviour=None, *, user: str = "", password: str = "", **options) -> Sink:
            sink = stack.enter_context(running_sink(behaviour, **options))
            has_tls = bool(options.get("tls"))
            at_once = bool(options.get("is_tls_at_once"))
            stack.enter_context(
                override_settings(
                    EMAIL_BACKEND=sending.SMTP_BACKEND,
                    EMAIL_HOST="localhost" if has_tls else "127.0.0.1",
                    EMAIL_PORT=sink.port,
                    EMAIL_HOST_USER=user,
                    EMAIL_HOST_PASSWORD=password,
                    EMAIL_USE_TLS=has_tls and not at_once,
                    EMAIL_USE_SSL=at_once,
                )
            )
            return sink

        yield start


def address(number: int) -> str:
    return f"reader-{number:06}@example.org"


def readers(count: int, languages=("en", "it")) -> list[Subscriber]:
    """Subscribers in turn of each language."""
    return Subscriber.objects.bulk_create(
        Subscriber(address=address(number), language=languages[number % len(languages)])
        for number in range(count)
    )


def launched(count: int, **facts) -> Announcement:
    """An announcement that is being sent to so many readers; its words are frozen already."""
    readers(count)
    return launched_to(Subscriber.objects.order_by("language", "pk"), **facts)


def launched_to(subscribers, **facts) -> Announcement:
    announcement = Announcement.objects.create(subject_en="News", subject_it="Notizie")
    facts = {"state": Announcement.State.SENDING} | facts
    Announcement.objects.filter(pk=announcement.pk).update(**facts)
    rows = Delivery.objects.bulk_create(
        Delivery(announcement=announcement, subscriber=reader, language=reader.language)
        for reader in subscribers
    )
    for language in ("en", "it"):
        AnnouncementVariant.objects.create(
            announcement=announcement, language=language, message=FROZEN % language.encode()
        )
        mine = [row.pk for row in rows if row.language == language]
        for start in range(0, len(mine), SLICE):
            part = mine[start : start + SLICE]
            DeliverySlice.objects.create(
                announcement=announcement,
                language=language,
                first_id=part[0],
                last_id=part[-1],
                total=len(part),
            )
    announcement.refresh_from_db()
    return announcement


def states(announcement: Announcement) -> dict[str, int]:
    """How many deliveries stand in each state; the counters of the slices say the same."""
    found: dict[str, int] = {}
    for state in Delivery.objects.filter(announcement=announcement).values_list("state", flat=True):
        name = Delivery.State(state).name.lower()
        found[name] = found.get(name, 0) + 1
    return found


def counters(announcement: Announcement) -> dict[str, int]:
    names = ("sent", "assumed", "held", "deferred", "bounced", "suppressed", "cancelled")
    sums = dict.fromkeys(names, 0)
    total = 0
    for part in announcement.slices.all():
        total += part.total
        for name in names:
            sums[name] += getattr(part, name)
    sums["queued"] = total - sum(sums.values())
    return {name: count for name, count in sums.items() if count}


def send(announcement: Announcement) -> Announcement:
    """What the worker does: pump until there is nothing to do now."""
    ticking.pump(announcement.pk)
    announcement.refresh_from_db()
    return announcement


@pytest.fixture
def relay_row(db):
    return Relay.objects.create(pk=1)


@pytest.fixture
def is_postgresql() -> bool:
    return connection.vendor == "postgresql"
