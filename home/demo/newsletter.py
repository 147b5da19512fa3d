"""The demo's subscribers, and its draft of an announcement. Nothing is sent by loading them."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.contrib.contenttypes.models import ContentType
from wagtail.models import ModelLogEntry

from directory.models import Topic
from newsletter import addresses, subscribing
from newsletter.models import (
    Announcement,
    Delivery,
    Subscriber,
    SubscriberGroup,
    SubscriberImport,
    SubscriptionRequest,
    SuppressedAddress,
)
from pages import languages
from pages.models import Page

Topics = Mapping[str, Topic]


def unload(data: dict) -> None:
    """Delete all announcements, sent or not, and all subscribers with everything about them.

    Addresses stay suppressed, except those of the demo: these are about to be subscribed again.
    """
    Delivery.objects.all().delete()
    Announcement.objects.all().delete()
    for model in (Subscriber, SubscriberGroup, SubscriptionRequest, SubscriberImport):
        model.objects.all().delete()
    named = ContentType.objects.get_for_models(Announcement, Subscriber).values()
    ModelLogEntry.objects.filter(content_type__in=named).delete()
    hashes = [addresses.hashed(entry["address"]) for entry in data["subscriber"]]
    SuppressedAddress.objects.filter(address_hash__in=hashes).delete()


def load_subscribers(data: dict, topics: Topics, today: date) -> None:
    """With the proof that an editor's own additions have."""
    groups = {
        entry["key"]: SubscriberGroup.objects.create(name=entry["name"]) for entry in data["group"]
    }
    for entry in data["subscriber"]:
        days = entry.get("paused_offset_days")
        subscriber = Subscriber.objects.create(
            address=entry["address"],
            language=entry["language"],
            paused_until=days and today + timedelta(days=days),
        )
        subscriber.topics.set(topics[key] for key in entry.get("topics", []))
        subscriber.groups.set(groups[key] for key in entry.get("groups", []))
        subscribing.prove_by_editor(subscriber, "demo")


def load_draft(entry: dict, page: Page, topics: Topics, quote: dict) -> None:
    """An announcement of ``page`` with one text and ``quote``, a quote block's raw value."""
    text = {f"text_{code}": entry["text"][code].strip() for code in languages.CODES}
    field = Announcement._meta.get_field("content")
    draft = Announcement(
        page=page,
        content=field.stream_block.to_python(
            [{"type": "text", "value": text}, {"type": "quote", "value": quote}]
        ),
        **{
            f"{name}_{code}": entry[name][code].strip()
            for name in Announcement.WORDS
            for code in languages.CODES
        },
    )
    draft.save()
    draft.topics.set(topics[key] for key in entry["topics"])
