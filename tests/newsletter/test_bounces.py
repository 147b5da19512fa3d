"""Bounces and complaints: whose they are, what they mean, what follows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import addresses, bounce_reports, bounces
from newsletter.bounce_reports import Outcome
from newsletter.models import Delivery, Subscriber, SuppressedAddress
from tests.newsletter.returned import delivered, sample, slice_counts

State = Delivery.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.NEWSLETTER_BOUNCE_ADDRESS = "bounces@example.org"


def suppressions() -> list[tuple[str, str]]:
    return list(SuppressedAddress.objects.values_list("address_hash", "reason"))


# Addresses


def test_verp_address_leads_back_to_its_delivery():
    for number in (1, 35, 36, 10**6, 2**63 - 1):
        address = bounces.verp_address(number)

        assert bounces.delivery_of(address) == number
        assert bounces.delivery_of(f"<{address.upper()}>") == number
        assert address.partition("@")[0].startswith("bounces+")
        assert len(address.partition("@")[0]) <= 64


def test_verp_address_cannot_be_made_up():
    address = bounces.verp_address(7)
    token = bounces.token(7).partition("-")[2]

    assert bounces.delivery_of(f"bounces+8-{token}@example.org") is None
    assert bounces.delivery_of("bounces+7-aaaaaaaaaaaaaaaa@example.org") is None
    assert bounces.delivery_of("bounces@example.org") is None
    assert bounces.delivery_of(f"bounces+zzzzzzzzzzzzz-{token}@example.org") is None
    assert bounces.delivery_of(address) == 7


def test_verp_address_of_a_replaced_key_still_leads_back(settings):
    address = bounces.verp_address(7)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"

    assert bounces.verp_address(7) != address
    assert bounces.delivery_of(address) == 7


def test_without_a_bounce_address_the_envelope_has_the_sites_own(settings):
    settings.NEWSLETTER_BOUNCE_ADDRESS = ""
    settings.DEFAULT_FROM_EMAIL = "Press office <press@example.org>"

    assert bounces.verp_address(7) == "press@example.org"


def test_bounce_address_may_have_any_character_that_an_address_may(settings):
    settings.NEWSLETTER_BOUNCE_ADDRESS = "{back}@example.org"

    address = bounces.verp_address(7)

    assert (address[:7], bounces.delivery_of(address)) == ("{back}+", 7)


def test_message_id_is_the_same_each_time_and_leads_back():
    identifier = bounces.message_id("0b0e7ac2-4d1e-4a44-8d0b-0d0f1b6f3c55", 7)

    assert identifier == f"0b0e7ac2-4d1e-4a44-8d0b-0d0f1b6f3c55.{bounces.token(7)}@localhost"
    assert bounces.delivery_of(identifier) == 7


# What mails mean


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("postfix_user_unknown", Outcome.HARD),
        ("exim_unrouteable", Outcome.HARD),
        ("exchange_not_found", Outcome.HARD),
        ("qmail_no_mailbox", Outcome.HARD),
        ("mailbox_full", Outcome.SOFT),
        ("postfix_expired", Outcome.SOFT),
        ("refused_as_spam", Outcome.POLICY),
        ("postfix_delayed", Outcome.ACCEPTED),
        ("arf_abuse", Outcome.COMPLAINT),
        ("vacation", Outcome.AUTOMATIC),
        ("person", Outcome.NO_BOUNCE),
    ],
)
def test_mail_is_understood(name, outcome):
    delivery = delivered()

    assert bounces.receive(sample(name, delivery)) is outcome


@pytest.mark.parametrize(
    ("status", "text", "outcome", "code"),
    [
        ("5.1.1", "550 5.1.1 User unknown", Outcome.HARD, 550),
        ("5.1.2", "", Outcome.HARD, 550),
        ("5.1.7", "553 5.1.7 sender not accepted", Outcome.POLICY, 553),
        ("5.1.8", "", Outcome.POLICY, 554),
        ("5.2.1", "550 5.2.1 disabled", Outcome.HARD, 550),
        ("5.2.2", "552 5.2.2 quota exceeded", Outcome.SOFT, 450),
        ("5.2.3", "552 5.2.3 too long", Outcome.POLICY, 552),
        ("5.4.4", "Host not found", Outcome.HARD, 550),
        ("5.4.1", "550 5.4.1 Access denied", Outcome.SOFT, 450),
        ("4.4.7", "", Outcome.SOFT, 450),
        ("4.2.2", "452 4.2.2 full", Outcome.SOFT, 452),
        ("4.7.1", "451 4.7.1 greylisted", Outcome.POLICY, 554),
        ("5.7.1", "554 5.7.1 User unknown to our policy", Outcome.POLICY, 554),
        ("5.5.2", "500 5.5.2 syntax", Outcome.POLICY, 500),
        ("5.0.0", "550 5.1.1 no", Outcome.HARD, 550),
        ("5.0.0", "550 No such user", Outcome.HARD, 550),
        ("5.5.0", "550 5.5.0 mailbox: user unknown", Outcome.HARD, 550),
        ("5.0.0", "550 sorry", Outcome.SOFT, 450),
        ("", "connected to 5.1.2.3 and 5.1.25.3", Outcome.SOFT, 450),
    ],
)
def test_refusal_is_judged_by_its_status_and_words(status, text, outcome, code):
    report = bounce_reports.judge(status, text)

    assert (report.outcome, report.reply.code) == (outcome, code)


def test_mail_in_a_server_s_own_words_says_why_it_came_back():
    delivery = delivered()

    bounces.receive(sample("qmail_no_mailbox", delivery))

    delivery.refresh_from_db()
    assert delivery.reply == "Sorry, no mailbox here by that name. (#5.1.1)"


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_feedback_that_is_no_complaint_is_left_for_a_person(kind):
    delivery = delivered()
    mail = sample("arf_abuse", delivery)

    outcome = bounces.receive(
        mail.replace(b"Feedback-Type: abuse", b"Feedback-Type: " + kind.encode())
    )

    assert outcome is Outcome.NO_BOUNCE
    assert suppressions() == []


def test_reader_that_stands_for_several_has_it_when_one_of_them_has():
    delivery = delivered()
    mail = sample("postfix_user_unknown", delivery)
    other = b"Final-Recipient: rfc822; bea@example.com\r\nAction: expanded\r\nStatus: 2.0.0\r\n\r\n"
    mail = mail.replace(b"Final-Recipient:", other + b"Final-Recipient:", 1)

    assert bounces.receive(mail) is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "raw", [b"", b"\0\xff\xfe", b"To: x\r\n" * 9, b"Content-Type: multipart/report\r\n\r\n--\r\n"]
)
def test_what_is_no_mail_is_no_bounce(raw):
    assert bounces.receive(raw) is Outcome.NO_BOUNCE


def test_strange_bounces_do_not_stop_anything():
    delivery = delivered()
    mail = sample("postfix_user_unknown", delivery)

    for place in range(0, len(mail), 7):
        bounces.receive(mail[:place] + b"\xff\0=?x?=" + mail[place + 5 :])

    assert Delivery.objects.count() == 1


# What follows


def test_hard_bounce_ends_the_delivery_and_suppresses_the_address():
    delivery = delivered()

    bounces.receive(sample("postfix_user_unknown", delivery))

    subscriber = delivery.subscriber
    delivery.refresh_from_db()
    subscriber.refresh_from_db()
    assert (delivery.state, delivery.code) == (State.BOUNCED, 550)
    assert delivery.reply == (
        "550 5.1.1 <…>: Recipient address rejected: User unknown in virtual mailbox table"
    )
    assert slice_counts(delivery) == {"bounced": 1}
    assert subscriber.state == Subscriber.State.SUPPRESSED
    assert suppressions() == [(addresses.hashed(subscriber.address), "bounced")]


def test_same_bounce_twice_changes_nothing_more():
    delivery = delivered()
    mail = sample("postfix_user_unknown", delivery)
    bounces.receive(mail)
    # Meanwhile the reader has proved that the address works.
    SuppressedAddress.objects.all().delete()
    Subscriber.objects.update(state=Subscriber.State.ACTIVE)
    before = Delivery.objects.values().get()

    outcome = bounces.receive(mail)

    assert outcome is Outcome.HARD
    assert Delivery.objects.values().get() == before
    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE
    assert suppressions() == []


def test_same_complaint_twice_changes_nothing_more():
    delivery = delivered()
    mail = sample("arf_abuse", delivery)
    bounces.receive(mail)
    SuppressedAddress.objects.all().delete()
    Subscriber.objects.update(state=Subscriber.State.ACTIVE)

    bounces.receive(mail)

    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE
    assert suppressions() == []


@pytest.mark.parametrize("name", ["postfix_user_unknown", "arf_abuse", "qmail_no_mailbox"])
def test_forged_mail_changes_nothing(name):
    delivery = delivered()
    key = delivery.announcement.key  # stands in the address of the web view: everybody knows it
    forged = f"{bounces._token(str(delivery.pk), 'another key')}@example.org"

    outcome = bounces.receive(
        sample(name, delivery, **{"VERP": f"bounces+{forged}", "MESSAGE-ID": f"{key}.{forged}"})
    )

    delivery.refresh_from_db()
    assert outcome is Outcome.UNKNOWN
    assert delivery.state == State.SENT
    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE
    assert suppressions() == []


def test_bounce_of_a_delivery_that_is_gone_changes_nothing():
    delivery = delivered()
    mail = sample("postfix_user_unknown", delivery)
    Delivery.objects.all().delete()

    assert bounces.receive(mail) is Outcome.UNKNOWN
    assert suppressions() == []


def test_bounce_of_an_erased_reader_is_counted():
    delivery = delivered()
    mail = sample("postfix_user_unknown", delivery)
    Delivery.objects.update(subscriber=None)

    bounces.receive(mail)

    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED
    assert suppressions() == []


@pytest.mark.parametrize("state", [State.HELD, State.ASSUMED, State.QUEUED, State.DEFERRED])
def test_bounce_settles_what_was_not_known(state):
    delivery = delivered(state=state)

    bounces.receive(sample("postfix_user_unknown", delivery))

    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED
    assert slice_counts(delivery) == {"bounced": 1}


@pytest.mark.parametrize("state", [State.HELD, State.ASSUMED, State.QUEUED, State.DEFERRED])
@pytest.mark.parametrize("name", ["postfix_delayed", "arf_abuse"])
def test_whoever_writes_about_a_mail_has_had_it(name, state):
    delivery = delivered(state=state)

    bounces.receive(sample(name, delivery))

    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert slice_counts(delivery) == {"sent": 1}


@pytest.mark.parametrize("state", [State.CANCELLED, State.SUPPRESSED])
def test_bounce_leaves_alone_what_was_never_sent(state):
    delivery = delivered(state=state)

    bounces.receive(sample("postfix_user_unknown", delivery))

    delivery.refresh_from_db()
    assert delivery.state == state
    assert suppressions() == []


def test_policy_refusal_is_noted_but_never_suppresses():
    subscriber = delivered().subscriber
    deliveries = [delivered(subscriber) for _number in range(4)]

    for delivery in deliveries:
        bounces.receive(sample("refused_as_spam", delivery))

    subscriber.refresh_from_db()
    deliveries[0].refresh_from_db()
    assert deliveries[0].state == State.BOUNCED
    assert deliveries[0].reply.startswith("550-5.7.1 This message is likely unsolicited mail.")
    assert (subscriber.state, subscriber.soft_bounces) == (Subscriber.State.ACTIVE, 0)
    assert suppressions() == []


def test_third_announcement_that_does_not_arrive_suppresses_the_address():
    subscriber = delivered().subscriber
    seen = []

    for _number in range(3):
        mail = sample("mailbox_full", delivered(subscriber))
        bounces.receive(mail)
        bounces.receive(mail)
        subscriber.refresh_from_db()
        seen.append((subscriber.state, subscriber.soft_bounces))

    assert seen == [("active", 1), ("active", 2), ("suppressed", 3)]
    assert suppressions() == [(addresses.hashed(subscriber.address), "bounced")]


@pytest.mark.parametrize("what", ["long ago", "before they subscribed again"])
def test_soft_bounces_of_old_do_not_count(what):
    subscriber = delivered().subscriber
    Subscriber.objects.update(subscribed_at=timezone.now() - timedelta(days=1000))
    subscriber.refresh_from_db()
    old = timezone.now() - timedelta(days=91 if what == "long ago" else 20)
    for _number in range(2):
        delivered(subscriber, State.BOUNCED, code=450, settled_at=old)
    if what != "long ago":
        Subscriber.objects.update(subscribed_at=timezone.now() - timedelta(days=10))

    bounces.receive(sample("mailbox_full", delivered(subscriber)))

    subscriber.refresh_from_db()
    assert (subscriber.state, subscriber.soft_bounces) == (Subscriber.State.ACTIVE, 1)


def test_complaint_ends_the_subscription_for_good():
    delivery = delivered()

    bounces.receive(sample("arf_abuse", delivery))

    subscriber = delivery.subscriber
    subscriber.refresh_from_db()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reply) == (State.SENT, "complaint: abuse")
    assert subscriber.state == Subscriber.State.SUPPRESSED
    assert subscriber.left_at is not None
    assert suppressions() == [(addresses.hashed(subscriber.address), "complained")]
