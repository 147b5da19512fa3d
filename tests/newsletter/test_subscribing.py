"""Signing up: one answer for everybody, a link that works once, and the proof that is kept."""

import re
import time
from datetime import timedelta
from email import message_from_bytes
from email.policy import default as policy

import html5lib
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletter import addresses, letters, subscribing, tokens
from newsletter.forms import stamp
from newsletter.models import (
    Consent,
    ConsentText,
    Letter,
    Subscriber,
    SubscriptionRequest,
    SuppressedAddress,
)
from pages import languages
from tests import factories

pytestmark = pytest.mark.django_db

Reason = SuppressedAddress.Reason
BOTH = pytest.mark.parametrize("language", languages.CODES)


def sign_up(client, address="ada@example.org", language="en", **typed):
    """Fill in the form as a person does, who takes a while."""
    headers = typed.pop("headers", None)
    data = {
        "address": address,
        "language": language,
        "consent": factories.consent_text().pk,
        "website": "",
        "shown": stamp(time.time() - 10),
    }
    return client.post(f"/{language}/newsletter/", data | typed, headers=headers)


def link_in(message) -> str:
    """The path of the first link in the text part of a mail."""
    text = message_from_bytes(message.content, policy=policy).get_body(("plain",)).get_content()
    return re.search(rf"{settings.BASE_URL}(/\S+/(?:confirm|preferences)/\S+)", text)[1]


