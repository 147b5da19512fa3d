"""The page checks: what the admin shows around the pages, and to whom."""

import re
from collections import Counter, deque
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.template import Context, Template
from django.urls import reverse
from django.utils import translation
from wagtail.models import ReferenceIndex, Site

from pages.models import Page, TextPage
from pages.panels import page_tabs
from tests import factories
from tests.editing import Editor

LANGUAGES = pytest.mark.parametrize("language", ["en", "it"])
MAX_CRAWLED = 400
ALIKE = 1
SKIPPED = re.compile(
    r"/admin/(logout|password_reset)/|/editing-sessions/|/results/|\.(js|css|svg)$"
)
UNTOLD = {"next", "p", "q", "describe_on_delete"}  # in a query string, what changes no view's work


# References


def references(target) -> list[tuple[str, str]]:
    """Which fields of which objects refer to ``target``."""
    found = ReferenceIndex.get_references_to(target)
    return sorted((str(row.content_type.model), row.model_path) for row in found)


def test_reference_in_a_body_counts_once(db):
    image = factories.image()
    blocks = [("image", {"image": image.pk, "alt": "", "is_decorative": False, "caption": ""})]

    factories.text_page(published=True, body_en=factories.body(*blocks), image=image)

    assert references(image) == [("textpage", "body_en.image.image"), ("textpage", "image")]
    assert image.get_usage().count() == 1


def test_references_of_two_languages_count_each(db):
    image = factories.image()
    body = factories.body(
        ("image", {"image": image.pk, "alt": "", "is_decorative": False, "caption": ""})
    )

    factories.text_page(published=True, translated=True, body_en=body, body_it=body)

    assert references(image) == [
        ("textpage", "body_en.image.image"),
        ("textpage", "body_it.image.image"),
    ]


def test_reference_in_rich_text_of_a_snippet_counts_once(db):
    page = factories.text_page(published=True)
    link = f'<p><a linktype="page" id="{page.pk}">About</a></p>'

    factories.venue(directions_en=link)
    factories.boilerplate(text_en=link)

    assert references(page) == [("boilerplate", "text_en."), ("venue", "directions_en.")]


def test_references_of_nested_children_are_found(db):
    person = factories.person()

    factories.workshop(published=True, sessions=[factories.session(person)])

    assert references(person) == [("workshoppage", "sessions.item.people.item.person")]


def test_rebuilt_reference_index_counts_the_same(db):
    image = factories.image()
    block = ("image", {"image": image.pk, "alt": "", "is_decorative": False, "caption": ""})
    factories.person(portrait=image)
    factories.text_page(published=True, body_en=factories.body(block), image=image)
    before = sorted(path for _model, path in references(image))

    call_command("rebuild_references_index", verbosity=0)

    assert before == ["body_en.image.image", "image", "portrait"]
    assert sorted(path for _model, path in references(image)) == before


def test_page_that_is_referred_to_says_so_before_it_is_unpublished(editor):
    page = factories.text_page(published=True)
    link = factories.text_body(f'<p><a linktype="page" id="{page.pk}">About</a></p>')
    factories.text_page(published=True, translated=True, title_en="Other", body_en=link)

    response = editor.get("wagtailadmin_pages:usage", page.pk)

    assert [row.model_path for _obj, rows in response.context["object_list"] for row in rows] == [
        "body_en.text"
    ]


# Choosers


def test_page_chooser_finds_pages_of_the_type_asked_for(editor):
    page = factories.workshop(published=True, translated=True)

    browse = editor.client.get(
        reverse("wagtailadmin_choose_page_child", args=[page.get_parent().pk]),
        {"page_type": "workshops.workshoppage"},
    )
    search = editor.client.get(
        reverse("wagtailadmin_choose_page_search"),
        {"q": "Workshop", "page_type": "workshops.workshoppage"},
    )

    assert [found.pk for found in browse.context["pagination_page"]] == [page.pk]
    assert [found.pk for found in search.context["pages"]] == [page.pk]


@pytest.mark.parametrize("query", ["About", "Titolo"])
@pytest.mark.parametrize("ordering", ["", "title", "-title"])
def test_admin_finds_and_sorts_pages_by_the_words_of_every_language(editor, query, ordering):
    pages = [factories.text_page(translated=True) for _ in range(2)]

    response = editor.get("wagtailadmin_pages:search", q=query, ordering=ordering)

    assert {page.pk for page in response.context["object_list"]} == {page.pk for page in pages}


