"""Settling what a dead sender left: its journal, its slices and slots, in one transaction."""

import socket
import time
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from newsletter import counting, journal
from newsletter.models import Delivery, DeliverySlice, Sender, Subscriber
from newsletter.recording import UNKNOWN_TEXT
from newsletter.replies import delay_after
from newsletter.sending import IN_FLIGHT, boot_id, journal_path

SILENCE = 60.0  # seconds of our own clock without a beat from another host
HANDED_TEXT = "handed to the relay; the process ended before its answer"

State = Delivery.State
_seen: dict[UUID, tuple[int, float]] = {}  # beats when last changed, and when that was


def settle_dead_senders() -> int:
    """Take over from every sender that has died; how many there were."""
    senders = list(Sender.objects.all())
    for known in set(_seen) - {sender.pk for sender in senders}:
        del _seen[known]
    return sum(settle(sender) for sender in senders if is_dead(sender))


def is_dead(sender: Sender) -> bool:
    """Here: nobody holds its journal. Elsewhere: it has not beaten for a minute, as we saw it.

    No clock decides but our own monotonic one: a clock that is set does no harm. A journal that is
    not where ours are proves nothing.
    """
    path = journal_path(sender.pk)
    if _is_ours(sender) and sender.boot != boot_id():
        return True  # of before the restart
    if _is_ours(sender) and path.exists():
        return not journal.is_alive(path)
    beats, since = _seen.get(sender.pk, (None, 0.0))
    if beats != sender.beats:
        _seen[sender.pk] = (sender.beats, time.monotonic())
        return False
    return time.monotonic() - since > SILENCE


@transaction.atomic
def settle(sender: Sender) -> bool:
    """Bring its journal into the database and open its slices again; False if somebody else did.

    A journal that may be incomplete (a power cut, another host) proves what it says, and no more:
    of each slice as many deliveries are held as the sender may have had in flight.
    Those are the first of the slice; of second attempts any that was due.
    """
    if not Sender.objects.select_for_update(skip_locked=_can_skip()).filter(pk=sender.pk).exists():
        return False
    path = journal_path(sender.pk)
    entries = journal.read(path)
    _apply(entries or [])
    is_complete = entries is not None and _is_ours(sender) and sender.boot == boot_id()
    for part in DeliverySlice.objects.filter(sender=sender).order_by("pk"):
        if not is_complete:
            _hold_what_may_be_in_flight(part)
        counting.release(part.pk)
    Sender.objects.filter(pk=sender.pk).delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


def _is_ours(sender: Sender) -> bool:
    return sender.host == socket.gethostname()


def _can_skip() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _apply(entries: Sequence[journal.Entry]) -> None:
    for entry in entries:
        rows = Delivery.objects.filter(
            pk=entry.delivery_id, state__in=(State.QUEUED, State.DEFERRED)
        )
        if row := rows.first():
            rows.update(settled_at=timezone.now(), attempts=row.attempts + 1, **_values(entry, row))


def _values(entry: journal.Entry, row: Delivery) -> dict:
    if entry.mark == journal.SENT:
        return {"state": State.SENT, "code": entry.code}
    if entry.mark == journal.HANDED:
        return {"state": State.ASSUMED, "reply": HANDED_TEXT}
    if entry.mark == journal.HANDING:
        return {"state": State.HELD, "reply": UNKNOWN_TEXT}
    delay = delay_after(row.attempts + 1)
    if entry.mark == journal.DEFERRED and delay:
        next_attempt_at = timezone.now() + delay
        return {"state": State.DEFERRED, "code": entry.code, "next_attempt_at": next_attempt_at}
    return {"state": State.BOUNCED, "code": entry.code}


def _hold_what_may_be_in_flight(part: DeliverySlice) -> None:
    now = timezone.now()
    # Who has left is skipped anyway, and its row must not stand for one that was on its way.
    rows = counting.deliveries_of(part).filter(subscriber__in=Subscriber.objects.reachable())
    queued = rows.filter(state=State.QUEUED).order_by("pk")
    again = rows.filter(state=State.DEFERRED, next_attempt_at__lte=now)
    found = [*queued.values_list("pk", flat=True)[:IN_FLIGHT], *again.values_list("pk", flat=True)]
    Delivery.objects.filter(pk__in=found).update(
        state=State.HELD, settled_at=now, next_attempt_at=None, reply=UNKNOWN_TEXT
    )
