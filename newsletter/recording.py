"""Writing outcomes down, many in one transaction, in a thread beside the one that sends.

The journal has an outcome from the moment it is known; its mark is cleared when the row is
committed. So nothing here needs to be fast for safety's sake, only for the ring to have room.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from queue import SimpleQueue

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from newsletter import counting
from newsletter.journal import Journal
from newsletter.lanes import Outcome
from newsletter.models import Delivery
from newsletter.replies import Verdict, delay_after

logger = logging.getLogger(__name__)

GIVE_UP = 60.0  # seconds without a database
PAUSE = 0.5
COUNT_EVERY = 0.5
State = Delivery.State

UNKNOWN_TEXT = "connection lost after the message was handed over"


def state_after(outcome: Outcome) -> tuple[State, object]:
    """The new state, and when to try again."""
    if isinstance(outcome.verdict, State):
        return outcome.verdict, None
    if outcome.verdict is None:
        return State.HELD, None
    if outcome.verdict is Verdict.SENT:
        return State.SENT, None
    if outcome.verdict is Verdict.DEFERRED and (delay := delay_after(outcome.attempts)):
        return State.DEFERRED, timezone.now() + delay
    return State.BOUNCED, None


Changes = Counter[tuple[int, str]]  # slice and counter


def record(outcomes: Sequence[Outcome], changes: Changes) -> None:
    """Write outcomes in one transaction, and add to ``changes`` what that makes of slices."""
    sent = [outcome for outcome in outcomes if outcome.verdict is Verdict.SENT]
    with transaction.atomic(), connection.cursor() as cursor:
        if sent:
            _record_sent(cursor, [outcome.delivery_id for outcome in sent])
            for outcome in sent:
                changes[outcome.slice_id, "sent"] += 1
                if outcome.attempts > 1:
                    changes[outcome.slice_id, "deferred"] -= 1
        for outcome in outcomes:
            if outcome.verdict is not Verdict.SENT:
                _record_other(cursor, outcome, changes)


def _record_sent(cursor, ids: Iterable[int]) -> None:
    ids = list(ids)
    if connection.vendor == "postgresql":
        among, params = "= ANY(%s)", [ids]
    else:
        among, params = f"IN ({', '.join(['%s'] * len(ids))})", ids
    open_states = (State.QUEUED, State.DEFERRED, State.HELD, State.ASSUMED)
    cursor.execute(
        f"""UPDATE newsletter_delivery
            SET state = %s, code = 250, attempts = attempts + 1, settled_at = %s,
                next_attempt_at = NULL, reply = ''
            WHERE id {among} AND state IN (%s, %s, %s, %s)""",  # noqa: S608 (placeholders only)
        [
            State.SENT.value,
            connection.ops.adapt_datetimefield_value(timezone.now()),
            *params,
            *(state.value for state in open_states),
        ],
    )


def _record_other(cursor, outcome: Outcome, changes: Changes) -> None:
    state, next_attempt_at = state_after(outcome)
    text = UNKNOWN_TEXT if outcome.verdict is None else outcome.reply.text
    cursor.execute(
        """UPDATE newsletter_delivery
           SET state = %s, code = %s, reply = %s, attempts = %s, settled_at = %s,
               next_attempt_at = %s
           WHERE id = %s AND state IN (%s, %s)""",
        [
            state.value,
            outcome.reply.code,
            text.replace("\0", "")[:255],
            outcome.attempts,
            connection.ops.adapt_datetimefield_value(timezone.now()),
            connection.ops.adapt_datetimefield_value(next_attempt_at),
            outcome.delivery_id,
            State.QUEUED.value,
            State.DEFERRED.value,
        ],
    )
    if cursor.rowcount:
        changes[outcome.slice_id, counting.COUNTERS[state]] += 1
        if outcome.attempts > 1:
            changes[outcome.slice_id, "deferred"] -= 1


@transaction.atomic
def count(changes: Changes) -> None:
    """Add to the counters; slices in one order, so that two senders never wait for each other.

    They are what the progress shows meanwhile: a slice that is released is counted anew.
    """
    by_slice: dict[int, dict[str, int]] = {}
    for (slice_id, name), number in changes.items():
        by_slice.setdefault(slice_id, {})[name] = number
    with connection.cursor() as cursor:
        for slice_id, numbers in sorted(by_slice.items()):
            terms = ", ".join(f"{name} = {_at_least_zero(name)}" for name in numbers)
            cursor.execute(
                f"UPDATE newsletter_deliveryslice SET {terms} WHERE id = %s",  # noqa: S608 (names)
                [*numbers.values(), slice_id],
            )


def _at_least_zero(name: str) -> str:
    """Counters are estimates until the slice is released; a negative one would break a CHECK."""
    greatest = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    return f"{greatest}({name} + %s, 0)"


class Recorder(threading.Thread):
    """Takes outcomes and finished slices in turn, and writes them with a connection of its own.

    A database that is away is waited for; after ``GIVE_UP`` seconds ``has_failed`` is set and the
    journal keeps what was not written.
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__(name="recorder", daemon=True)
        self.journal = journal
        self.queue: SimpleQueue[list[Outcome] | int | None] = SimpleQueue()
        self.has_failed = False
        self.changes: Changes = Counter()
        self.counted_at = time.monotonic()

    def run(self) -> None:
        try:
            while (item := self.queue.get()) is not None:
                if not self.has_failed:
                    self._write(item)
        finally:
            connection.close()

    def finish(self) -> bool:
        """Wait until everything is written; whether it was."""
        self.queue.put(None)
        self.join()
        return not self.has_failed

    def _write(self, item: list[Outcome] | int) -> None:
        deadline = time.monotonic() + GIVE_UP
        while True:
            try:
                if isinstance(item, int):
                    self._release(item)
                else:
                    self._record(item)
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                if time.monotonic() > deadline:
                    logger.error("Outcomes are left in the journal: %s", error)
                    self.has_failed = True
                    return
                time.sleep(PAUSE)
            else:
                return

    def _release(self, slice_id: int) -> None:
        counting.release(slice_id)
        for key in [key for key in self.changes if key[0] == slice_id]:
            del self.changes[key]

    def _record(self, outcomes: list[Outcome]) -> None:
        changes: Changes = Counter()
        record(outcomes, changes)
        self._clear(outcomes)
        self.changes.update(changes)
        if time.monotonic() - self.counted_at > COUNT_EVERY:
            count(self.changes)
            self.changes.clear()
            self.counted_at = time.monotonic()

    def _clear(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.lane:
                self.journal.clear(outcome.place)
                outcome.lane.recorded += 1
