"""One announcement to everybody, timed from "send" to the last answer recorded.

``python -m scripts.bench.announcement COUNT`` runs with a portal's settings while its worker is
running, makes what is missing of COUNT subscribers, and prints JSON.
"""

import json
import sys
import time
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 (these need the line above)
from django.db import connection  # noqa: E402
from django.db.models import Max, Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from newsletter import announcing  # noqa: E402
from newsletter.composing import compose  # noqa: E402
from newsletter.models import Announcement, Subscriber  # noqa: E402
from pages import languages  # noqa: E402
from workshops.models import WorkshopPage  # noqa: E402

SIZE = 20_000  # bytes of a message
PARAGRAPH = "<p>The programme of the workshop is public now, with all of its speakers.</p>"
PATIENCE = 60.0  # seconds without one more mail
State = Announcement.State
ENDS = (State.FINISHED, State.DRAFT, State.PAUSED, State.CANCELLED)


def subscribe(count: int) -> None:
    """Have exactly so many subscribers, reader0@example.org and so on, each language in turn."""
    Subscriber.objects.exclude(address__startswith="reader").delete()
    known = Subscriber.objects.count()
    if known > count:
        raise ValueError(f"There are {known} subscribers already")
    with connection.cursor() as cursor:
        for number, language in enumerate(languages.CODES):
            cursor.execute(
                """INSERT INTO newsletter_subscriber
                     (address, language, state, soft_bounces, subscribed_at)
                   WITH RECURSIVE numbers(number) AS (
                     SELECT %s UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < %s)
                   SELECT 'reader' || number || '@example.org', %s, %s, 0, %s
                   FROM numbers WHERE number >= %s AND number < %s AND number %% %s = %s""",
                [
                    known,
                    count,
                    language,
                    Subscriber.State.ACTIVE.value,
                    connection.ops.adapt_datetimefield_value(timezone.now()),
                    known,
                    count,
                    len(languages.CODES),
                    number,
                ],
            )
        cursor.execute("ANALYZE")


def draft() -> Announcement:
    """An announcement of a workshop of the demo, with enough text to be of the size."""
    ready = {f"is_ready_{code}": True for code in languages.CODES}
    page = WorkshopPage.objects.live().filter(**ready).first()
    words = {f"subject_{code}": "Workshop in Siena" for code in languages.CODES}
    announcement = Announcement(page=page, content=content(0), **words)
    empty, some = (size(announcement, paragraphs) for paragraphs in (0, 100))
    announcement.content = content(round(100 * (SIZE - empty) / (some - empty)))
    announcement.save()
    return announcement


def size(announcement: Announcement, paragraphs: int = -1) -> int:
    """The largest of its messages, in bytes."""
    if paragraphs >= 0:
        announcement.content = content(paragraphs)
    return max(len(compose(announcement, code).message) for code in languages.CODES)


def content(paragraphs: int) -> Any:
    """As the field stores it."""
    words = {f"text_{code}": PARAGRAPH * paragraphs for code in languages.CODES}
    return json.dumps([{"type": "text", "value": words}])


def sender() -> Any:
    """An editor without an address: a summary would be one mail more than was sent."""
    return get_user_model().objects.create(username=f"editor-{uuid4().hex}")


def state_of(announcement: Announcement) -> tuple[State, str]:
    rows = Announcement.objects.filter(pk=announcement.pk)
    state, problem = rows.values_list("state", "problem").get()
    return State(state), problem


def wait_until_sent(announcement: Announcement) -> None:
    """Raises ``RuntimeError`` when it comes to a stop before its end."""
    done, looked_at = -1, 0.0
    while (found := state_of(announcement))[0] not in ENDS:
        time.sleep(0.03)
        if time.monotonic() - looked_at > PATIENCE:
            looked_at, before, done = time.monotonic(), done, sent(announcement)
            if done == before:
                raise RuntimeError(f"The announcement is still {found}, with {done} sent")
    if found[0] != State.FINISHED:
        raise RuntimeError(f"The announcement is {found}")


def sent(announcement: Announcement) -> int:
    return int(announcement.slices.aggregate(sent=Sum("sent"))["sent"] or 0)


def main(count: int) -> None:
    subscribe(count)
    announcement = draft()
    editor = sender()
    asked_at, began = timezone.now(), time.perf_counter()
    announcing.send_now(announcement.pk, editor)
    wait_until_sent(announcement)
    seconds = time.perf_counter() - began
    announcement.refresh_from_db()
    last = announcement.deliveries.aggregate(last=Max("settled_at"))["last"]
    answer = {
        "seconds": seconds,
        "launched after": (announcement.launched_at - asked_at).total_seconds(),
        "all recorded after": (last - asked_at).total_seconds(),
        "sent": sent(announcement),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(int(sys.argv[1]))
