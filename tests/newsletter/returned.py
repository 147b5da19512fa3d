"""A delivery that has been made, and the mails that come back from it."""

from pathlib import Path

from django.utils import timezone

from newsletter import bounces, counting
from newsletter.models import Announcement, Delivery, DeliverySlice, Subscriber

SAMPLES = Path(__file__).parent / "bounce_samples"
READER = "ada@example.com"


def delivered(
    subscriber: Subscriber | None = None, state: Delivery.State = Delivery.State.SENT, **fields
) -> Delivery:
    """A delivery of an announcement of its own to ``subscriber`` (made when there is none)."""
    if subscriber is None:
        subscriber = Subscriber.objects.create(address=READER, language="en")
    announcement = Announcement.objects.create(subject="News")
    facts = {"settled_at": timezone.now(), "code": 250, "language": "en"} | fields
    delivery = Delivery.objects.create(
        announcement=announcement, subscriber=subscriber, state=state, **facts
    )
    DeliverySlice.objects.create(
        announcement=announcement,
        language="en",
        first_id=delivery.pk,
        last_id=delivery.pk,
        state=DeliverySlice.State.DONE,
        total=1,
    )
    counting.recount_slices([delivery.pk])
    return delivery


def sample(name: str, delivery: Delivery, **replaced: str) -> bytes:
    """A mail as it would come back from this delivery."""
    words = {
        "VERP": bounces.verp_address(delivery.pk),
        "MESSAGE-ID": bounces.message_id(str(delivery.announcement.key), delivery.pk),
        "READER": delivery.subscriber.address if delivery.subscriber else READER,
    } | replaced
    text = (SAMPLES / f"{name}.eml").read_text()
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text.replace("\n", "\r\n").encode()


def slice_counts(delivery: Delivery) -> dict[str, int]:
    """The counters of the delivery's slice that are not zero."""
    row = DeliverySlice.objects.filter(announcement=delivery.announcement_id).values().get()
    return {name: row[name] for name in counting.COUNTERS.values() if row[name]}
