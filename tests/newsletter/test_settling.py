"""Taking over from a sender that died: what its journal says, and what it cannot say."""

import time
from uuid import uuid4

import pytest

from newsletter import journal, sending, settling, ticking
from newsletter.journal import Journal
from newsletter.models import Delivery, DeliverySlice, RelaySlot, Sender
from tests.newsletter.conftest import counters, launched, states

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def dead_sender(announcement, **facts) -> tuple[Sender, Journal]:
    """A sender of this host that has taken every slice; its journal is still held by this test."""
    here = {"host": settling.socket.gethostname(), "boot": sending.boot_id()}
    sender = Sender.objects.create(pk=uuid4(), announcement=announcement, **(here | facts))
    DeliverySlice.objects.filter(announcement=announcement).update(
        sender=sender, state=DeliverySlice.State.TAKEN
    )
    RelaySlot.objects.create(number=1, sender=sender)
    return sender, Journal(sending.journal_path(sender.pk), lanes=1)


def mark(kept: Journal, delivery: Delivery, what: int, code: int = 0) -> None:
    lane = kept.lanes[0]
    lane.settle(lane.begin(delivery.pk), delivery.pk, what, code)


def test_journal_of_a_dead_sender_decides(smtp):
    announcement = launched(12)
    _sender, kept = dead_sender(announcement)
    rows = list(announcement.deliveries.order_by("pk"))
    mark(kept, rows[0], journal.SENT, 250)
    mark(kept, rows[1], journal.HANDED)
    mark(kept, rows[2], journal.HANDING)
    mark(kept, rows[3], journal.DEFERRED, 451)
    mark(kept, rows[4], journal.REFUSED, 550)
    kept.close(forget=False)

    count = settling.settle_dead_senders()

    assert count == 1
    assert [row.state for row in announcement.deliveries.order_by("pk")[:6]] == [
        Delivery.State.SENT,
        Delivery.State.ASSUMED,
        Delivery.State.HELD,
        Delivery.State.DEFERRED,
        Delivery.State.BOUNCED,
        Delivery.State.QUEUED,
    ]
    assert states(announcement) == counters(announcement)
    assert set(announcement.slices.values_list("state", "sender")) == {("open", None)}
    assert not Sender.objects.exists()
    assert RelaySlot.objects.get().sender is None
    assert not kept.path.exists()


def test_sender_that_lives_keeps_its_slices_whatever_the_clock_says(monkeypatch):
    announcement = launched(4)
    _sender, kept = dead_sender(announcement)
    later = time.monotonic() + 100_000
    monkeypatch.setattr(settling.time, "monotonic", lambda: later)

    count = settling.settle_dead_senders()

    assert count == 0
    assert set(announcement.slices.values_list("state", flat=True)) == {"taken"}
    kept.close(forget=True)


def test_row_that_was_settled_already_is_left_alone():
    announcement = launched(2)
    _sender, kept = dead_sender(announcement)
    row = announcement.deliveries.first()
    mark(kept, row, journal.HANDING)
    kept.close(forget=False)
    Delivery.objects.filter(pk=row.pk).update(state=Delivery.State.SENT)

    settling.settle_dead_senders()

    assert states(announcement) == {"sent": 1, "queued": 1}


def test_sender_of_another_host_is_dead_after_a_minute_without_a_beat(monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr(settling.time, "monotonic", lambda: now[0])
    announcement = launched(2)
    sender, kept = dead_sender(announcement, host="elsewhere", beats=5)
    kept.close(forget=True)

    first = settling.is_dead(sender)
    now[0] += 59
    second = settling.is_dead(sender)
    sender.beats = 6
    third = settling.is_dead(sender)
    now[0] += 61
    fourth = settling.is_dead(sender)

    assert (first, second, third, fourth) == (False, False, False, True)


@pytest.mark.parametrize("facts", [{"boot": "before"}, {"host": "elsewhere"}])
def test_what_may_have_been_in_flight_is_held_where_the_journal_may_be_incomplete(
    facts, monkeypatch
):
    monkeypatch.setattr(settling, "SILENCE", -1.0)
    announcement = launched(600)
    _sender, kept = dead_sender(announcement, **facts)
    rows = list(announcement.deliveries.order_by("pk"))
    mark(kept, rows[0], journal.SENT, 250)
    kept.close(forget=False)

    while not settling.settle_dead_senders():
        pass

    assert states(announcement) == {
        "sent": 1,
        "held": 2 * sending.IN_FLIGHT,
        "queued": 600 - 1 - 2 * sending.IN_FLIGHT,
    }


def test_missing_journal_proves_nothing_and_holds_in_the_end(monkeypatch):
    announcement = launched(4)
    sender, kept = dead_sender(announcement)
    kept.close(forget=True)
    at_first = settling.is_dead(sender)
    monkeypatch.setattr(settling, "SILENCE", -1.0)

    settling.settle_dead_senders()

    assert not at_first
    assert states(announcement) == {"held": 4}


def test_two_ticks_at_once_settle_once(smtp):
    from tests.newsletter.test_sending import run_beside  # noqa: PLC0415

    sink = smtp()
    announcement = launched(50)
    _sender, kept = dead_sender(announcement)
    for row in announcement.deliveries.order_by("pk")[:20]:
        mark(kept, row, journal.SENT, 250)
    kept.close(forget=False)

    threads = [run_beside(ticking.tick) for _number in range(3)]
    for thread in threads:
        thread.join()
    sending.pump(announcement.pk)

    assert len(sink.messages) == 30
    assert states(announcement) == counters(announcement) == {"sent": 50}
