"""The tick: every few seconds, whatever is due. Any number of them may run at once."""

import logging
import time

from django.conf import settings
from django.db.models import F, Sum
from django.utils import timezone

from newsletter import (
    announcing,
    composing,
    counting,
    launching,
    reporting,
    sending,
    settling,
    subscribing,
)
from newsletter.addresses import normalise
from newsletter.models import (
    Announcement,
    Delivery,
    DeliverySlice,
    Relay,
    Subscriber,
    SuppressedAddress,
)
from newsletter.replies import is_bad_address
from newsletter.sending import LANES, REFUSALS, REFUSED_SHARE

CANCEL_SECONDS = 5.0  # of one tick, for marking what a cancelled announcement leaves
logger = logging.getLogger(__name__)

State = Announcement.State


def tick() -> None:
    settling.settle_dead_senders()
    launch_what_is_due()
    for announcement in Announcement.objects.filter(state=State.SENDING):
        open_languages(announcement)
        if not finish(announcement.pk):
            wake_senders(announcement.pk)
    for announcement in Announcement.objects.filter(state=State.CANCELLED):
        cancel_the_rest(announcement)
    reporting.send_summaries()


def pump(announcement_id: int) -> None:
    """Send what is due, then see what follows at once instead of at the next tick."""
    has_more = sending.pump(announcement_id)
    if not finish(announcement_id) and has_more:
        announcing.wake("pump", announcement_id)
    reporting.send_summaries()


def launch_what_is_due() -> None:
    """Scheduled ones whose moment has come, and those whose pages are all public by now."""
    now = timezone.now()
    Announcement.objects.filter(state=State.SCHEDULED, send_at__lte=now).update(
        state=State.LAUNCHING
    )
    for announcement in Announcement.objects.filter(state=State.WAITING):
        if composing.is_published(announcement):
            Announcement.objects.filter(pk=announcement.pk, state=State.WAITING).update(
                state=State.LAUNCHING
            )
    for announcement in Announcement.objects.filter(state=State.LAUNCHING):
        _launch(announcement)


def _launch(announcement: Announcement) -> None:
    """One that cannot be launched says so, and keeps neither the others nor the rest waiting."""
    try:
        launching.launch(announcement.pk)
    except Exception as error:
        logger.exception("Announcement %s could not be launched", announcement.pk)
        Announcement.objects.filter(pk=announcement.pk).update(problem=str(error)[:255])


def open_languages(announcement: Announcement) -> None:
    """Start with the readers of a language that the pages have become ready in."""
    for variant in announcement.variants.filter(message__isnull=True):
        launching.freeze(announcement, variant.language)


def wake_senders(announcement_id: int) -> None:
    """As many as the relay's connections can keep busy, less those at work."""
    is_stopped = Relay.objects.filter(stopped_at__isnull=False).exists()
    due = DeliverySlice.objects.filter(
        announcement_id=announcement_id,
        state=DeliverySlice.State.OPEN,
        due_at__lte=timezone.now(),
    )
    if is_stopped or not due.exists():
        return
    wanted = -(-settings.NEWSLETTER_CONNECTIONS // LANES)
    at_work = Announcement.objects.get(pk=announcement_id).senders.count()
    for _number in range(max(wanted - at_work, 0)):
        announcing.wake("pump", announcement_id)


def finish(announcement_id: int) -> bool:
    """Mark an announcement as sent when nothing of it is queued or deferred."""
    left = DeliverySlice.objects.filter(announcement_id=announcement_id).exclude(
        state=DeliverySlice.State.DONE
    )
    if left.exists():
        return False
    is_first = Announcement.objects.filter(pk=announcement_id, state=State.SENDING).update(
        state=State.FINISHED, finished_at=timezone.now(), problem=""
    )
    if is_first:
        suppress_bad_addresses(announcement_id)
    return True


def suppress_bad_addresses(announcement_id: int) -> int:
    """Suppress addresses that do not exist, unless so many were refused that the relay erred."""
    parts = DeliverySlice.objects.filter(announcement_id=announcement_id)
    sums = parts.aggregate(
        refused=Sum("bounced"), tried=Sum(F("sent") + F("assumed") + F("bounced"))
    )
    refused, tried = sums["refused"] or 0, sums["tried"] or 0
    if refused >= REFUSALS and refused > REFUSED_SHARE * tried:
        return 0
    count = 0
    for part in parts.filter(bounced__gt=0):
        for delivery in (
            counting.deliveries_of(part)
            .filter(state=Delivery.State.BOUNCED, subscriber__state=Subscriber.State.ACTIVE)
            .select_related("subscriber")
        ):
            if is_bad_address(delivery.reply):
                address = normalise(delivery.subscriber.address)
                reason = SuppressedAddress.Reason.BOUNCED
                subscribing.suppress(address, reason, note=delivery.reply)
                count += 1
    return count


def cancel_the_rest(announcement: Announcement) -> None:
    """Mark what was not sent, slice by slice; senders give theirs back by themselves."""
    deadline = time.monotonic() + CANCEL_SECONDS
    open_states = (DeliverySlice.State.OPEN, DeliverySlice.State.WAITING)
    for part in DeliverySlice.objects.filter(announcement=announcement, state__in=open_states):
        if time.monotonic() > deadline:
            announcing.wake("tick")
            return
        counting.deliveries_of(part).filter(state__in=counting.UNSETTLED).update(
            state=Delivery.State.CANCELLED, settled_at=timezone.now()
        )
        counting.release(part.pk)
