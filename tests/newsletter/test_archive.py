"""Announcements on the web."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import html5lib
import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from newsletter.composing import compose
from newsletter.models import Announcement, AnnouncementVariant
from pages import languages
from tests import factories

pytestmark = pytest.mark.django_db

BEGINNING = datetime(2023, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(params=languages.CODES)
def language(request):
    return request.param


def launch(announcement, codes=languages.CODES, **facts):
    """Freeze it as the engine does, without sending anything."""
    for code in codes:
        composed = compose(announcement, code)
        AnnouncementVariant.objects.create(
            announcement=announcement,
            language=code,
            subject=composed.subject,
            message=composed.message,
            html=composed.html,
        )
    facts = {"state": Announcement.State.FINISHED, "launched_at": timezone.now()} | facts
    Announcement.objects.filter(pk=announcement.pk).update(**facts)
    return announcement


def launched(*blocks, **fields):
    page = fields.pop("page", None) or factories.workshop(
        published=True, translated=True, title_en="Trust", title_it="Fiducia"
    )
    return launch(factories.announcement(*blocks, page=page, **fields))


def address(language, *arguments) -> str:
    name = "newsletter_announcement" if arguments else "newsletter_archive"
    with languages.speaking(language):
        return reverse(name, args=arguments)


def get(client, language, *arguments):
    response = client.get(address(language, *arguments))
    return response, html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def listed(client, language="en") -> list[str]:
    _response, document = get(client, language)
    results = document.findall(".//ol[@class='results rows--end']/li")
    return [result.find(".//a").text for result in results]


# One announcement


def test_announcement_reads_as_it_was_sent(client, language):
    announcement = launched(lead_en="Come.", lead_it="Venite.")

    response, document = get(client, language, announcement.key)

    heading = document.find(".//main//h1")
    lead = document.find(".//main//div[@class='lead']/p")
    assert response.status_code == 200
    assert heading.text == {"en": "Trust", "it": "Fiducia"}[language]
    assert lead.text == {"en": "Come.", "it": "Venite."}[language]
    assert "'unsafe-inline'" not in response.headers["Content-Security-Policy"]
    assert response.cookies == {}


def test_announcement_keeps_the_words_of_its_day(client):
    announcement = launched()
    announcement.page.specific.title_en = "Changed"
    announcement.page.specific.save()
    announcement.subject_en = "Changed"
    announcement.save()

    response, _document = get(client, "en", announcement.key)

    assert "Changed" not in response.content.decode().partition("<main")[2]


def test_head_names_the_announcement_in_every_language_that_it_went_out_in(client, language):
    announcement = launched()

    _response, document = get(client, language, announcement.key)

    site = "http://localhost:8000"
    found = {
        link.get("hreflang"): link.get("href")
        for link in document.iter("link")
        if link.get("hreflang")
    }
    canonical = document.find(".//link[@rel='canonical']").get("href")
    expected = {code: site + address(code, announcement.key) for code in languages.CODES}
    assert found == expected | {"x-default": expected["en"]}
    assert canonical == expected[language]


def test_switch_leads_to_the_same_announcement(client, language):
    announcement = launched()

    _response, document = get(client, language, announcement.key)

    links = document.findall(".//ul[@class='langs']//a")
    assert [link.get("href") for link in links] == [
        address(code, announcement.key) for code in languages.CODES
    ]


def test_announcement_in_one_language_is_shown_in_the_other_with_a_notice(client):
    page = factories.workshop(published=True, title_en="Trust")
    announcement = launch(factories.announcement(page=page), codes=["en"])

    _response, document = get(client, "it", announcement.key)

    article = document.find(".//article")
    canonical = document.find(".//link[@rel='canonical']").get("href")
    alternates = [link for link in document.iter("link") if link.get("hreflang")]
    assert (document.get("lang"), article.get("lang")) == ("it", "en")
    assert len(document.findall(".//div[@class='notice']")) == 1
    assert canonical == "http://localhost:8000" + address("en", announcement.key)
    assert alternates == []


@pytest.mark.parametrize("facts", [{"launched_at": None}, {"is_archived": False}])
def test_announcement_that_is_not_for_everybody_is_not_found(client, language, facts):
    announcement = launched()
    Announcement.objects.filter(pk=announcement.pk).update(**facts)

    response, _document = get(client, language, announcement.key)

    assert response.status_code == 404
    assert "Trust" not in response.content.decode()


def test_announcement_that_waits_for_every_language_is_not_found(client):
    announcement = launch(factories.announcement(), codes=[])
    AnnouncementVariant.objects.create(announcement=announcement, language="en")

    response, _document = get(client, "en", announcement.key)

    assert response.status_code == 404


def test_unknown_announcement_is_not_found(client):
    assert get(client, "en", uuid4())[0].status_code == 404


def unpublish(page):
    page.unpublish()


def restrict(page):
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)


def delete(page):
    page.delete()


@pytest.mark.parametrize("withdraw", [unpublish, restrict, delete])
@pytest.mark.parametrize("place", ["page", "content"])
def test_announcement_goes_with_its_page(client, withdraw, place):
    page = factories.workshop(published=True, translated=True, title_en="Trust")
    if place == "page":
        announcement = launched(page=page)
    else:
        announcement = launched(("item", {"page": page.pk, "with_quote": False}))
    before = listed(client)
    withdraw(page)

    response, _document = get(client, "en", announcement.key)

    assert (response.status_code, listed(client), before) == (410, [], ["News"])
    assert "Trust" not in response.content.decode()


# The list


def test_list_has_what_was_sent_latest_first(client, language):
    for number in range(3):
        moment = BEGINNING + timedelta(days=number)
        announcement = factories.announcement(
            subject_en=f"News {number}", subject_it=f"Notizie {number}"
        )
        launch(announcement, launched_at=moment)
    launch(factories.announcement(), state=Announcement.State.CANCELLED)
    launch(factories.announcement(is_archived=False))
    factories.announcement()

    found = listed(client, language)

    word = {"en": "News", "it": "Notizie"}[language]
    assert found == [f"{word} 2", f"{word} 1", f"{word} 0"]


def test_list_labels_what_went_out_in_another_language(client):
    launch(factories.announcement(), codes=["en"])

    _response, document = get(client, "it")

    link = document.find(".//ol[@class='results rows--end']//a")
    assert (link.text, link.get("lang")) == ("News", "en")
    assert document.find(".//span[@class='lang-tag']").text == "in inglese"


def test_list_without_announcements_says_so(client, language):
    _response, document = get(client, language)

    assert len(document.findall(".//div[@class='empty']")) == 1


def test_list_has_pages(client):
    for number in range(21):
        launch(
            factories.announcement(subject_en=f"News {number}"),
            launched_at=BEGINNING + timedelta(days=number),
        )

    first = listed(client)
    response = client.get(address("en"), {"page": 2})

    assert (len(first), first[0]) == (20, "News 20")
    assert "News 0<" in response.content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_archive_stays_within_its_budget_of_queries(client, count, django_assert_max_num_queries):
    for _number in range(count):
        announcement = launched()
    client.get(address("en"))

    with django_assert_max_num_queries(9):
        client.get(address("en"))
    with django_assert_max_num_queries(8):
        client.get(address("en", announcement.key))