def tables() -> dict:
    models = (Subscriber, SubscriptionRequest, Letter, Consent, SuppressedAddress)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def parse(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


# The form


@BOTH
def test_sign_up_page_speaks_the_language_and_sets_no_cookie(client, language):
    before = tables()
    client.get(f"/{language}/newsletter/")

    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/{language}/newsletter/")

    document = parse(response)
    checked = [e.get("value") for e in document.iter("input") if e.get("checked") is not None]
    assert (response.status_code, document.get("lang")) == (200, language)
    assert checked == [language]
    assert getattr(factories.consent_text(), f"text_{language}") in response.content.decode()
    assert response.cookies == {}
    assert response.headers["Cache-Control"] == "no-store"
    assert len(queries) <= 6
    assert tables() == before


@BOTH
def test_sign_up_stores_a_request_and_answers_with_another_page(client, language):
    topic = factories.topic("data")

    response = sign_up(client, " Ada@Example.org ", language, topics=[topic.pk])

    asked = SubscriptionRequest.objects.get()
    assert (response.status_code, response.url) == (302, f"/{language}/newsletter/asked/")
    assert response.cookies == {}
    assert client.get(response.url).status_code == 200
    assert (asked.address, asked.language, asked.text_language) == (
        "ada@example.org",
        language,
        language,
    )
    assert (asked.topics, asked.text) == ([topic.pk], factories.consent_text())
    assert (asked.answered_at, asked.token_hash) == (None, None)
    assert Subscriber.objects.count() == 0


def test_language_of_the_text_is_that_of_the_page(client):
    data = {"language": "it"}

    client.post(
        "/en/newsletter/",
        data
        | {
            "address": "ada@example.org",
            "consent": factories.consent_text().pk,
            "shown": stamp(time.time() - 10),
        },
    )

    asked = SubscriptionRequest.objects.get()
    assert (asked.language, asked.text_language) == ("it", "en")


@BOTH
def test_mistakes_are_summed_up_and_what_was_typed_stays(client, language):
    response = sign_up(client, "name@institution", language, consent="")

    document = parse(response)
    summary = document.find(".//div[@class='summary']")
    anchors = [a.get("href") for a in summary.iter("a")]
    field = document.find(".//input[@name='address']")
    assert response.status_code == 200
    assert anchors == ["#id_address", "#id_consent"]
    assert (field.get("value"), field.get("aria-invalid")) == ("name@institution", "true")
    assert SubscriptionRequest.objects.count() == 0


def test_correcting_a_mistake_is_not_too_quick(client):
    response = sign_up(client, "name@institution", language="en")
    shown = parse(response).find(".//input[@name='shown']").get("value")

    sign_up(client, "name@institution.eu", shown=shown)

    assert SubscriptionRequest.objects.get().address == "name@institution.eu"


def test_text_that_has_changed_meanwhile_must_be_read_again(client):
    old = factories.consent_text()
    ConsentText.objects.create(text_en="New.", text_it="Nuovo.")

    response = sign_up(client, consent=old.pk)

    assert response.status_code == 200
    assert parse(response).find(".//input[@name='consent']").get("checked") is None
    assert SubscriptionRequest.objects.count() == 0


@pytest.mark.parametrize(
    "typed",
    [
        {"topics": ["x", "999"]},
        {"topics": ["99999999999999999999999"]},
        {"topics": ["\0"]},
        {"language": "xx"},
        {"consent": "99999999999999999999999"},
        {"consent": "\0"},
        {"address": "ada@example.org\0"},
        {"address": "ada@example.org\nBcc: all@example.org"},
        {"address": "a" * 10_000},
    ],
)
def test_nonsense_is_refused_with_a_page(client, typed):
    data = {
        "address": "ada@example.org",
        "language": "en",
        "consent": factories.consent_text().pk,
        "shown": stamp(time.time() - 10),
    }

    response = client.post("/en/newsletter/", data | typed)

    assert response.status_code == 200
    assert SubscriptionRequest.objects.count() == 0


# One answer


@BOTH
def test_every_address_gets_the_same_answer(client, language):
    factories.subscriber("known@example.org")
    subscribing.suppress("suppressed@example.org", Reason.COMPLAINED)
    answers = []

    for address in ("known@example.org", "suppressed@example.org", "unknown@example.org"):
        with CaptureQueriesContext(connection) as queries:
            response = sign_up(client, address, language)
        shapes = [re.sub(r"'.*?'|\d+", "?", query["sql"]) for query in queries]
        answers.append((response.status_code, response.headers, response.content, shapes))

    assert answers[0] == answers[1] == answers[2]
    assert [sql.split()[0] for sql in answers[0][3]].count("INSERT") == 1


@pytest.mark.parametrize(
    "machine",
    [
        {"website": "https://spam.example"},
        {"shown": ""},
        {"shown": "123:forged"},
        {"shown": stamp(time.time() + 86_400)},  # from tomorrow
    ],
)
def test_machine_gets_the_answer_of_everybody_and_nothing_is_stored(client, machine):
    person = sign_up(client, "person@example.org")
    before = tables()

    response = sign_up(client, "machine@example.org", **machine)

    assert (response.status_code, response.headers, response.content) == (
        person.status_code,
        person.headers,
        person.content,
    )
    assert tables() == before


def test_trap_is_hidden_from_people(client):
    document = parse(client.get("/en/newsletter/"))

    (around,) = [div for div in document.iter("div") if div.get("aria-hidden") == "true"]
    trap = around.find("input")
    assert around.get("class") == "vh"
    assert (trap.get("name"), trap.get("tabindex"), trap.get("autocomplete")) == (
        "website",
        "-1",
        "off",
    )


# Where a form comes from


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"Sec-Fetch-Site": "same-origin"}, 302),
        ({"Sec-Fetch-Site": "none"}, 302),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost"}, 302),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 302),
        ({"Origin": "null", "Referer": "https://evil.example/form"}, 403),
        ({"Referer": "https://evil.example/form"}, 403),
        ({"Referer": "http://localhost/en/newsletter/"}, 302),
    ],
)
def test_form_is_accepted_only_from_our_pages(client, headers, status):
    response = sign_up(client, headers={"host": "localhost", **headers})

    assert response.status_code == status
    assert SubscriptionRequest.objects.count() == (status == 302)


# Limits


@BOTH
@override_settings(NEWSLETTER_REQUESTS_PER_NETWORK=2)
def test_too_many_from_one_network_are_told_so(client, language):
    near = [sign_up(client, f"{n}@example.org", language) for n in range(3)]
    client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    elsewhere = sign_up(client, "other@example.org", language)

    assert [response.status_code for response in near] == [302, 302, 429]
    assert near[2].headers["Retry-After"] == "3600"
    assert parse(near[2]).get("lang") == language
    assert elsewhere.status_code == 302
    assert SubscriptionRequest.objects.count() == 3


