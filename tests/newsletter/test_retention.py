"""What is deleted when its time is over, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import retention, subscribing, tasks
from newsletter.models import (
    Letter,
    Subscriber,
    SubscriberImport,
    SubscriptionRequest,
    SuppressedAddress,
)
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MINUTE = timedelta(minutes=1)


def ask(at, **fields):
    asked = subscribing.request(
        f"{at:%d%H%M}@example.org", "en", [], factories.consent_text(), "en", "0" * 64
    )
    SubscriptionRequest.objects.filter(pk=asked.pk).update(requested_at=at, **fields)
    return asked


@pytest.mark.parametrize("confirmed_at", [None, NOW])
def test_requests_go_with_their_links_after_a_week(confirmed_at):
    ask(NOW - timedelta(days=7), confirmed_at=confirmed_at, token_hash="a")
    young = ask(NOW - timedelta(days=7) + MINUTE, confirmed_at=confirmed_at, token_hash="b")

    retention.retain(NOW)

    assert list(SubscriptionRequest.objects.all()) == [young]


def test_letters_go_after_a_month():
    reader = factories.subscriber()
    for at in (NOW - timedelta(days=30), NOW - timedelta(days=30) + MINUTE):
        Letter.objects.create(kind="welcome", subscriber=reader, created_at=at)

    retention.retain(NOW)

    assert [letter.created_at for letter in Letter.objects.all()] == [
        NOW - timedelta(days=30) + MINUTE
    ]


def test_who_left_is_forgotten_after_a_month_and_stays_out():
    old, young, here = (factories.subscriber(f"{n}@example.org") for n in range(3))
    subscribing.leave(old.pk, NOW - timedelta(days=30))
    subscribing.leave(young.pk, NOW - timedelta(days=30) + MINUTE)

    retention.retain(NOW)

    assert list(Subscriber.objects.order_by("pk")) == [young, here]
    assert [row.reason for row in SuppressedAddress.objects.all()] == ["left", "left"]
    assert subscribing.suppression(old.address) is not None


def test_who_left_and_asks_again_keeps_the_new_request():
    reader = factories.subscriber("ada@example.org")
    subscribing.leave(reader.pk, NOW - timedelta(days=30))
    subscribing.request("ada@example.org", "en", [], factories.consent_text(), "en", "0" * 64)

    retention.retain(NOW)

    assert (Subscriber.objects.count(), SubscriptionRequest.objects.count()) == (0, 1)


def test_uploads_go_after_a_day():
    for at in (NOW - timedelta(days=1), NOW - timedelta(days=1) + MINUTE):
        SubscriberImport.objects.create(name="list.csv", data={}, created_at=at)

    retention.retain(NOW)

    assert SubscriberImport.objects.count() == 1


def test_task_does_it_and_once_more_does_no_harm():
    ask(NOW - timedelta(days=8))

    tasks.retain()
    tasks.retain()

    assert SubscriptionRequest.objects.count() == 0
