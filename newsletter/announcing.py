"""What is done to an announcement, by conditional updates: the row's state decides, not an object.

Each deed raises ``AnnouncementError`` where the state does not allow it.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from celery import current_app
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError, OperationalError

from newsletter import counting
from newsletter.exceptions import AnnouncementError
from newsletter.models import Announcement, Delivery, DeliverySlice, Relay

logger = logging.getLogger(__name__)

State = Announcement.State
BEFORE_LAUNCH = (State.DRAFT, State.SCHEDULED, State.WAITING)
WAKE_UP_EXPIRES = 60  # seconds; the next tick sends another


@transaction.atomic
def send_now(announcement_id: int, user) -> None:
    _move(announcement_id, BEFORE_LAUNCH, State.LAUNCHING, sent_by=user, send_at=None, problem="")
    wake("tick")


@transaction.atomic
def schedule(announcement_id: int, user, at: datetime) -> None:
    if at <= timezone.now():
        raise AnnouncementError(_("This moment has passed."))
    _move(announcement_id, (State.DRAFT,), State.SCHEDULED, sent_by=user, send_at=at, problem="")


@transaction.atomic
def send_when_published(announcement_id: int, user) -> None:
    """Sent as soon as every page in it is public."""
    _move(announcement_id, (State.DRAFT,), State.WAITING, sent_by=user, send_at=None, problem="")
    wake("tick")


@transaction.atomic
def unschedule(announcement_id: int) -> None:
    """Scheduled or waiting for its page: a draft again."""
    _move(
        announcement_id, (State.SCHEDULED, State.WAITING), State.DRAFT, send_at=None, sent_by=None
    )


@transaction.atomic
def pause(announcement_id: int) -> None:
    _move(announcement_id, (State.SENDING,), State.PAUSED)


@transaction.atomic
def resume(announcement_id: int, *, retry_refused: bool = False) -> None:
    """Go on; with ``retry_refused`` also to those whom the relay refused in this announcement."""
    _move(announcement_id, (State.PAUSED,), State.SENDING, problem="")
    if retry_refused:
        _requeue(announcement_id, Delivery.State.BOUNCED, None)
    wake("tick")


@transaction.atomic
def cancel(announcement_id: int) -> None:
    """For good: whoever has not been sent to is not sent to.

    Sending stops within two beats; the ticks that follow mark the deliveries.
    """
    before = (*BEFORE_LAUNCH, State.LAUNCHING, State.SENDING, State.PAUSED)
    _move(announcement_id, before, State.CANCELLED, finished_at=timezone.now())
    wake("tick")


@transaction.atomic
def stop_waiting(announcement_id: int) -> None:
    """Send the original to the readers of a language that the pages are not ready in."""
    Announcement.objects.filter(pk=announcement_id).update(
        when_not_ready=Announcement.WhenNotReady.ORIGINAL
    )
    wake("tick")


@transaction.atomic
def retry_held(announcement_id: int, delivery_ids: Iterable[int] | None = None) -> int:
    """Send the held ones (all, or these) again; returns how many."""
    count = _requeue(announcement_id, Delivery.State.HELD, delivery_ids)
    if count:
        Announcement.objects.filter(pk=announcement_id, state=State.FINISHED).update(
            state=State.SENDING, finished_at=None
        )
        wake("tick")
    return count


@transaction.atomic
def close_held(announcement_id: int, delivery_ids: Iterable[int] | None = None) -> int:
    """Count the held ones as sent (assumed); returns how many."""
    count = 0
    for part, rows in _in_slices(announcement_id, Delivery.State.HELD, delivery_ids):
        count += rows.update(state=Delivery.State.ASSUMED, settled_at=timezone.now())
        counting.recount([part.pk])
    return count


def open_relay() -> None:
    """Let mail be sent again after the relay had refused the log-in."""
    Relay.objects.update(stopped_at=None, reason="")
    wake("tick")


def wake(name: str, *args: int) -> None:
    """Send a task its wake-up after the commit. Without a broker the next tick does the work."""
    transaction.on_commit(partial(_send_wake_up, name, args))


def _send_wake_up(name: str, args: tuple[int, ...]) -> None:
    try:
        current_app.send_task(
            f"newsletter.tasks.{name}", args, expires=WAKE_UP_EXPIRES, retry=False
        )
    except (KombuError, OperationalError, OSError) as error:
        logger.warning("The worker was not woken for %s%s: %s", name, args, error)


def _move(announcement_id: int, before: Iterable[State], after: State, **values) -> None:
    rows = Announcement.objects.filter(pk=announcement_id, state__in=before)
    if not rows.update(state=after, **values):
        found = Announcement.objects.filter(pk=announcement_id).first()
        raise AnnouncementError(
            _("This is not possible now: the announcement is “%(state)s”.")
            % {"state": found.get_state_display() if found else _("deleted")}
        )


def _in_slices(announcement_id, state: Delivery.State, delivery_ids):
    """The slices that have deliveries in ``state``, each with those of them that are meant."""
    counter = counting.COUNTERS[state]
    parts = DeliverySlice.objects.filter(announcement_id=announcement_id, **{f"{counter}__gt": 0})
    for part in parts.order_by("pk"):
        rows = counting.deliveries_of(part).filter(state=state)
        if delivery_ids is not None:
            rows = rows.filter(pk__in=delivery_ids)
        yield part, rows


def _requeue(announcement_id: int, state: Delivery.State, delivery_ids) -> int:
    count = 0
    for part, rows in _in_slices(announcement_id, state, delivery_ids):
        changed = rows.update(state=Delivery.State.QUEUED, next_attempt_at=None, code=None)
        if changed:
            count += changed
            counting.recount([part.pk])
            DeliverySlice.objects.filter(pk=part.pk, state=DeliverySlice.State.DONE).update(
                state=DeliverySlice.State.OPEN, due_at=timezone.now()
            )
            DeliverySlice.objects.filter(pk=part.pk, state=DeliverySlice.State.OPEN).update(
                due_at=timezone.now()
            )
    return count