@override_settings(NEWSLETTER_REQUESTS_PER_HOUR=2)
def test_too_many_altogether_are_told_so_until_the_hour_is_over(client):
    for number in range(2):
        client.defaults["REMOTE_ADDR"] = f"203.0.{number}.1"
        sign_up(client, f"{number}@example.org")
    refused = sign_up(client)
    SubscriptionRequest.objects.update(requested_at=timezone.now() - timedelta(minutes=61))

    assert refused.status_code == 429
    assert sign_up(client).status_code == 302


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.1", "203.0.113.254", True),
        ("203.0.113.1", "203.0.114.1", False),
        ("2001:db8:1::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("::ffff:203.0.113.7", "203.0.113.9", True),
        ("", "", True),
    ],
)
def test_network_is_kept_as_a_hash_only(client, one, other, same):
    hashes = []
    for address in (one, other):
        client.defaults["REMOTE_ADDR"] = address
        sign_up(client)
        hashes.append(SubscriptionRequest.objects.latest("pk").origin_hash)

    assert (hashes[0] == hashes[1]) is same
    assert {len(found) for found in hashes} == {64}


@override_settings(CLIENT_ADDRESS_HEADER="HTTP_X_FORWARDED_FOR")
def test_behind_a_proxy_its_own_word_counts(client):
    hashes = []
    for forwarded in ("203.0.113.1", "10.0.0.1, 203.0.113.2", "203.0.114.1"):
        sign_up(client, headers={"host": "localhost", "X-Forwarded-For": forwarded})
        hashes.append(SubscriptionRequest.objects.latest("pk").origin_hash)

    assert hashes[0] == hashes[1] != hashes[2]


# Confirming


@BOTH
def test_link_confirms_once(client, smtp, language):
    topic, sink = factories.topic("data"), smtp()
    sign_up(client, "ada@example.org", language, topics=[topic.pk])
    letters.write_letters()
    link = link_in(sink.messages[0])
    before = tables()

    page, head = client.get(link), client.head(link)
    unchanged = tables()
    confirmed = client.post(link)
    again = client.post(link)

    subscriber = Subscriber.objects.get()
    consent = subscriber.consents.get()
    asked = SubscriptionRequest.objects.get()
    assert unchanged == before
    assert (page.status_code, head.status_code, parse(page).get("lang")) == (200, 200, language)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.cookies == confirmed.cookies == {}
    token = tokens.subscriber_token(subscriber.pk)
    address = f"/{language}/newsletter/preferences/{token}/?done=subscribed"
    assert (confirmed.status_code, confirmed.url) == (302, address)
    assert client.get(confirmed.url).status_code == 200
    assert (again.status_code, client.get(link).status_code) == (410, 410)
    assert (subscriber.address, subscriber.language) == ("ada@example.org", language)
    assert (list(subscriber.topics.all()), subscriber.state) == ([topic], "active")
    assert (consent.text, consent.language, consent.source) == (asked.text, language, "form")
    assert (consent.requested_at, consent.origin_hash) == (asked.requested_at, asked.origin_hash)
    assert consent.confirmed_at == asked.confirmed_at
    assert [letter.kind for letter in Letter.objects.order_by("pk")] == ["confirm", "welcome"]


@BOTH
def test_unknown_link_offers_to_sign_up(client, language):
    address = f"/{language}/newsletter/confirm/{tokens.new_secret()}/"

    responses = [client.get(address), client.post(address)]

    assert [response.status_code for response in responses] == [404, 404]
    for response in responses:
        main = next(parse(response).iter("main"))
        assert [a.get("href") for a in main.iter("a")] == [f"/{language}/newsletter/"]


def test_link_expires(client, smtp):
    sink = smtp()
    sign_up(client)
    letters.write_letters()
    SubscriptionRequest.objects.update(requested_at=timezone.now() - timedelta(days=7))

    response = client.post(link_in(sink.messages[0]))

    assert response.status_code == 410
    assert Subscriber.objects.count() == 0


