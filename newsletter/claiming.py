"""Taking slices, slots and rows, each in one statement, so that nobody else has them too.

On PostgreSQL rows that others hold are skipped; SQLite has one writer at a time anyway.
"""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from newsletter.models import Delivery, DeliverySlice, RelaySlot, Sender
from newsletter.models.deliveries import SLICE

ROWS = SLICE  # deliveries read at once


class Slice(NamedTuple):
    pk: int
    language: str
    first_id: int
    last_id: int


class Row(NamedTuple):
    """A delivery that is due, and its reader as they are now (None: erased)."""

    delivery_id: int
    attempts: int
    language: str
    subscriber_id: int | None
    address: str | None
    reader_language: str | None
    state: str | None
    paused_until: date | None


def _skip_locked() -> str:
    return "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""


def claim_slice(announcement_id: int, sender_id: UUID, now: datetime | None = None) -> Slice | None:
    """The next slice that is due, now the sender's own; None where there is none."""
    sql = f"""
        UPDATE newsletter_deliveryslice SET state = %s, sender_id = %s WHERE id = (
            SELECT id FROM newsletter_deliveryslice
            WHERE announcement_id = %s AND state = %s AND due_at <= %s
            ORDER BY due_at LIMIT 1 {_skip_locked()})
        RETURNING id, language, first_id, last_id"""  # noqa: S608 (no value is written into it)
    taken, opened = DeliverySlice.State.TAKEN.value, DeliverySlice.State.OPEN.value
    sender = Sender._meta.pk.get_db_prep_value(sender_id, connection)
    moment = _moment(now or timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [taken, sender, announcement_id, opened, moment])
        row = cursor.fetchone()
    return Slice(*row) if row else None


def claim_slots(sender_id: UUID, wanted: int, limit: int) -> int:
    """Take up to ``wanted`` of the relay's first ``limit`` connections; how many were free."""
    RelaySlot.objects.bulk_create(
        [RelaySlot(number=number) for number in range(1, limit + 1)], ignore_conflicts=True
    )
    sql = f"""
        UPDATE newsletter_relayslot SET sender_id = %s WHERE id IN (
            SELECT id FROM newsletter_relayslot WHERE sender_id IS NULL AND number <= %s
            ORDER BY number LIMIT %s {_skip_locked()})"""  # noqa: S608 (no value is written into it)
    sender = Sender._meta.pk.get_db_prep_value(sender_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, [sender, limit, wanted])
        return cursor.rowcount


def rows_of(part: Slice, after: int, now: datetime | None = None) -> list[Row]:
    """The next deliveries of the slice that are due, with their readers as they are now."""
    sql = """
        SELECT d.id, d.attempts, d.language, s.id, s.address, s.language, s.state, s.paused_until
        FROM newsletter_delivery d LEFT JOIN newsletter_subscriber s ON s.id = d.subscriber_id
        WHERE d.id > %s AND d.id BETWEEN %s AND %s
          AND (d.state = %s OR (d.state = %s AND d.next_attempt_at <= %s))
          AND d.announcement_id = (
            SELECT announcement_id FROM newsletter_deliveryslice WHERE id = %s)
        ORDER BY d.id LIMIT %s"""
    queued, deferred = Delivery.State.QUEUED.value, Delivery.State.DEFERRED.value
    moment = _moment(now or timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [after, part.first_id, part.last_id, queued, deferred, moment, part.pk, ROWS],
        )
        return [Row(*row[:7], _day(row[7])) for row in cursor.fetchall()]


def _moment(moment: datetime):
    return connection.ops.adapt_datetimefield_value(moment)


def _day(value) -> date | None:
    """SQLite keeps days as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
