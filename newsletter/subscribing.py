"""What is done about a subscriber: asked for, confirmed, left, paused, erased, suppressed.

A moment is an argument (``now``), so that time can be told. Nothing here sends mail: letters are
rows that ``letters.write_letters`` answers.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from wagtail.models import ModelLogEntry

from directory.models import Topic
from newsletter import addresses, counting, tokens
from newsletter.models import (
    Consent,
    ConsentText,
    Delivery,
    Letter,
    Subscriber,
    SubscriptionRequest,
    SuppressedAddress,
)

Reason = SuppressedAddress.Reason

PAUSES = (1, 3, 6)  # months
UNDO_LIFETIME = timedelta(days=1)
DISCLOSURE_INTERVAL = timedelta(hours=1)
# A reason gives way only to a stronger one: who complained and then leaves has still complained.
STRENGTH = (Reason.LEFT, Reason.ERASED, Reason.BOUNCED, Reason.COMPLAINED, Reason.EDITOR)
# Those that the owner of the address lifts by confirming a new request.
LIFTED_BY_OWNER = (Reason.LEFT, Reason.ERASED, Reason.BOUNCED)
# Nothing is sent to these, whoever asks: a bounce would only come back again.
SILENT = (Reason.BOUNCED, Reason.COMPLAINED, Reason.EDITOR)


class UnknownLinkError(Exception):
    """No request has this token, or not any more."""


class SpentLinkError(Exception):
    """The link was used before, or is too old."""


# Subscribing


def request(
    address: str,
    language: str,
    topics: Iterable[Topic],
    text: ConsentText,
    text_language: str,
    origin_hash: str,
) -> SubscriptionRequest:
    """Note that somebody wants to subscribe: one row, and no look at who they are.

    ``address`` is normalised, ``text_language`` the one that the text was read in.
    """
    return SubscriptionRequest.objects.create(
        address=address,
        language=language,
        topics=[topic.pk for topic in topics],
        text=text,
        text_language=text_language,
        origin_hash=origin_hash,
    )


def confirmable(token: str, now: datetime | None = None) -> SubscriptionRequest:
    """The request that a link belongs to; ``UnknownLinkError`` or ``SpentLinkError``."""
    asked = SubscriptionRequest.objects.filter(token_hash=tokens.digest(token)).first()
    if asked is None:
        raise UnknownLinkError
    if asked.confirmed_at or asked.expires_at <= (now or timezone.now()):
        raise SpentLinkError
    return asked


@transaction.atomic
def confirm(token: str, now: datetime | None = None) -> Subscriber:
    """Subscribe whoever holds the link, keep the proof, and have a welcome written. Works once."""
    now = now or timezone.now()
    asked = confirmable(token, now)
    unused = SubscriptionRequest.objects.filter(pk=asked.pk, confirmed_at__isnull=True)
    suppressed = SuppressedAddress.objects.filter(address_hash=addresses.hashed(asked.address))
    if suppressed.exclude(reason__in=LIFTED_BY_OWNER).exists():
        raise SpentLinkError
    if not unused.update(confirmed_at=now):
        raise SpentLinkError
    suppressed.delete()
    subscriber, _is_new = Subscriber.objects.update_or_create(
        address=asked.address,
        defaults={
            "language": asked.language,
            "state": Subscriber.State.ACTIVE,
            "paused_until": None,
            "soft_bounces": 0,
            "subscribed_at": now,
            "left_at": None,
        },
    )
    subscriber.topics.set(Topic.objects.filter(pk__in=asked.topics))
    Consent.objects.create(
        subscriber=subscriber,
        text=asked.text,
        language=asked.text_language,
        source=Consent.Source.FORM,
        requested_at=asked.requested_at,
        confirmed_at=now,
        origin_hash=asked.origin_hash,
    )
    _write(Letter.Kind.WELCOME, subscriber, now)
    return subscriber


def _write(kind: Letter.Kind, subscriber: Subscriber, now: datetime) -> None:
    Letter.objects.create(
        kind=kind,
        subscriber=subscriber,
        language=subscriber.language,
        next_attempt_at=now,
        created_at=now,
    )


def prove_by_editor(subscriber: Subscriber, note: str) -> None:
    """Keep how somebody agreed whom an editor subscribed by hand."""
    Consent.objects.create(
        subscriber=subscriber,
        language=subscriber.language,
        source=Consent.Source.EDITOR,
        note=note,
        confirmed_at=timezone.now(),
    )


# Changing one's mind


@transaction.atomic
def leave(subscriber_id: int, now: datetime | None = None) -> None:
    """No more mails from now on, also of announcements under way. Once more changes nothing."""
    now = now or timezone.now()
    active = Subscriber.objects.filter(pk=subscriber_id, state=Subscriber.State.ACTIVE)
    if active.update(state=Subscriber.State.LEFT, left_at=now, paused_until=None):
        address = Subscriber.objects.values_list("address", flat=True).get(pk=subscriber_id)
        _keep_out(address, Reason.LEFT, now=now)


def can_come_back(subscriber: Subscriber, now: datetime | None = None) -> bool:
    """For a day: later, the sign-up form asks for consent again."""
    has_left = subscriber.state == Subscriber.State.LEFT and subscriber.left_at is not None
    return has_left and subscriber.left_at > (now or timezone.now()) - UNDO_LIFETIME


@transaction.atomic
def come_back(subscriber_id: int, now: datetime | None = None) -> bool:
    """Undo leaving; False where it is too late, or something else keeps them out."""
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
    if subscriber is None or not can_come_back(subscriber, now):
        return False
    suppressed = SuppressedAddress.objects.filter(address_hash=addresses.hashed(subscriber.address))
    if suppressed.exclude(reason=Reason.LEFT).exists():
        return False
    suppressed.delete()
    subscriber.state, subscriber.left_at = Subscriber.State.ACTIVE, None
    subscriber.save(update_fields=["state", "left_at"])
    return True


def change(subscriber_id: int, language: str, topics: Iterable[Topic]) -> None:
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().get(pk=subscriber_id)
        subscriber.language = language
        subscriber.save(update_fields=["language"])
        subscriber.topics.set(topics)


def pause(subscriber_id: int, months: int, today: date | None = None) -> None:
    """No mails until the same day ``months`` from now (or the month's last)."""
    until = pause_end(months, today)
    active = Subscriber.objects.filter(pk=subscriber_id, state=Subscriber.State.ACTIVE)
    active.update(paused_until=until)


def resume(subscriber_id: int) -> None:
    Subscriber.objects.filter(pk=subscriber_id).update(paused_until=None)


def pause_end(months: int, today: date | None = None) -> date:
    """The first day with mails again."""
    day = today or timezone.localdate()
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


@transaction.atomic
def disclose(subscriber_id: int, now: datetime | None = None) -> bool:
    """Have everything that is known about them sent to them; False if that was done just now."""
    now = now or timezone.now()
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber_id)
    recent = Letter.objects.filter(
        subscriber=subscriber,
        kind=Letter.Kind.DISCLOSURE,
        created_at__gt=now - DISCLOSURE_INTERVAL,
    )
    if subscriber.state == Subscriber.State.SUPPRESSED or recent.exists():
        return False
    _write(Letter.Kind.DISCLOSURE, subscriber, now)
    return True


