"""The private page: every button does what it says, and looking does nothing."""

from datetime import date, timedelta

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from newsletter import audience, subscribing, tokens
from newsletter.forms import PauseForm
from newsletter.models import (
    Delivery,
    Letter,
    Subscriber,
    SubscriptionRequest,
    SuppressedAddress,
)
from pages import languages
from tests import factories
from tests.newsletter.conftest import counters, launched_to

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("language", languages.CODES)
PAGES = ["preferences/{}/", "preferences/{}/erase/", "leave/{}/"]


def address(reader, page="preferences/{}/", language=None) -> str:
    token = tokens.subscriber_token(reader.pk)
    return f"/{language or reader.language}/newsletter/" + page.format(token)


def one_click(reader) -> str:
    return f"/newsletter/leave/{tokens.subscriber_token(reader.pk)}/"


def parse(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def everything() -> dict:
    models = (Subscriber, SubscriptionRequest, Letter, Delivery, SuppressedAddress)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


# Looking


@BOTH
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("state", ["active", "left", "suppressed"])
def test_looking_changes_nothing_and_tells_nobody(client, language, page, state):
    reader = factories.subscriber(language=language)
    if state == "left":
        subscribing.leave(reader.pk)
    elif state == "suppressed":
        subscribing.suppress(reader.address, "bounced")
    before = everything()
    client.get(address(reader, page))

    with CaptureQueriesContext(connection) as queries:
        response = client.get(address(reader, page))

    document = parse(response)
    assert (response.status_code, document.get("lang")) == (200, language)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.cookies == {}
    assert everything() == before
    assert len(queries) <= 9


@BOTH
@pytest.mark.parametrize("page", PAGES)
def test_unknown_token_is_answered_with_a_page(client, language, page):
    responses = [
        client.get(f"/{language}/newsletter/" + page.format("A" * 43)),
        client.post(f"/{language}/newsletter/" + page.format("A" * 43)),
    ]

    assert [response.status_code for response in responses] == [404, 404]
    assert [parse(response).get("lang") for response in responses] == [language] * 2


@BOTH
@pytest.mark.parametrize("page", PAGES)
def test_after_erasure_nothing_is_known(client, language, page):
    reader = factories.subscriber(language=language)
    where = address(reader, page)
    subscribing.erase(reader.pk)

    responses = [client.get(where), client.post(where)]

    assert [response.status_code for response in responses] == [410, 410]
    for response in responses:
        links = [a.get("href") for a in next(parse(response).iter("main")).iter("a")]
        assert links == [f"/{language}/newsletter/"]


def test_other_methods_are_refused(client):
    reader = factories.subscriber()

    assert client.delete(address(reader)).status_code == 405
    assert client.put(one_click(reader)).status_code == 405


def test_buttons_work_only_from_our_pages(client):
    reader = factories.subscriber()
    before = everything()
    headers = {"host": "localhost", "Sec-Fetch-Site": "cross-site"}

    statuses = [client.post(address(reader, page), headers=headers).status_code for page in PAGES]

    assert statuses == [403, 403, 403]
    assert everything() == before


# Choosing


@BOTH
def test_choices_are_saved_and_shown_in_the_chosen_language(client, language):
    data, law = factories.topic("data"), factories.topic("law")
    reader = factories.subscriber(topics=[data])

    response = client.post(
        address(reader), {"action": "save", "language": language, "topics": [law.pk]}
    )

    reader.refresh_from_db()
    page = parse(client.get(response.url))
    checked = [e.get("value") for e in page.iter("input") if e.get("checked") is not None]
    assert response.url == address(reader, language=language) + "?done=saved"
    assert (reader.language, list(reader.topics.all())) == (language, [law])
    assert checked[:2] == [language, str(law.pk)]
    assert page.get("lang") == language


@pytest.mark.parametrize(
    "typed",
    [{}, {"language": "xx"}, {"language": "en", "topics": ["9" * 30]}, {"action": "\0"}],
)
def test_nonsense_is_refused_and_nothing_changes(client, typed):
    reader = factories.subscriber(language="it")
    before = everything()

    response = client.post(address(reader), {"action": "save"} | typed)

    assert response.status_code == 200
    assert parse(response).find(".//div[@class='summary']") is not None
    assert everything() == before


# A break


@pytest.mark.parametrize(
    ("today", "months", "end"),
    [
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
    ],
)
def test_break_ends_on_the_same_day_or_the_last_of_the_month(today, months, end):
    assert subscribing.pause_end(months, today) == end


@BOTH
@pytest.mark.parametrize("months", subscribing.PAUSES)
def test_break_begins_and_ends_by_a_button(client, language, months):
    reader = factories.subscriber(language=language)

    paused = client.post(address(reader), {"action": "pause", "months": months})
    reader.refresh_from_db()
    until, reached = reader.paused_until, list(audience.reached_by([], [], []))
    page = client.get(paused.url).content.decode()
    client.post(address(reader), {"action": "resume"})
    reader.refresh_from_db()

    assert (until, reached) == (subscribing.pause_end(months), [])
    assert 'value="resume"' in page
    assert reader.paused_until is None
    assert list(audience.reached_by([], [], [])) == [reader]


@pytest.mark.parametrize("months", ["", "0", "2", "-1", "1000000", "x"])
def test_break_of_another_length_is_refused(client, months):
    reader = factories.subscriber()

    client.post(address(reader), {"action": "pause", "months": months})

    reader.refresh_from_db()
    assert reader.paused_until is None
    assert not PauseForm({"months": months}).is_valid()


# What is known


def test_what_is_known_is_sent_once_an_hour(client):
    reader = factories.subscriber()

    answers = [client.post(address(reader), {"action": "disclose"}).url for _time in range(2)]
    Letter.objects.update(created_at=timezone.now() - timedelta(hours=1))
    later = client.post(address(reader), {"action": "disclose"}).url

    done = [url.partition("?done=")[2] for url in [*answers, later]]
    assert done == ["disclosed", "disclosed-before", "disclosed"]
    assert [letter.kind for letter in Letter.objects.all()] == ["disclosure"] * 2


def test_nothing_is_sent_to_a_suppressed_address(client):
    reader = factories.subscriber()
    subscribing.suppress(reader.address, "complained")

    client.post(address(reader), {"action": "disclose"})

    assert Letter.objects.count() == 0


# Leaving


@BOTH
def test_leaving_by_the_page_and_undoing_it(client, language):
    reader = factories.subscriber(language=language)

    left = client.post(address(reader, PAGES[2]))
    reader.refresh_from_db()
    gone = (reader.state, reader.left_at is not None)
    reasons = [row.reason for row in SuppressedAddress.objects.all()]
    page = client.get(left.url)
    back = client.post(address(reader, PAGES[2]), {"action": "undo"})
    reader.refresh_from_db()

    assert left.url == address(reader, PAGES[2])
    assert (gone, reasons) == (("left", True), ["left"])
    assert 'value="undo"' in page.content.decode()
    assert back.url == address(reader) + "?done=back"
    assert (reader.state, reader.left_at) == ("active", None)
    assert SuppressedAddress.objects.count() == 0


def test_undoing_is_possible_for_a_day(client):
    reader = factories.subscriber()
    subscribing.leave(reader.pk, timezone.now() - timedelta(days=1, minutes=1))

    page = client.get(address(reader, PAGES[2])).content.decode()
    client.post(address(reader, PAGES[2]), {"action": "undo"})

    reader.refresh_from_db()
    assert 'value="undo"' not in page
    assert reader.state == "left"


def test_undoing_does_not_lift_a_suppression(client):
    reader = factories.subscriber()
    subscribing.suppress(reader.address, "complained")

    client.post(address(reader, PAGES[2]), {"action": "undo"})

    reader.refresh_from_db()
    assert (reader.state, SuppressedAddress.objects.count()) == ("suppressed", 1)


def test_leaving_twice_keeps_the_first_moment(client):
    reader = factories.subscriber()
    first = timezone.now() - timedelta(days=3)
    subscribing.leave(reader.pk, first)

    client.post(address(reader, PAGES[2]))

    reader.refresh_from_db()
    assert reader.left_at == first


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_one_click_answers_without_page_cookie_or_question(client, kind):
    reader = factories.subscriber()
    body = "List-Unsubscribe=One-Click"
    if kind.startswith("multipart"):
        name = 'Content-Disposition: form-data; name="List-Unsubscribe"'
        body = f"--x\r\n{name}\r\n\r\nOne-Click\r\n--x--\r\n"

    responses = [
        client.post(
            one_click(reader),
            body,
            content_type=kind,
            headers={"host": "localhost", "Sec-Fetch-Site": "cross-site"},
        )
        for _time in range(2)
    ]

    reader.refresh_from_db()
    assert [(r.status_code, r.content, dict(r.cookies)) for r in responses] == [(200, b"", {})] * 2
    assert reader.state == "left"


def test_one_click_for_somebody_who_was_erased_is_fine(client):
    reader = factories.subscriber()
    where = one_click(reader)
    subscribing.erase(reader.pk)

    response = client.post(where, {"List-Unsubscribe": "One-Click"})

    assert (response.status_code, response.content) == (200, b"")


def test_one_click_with_a_token_of_nobody_is_refused_without_redirect(client):
    response = client.post("/newsletter/leave/AAAA/", {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 400


@BOTH
def test_looking_at_the_one_click_address_leads_to_the_page(client, language):
    reader = factories.subscriber(language=language)

    responses = [client.get(one_click(reader)), client.head(one_click(reader))]

    reader.refresh_from_db()
    assert [response.url for response in responses] == [address(reader, PAGES[2])] * 2
    assert reader.state == "active"


# Being forgotten


def forget(client, reader):
    return client.post(address(reader, PAGES[1]))


@BOTH
def test_erasing_leaves_only_a_fingerprint(client, language):
    reader = factories.subscriber("ada@example.org", language=language)
    subscribing.request("ada@example.org", "en", [], factories.consent_text(), "en", "0" * 64)
    subscribing.disclose(reader.pk)
    log(instance=reader, action="wagtail.edit")

    response = forget(client, reader)

    assert (response.status_code, parse(response).get("lang")) == (200, language)
    found = everything()
    (kept,) = found.pop("SuppressedAddress")
    assert found == {"Subscriber": [], "SubscriptionRequest": [], "Letter": [], "Delivery": []}
    assert (kept["reason"], kept["note"]) == ("erased", "")
    assert "ada@" not in response.content.decode() + str(kept)
    assert ModelLogEntry.objects.count() == 0


def test_erasing_clears_deliveries_and_cancels_what_has_not_gone_out(client):
    ada, bea = factories.subscriber("ada@example.org"), factories.subscriber("bea@example.org")
    announcements = [launched_to([ada, bea]) for _number in range(3)]
    states = (Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.SENT)
    for announcement, state in zip(announcements, states, strict=True):
        Delivery.objects.filter(announcement=announcement, subscriber=ada).update(
            state=state, reply="250 ok <ada@example.org>"
        )
    announcements[1].slices.update(deferred=1)
    announcements[2].slices.update(sent=1)

    forget(client, ada)

    rows = Delivery.objects.filter(subscriber=None).order_by("pk")
    assert [(row.state, row.reply) for row in rows] == [
        (Delivery.State.CANCELLED, ""),
        (Delivery.State.CANCELLED, ""),
        (Delivery.State.SENT, ""),
    ]
    assert [counters(announcement) for announcement in announcements] == [
        {"cancelled": 1, "queued": 1},
        {"cancelled": 1, "queued": 1},
        {"sent": 1, "queued": 1},
    ]
    assert Delivery.objects.filter(subscriber=bea).count() == 3


@pytest.mark.parametrize("reason", ["bounced", "complained", "editor"])
def test_erasing_keeps_a_stronger_reason_but_not_its_note(client, reason):
    reader = factories.subscriber()
    subscribing.suppress(reader.address, reason, note="Ada called")

    forget(client, reader)

    row = SuppressedAddress.objects.get()
    assert (row.reason, row.note) == (reason, "")
