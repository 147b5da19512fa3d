"""What the newsletter keeps: who reads it, what is announced, what became of each mail."""

from newsletter.models.announcements import Announcement, AnnouncementVariant
from newsletter.models.deliveries import Delivery, DeliverySlice, Relay, RelaySlot, Sender
from newsletter.models.subscribers import (
    Consent,
    ConsentText,
    Letter,
    Subscriber,
    SubscriberGroup,
    SubscriberImport,
    SubscriptionRequest,
    SuppressedAddress,
)

__all__ = [
    "Announcement",
    "AnnouncementVariant",
    "Consent",
    "ConsentText",
    "Delivery",
    "DeliverySlice",
    "Letter",
    "Relay",
    "RelaySlot",
    "Sender",
    "Subscriber",
    "SubscriberGroup",
    "SubscriberImport",
    "SubscriptionRequest",
    "SuppressedAddress",
]