# Being forgotten


@transaction.atomic
def erase(subscriber_id: int, reason: str = Reason.ERASED) -> None:
    """Forget a person. What is left: numbers of mails, and a keyed hash that keeps lists out.

    Mails of theirs that have not gone out are cancelled. Where nobody has this number, nothing
    happens.
    """
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
    if subscriber is None:
        return
    _erase_deliveries(subscriber)
    if reason == Reason.ERASED:  # who left long ago may have asked again today
        SubscriptionRequest.objects.filter(address=subscriber.address).delete()
    ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Subscriber), object_id=str(subscriber.pk)
    ).delete()
    _keep_out(subscriber.address, reason, forget_note=True)
    subscriber.delete()


def _erase_deliveries(subscriber: Subscriber) -> None:
    deliveries = Delivery.objects.filter(subscriber=subscriber)
    waiting = deliveries.filter(state__in=counting.UNSETTLED)
    cancelled = list(waiting.values_list("pk", flat=True))
    waiting.update(state=Delivery.State.CANCELLED, settled_at=timezone.now(), next_attempt_at=None)
    # A server's answer may quote the address.
    deliveries.update(subscriber=None, reply="")
    counting.recount_slices(cancelled)


# Keeping out


@transaction.atomic
def suppress(address: str, reason: str, note: str = "") -> None:
    """Send nothing to a normalised address any more, whether it is subscribed or not."""
    _keep_out(address, reason, note=note)
    Subscriber.objects.filter(address=address).update(
        state=Subscriber.State.SUPPRESSED, paused_until=None
    )


@transaction.atomic
def unsuppress(address_hash: str) -> None:
    """Take back a suppression: who was subscribed then is again, who had left stays away."""
    SuppressedAddress.objects.filter(address_hash=address_hash).delete()
    silenced = Subscriber.objects.filter(state=Subscriber.State.SUPPRESSED)
    for subscriber in silenced.only("address", "left_at").iterator():
        if addresses.hashed(subscriber.address) == address_hash:
            left = subscriber.left_at is not None
            state = Subscriber.State.LEFT if left else Subscriber.State.ACTIVE
            Subscriber.objects.filter(pk=subscriber.pk).update(state=state, soft_bounces=0)
            if left:
                _keep_out(subscriber.address, Reason.LEFT)


def suppression(address: str) -> SuppressedAddress | None:
    return SuppressedAddress.objects.filter(address_hash=addresses.hashed(address)).first()


def _keep_out(
    address: str,
    reason: str,
    *,
    note: str = "",
    now: datetime | None = None,
    forget_note: bool = False,
) -> None:
    facts = {"reason": reason, "note": note, "created_at": now or timezone.now()}
    row, is_new = SuppressedAddress.objects.get_or_create(
        address_hash=addresses.hashed(address), defaults=facts
    )
    if not is_new and STRENGTH.index(reason) > STRENGTH.index(row.reason):
        SuppressedAddress.objects.filter(pk=row.pk).update(**facts)
    elif not is_new and forget_note:
        SuppressedAddress.objects.filter(pk=row.pk).update(note="")
