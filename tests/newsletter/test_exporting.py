"""Exporting: what is filtered, harmless to spreadsheets, and only by who may."""

import csv
import io

import openpyxl
import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from newsletter import exporting, subscribing
from newsletter.models import Consent, Subscriber
from pages import languages
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "wagtailsnippets_newsletter_subscriber:list"


def content_of(response) -> bytes:
    content = b"".join(response.streaming_content)
    response.close()
    return content


def read_csv(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content_of(response).decode("utf-8-sig"))))


def read_xlsx(response) -> list[list[str]]:
    book = openpyxl.load_workbook(io.BytesIO(content_of(response)))
    return [[cell or "" for cell in row] for row in book.active.iter_rows(values_only=True)]


READERS = {"csv": read_csv, "xlsx": read_xlsx}


@pytest.fixture
def publisher(client):
    client.force_login(factories.user("publisher", group="Publishers"))
    return client


@pytest.mark.parametrize("kind", READERS)
def test_export_has_a_row_for_each_subscriber(publisher, kind):
    reader = factories.subscriber(
        "ada@example.org",
        topics=[factories.topic("data"), factories.topic("law")],
        groups=[factories.subscriber_group("Journalists")],
    )
    day = f"{reader.subscribed_at:%Y-%m-%d}"

    response = publisher.get(reverse(LIST), {"export": kind})

    heading, row = READERS[kind](response)
    assert heading == [str(label) for label in exporting.HEADING]
    assert row[:5] == ["ada@example.org", "en", "subscribed", "Data; Law", "Journalists"]
    assert row[6] == Consent.Source.FORM.label
    assert (len(row[5]), row[5][:7]) == (10, day[:7])
    assert f'.{kind}"' in response.headers["Content-Disposition"]


@pytest.mark.parametrize("kind", READERS)
def test_export_is_what_the_list_shows(publisher, kind):
    factories.subscriber("ada@example.org", language="en")
    factories.subscriber("bea@example.org", language="it")
    gone = factories.subscriber("cia@example.org", language="it")
    subscribing.leave(gone.pk)

    response = publisher.get(
        reverse(LIST), {"export": kind, "language": "it", "state": "active", "q": "example"}
    )

    assert [row[0] for row in READERS[kind](response)][1:] == ["bea@example.org"]


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(publisher, kind, name):
    reader = factories.subscriber("+ada@example.org", groups=[factories.subscriber_group(name)])
    Consent.objects.filter(subscriber=reader).update(note=f"{name}\x0b")

    _heading, row = READERS[kind](publisher.get(reverse(LIST), {"export": kind}))

    assert [row[0], row[4], row[6]] == ["'+ada@example.org", f"'{name}", f"'{name}"]


@pytest.mark.parametrize("kind", READERS)
def test_long_export_asks_little(kind):
    from django.db import connection  # noqa: PLC0415

    for number in range(30):
        factories.subscriber(f"reader-{number}@example.org")

    with CaptureQueriesContext(connection) as queries:
        rows = READERS[kind](exporting.as_file(Subscriber.objects.all(), kind))

    assert (len(rows), len(queries)) == (31, 4)


@pytest.mark.parametrize("kind", READERS)
def test_editors_cannot_export(client, kind):
    client.force_login(factories.user("editor", group="Editors"))
    factories.subscriber()

    response = client.get(reverse(LIST), {"export": kind})

    assert response.url == reverse("wagtailadmin_home")
    assert "export=" not in client.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize("language", languages.CODES)
def test_list_offers_the_downloads(client, language):
    client.force_login(factories.user("publisher", group="Publishers", language=language))

    html = client.get(reverse(LIST)).content.decode()

    assert [f"export={kind}" in html for kind in READERS] == [True, True]
