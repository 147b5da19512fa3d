"""How far the sending is."""

from datetime import timedelta

import pytest

from newsletter.models import Delivery, DeliverySlice, Sender
from newsletter.progress import progress
from tests import factories

pytestmark = pytest.mark.django_db

State = Delivery.State


def part(announcement, language="en", total=100, **counters):
    return DeliverySlice.objects.create(
        announcement=announcement,
        language=language,
        first_id=1,
        last_id=total,
        total=total,
        **counters,
    )


def test_progress_adds_up_slices_by_language(django_assert_num_queries):
    announcement = factories.announcement()
    part(announcement, sent=50, held=1, deferred=4, bounced=5)
    part(announcement, total=20, sent=10, assumed=5, suppressed=2, cancelled=3)
    part(announcement, "it", total=80)
    part(factories.announcement(), total=1000, sent=1000)

    with django_assert_num_queries(2):
        found = progress(announcement)

    assert {code: counts.total for code, counts in found.languages.items()} == {"en": 120, "it": 80}
    assert found.overall.total == 200
    assert found.overall.states == {
        State.QUEUED: 120,
        State.DEFERRED: 4,
        State.SENT: 60,
        State.ASSUMED: 5,
        State.HELD: 1,
        State.BOUNCED: 5,
        State.SUPPRESSED: 2,
        State.CANCELLED: 3,
    }
    assert (found.overall.settled, found.overall.sent, found.overall.percent) == (76, 65, 38)


def test_progress_before_the_launch_is_nothing():
    found = progress(factories.announcement())

    assert (found.overall.total, found.overall.percent, found.languages) == (0, 0, {})
    assert (found.rate, found.time_left) == (0, None)


def test_time_left_follows_from_the_rate_of_all_senders():
    announcement = factories.announcement()
    part(announcement, total=1000, sent=400)
    for rate in (20, 30.5):
        Sender.objects.create(announcement=announcement, host="here", boot="1", rate=rate)

    found = progress(announcement)

    assert (found.rate, found.rate_shown, found.time_left) == (50.5, 50, timedelta(seconds=12))


def test_nearly_everything_is_not_a_hundred_per_cent():
    announcement = factories.announcement()
    part(announcement, total=100_000, sent=99_999)

    assert progress(announcement).overall.percent == 99
