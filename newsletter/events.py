"""What mail providers tell: Anymail's webhooks, below /newsletter/events/.

Anymail checks their signature or secret; besides, an event is believed only where it brings the
token that ``providers`` put on the mail, or our Message-ID.
"""

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from newsletter import bounce_reports, bounces, subscribing
from newsletter.bounce_reports import Outcome, Report
from newsletter.models import Delivery
from newsletter.replies import Reply

ACCEPTED = {EventType.QUEUED, EventType.SENT, EventType.DEFERRED, EventType.DELIVERED}
REFUSED = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
# Where the provider hands on no status code of the reader's server.
MEANINGS = {
    RejectReason.INVALID: Outcome.HARD,
    RejectReason.BOUNCED: Outcome.HARD,
    RejectReason.SPAM: Outcome.COMPLAINT,
    RejectReason.BLOCKED: Outcome.POLICY,
}


def receive_event(sender, event: AnymailTrackingEvent, **kwargs) -> None:
    """Note what became of a mail. Once more changes nothing."""
    delivery_id = _delivery_of(event)
    if delivery_id is None:
        return
    is_goodbye = event.reject_reason == RejectReason.UNSUBSCRIBED
    if is_goodbye or event.event_type == EventType.UNSUBSCRIBED:
        _leave(delivery_id)
    elif report := _report(event):
        bounces.record(delivery_id, report)


def _delivery_of(event: AnymailTrackingEvent) -> int | None:
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    found = bounces.delivery_of_token(str(metadata.get("delivery", "")))
    return bounces.delivery_of(event.message_id or "") if found is None else found


def _leave(delivery_id: int) -> None:
    rows = Delivery.objects.filter(pk=delivery_id, subscriber__isnull=False)
    for subscriber_id in rows.values_list("subscriber_id", flat=True):
        subscribing.leave(subscriber_id)


def _report(event: AnymailTrackingEvent) -> Report | None:
    text = event.mta_response or event.description or ""
    if event.event_type in ACCEPTED:
        return Report(Outcome.ACCEPTED, Reply(250))
    if event.event_type == EventType.COMPLAINED:
        return Report(Outcome.COMPLAINT, Reply(250, text or "abuse"))
    if event.event_type not in REFUSED:
        return None
    if bounce_reports.STATUS.search(text):
        return bounce_reports.judge("", text)
    if event.event_type == EventType.FAILED:  # the provider's own failure, not the reader's server
        return bounce_reports.report(Outcome.POLICY, text)
    return bounce_reports.report(MEANINGS.get(event.reject_reason, Outcome.SOFT), text)
