"""What is sent next: each delivery of a slice once, whoever gives it back, however it is read."""

from uuid import uuid4

import pytest

from newsletter import picking
from newsletter.lanes import Mail
from newsletter.models import Delivery, Sender, Subscriber
from newsletter.picking import Work
from tests.newsletter.conftest import launched

pytestmark = pytest.mark.django_db


def mail(row, part):
    return Mail(row.delivery_id, part.pk, row.attempts, "", row.address, bytes)


def work(announcement, prepare=mail) -> tuple[Work, list[int]]:
    sender = Sender.objects.create(pk=uuid4(), announcement=announcement, host="here", boot="now")
    released: list[int] = []
    return Work(announcement.pk, sender.pk, prepare, released.append), released


def everything(found: Work, now: float = 0.0) -> list[Mail]:
    return list(iter(lambda: found.next(now), None))


def ids(announcement) -> list[int]:
    return list(announcement.deliveries.order_by("pk").values_list("pk", flat=True))


def test_work_has_each_delivery_once_and_releases_a_slice_when_all_is_settled():
    announcement = launched(6)
    found, released = work(announcement)

    mails = everything(found)
    before = (list(released), found.is_done)
    for taken in mails:
        found.settled(taken.slice_id)

    assert [taken.delivery_id for taken in mails] == ids(announcement)
    assert before == ([], False)
    assert released == list(announcement.slices.order_by("pk").values_list("pk", flat=True))
    assert found.is_done is True


def test_mail_that_was_put_back_comes_again_also_after_a_fresh_look():
    announcement = launched(6)
    found, _released = work(announcement)
    first, second = found.next(0.0), found.next(0.0)
    found.mails.appendleft(first)

    later = everything(found, picking.FRESH + 1)

    assert second.delivery_id not in [taken.delivery_id for taken in later]
    assert sorted([second.delivery_id, *(m.delivery_id for m in later)]) == ids(announcement)


def test_reader_who_left_meanwhile_is_seen_at_a_fresh_look():
    def prepare(row, part):
        return mail(row, part) if row.state == Subscriber.State.ACTIVE else None

    announcement = launched(4)
    found, released = work(announcement, prepare)
    first = found.next(0.0)
    second = Delivery.objects.get(pk=ids(announcement)[1])
    Subscriber.objects.filter(pk=second.subscriber_id).update(state=Subscriber.State.LEFT)

    nothing_at_first = found.next(picking.FRESH + 1)
    later = everything(found, picking.FRESH + 1)
    found.settled(first.slice_id)

    assert nothing_at_first is None
    assert [taken.delivery_id for taken in later] == ids(announcement)[2:]
    assert released == [first.slice_id]


def test_slice_whose_readers_have_all_left_is_released_at_once():
    announcement = launched(4)
    found, released = work(announcement, lambda row, part: None)

    mails = [found.next(0.0) for _attempt in range(3)]

    assert mails == [None, None, None]
    assert released == list(announcement.slices.order_by("pk").values_list("pk", flat=True))


def test_work_asks_for_a_slice_now_and_then_when_there_was_none(django_assert_num_queries):
    found, _released = work(launched(0))
    found.next(10.0)

    with django_assert_num_queries(0):
        found.next(10.0 + picking.ASK_AGAIN / 2)
    with django_assert_num_queries(1):
        found.next(10.0 + picking.ASK_AGAIN)
