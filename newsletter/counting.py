"""Keeping the counters of slices true to their deliveries."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Min, Q

from newsletter.models import Delivery, DeliverySlice

State = Delivery.State

# The counter of a slice for each state that has one; what is queued is the rest of ``total``.
COUNTERS = {
    State.SENT: "sent",
    State.ASSUMED: "assumed",
    State.HELD: "held",
    State.DEFERRED: "deferred",
    State.BOUNCED: "bounced",
    State.SUPPRESSED: "suppressed",
    State.CANCELLED: "cancelled",
}
UNSETTLED = (State.QUEUED, State.DEFERRED)


def deliveries_of(part: DeliverySlice):
    return Delivery.objects.filter(
        pk__range=(part.first_id, part.last_id), announcement_id=part.announcement_id
    )


@transaction.atomic
def recount(slice_ids: Iterable[int]) -> None:
    """Count the deliveries of these slices anew."""
    for part in DeliverySlice.objects.select_for_update().filter(pk__in=slice_ids).order_by("pk"):
        counts = dict(deliveries_of(part).order_by().values_list("state").annotate(Count("pk")))
        numbers = {name: counts.get(state.value, 0) for state, name in COUNTERS.items()}
        DeliverySlice.objects.filter(pk=part.pk).update(**numbers)


def recount_slices(delivery_ids: Iterable[int]) -> None:
    """Count anew the slices that these deliveries are in."""
    rows = Delivery.objects.filter(pk__in=delivery_ids).values_list("pk", "announcement_id")
    for pk, announcement_id in rows:
        recount(
            DeliverySlice.objects.filter(
                announcement_id=announcement_id, first_id__lte=pk, last_id__gte=pk
            ).values_list("pk", flat=True)
        )


@transaction.atomic
def release(slice_id: int) -> None:
    """Nobody sends this slice any more: open again when something in it is left, else done."""
    recount([slice_id])
    part = DeliverySlice.objects.select_for_update().get(pk=slice_id)
    left = deliveries_of(part).aggregate(
        queued=Count("pk", filter=Q(state=State.QUEUED)),
        due_at=Min("next_attempt_at", filter=Q(state=State.DEFERRED)),
    )
    part.sender = None
    part.state = DeliverySlice.State.OPEN
    if not left["queued"] and left["due_at"]:
        part.due_at = left["due_at"]
    elif not left["queued"]:
        part.state = DeliverySlice.State.DONE
    part.save(update_fields=["sender", "state", "due_at"])
