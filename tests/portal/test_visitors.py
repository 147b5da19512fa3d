"""Every public page in every language: whole, in its language, and within its budget of queries."""

import html5lib
import pytest
from django.conf import settings
from django.test.utils import CaptureQueriesContext

from home.models import HomePage
from pages import languages
from pages.models import Page, TextPage
from press.models import PressReleasePage, PressRoomPage
from tests import factories
from workshops.models import WorkshopIndexPage, WorkshopPage

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("demo"),
    pytest.mark.xdist_group("demo"),
]

# Queries that one request may make, with the caches of renditions and site roots warm.
BUDGETS = {
    HomePage: 15,
    TextPage: 12,
    WorkshopIndexPage: 15,
    WorkshopPage: 12,
    PressRoomPage: 15,
    PressReleasePage: 14,
}


def parse(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def find(document, tag, **attributes):
    return [
        element
        for element in document.iter(tag)
        if all(element.get(name.rstrip("_")) == value for name, value in attributes.items())
    ]


def queries_of(client, connection, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200
    return len(queries)


@pytest.mark.parametrize("language", languages.CODES)
@pytest.mark.parametrize("model", BUDGETS)
def test_pages_stay_within_their_budget_of_queries(client, model, language):
    from django.db import connection  # noqa: PLC0415

    found = {
        page.slug: queries_of(
            client, connection, page.address_in(language).removeprefix(settings.BASE_URL)
        )
        for page in model.objects.live()
    }

    assert {slug: count for slug, count in found.items() if count > BUDGETS[model]} == {}
    assert found != {}


@pytest.mark.parametrize("language", languages.CODES)
def test_lists_cost_the_same_with_twenty_entries(client, language):
    from django.db import connection  # noqa: PLC0415

    index, room = WorkshopIndexPage.objects.get(), PressRoomPage.objects.get()
    for number in range(20):
        factories.workshop(title_en=f"Workshop {number}", published=True)
        factories.release(title_en=f"Release {number}", published=True)

    workshops = queries_of(
        client, connection, index.address_in(language).removeprefix(settings.BASE_URL)
    )
    releases = queries_of(
        client, connection, room.address_in(language).removeprefix(settings.BASE_URL)
    )

    assert workshops <= 15
    assert releases <= 15


@pytest.mark.parametrize("language", languages.CODES)
def test_head_names_the_page_in_every_language_that_it_is_ready_in(client, language):
    for page in Page.objects.live().filter(depth__gt=1).specific():
        document = parse(client.get(page.address_in(language).removeprefix(settings.BASE_URL)))

        alternates = {
            link.get("hreflang"): link.get("href")
            for link in find(document, "link", rel="alternate")
            if link.get("hreflang")
        }
        default = alternates.pop("x-default", None)
        (canonical,) = find(document, "link", rel="canonical")
        (picture,) = find(document, "meta", property="og:image")

        assert document.get("lang") == language
        if page.is_ready_in(language):
            assert alternates == dict(page.alternates)
            expected = page.address_in(languages.DEFAULT)
            assert default == (f"{settings.BASE_URL}/" if page.depth == 2 else expected)
        else:  # what is not canonical has no alternates
            assert (alternates, default) == ({}, None)
        shown = language if page.is_ready_in(language) else languages.DEFAULT
        assert canonical.get("href") == page.address_in(shown)
        assert picture.get("content").startswith(f"{settings.BASE_URL}/")


@pytest.mark.parametrize(
    ("query", "kept"), [("page=2", "?page=2"), ("page=2&year=2023", "?page=2"), ("page=1", "")]
)
def test_canonical_address_of_a_list_keeps_the_number_of_its_page(client, query, kept):
    for number in range(20):
        factories.workshop(title_en=f"Workshop {number}", published=True)

    document = parse(client.get(f"/en/workshops/?{query}"))

    (canonical,) = find(document, "link", rel="canonical")
    alternates = {
        link.get("hreflang"): link.get("href")
        for link in find(document, "link", rel="alternate")
        if link.get("hreflang")
    }
    english = f"{settings.BASE_URL}/en/workshops/{kept}"
    italian = f"{settings.BASE_URL}/it/workshop/{kept}"
    assert canonical.get("href") == english
    assert alternates == {"en": english, "it": italian, "x-default": english}


def test_credit_stands_beside_the_picture_of_the_latest_release(client):
    document = parse(client.get("/it/"))

    (article,) = find(document, "article", class_="news-lead")
    assert len(list(article.iter("source"))) > 0
    credit = " ".join("".join(next(article.iter("figcaption")).itertext()).split())
    assert credit == "Disegno: ICPerMed Eventi · © ICPerMed · Licenza"


def test_switch_leads_to_the_same_page_and_back(client):
    for page in Page.objects.live().filter(depth__gt=1):
        addresses = {
            language: page.address_in(language).removeprefix(settings.BASE_URL)
            for language in languages.CODES
        }
        for language in languages.CODES:
            document = parse(client.get(addresses[language]))
            header = next(document.iter("header"))
            switch = {
                a.get("hreflang"): a.get("href") for a in header.iter("a") if a.get("hreflang")
            }
            assert switch == addresses


def test_page_that_is_not_ready_is_shown_in_the_other_language_with_a_notice(client):
    page = WorkshopPage.objects.get(is_ready_it=False)
    page.title_it = "Una bozza che nessuno deve vedere"
    page.save()

    response = client.get("/it/workshop/sample-trusted-data-spaces-online/")

    html = response.content.decode()
    assert response.status_code == 200
    assert page.title_en in html
    assert "Una bozza" not in html
    assert html.count('class="notice') == 1


def test_italian_lists_label_what_is_in_english(client):
    html = client.get("/it/workshop/").content.decode()

    page = WorkshopPage.objects.get(is_ready_it=False)
    assert html.count("in inglese") == 1
    assert page.title_en in html


def test_english_words_below_an_italian_address_keep_their_links_italian(client):
    document = parse(client.get("/it/workshop/sample-trusted-data-spaces-online/"))

    main = next(document.iter("main"))
    internal = {a.get("href") for a in main.iter("a") if a.get("href", "").startswith("/")}
    assert {address for address in internal if address.startswith("/en/")} == set()


@pytest.mark.parametrize(
    "query",
    [
        "when=never", "year=abc", "year=99999999999", "topic=%00", "place=%22%27", "page=-1",
        "page=9999",        "page=x", "when=past&when=upcoming",
        "year=2023&topic=technologies&place=siena&when=past",
        "q=%F0%9F%98%80", "%FF=%FE", "page=1e9",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "address", ["/en/workshops/", "/it/workshop/", "/en/press/", "/it/sala-stampa/"]
)
def test_bad_query_string_shows_a_page(client, address, query):
    assert client.get(f"{address}?{query}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        '"',
        "'; DROP TABLE pages_page; --",
        "\0",
        "a" * 10_000,
        "( OR AND",
        "😀",
        "-",
        "* % _",
        "\\",
    ],
)
@pytest.mark.parametrize("language", languages.CODES)
def test_search_answers_anything_with_a_page(client, language, query):
    assert client.get(f"/{language}/search/", {"q": query}).status_code == 200


def found_by(client, language, query):
    document = parse(client.get(f"/{language}/search/", {"q": query}))
    return [a.get("href") for h3 in next(document.iter("main")).iter("h3") for a in h3.iter("a")]


def test_search_finds_words_of_its_language_without_accents(client):
    page = TextPage.objects.get(slug="accessibility")

    assert found_by(client, "it", "accessibilita dichiarazione") == [f"/it/{page.slug_it}/"]
    assert found_by(client, "en", "dichiarazione") == []
    assert found_by(client, "it", "l’Università senese inesistente") == []


def test_search_says_what_kind_of_page_was_found(client):
    document = parse(client.get("/it/search/?q=medicina"))

    (results,) = find(document, "ol", class_="results rows--end")
    kinds = {next(entry.iter("p")).text.partition(" ·")[0].strip() for entry in results}
    assert "" not in kinds
    assert {"Pagina", "Workshop"} <= kinds


def test_filters_narrow_the_list(client):
    siena = WorkshopPage.objects.get(venue__city_en="Siena")

    def titles(query):
        rows = parse(client.get(f"/it/workshop/?{query}"))
        return [
            h3.find("a").text
            for h3 in next(rows.iter("main")).iter("h3")
            if h3.find("a") is not None
        ]

    assert titles("when=past") == [siena.title_it]
    assert titles("year=2023") == [siena.title_it]
    assert titles("place=siena") == [siena.title_it]
    assert titles("topic=regulation&when=past") == [siena.title_it]
    assert titles("year=2023&when=upcoming") == []
    assert len(titles("")) == 4


@pytest.mark.parametrize("language", languages.CODES)
def test_unknown_address_gets_a_page_in_its_language(client, language):
    response = client.get(f"/{language}/nothing-here/")

    document = parse(response)
    assert response.status_code == 404
    assert document.get("lang") == language
    assert response.cookies == {}


def test_page_that_was_public_once_is_gone(client):
    siena = WorkshopPage.objects.get(venue__city_en="Siena")
    siena.unpublish()

    response = client.get(siena.address_in("it").removeprefix(settings.BASE_URL))

    assert response.status_code == 410
    assert siena.title_it not in response.content.decode()


@pytest.mark.parametrize("language", languages.CODES)
def test_card_is_a_picture_of_the_right_size(client, language):
    page = HomePage.objects.get()

    response = client.get(f"/{language}/card/{page.pk}.png")

    assert response.headers["Content-Type"] == "image/png"
    assert int.from_bytes(response.content[16:20]) == 1200
    assert int.from_bytes(response.content[20:24]) == 630


def test_card_of_a_draft_does_not_exist(client):
    siena = WorkshopPage.objects.get(venue__city_en="Siena")
    siena.unpublish()

    assert client.get(f"/en/card/{siena.pk}.png").status_code == 404