@pytest.mark.parametrize(
    ("make", "query"),
    [
        (factories.person, "esempio"),
        (factories.venue, "siena"),
        (factories.organisation, "institute"),
        (factories.contact, "press"),
        (factories.topic, "data"),
        (factories.boilerplate, "about"),
    ],
)
def test_snippet_chooser_finds_by_words(editor, make, query):
    snippet = make()
    name = snippet.snippet_viewset.chooser_viewset.get_url_name("choose_results")

    found = editor.client.get(reverse(name), {"q": query})
    nothing = editor.client.get(reverse(name), {"q": "zebra"})

    assert list(found.context["results"]) == [snippet]
    assert list(nothing.context["results"]) == []


def test_series_chooser_lists_every_series(editor):
    series = factories.series()
    name = series.snippet_viewset.chooser_viewset.get_url_name("choose_results")

    assert list(editor.client.get(reverse(name)).context["results"]) == [series]


# The user bar


def user_bar(rf, user, page) -> str:
    request = rf.get("/")
    request.user = user
    request.session = {}
    context = Context({"request": request, "page": page})
    return Template("{% load wagtailuserbar %}{% wagtailuserbar %}").render(context)


@LANGUAGES
def test_user_bar_leads_an_editor_to_the_page(db, rf, language):
    page = factories.text_page(published=True, translated=True)

    bar = user_bar(rf, factories.user(language=language), page)

    assert re.findall(r"/admin/pages/\d+/edit/", bar) == [
        reverse("wagtailadmin_pages:edit", args=[page.pk])
    ]


def test_visitors_have_no_user_bar(db, rf):
    page = factories.text_page(published=True)

    assert user_bar(rf, AnonymousUser(), page).strip() == ""


# Permissions


@pytest.fixture(params=["en", "it"])
def language(request) -> str:
    return request.param


@pytest.fixture
def writer(db, language) -> Editor:
    return Editor(factories.user("writer", group="Editors", language=language))


@pytest.fixture
def publisher(db, language) -> Editor:
    return Editor(factories.user("publisher", group="Publishers", language=language))


def actions(editor, page) -> list[str]:
    html = editor.get("wagtailadmin_pages:edit", page.pk).content.decode()
    return sorted(set(re.findall(r'name="action-(\w+)"', html)))


def test_editor_may_create_edit_and_submit_but_not_publish(writer):
    body = factories.text_body("<p>Noi.</p>")
    page = writer.create(TextPage, factories.home(), action="", title_en="Mine", slug="mine")
    page.body_en = page.body_it = body
    page.save_revision()

    offered = actions(writer, page)
    page = writer.edit(page, action="publish", title_it="Mia")

    assert (offered, page.live) == (["submit"], False)
    assert page.get_latest_revision_as_object().title_it == "Mia"


def test_editor_may_change_a_draft_of_a_public_page_but_not_take_it_down(writer):
    page = factories.text_page(published=True, translated=True)

    page = writer.edit(page, action="", title_it="Meglio")
    response = writer.post("wagtailadmin_pages:unpublish", page.pk)

    assert (page.title_it, page.get_latest_revision_as_object().title_it) == ("Titolo", "Meglio")
    assert response.status_code == 302
    assert TextPage.objects.get(pk=page.pk).live


def test_publisher_may_publish_and_take_down(publisher):
    page = factories.text_page(translated=True)

    offered = actions(publisher, page)
    published = publisher.edit(page).live
    publisher.post("wagtailadmin_pages:unpublish", page.pk)

    assert "publish" in offered
    assert (published, TextPage.objects.get(pk=page.pk).live) == (True, False)


SNIPPETS = [
    factories.person,
    factories.organisation,
    factories.venue,
    factories.contact,
    factories.topic,
    factories.boilerplate,
    factories.series,
]


@pytest.mark.parametrize("make", SNIPPETS)
@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_both_groups_keep_the_directory(db, group, make):
    someone = Editor(factories.user("someone", group=group))
    snippet = make()
    name = snippet.snippet_viewset.get_url_name

    answers = [
        someone.get(name("list")).status_code,
        someone.get(name("add")).status_code,
        someone.get(name("edit"), snippet.pk).status_code,
    ]

    assert answers == [200, 200, 200]


@pytest.mark.parametrize("group", ["Editors", "Publishers"])
@pytest.mark.parametrize(
    "name",
    [
        "wagtailusers_users:index",
        "wagtailusers_users:add",
        "wagtailusers_groups:index",
        "wagtailsites:index",
        "wagtailadmin_workflows:index",
    ],
)
def test_neither_group_sees_users_and_machinery(db, group, name):
    someone = Editor(factories.user("someone", group=group))

    response = someone.get(name)

    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


@pytest.mark.parametrize(("group", "may"), [("Editors", False), ("Publishers", True)])
def test_site_settings_belong_to_the_publishers(db, group, may):
    someone = Editor(factories.user("someone", group=group))
    site = Site.objects.get()

    response = someone.get("wagtailsettings:edit", "pages", "sitesettings", site.pk)

    assert (response.status_code == 200) is may


