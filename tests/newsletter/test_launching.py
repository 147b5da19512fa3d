"""Launching: who is in the audience, in which language, and what waits."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from newsletter import announcing, launching, subscribing, ticking
from newsletter.exceptions import AnnouncementError
from newsletter.models import (
    Announcement,
    Delivery,
    DeliverySlice,
    Subscriber,
    SubscriberGroup,
    SuppressedAddress,
)
from tests import factories
from tests.newsletter.conftest import address, counters, readers, send, states

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

State = Announcement.State
TOMORROW = timezone.now() + timedelta(days=1)
YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.fixture
def sender():
    return factories.user("publisher", group="Publishers")


def about(page, **facts) -> Announcement:
    return factories.announcement(page=page, **facts)


def ready_workshop(**facts):
    return factories.workshop(
        title_en="Workshop",
        published=True,
        translated=True,
        starts_on=timezone.localdate(),
        **facts,
    )


def reached(sink) -> list[str]:
    """Readers; the summary that goes to the sender is left out."""
    return sorted(recipient for recipient in sink.counts() if recipient.startswith("reader"))


def launch(announcement, user) -> Announcement:
    announcing.send_now(announcement.pk, user)
    ticking.launch_what_is_due()
    announcement.refresh_from_db()
    return announcement


def test_everybody_reachable_gets_a_delivery_in_their_language(sender):
    people = readers(7)
    people[0].state = Subscriber.State.LEFT
    people[0].save()
    people[1].paused_until = timezone.localdate() + timedelta(days=3)
    people[1].save()
    subscribing.suppress(people[2].address, SuppressedAddress.Reason.COMPLAINED)

    announcement = launch(about(ready_workshop()), sender)

    rows = announcement.deliveries.values_list("subscriber__address", "language", "state")
    queued = Delivery.State.QUEUED
    assert announcement.state == State.SENDING
    assert sorted(rows) == [
        (address(3), "it", queued),
        (address(4), "en", queued),
        (address(5), "it", queued),
        (address(6), "en", queued),
    ]


def test_slices_hold_neighbours_of_one_language_and_count_everybody(sender, monkeypatch):
    monkeypatch.setattr(launching, "SLICE", 10)
    readers(45)

    announcement = launch(about(ready_workshop()), sender)

    found = {}
    for part in announcement.slices.all():
        inside = announcement.deliveries.filter(pk__range=(part.first_id, part.last_id))
        assert set(inside.values_list("language", flat=True)) == {part.language}
        assert inside.count() == part.total <= 10
        found[part.language] = found.get(part.language, 0) + part.total
    assert found == {"en": 23, "it": 22}
    assert set(announcement.slices.values_list("state", flat=True)) == {"open"}


def test_topics_groups_and_languages_narrow_the_audience(sender):
    people = readers(8)
    group = SubscriberGroup.objects.create(name="Journalists")
    group.subscribers.set(people[:6])
    chosen, other = factories.topic("data"), factories.topic("law")
    for person in people[:2]:
        person.topics.add(chosen)
    for person in people[2:4]:
        person.topics.add(other)
    announcement = about(ready_workshop(), languages=["en"])
    announcement.topics.add(chosen)
    announcement.groups.add(group)

    announcement = launch(announcement, sender)

    assert sorted(announcement.deliveries.values_list("subscriber__address", flat=True)) == [
        address(0),
        address(4),
    ]


def test_second_launch_changes_nothing(sender):
    readers(3)
    announcement = launch(about(ready_workshop()), sender)
    Announcement.objects.filter(pk=announcement.pk).update(state=State.LAUNCHING)

    with pytest.raises(IntegrityError):
        launching.launch(announcement.pk)

    assert announcement.deliveries.count() == 3


def test_two_launches_at_once_make_one(sender):
    from tests.newsletter.test_sending import run_beside  # noqa: PLC0415

    readers(50)
    announcement = about(ready_workshop())
    Announcement.objects.filter(pk=announcement.pk).update(state=State.LAUNCHING)
    results = []

    threads = [
        run_beside(lambda: results.append(launching.launch(announcement.pk))) for _n in range(3)
    ]
    for thread in threads:
        thread.join()

    assert sorted(results) == [False, False, True]
    assert announcement.deliveries.count() == 50


def test_page_that_is_not_public_sends_the_announcement_back(sender):
    readers(3)
    page = factories.workshop(title_en="Secret", translated=True)

    announcement = launch(about(page), sender)

    assert announcement.state == State.DRAFT
    assert announcement.problem != ""
    assert not Delivery.objects.exists()


def test_italian_readers_wait_until_the_page_is_ready(sender, smtp):
    sink = smtp()
    readers(4)
    page = factories.workshop(title_en="English first", published=True)

    announcement = send(launch(about(page), sender))
    early = reached(sink)
    waiting = announcement.slices.get(language="it").state
    page.title_it, page.introduction_it, page.is_ready_it = "Titolo", "In breve.", True
    page.save_revision().publish()
    ticking.tick()
    announcement = send(announcement)

    assert early == [address(0), address(2)]
    assert waiting == DeliverySlice.State.WAITING
    assert reached(sink) == [address(number) for number in range(4)]
    assert announcement.state == State.FINISHED


def test_editor_may_stop_waiting_and_send_the_original(sender, smtp):
    sink = smtp()
    readers(4)
    page = factories.workshop(title_en="English only", published=True)
    announcement = send(launch(about(page), sender))

    announcing.stop_waiting(announcement.pk)
    ticking.tick()
    announcement = send(announcement)

    assert reached(sink) == [address(number) for number in range(4)]
    assert states(announcement) == counters(announcement) == {"sent": 4}


def test_scheduled_one_goes_out_at_its_moment(sender):
    readers(2)
    announcement = about(ready_workshop())
    announcing.schedule(announcement.pk, sender, timezone.now() + timedelta(hours=1))
    ticking.tick()
    early = Announcement.objects.get(pk=announcement.pk).state
    Announcement.objects.filter(pk=announcement.pk).update(send_at=timezone.now())

    ticking.launch_what_is_due()

    assert early == State.SCHEDULED
    assert Announcement.objects.get(pk=announcement.pk).state == State.SENDING


def test_waiting_one_goes_out_when_its_page_is_published_by_schedule(sender):
    readers(2)
    page = factories.workshop(title_en="Soon", translated=True)
    announcement = about(page)
    announcing.send_when_published(announcement.pk, sender)
    ticking.tick()
    early = Announcement.objects.get(pk=announcement.pk).state
    page.save_revision().publish()

    ticking.tick()

    announcement.refresh_from_db()
    assert early == State.WAITING
    assert announcement.state == State.SENDING


def test_publishing_copying_and_aliasing_a_page_send_nothing(sender):
    readers(2)
    page = ready_workshop()
    announcement = launch(about(page), sender)

    page.save_revision().publish()
    copy = page.copy(update_attrs={"slug": "copy"})
    copy.save_revision().publish()
    page.create_alias(update_slug="alias")
    ticking.tick()

    assert Announcement.objects.count() == 1
    assert announcement.deliveries.count() == 2


def test_saving_an_announcement_leaves_what_the_engine_wrote(sender):
    readers(2)
    announcement = about(ready_workshop())
    stale = Announcement.objects.get(pk=announcement.pk)
    launch(announcement, sender)

    stale.subject_en = "Changed"
    stale.save()

    announcement.refresh_from_db()
    assert (announcement.state, announcement.subject_en) == (State.SENDING, "Changed")


@pytest.mark.parametrize(
    ("before", "deed"),
    [
        (State.FINISHED, announcing.send_now),
        (State.SENDING, announcing.send_now),
        (State.DRAFT, lambda pk, user: announcing.pause(pk)),
        (State.SENDING, lambda pk, user: announcing.resume(pk)),
        (State.FINISHED, lambda pk, user: announcing.cancel(pk)),
        (State.DRAFT, lambda pk, user: announcing.unschedule(pk)),
        (State.SENDING, lambda pk, user: announcing.schedule(pk, user, TOMORROW)),
        (State.DRAFT, lambda pk, user: announcing.schedule(pk, user, YESTERDAY)),
    ],
)  # fmt: skip
def test_deed_is_refused_in_the_wrong_state(sender, before, deed):
    announcement = about(ready_workshop())
    Announcement.objects.filter(pk=announcement.pk).update(state=before)

    with pytest.raises(AnnouncementError):
        deed(announcement.pk, sender)

    assert Announcement.objects.get(pk=announcement.pk).state == before


def test_cancelled_one_marks_whoever_was_not_sent_to(sender):
    readers(5)
    announcement = launch(about(ready_workshop()), sender)

    announcing.cancel(announcement.pk)
    ticking.tick()

    assert states(announcement) == counters(announcement) == {"cancelled": 5}
    assert set(announcement.slices.values_list("state", flat=True)) == {"done"}


def test_summary_goes_once_to_who_sent_it(sender, smtp, mailoutbox):
    smtp()
    readers(3)
    announcement = launch(about(ready_workshop()), sender)
    from django.test import override_settings  # noqa: PLC0415

    send(announcement)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        Announcement.objects.filter(pk=announcement.pk).update(summary_sent_at=None)
        ticking.tick()
        ticking.tick()

    (mail,) = mailoutbox
    assert mail.to == [sender.email]
    assert "sent: 3" in mail.body
