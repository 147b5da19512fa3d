"""Feeds, calendar and sitemap: each language by itself, and nothing that is not public."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from icalendar import Calendar

from pages.models import Page
from press.models import PressReleasePage
from workshops.models import WorkshopPage

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("demo"),
    pytest.mark.xdist_group("demo"),
]

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"
ADDRESSES = {
    ("workshops", "en"): "/en/feeds/workshops.atom",
    ("workshops", "it"): "/it/feeds/workshops.atom",
    ("press", "en"): "/en/feeds/press.atom",
    ("press", "it"): "/it/feeds/press.atom",
}


def feed(client, address):
    response = client.get(address)
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert response.cookies == {}
    return ET.fromstring(response.content)


def links(root):
    return {entry.find(f"{ATOM}link").get("href") for entry in root.iter(f"{ATOM}entry")}


@pytest.mark.parametrize(("kind", "language"), ADDRESSES)
def test_feed_has_the_pages_that_are_ready_in_its_language(client, kind, language):
    model = {"workshops": WorkshopPage, "press": PressReleasePage}[kind]
    ready = model.objects.filter(**{f"is_ready_{language}": True})

    root = feed(client, ADDRESSES[kind, language])

    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == language
    assert links(root) == {page.address_in(language) for page in ready}
    assert (
        len(links(root))
        == {"workshops": {"en": 4, "it": 3}, "press": {"en": 3, "it": 3}}[kind][language]
    )


def test_feed_entries_of_one_page_have_one_identity_per_language(client):
    identities = [
        {entry.find(f"{ATOM}id").text for entry in feed(client, address).iter(f"{ATOM}entry")}
        for address in ADDRESSES.values()
    ]

    assert sum(len(ids) for ids in identities) == len(set().union(*identities)) == 13


def test_feed_forgets_what_is_unpublished(client):
    release = PressReleasePage.objects.latest_first().first()
    address = release.address_in("en")

    release.unpublish()

    assert address not in links(feed(client, ADDRESSES["press", "en"]))


def test_sitemap_names_each_ready_page_with_its_alternates(client):
    root = ET.fromstring(client.get("/sitemap.xml").content)

    entries = {
        url.find(f"{SITEMAP}loc").text: {
            link.get("hreflang"): link.get("href") for link in url.iter(f"{XHTML}link")
        }
        for url in root.iter(f"{SITEMAP}url")
    }
    pages = Page.objects.live().filter(depth__gt=1)
    assert entries == {
        address: dict(page.hreflang) for page in pages for _code, address in page.alternates
    }
    assert {"x-default" in alternates for alternates in entries.values()} == {True}
    assert len(entries) == 27


def calendar(client, address):
    response = client.get(address)
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = response.content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in b"".join(lines)
    return Calendar.from_ical(response.content)


def events(calendar):
    return {str(event["summary"]): event for event in calendar.walk("VEVENT")}


def test_calendar_of_a_language_has_its_ready_workshops_under_the_same_identity(client):
    english = events(calendar(client, "/en/calendar/workshops.ics"))
    italian = events(calendar(client, "/it/calendar/workshops.ics"))

    assert len(english) == 4
    assert len(italian) == 3
    assert {str(event["uid"]) for event in italian.values()} < {
        str(event["uid"]) for event in english.values()
    }


def test_calendar_marks_the_cancelled_workshop_in_its_language(client):
    cancelled = WorkshopPage.objects.get(status="cancelled")

    english = events(calendar(client, "/en/calendar/workshops.ics"))
    italian = events(calendar(client, "/it/calendar/workshops.ics"))

    assert str(english[f"[CANCELLED] {cancelled.title_en}"]["status"]) == "CANCELLED"
    assert str(italian[f"[ANNULLATO] {cancelled.title_it}"]["status"]) == "CANCELLED"


def test_calendar_of_one_workshop_ends_all_day_entries_on_the_day_after(client):
    siena = WorkshopPage.objects.get(venue__city_en="Siena")

    found = calendar(client, f"/it/calendar/{siena.calendar_uid}.ics")

    (event,) = found.walk("VEVENT")
    assert event["dtstart"].dt.isoformat() == "2023-11-14"
    assert event["dtend"].dt.isoformat() == "2023-11-16"
    assert [str(zone["tzid"]) for zone in found.walk("VTIMEZONE")] == []
    assert str(event["url"]) == siena.address_in("it")


def test_calendar_keeps_times_on_the_wall_with_their_zone(client):
    florence = WorkshopPage.objects.get(venue__city_en="Florence", status="confirmed")

    found = calendar(client, f"/en/calendar/{florence.calendar_uid}.ics")

    (event,) = found.walk("VEVENT")
    assert [str(zone["tzid"]) for zone in found.walk("VTIMEZONE")] == ["Europe/Rome"]
    assert event["dtstart"].params["tzid"] == "Europe/Rome"
    assert event["dtstart"].dt == florence.starts_at
    assert event["dtend"].dt == florence.ends_at
    assert event["dtstart"].dt.utcoffset() == florence.moment(1, florence.start_time).utcoffset()


def test_calendar_of_a_draft_does_not_exist(client):
    siena = WorkshopPage.objects.get(venue__city_en="Siena")
    siena.unpublish()

    assert client.get(f"/en/calendar/{siena.calendar_uid}.ics").status_code == 404
    assert client.get("/en/calendar/00000000-0000-0000-0000-000000000000.ics").status_code == 404


def test_stamp_of_an_entry_is_its_last_publication(client):
    siena = WorkshopPage.objects.get(venue__city_en="Siena")
    WorkshopPage.objects.filter(pk=siena.pk).update(
        last_published_at=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    )

    (event,) = calendar(client, f"/en/calendar/{siena.calendar_uid}.ics").walk("VEVENT")

    assert event["dtstamp"].dt == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
