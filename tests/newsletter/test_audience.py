"""Whom an announcement reaches."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.audience import audience, by_language, languages_of
from newsletter.models import Subscriber
from tests import factories

pytestmark = pytest.mark.django_db


def addresses(announcement) -> list[str]:
    people = audience(announcement).order_by("address")
    return [address.partition("@")[0] for address in people.values_list("address", flat=True)]


@pytest.fixture
def readers():
    """Six who can be reached in different ways, and four who must not be."""
    data, care = factories.topic("data"), factories.topic("care")
    press = factories.subscriber_group()
    today = timezone.localdate()
    factories.subscriber("all@example.org")
    factories.subscriber("tutti@example.org", language="it")
    factories.subscriber("data@example.org", topics=[data])
    factories.subscriber("dati@example.org", topics=[data, care], language="it")
    factories.subscriber("care@example.org", topics=[care])
    factories.subscriber("press@example.org", groups=[press])
    factories.subscriber("left@example.org", state=Subscriber.State.LEFT)
    factories.subscriber("bounced@example.org", state=Subscriber.State.SUPPRESSED, groups=[press])
    factories.subscriber("away@example.org", paused_until=today + timedelta(days=1), topics=[data])
    factories.subscriber("back@example.org", paused_until=today, language="it")
    return {"data": data, "care": care, "press": press}


@pytest.mark.usefixtures("readers")
def test_announcement_without_a_choice_reaches_everybody_who_may_be_written_to():
    assert addresses(factories.announcement()) == [
        "all", "back", "care", "data", "dati", "press", "tutti",
    ]  # fmt: skip


def test_topic_reaches_who_chose_it_and_who_chose_none(readers):
    announcement = factories.announcement(topics=[readers["data"]])

    assert addresses(announcement) == ["all", "back", "data", "dati", "press", "tutti"]


def test_two_topics_reach_everybody_once(readers):
    announcement = factories.announcement(topics=[readers["data"], readers["care"]])

    assert addresses(announcement) == ["all", "back", "care", "data", "dati", "press", "tutti"]


def test_group_reaches_its_members_only(readers):
    assert addresses(factories.announcement(groups=[readers["press"]])) == ["press"]


def test_topic_and_language_narrow_together(readers):
    announcement = factories.announcement(topics=[readers["care"]], languages=["it"])

    assert addresses(announcement) == ["back", "dati", "tutti"]


@pytest.mark.usefixtures("readers")
def test_readers_are_counted_by_language(django_assert_num_queries):
    announcement = factories.announcement()

    with django_assert_num_queries(3):
        counted = by_language(audience(announcement))

    assert counted == {"en": 4, "it": 3}
    assert by_language(audience(factories.announcement(languages=["it"]))) == {"en": 0, "it": 3}


def test_announcement_is_written_in_the_languages_of_its_audience():
    assert languages_of(factories.announcement()) == ["en", "it"]
    assert languages_of(factories.announcement(languages=["it"])) == ["it"]