def confirmable(address: str, **fields) -> str:
    """A request that was answered; its token."""
    token = tokens.new_secret()
    asked = subscribing.request(address, "it", [], factories.consent_text(), "it", "0" * 64)
    SubscriptionRequest.objects.filter(pk=asked.pk).update(
        token_hash=tokens.digest(token), answered_at=timezone.now(), **fields
    )
    return token


def test_two_links_for_one_address_make_one_subscriber():
    tokens_ = [confirmable("ada@example.org"), confirmable("ada@example.org")]

    found = [subscribing.confirm(token) for token in tokens_]

    assert found[0] == found[1] == Subscriber.objects.get()
    assert Consent.objects.count() == 2


@pytest.mark.parametrize("reason", [Reason.LEFT, Reason.ERASED, Reason.BOUNCED])
def test_confirming_lifts_what_the_owner_may_lift(reason):
    subscribing.suppress("ada@example.org", reason)

    subscribing.confirm(confirmable("ada@example.org"))

    assert SuppressedAddress.objects.count() == 0
    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE


@pytest.mark.parametrize("reason", [Reason.COMPLAINED, Reason.EDITOR])
def test_confirming_does_not_lift_the_rest(reason):
    subscribing.suppress("ada@example.org", reason)

    with pytest.raises(subscribing.SpentLinkError):
        subscribing.confirm(confirmable("ada@example.org"))

    assert Subscriber.objects.count() == 0


def test_who_had_left_is_a_subscriber_again_with_the_new_choices():
    reader = factories.subscriber(topics=[factories.topic()], groups=[factories.subscriber_group()])
    subscribing.leave(reader.pk)

    subscribing.confirm(confirmable(reader.address))

    reader.refresh_from_db()
    assert (reader.state, reader.left_at, reader.language) == ("active", None, "it")
    assert (reader.topics.count(), reader.groups.count(), reader.consents.count()) == (0, 1, 2)


# Suppressing


def test_stronger_reason_replaces_a_weaker_one_and_never_the_other_way():
    reader = factories.subscriber()
    found = []

    for reason in (Reason.LEFT, Reason.BOUNCED, Reason.LEFT, Reason.EDITOR, Reason.BOUNCED):
        subscribing.suppress(reader.address, reason, note=reason)
        row = SuppressedAddress.objects.get()
        found.append((row.reason, row.note))

    assert found == [
        ("left", "left"),
        ("bounced", "bounced"),
        ("bounced", "bounced"),
        ("editor", "editor"),
        ("editor", "editor"),
    ]
    reader.refresh_from_db()
    assert reader.state == "suppressed"


def test_suppression_holds_the_address_only_as_a_hash():
    subscribing.suppress("ada@example.org", Reason.EDITOR, note="by phone")

    (row,) = SuppressedAddress.objects.values()
    assert row["address_hash"] == addresses.hashed("ada@example.org")
    assert "ada" not in str({key: value for key, value in row.items() if key != "address_hash"})


def test_taking_back_a_suppression_restores_who_was_subscribed():
    reader = factories.subscriber("ada@example.org")
    gone = factories.subscriber("bea@example.org")
    subscribing.leave(gone.pk)
    for each in (reader, gone):
        subscribing.suppress(each.address, Reason.EDITOR)

    for each in (reader, gone):
        subscribing.unsuppress(addresses.hashed(each.address))

    reader.refresh_from_db()
    gone.refresh_from_db()
    assert (reader.state, gone.state) == ("active", "left")
    assert [row.reason for row in SuppressedAddress.objects.all()] == ["left"]


def test_footer_of_every_page_leads_to_the_form(client):
    for language in languages.CODES:
        document = parse(client.get(f"/{language}/search/"))
        footer = next(document.iter("footer"))
        with languages.speaking(language):
            address = reverse("newsletter_subscribe")
        assert [a.get("href") for a in footer.iter("a")].count(address) == 1
