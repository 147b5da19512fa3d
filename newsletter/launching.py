"""Launching: freezing the words and the audience of an announcement in one transaction."""

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from newsletter import checks, composing
from newsletter.audience import audience
from newsletter.models import Announcement, AnnouncementVariant, Delivery, DeliverySlice
from newsletter.models.deliveries import SLICE
from pages import languages

LAUNCH_LOCK = 0x1A0C4  # any number, as long as it is the only one of the portal's advisory locks
State = Announcement.State


@transaction.atomic
def launch(announcement_id: int) -> bool:
    """From "being prepared" to "being sent"; False where another process was faster.

    What a check forbids makes it a draft again, with the reason in ``problem``. All or nothing: a
    crash leaves it as it was, and the next tick tries again.
    """
    _lock_launches()
    announcement = (
        Announcement.objects.select_for_update()
        .filter(pk=announcement_id, state=State.LAUNCHING)
        .first()
    )
    if announcement is None:
        return False
    if reasons := checks.stops(announcement):
        _change(announcement, state=State.DRAFT, problem=" ".join(reasons)[:255])
        return False
    _write_deliveries(announcement)
    for language in _languages_of(announcement):
        AnnouncementVariant.objects.get_or_create(announcement=announcement, language=language)
        freeze(announcement, language)
    _change(announcement, state=State.SENDING, launched_at=timezone.now(), problem="")
    return True


def freeze(announcement: Announcement, language: str) -> bool:
    """Keep what it says in ``language``, if its pages are ready, and open its slices."""
    if not composing.is_ready(announcement, language):
        return False
    composed = composing.compose(announcement, language)
    with transaction.atomic():
        frozen = AnnouncementVariant.objects.filter(
            announcement=announcement, language=language, message__isnull=True
        ).update(
            subject=composed.subject,
            message=composed.message,
            html=composed.html,
            frozen_at=timezone.now(),
        )
        DeliverySlice.objects.filter(
            announcement=announcement, language=language, state=DeliverySlice.State.WAITING
        ).update(state=DeliverySlice.State.OPEN, due_at=timezone.now())
    return bool(frozen)


def _lock_launches() -> None:
    """One launch at a time, so that the deliveries of one stand next to each other."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LAUNCH_LOCK])


def _change(announcement: Announcement, **values) -> None:
    Announcement.objects.filter(pk=announcement.pk).update(**values)


def _write_deliveries(announcement: Announcement) -> None:
    """One delivery for each reader, and slices of neighbours in one language."""
    before = Delivery.objects.aggregate(last=Max("pk"))["last"] or 0
    readers = audience(announcement).order_by("language", "id").values_list("id", "language")
    select, params = readers.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO newsletter_delivery
                  (announcement_id, subscriber_id, language, state, attempts, reply)
                SELECT %s, reader.id, reader.language, %s, 0, '' FROM ({select}) AS reader
                ORDER BY reader.language, reader.id""",  # noqa: S608 (Django's own SQL)
            [announcement.pk, Delivery.State.QUEUED.value, *params],
        )
        cursor.execute(
            """INSERT INTO newsletter_deliveryslice
                 (announcement_id, language, first_id, last_id, state, due_at, total,
                  sent, assumed, held, deferred, bounced, suppressed, cancelled)
               SELECT announcement_id, language, MIN(id), MAX(id), %s, %s, COUNT(*),
                      0, 0, 0, 0, 0, 0, 0
               FROM newsletter_delivery WHERE id > %s AND announcement_id = %s
               GROUP BY announcement_id, language, (id - %s - 1) / %s
               ORDER BY MIN(id)""",
            [
                DeliverySlice.State.WAITING.value,
                connection.ops.adapt_datetimefield_value(timezone.now()),
                before,
                announcement.pk,
                before,
                SLICE,
            ],
        )


def _languages_of(announcement: Announcement) -> list[str]:
    """Those that the frozen audience reads, and those that the archive shows."""
    read = set(announcement.slices.values_list("language", flat=True))
    return [code for code in languages.CODES if code in read or announcement.is_archived]
