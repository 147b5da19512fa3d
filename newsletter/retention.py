"""What is deleted when its time is over. Once a day is often enough; once more does no harm."""

from datetime import datetime, timedelta

from django.utils import timezone

from newsletter import subscribing
from newsletter.models import Letter, Subscriber, SubscriberImport, SubscriptionRequest
from newsletter.models.subscribers import REQUEST_LIFETIME

LETTERS = timedelta(days=30)
LEFT = timedelta(days=30)
UPLOADS = timedelta(days=1)


def retain(now: datetime | None = None) -> None:
    """Keep only what may be kept: a request goes with its link, whether confirmed or not."""
    now = now or timezone.now()
    SubscriptionRequest.objects.filter(requested_at__lte=now - REQUEST_LIFETIME).delete()
    Letter.objects.filter(created_at__lte=now - LETTERS).delete()
    SubscriberImport.objects.filter(created_at__lte=now - UPLOADS).delete()
    left = Subscriber.objects.filter(state=Subscriber.State.LEFT, left_at__lte=now - LEFT)
    for subscriber_id in left.values_list("pk", flat=True):
        subscribing.erase(subscriber_id, subscribing.Reason.LEFT)
