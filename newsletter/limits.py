"""How much of sign-up is too much, counted in the tables: one count for every process."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from newsletter.models import Letter, SubscriptionRequest

WINDOW = timedelta(hours=1)
LETTERS_PER_ADDRESS = 3
LETTERS_WINDOW = timedelta(days=1)


def is_too_much(origin_hash: str, now: datetime | None = None) -> bool:
    """Whether this network, or everybody together, has asked often enough for the hour."""
    recent = SubscriptionRequest.objects.filter(
        requested_at__gt=(now or timezone.now()) - WINDOW
    ).order_by()
    most, most_from_here = (
        settings.NEWSLETTER_REQUESTS_PER_HOUR,
        settings.NEWSLETTER_REQUESTS_PER_NETWORK,
    )
    from_here = recent.filter(origin_hash=origin_hash)[:most_from_here].count()
    return recent[:most].count() >= most or from_here >= most_from_here


def may_write_to(address: str, now: datetime | None = None) -> bool:
    """Whether a stranger who types this address can still cause a mail to it today."""
    since = (now or timezone.now()) - LETTERS_WINDOW
    written = Letter.objects.filter(request__address=address, created_at__gt=since)
    return written.count() < LETTERS_PER_ADDRESS
