"""What mail providers tell, as they post it."""

import hashlib
import hmac
import json
from base64 import b64encode

import pytest

from newsletter import bounces
from newsletter.models import Delivery, Subscriber, SuppressedAddress
from tests.newsletter.returned import delivered, slice_counts

State = Delivery.State
pytestmark = pytest.mark.django_db

MAILGUN = "/newsletter/events/mailgun/tracking/"
POSTMARK = "/newsletter/events/postmark/tracking/"
SECRET = b64encode(b"provider:secret").decode()


def mailgun(client, delivery: Delivery, *, key: str = "only-for-the-tests", **event):
    """Post an event the way Mailgun does, signed with ``key``."""
    event = {
        "id": "ase7i2zsRYeDXpp4XQ==",
        "timestamp": 1699949564.123456,
        "recipient": "ada@example.com",
        "message": {"headers": {"message-id": "made-by-mailgun@mg.example.org"}},
        "user-variables": {"delivery": bounces.token(delivery.pk), "announcement": "key"},
    } | event
    token, timestamp = "d0d5c7f0a1b24c3c9e3f5a6b7c8d9e0f", "1699949564"
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return client.post(
        MAILGUN,
        {
            "signature": {"token": token, "timestamp": timestamp, "signature": signature},
            "event-data": event,
        },
        content_type="application/json",
        headers={"authorization": f"Basic {SECRET}"},
    )


def refused(message: str, code: int = 550) -> dict:
    return {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "delivery-status": {"code": code, "message": message, "description": ""},
    }


def postmark(client, secret: str = SECRET, **event):
    return client.post(
        POSTMARK,
        json.dumps(event),
        content_type="application/json",
        headers={"authorization": f"Basic {secret}"},
    )


def reason() -> str | None:
    return SuppressedAddress.objects.values_list("reason", flat=True).first()


def test_bounce_of_a_provider_suppresses_the_address(client):
    delivery = delivered()

    response = mailgun(client, delivery, **refused("5.1.1 <ada@example.com> does not exist"))

    delivery.refresh_from_db()
    assert response.status_code == 200
    assert (delivery.state, delivery.reply) == (State.BOUNCED, "5.1.1 <…> does not exist")
    assert slice_counts(delivery) == {"bounced": 1}
    assert reason() == "bounced"


def test_bounce_with_a_wrong_signature_is_refused(client):
    delivery = delivered()

    response = mailgun(client, delivery, key="guessed", **refused("5.1.1 no such user"))

    delivery.refresh_from_db()
    assert response.status_code == 400
    assert delivery.state == State.SENT
    assert reason() is None


def test_event_without_the_secret_is_refused(client):
    delivery = delivered()
    wrong = b64encode(b"provider:guessed").decode()

    response = postmark(
        client,
        wrong,
        RecordType="SpamComplaint",
        Type="SpamComplaint",
        Metadata={"delivery": bounces.token(delivery.pk)},
    )

    assert response.status_code == 400
    assert reason() is None


def test_event_without_our_token_changes_nothing(client):
    delivery = delivered()
    variables = {"delivery": str(delivery.pk), "announcement": str(delivery.announcement.key)}

    response = mailgun(
        client, delivery, **refused("5.1.1 no such user") | {"user-variables": variables}
    )

    delivery.refresh_from_db()
    assert response.status_code == 200
    assert delivery.state == State.SENT
    assert reason() is None


def test_event_is_known_by_our_message_id_too(client):
    delivery = delivered()
    ours = bounces.message_id(str(delivery.announcement.key), delivery.pk)

    mailgun(
        client,
        delivery,
        **refused("5.1.1 no such user")
        | {"user-variables": {}, "message": {"headers": {"message-id": ours}}},
    )

    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED


def test_same_event_twice_changes_nothing_more(client):
    delivery = delivered()
    mailgun(client, delivery, **refused("5.1.1 no such user"))
    SuppressedAddress.objects.all().delete()
    Subscriber.objects.update(state=Subscriber.State.ACTIVE)

    mailgun(client, delivery, **refused("5.1.1 no such user"))

    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE
    assert reason() is None


@pytest.mark.parametrize(
    ("event", "state", "code", "suppressed"),
    [
        (refused("5.2.2 mailbox full", 552), State.BOUNCED, 450, None),
        (refused("5.7.1 looks like spam", 554), State.BOUNCED, 554, None),
        (refused("no such luck"), State.BOUNCED, 550, "bounced"),
        (refused("") | {"reason": "generic"}, State.BOUNCED, 450, None),
        (refused("4.4.1 later") | {"severity": "temporary"}, State.SENT, 250, None),
        ({"event": "complained"}, State.SENT, 250, "complained"),
        ({"event": "unsubscribed"}, State.SENT, 250, "left"),
        ({"event": "delivered"}, State.SENT, 250, None),
        ({"event": "opened"}, State.SENT, 250, None),
    ],
)
def test_event_is_understood(client, event, state, code, suppressed):
    delivery = delivered()

    mailgun(client, delivery, **event)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.code, reason()) == (state, code, suppressed)


@pytest.mark.parametrize(
    ("kind", "code", "suppressed"),
    [
        ({"Type": "HardBounce", "Details": "smtp;550 unknown"}, 550, "bounced"),
        ({"Type": "SoftBounce", "Details": "smtp;452 4.2.2 mailbox full"}, 452, None),
        ({"Type": "BadEmailAddress"}, 550, "bounced"),
        ({"Type": "DMARCPolicy"}, 554, None),
        ({"Type": "SMTPApiError"}, 554, None),
    ],
)
def test_bounce_is_judged_by_the_server_s_words_before_the_provider_s(
    client, kind, code, suppressed
):
    delivery = delivered()

    response = postmark(
        client,
        RecordType="Bounce",
        ID=4323372036854775807,
        MessageID="883953f4-6105-42a2-a16a-77a8eac79483",
        Email="ada@example.com",
        BouncedAt="2023-11-14T08:12:44Z",
        Metadata={"delivery": bounces.token(delivery.pk)},
        **kind,
    )

    delivery.refresh_from_db()
    assert response.status_code == 200
    assert (delivery.state, delivery.code, reason()) == (State.BOUNCED, code, suppressed)


def test_delivered_event_settles_what_was_held(client):
    delivery = delivered(state=State.HELD)

    mailgun(client, delivery, event="delivered")

    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert slice_counts(delivery) == {"sent": 1}
