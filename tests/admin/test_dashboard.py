"""The editor's start page: what needs work, and what comes next."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone
from html5lib import parse

from tests import factories

HEADINGS = {
    "en": ["Drafts", "Upcoming workshops", "Not ready in every language"],
    "it": ["Bozze", "Prossimi workshop", "Non pronte in tutte le lingue"],
}
EMPTY = {
    "en": [
        "No drafts: everything that was written is published.",
        "No workshop is coming up.",
        "Every public page is ready in every language.",
    ],
    "it": [
        "Nessuna bozza: tutto ciò che è stato scritto è pubblicato.",
        "Nessun workshop in arrivo.",
        "Ogni pagina pubblica è pronta in tutte le lingue.",
    ],
}
PANELS = ["drafts", "upcoming-workshops", "missing-languages"]
TOMORROW = timezone.localdate() + timedelta(days=1)


@pytest.fixture(params=["en", "it"])
def language(request):
    return request.param


@pytest.fixture
def admin(client, db, language):
    client.force_login(factories.user("writer", group="Editors", language=language))
    return client


def start_page(client) -> dict[str, tuple[str, list[list[str]]]]:
    """Heading and rows (the words of each cell) of each of our panels, by its id."""
    html = client.get(reverse("wagtailadmin_home")).content.decode()
    document = parse(html, namespaceHTMLElements=False)
    panels = {}
    for name in PANELS:
        panel = document.find(f".//section[@id='{name}-section']")
        rows = [
            [" ".join("".join(cell.itertext()).split()) for cell in row.findall("td")]
            for row in panel.findall(".//tbody/tr")
        ]
        heading = "".join(panel.find(".//h2").itertext()).strip()
        panels[name] = (heading, rows or "".join(panel.find(".//p").itertext()).strip())
    return panels


def test_start_page_without_anything_to_do_says_so(admin, language):
    home = factories.home()
    home.is_ready_it = True
    home.save_revision().publish()

    panels = start_page(admin)

    assert [panels[name][0] for name in PANELS] == HEADINGS[language]
    assert [panels[name][1] for name in PANELS] == EMPTY[language]


def test_drafts_are_listed_latest_first_with_who_changed_them(admin):
    factories.text_page(title_en="Public", published=True)
    author = factories.user("ada", group="Publishers")
    author.first_name, author.last_name = "Ada", "Esempio"
    author.save()
    first = factories.text_page(title_en="First")
    first.save_revision(user=author)
    changed = factories.text_page(title_en="Changed", published=True)
    changed.title_en = "Changed again"
    changed.save_revision(user=author)

    rows = start_page(admin)["drafts"][1]

    assert [row[:2] for row in rows] == [["Changed again", "Ada Esempio"], ["First", "Ada Esempio"]]


def test_workshops_to_come_are_listed_with_days_and_status(admin, language):
    factories.workshop(title_en="Over", starts_on=date(2023, 11, 14), published=True)
    factories.workshop(title_en="Secret", starts_on=date(2099, 3, 5), hours="all_day")
    factories.workshop(
        title_en="Called off",
        starts_on=date(2099, 3, 4),
        ends_on=date(2099, 3, 5),
        status="cancelled",
        published=True,
    )

    rows = start_page(admin)["upcoming-workshops"][1]

    words = {
        "en": [
            ["Called off", "4–5 March 2099", "cancelled", "View live"],
            ["Secret", "5 March 2099", "planned", "Not public yet"],
        ],
        "it": [
            ["Called off", "4 e 5 marzo 2099", "annullato", "Vedi sul sito"],
            ["Secret", "5 marzo 2099", "previsto", "Non ancora pubblico"],
        ],
    }
    assert rows == words[language]


def test_public_pages_without_a_language_are_listed(admin):
    factories.text_page(title_en="Both", translated=True, published=True)
    factories.text_page(title_en="English only", published=True)
    factories.text_page(title_en="Draft")

    rows = start_page(admin)["missing-languages"][1]

    assert ["English only", "Italiano"] in [row[:2] for row in rows]
    assert [row[0] for row in rows if row[0] in {"Both", "Draft"}] == []


def test_start_page_shows_nothing_that_the_user_may_not_edit(client, db):
    Group.objects.create(name="Guests").permissions.add(
        Permission.objects.get(codename="access_admin")
    )
    client.force_login(factories.user("guest", group="Guests"))
    factories.workshop(title_en="Secret", starts_on=TOMORROW)

    panels = start_page(client)

    assert [panels[name][1] for name in PANELS] == EMPTY["en"]


def test_start_page_costs_as_much_for_many_pages_as_for_few(admin, django_assert_max_num_queries):
    for number in range(3):
        factories.workshop(title_en=f"Workshop {number}", starts_on=TOMORROW, published=True)
        factories.text_page(title_en=f"Draft {number}")
    start_page(admin)
    with django_assert_max_num_queries(60) as few:
        start_page(admin)
    for number in range(10):
        factories.workshop(title_en=f"More {number}", starts_on=TOMORROW, published=True)
        factories.text_page(title_en=f"Other {number}")

    with django_assert_max_num_queries(len(few)) as many:
        start_page(admin)

    assert len(many) <= len(few)