# Every address


def crawl(editor) -> dict[str, int]:
    """The answers below /admin/ of what can be reached by links, breadth first.

    Of addresses that differ in numbers and values only, the first ``ALIKE`` are asked for; of the
    pages' editors all.
    """
    edit = [reverse("wagtailadmin_pages:edit", args=[page.pk]) for page in Page.objects.all()]
    waiting, seen = deque(["/admin/", *edit]), {"/admin/", *edit}
    alike: Counter[str] = Counter()
    answers: dict[str, int] = {}
    while waiting and len(answers) < MAX_CRAWLED:
        url = waiting.popleft()
        response = editor.client.get(url)
        answers[url] = response.status_code
        if response.streaming:  # a download: read to its end, it closes its file
            deque(response, maxlen=0)
        for link in links_of(response):
            kind = re.sub(r"\d+|=[^&]*", "", link)
            if link not in seen and alike[kind] < ALIKE and not SKIPPED.search(link):
                seen.add(link)
                alike[kind] += 1
                waiting.append(link)
    return answers


def links_of(response) -> list[str]:
    """Paths below /admin/ with their query strings that an answer names, even in its JSON."""
    found = [response.headers.get("Location", "")]
    if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
        found += re.findall(
            r"""["'](?:http://[^/"']+)?(/admin/[^"'\s<>\\]*)""", unescape(response.text)
        )
    links = []
    for parts in map(urlsplit, found):
        query = [(name, value) for name, value in parse_qsl(parts.query) if name not in UNTOLD]
        if dict(query).get("ordering"):
            query.append(("q", "a"))  # what is searched is sorted too
        links.append(f"{parts.path}?{urlencode(query)}" if query else parts.path)
    return [link for link in links if link.startswith("/admin/")]


def test_every_address_of_the_admin_answers(editor):
    person = factories.person(roles=[factories.role(organisation=factories.organisation())])
    page = factories.workshop(
        published=True,
        translated=True,
        sessions=[factories.session(person)],
        image=factories.image(),
    )
    editor.edit(page, action="", title_it="Bozza")
    factories.release(translated=True, boilerplates=[factories.boilerplate()], workshops=[page])
    editor.edit(factories.text_page(translated=True), action="submit")
    for make in (factories.contact, factories.topic, factories.series, factories.document):
        make()

    answers = crawl(editor)

    refused = {url: status for url, status in answers.items() if status not in {200, 302}}
    # What changes something asks for a POST.
    assert {url: status for url, status in refused.items() if status != 405} == {}
    assert len(answers) - len(refused) > 150


# What the editor reads


def test_editor_has_its_five_tabs(editor):
    html = editor.get("wagtailadmin_pages:edit", factories.text_page().pk).content.decode()

    tabs = [" ".join(tab.split()) for tab in re.findall(r'<a[^>]* role="tab"[^>]*>([^<]+)', html)]
    assert tabs == {
        "en": ["English", "Italiano", "Facts", "Promote", "Settings"],
        "it": ["English", "Italiano", "Dati", "Promuovi", "Impostazioni"],
    }.get(editor.language)
    settings = html.partition('id="tab-settings"')[2]
    assert 'name="show_in_menus"' in settings


def test_tabs_have_the_same_address_in_every_language(editor):
    with translation.override(editor.language):
        tabs = page_tabs(TextPage).bind_to_model(TextPage)

        assert tabs.child_identifiers == ["english", "italiano", "facts", "promote", "settings"]


def test_lists_have_the_title_in_the_language_of_the_editor(editor):
    factories.text_page(published=True, translated=True)
    factories.text_page(title_en="English only", published=True)
    draft = factories.text_page(title_en="Draft", title_it="Bozza")
    editor.edit(draft, action="", title_en="Better draft", title_it="Bozza migliore")

    html = editor.get("wagtailadmin_explore", factories.home().pk).content.decode()

    names = re.findall(r'class="title-wrapper">\s*<a[^>]*>(.*?)</a>', html, re.DOTALL)
    assert sorted(" ".join(re.sub("<[^>]+>", "", name).split()) for name in names) == {
        "en": ["About", "Better draft", "English only"],
        "it": ["Bozza migliore", "English only", "Titolo"],
    }.get(editor.language)


def test_editor_submits_to_the_desk(db):
    editor = Editor(factories.user("editor", group="Editors", language="it"))
    page = factories.text_page(owner=editor.user)

    html = editor.get("wagtailadmin_pages:edit", page.pk).content.decode()

    assert "Invia a Desk" in html
