"""The page checks: what an editor does to one page, in an English and in an Italian admin."""

import re
from datetime import time

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.html import escape, strip_tags
from wagtail.models import PageLogEntry
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from directory.models import Gender
from pages.models import TextPage
from tests import factories
from tests.editing import errors_of, typed_in
from workshops.models import Session, WorkshopPage

LANGUAGES = pytest.mark.parametrize("language", ["en", "it"])


def core_columns(page, *names: str) -> tuple:
    """Core columns as the table has them, past everything that translates."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM pages_page WHERE id = %s", [page.pk])  # noqa: S608 (names from this file)
        return cursor.fetchone()


def words(**typed) -> dict:
    """A page's words in both languages as an editor types them, and the ticks that it is ready."""
    return {
        "title_en": "About us",
        "introduction_en": "Who we are.",
        "title_it": "Chi siamo",
        "introduction_it": "Persone.",
        "is_ready_en": "on",
        "is_ready_it": "on",
    } | typed


def bodies(english: str, italian: str) -> dict:
    return nested_form_data(
        {
            f"body_{code}": streamfield([("text", rich_text(f"<p>{text}</p>"))])
            for code, text in (("en", english), ("it", italian))
        }
    )


# Create, draft, publish, unpublish


def test_create_publishes_a_page_in_both_languages(editor, client):
    page = editor.create(
        TextPage, factories.home(), **words(slug="about-us"), **bodies("We exist.", "Esistiamo.")
    )

    assert page.live
    assert page.owner == editor.user
    assert (page.slug, page.slug_it) == ("about-us", "chi-siamo")
    assert (page.url_path, page.url_path_it) == ("/home/about-us/", "/home/chi-siamo/")
    assert [strip_tags(block.value.source) for block in page.body_it] == ["Esistiamo."]
    assert [(client.get(path).status_code) for path in ("/en/about-us/", "/it/chi-siamo/")] == [
        200,
        200,
    ]


def test_create_keeps_a_draft_out_of_sight(editor, client):
    page = editor.create(TextPage, factories.home(), action="", **words())

    assert not page.live
    assert page.get_latest_revision_as_object().title_it == "Chi siamo"
    assert (page.slug, page.slug_it) == ("about-us", "chi-siamo")
    assert client.get("/en/about-us/").status_code == 404
    assert client.get("/it/chi-siamo/").status_code == 404


def test_create_asks_a_draft_for_its_title_only(editor):
    page = editor.create(TextPage, factories.home(), action="", title_en="About us")

    assert (page.title_en, page.live) == ("About us", False)


def test_edit_as_draft_leaves_the_public_page_alone(editor, client):
    page = factories.text_page(published=True, translated=True)

    page = editor.edit(
        page, action="", title_en="New", title_it="Nuovo", slug="new", slug_it="nuovo"
    )

    draft = page.get_latest_revision_as_object()
    assert (page.title_en, page.title_it, page.slug, page.slug_it) == (
        "About",
        "Titolo",
        "about",
        "titolo",
    )
    assert (draft.title_en, draft.title_it, draft.slug, draft.slug_it) == (
        "New",
        "Nuovo",
        "new",
        "nuovo",
    )
    assert page.has_unpublished_changes
    assert client.get("/it/titolo/").status_code == 200
    assert client.get("/it/nuovo/").status_code == 404


def test_publish_makes_the_draft_public(editor, client):
    page = factories.text_page(published=True, translated=True)
    editor.edit(page, action="", title_en="New", title_it="Nuovo")

    page = editor.edit(page)

    assert (page.title_en, page.title_it) == ("New", "Nuovo")
    assert not page.has_unpublished_changes
    assert "<h1>Nuovo</h1>" in client.get("/it/titolo/").content.decode()


def test_unpublished_page_is_gone(editor, client):
    page = factories.text_page(published=True, translated=True)

    editor.post("wagtailadmin_pages:unpublish", page.pk)

    assert client.get("/en/about/").status_code == 410
    assert client.get("/it/titolo/").status_code == 410


def test_page_that_was_never_public_is_not_found(db, client):
    factories.text_page(translated=True)

    assert client.get("/en/about/").status_code == 404
    assert client.get("/it/titolo/").status_code == 404


# What the database keeps


def test_core_columns_stay_english(editor):
    page = editor.create(
        TextPage,
        factories.home(),
        **words(
            seo_title_en="About",
            seo_title_it="Su di noi",
            search_description_en="Who",
            search_description_it="Chi",
            image_alt_en="Hall",
            image_alt_it="Sala",
        ),
        **bodies("We exist.", "Esistiamo."),
    )
    page = editor.edit(page, title_en="About all of us", title_it="Chi siamo tutti")

    assert core_columns(page, "title", "draft_title", "slug", "url_path") == (
        "About all of us",
        "About all of us",
        "about-us",
        "/home/about-us/",
    )
    assert core_columns(page, "seo_title", "search_description", "introduction", "image_alt") == (
        "About",
        "Who",
        "Who we are.",
        "Hall",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT body, body_en FROM pages_textpage WHERE page_ptr_id = %s", [page.pk])
        body, body_en = cursor.fetchone()
    assert body == body_en
    content = page.latest_revision.content
    assert (content["title"], content["body"]) == (content["title_en"], content["body_en"])


def test_cleared_field_stays_cleared_and_clears_no_other(editor):
    page = factories.text_page(published=True, translated=True)

    for cleared, kept in (("en", "it"), ("it", "en")):
        typed = {f"introduction_{cleared}": "", f"introduction_{kept}": "Kept."}
        page = editor.edit(page, **typed)
        page = editor.edit(page, title_en=f"Without {cleared}")

        assert getattr(page, f"introduction_{cleared}") in {"", None}
        assert getattr(page, f"introduction_{kept}") == "Kept."


def test_revision_keeps_children_blocks_and_both_languages(editor):
    ada, bruno = factories.person(), factories.person("Bruno", "Prova", gender=Gender.MASCULINE)
    sessions = [
        {
            "day": 1,
            "starts": start,
            "ends": end,
            "kind": "panel",
            "title_en": title,
            "title_it": title_it,
            "people": inline_formset(
                [{"person": person.pk, "function": "chair"} for person in people]
            ),
        }
        for start, end, title, title_it, people in (
            ("10:00", "11:00", "Opening", "Apertura", [ada, bruno]),
            ("11:00", "12:00", "Data", "Dati", [ada]),
        )
    ]
    typed = {
        "starts_on": "2023-11-14",
        "ends_on": "2023-11-14",
        "hours": "exact",
        "start_time": "09:00",
        "end_time": "17:00",
        "timezone": "Europe/Rome",
        "format": "online",
        **nested_form_data({"sessions": inline_formset(sessions)}),
        **bodies("We exist.", "Esistiamo."),
    }
    page = editor.create(WorkshopPage, factories.workshop_index(), action="", **words(), **typed)
    before = editor.form(page)

    page = editor.edit(page)

    assert editor.form(page) == before
    assert [
        (
            session.title_en,
            session.title_it,
            session.starts,
            [p.person for p in session.people.all()],
        )
        for session in page.sessions.all()
    ] == [("Opening", "Apertura", time(10), [ada, bruno]), ("Data", "Dati", time(11), [ada])]
    assert Session.objects.count() == 2


# History


def test_history_lists_what_was_done(editor):
    page = editor.create(TextPage, factories.home(), action="", **words(), **bodies("A", "B"))
    editor.edit(page, title_it="Noi")

    response = editor.get("wagtailadmin_pages:history", page.pk)

    actions = PageLogEntry.objects.filter(page=page).values_list("action", flat=True)
    assert sorted(actions) == [
        "wagtail.create",
        "wagtail.edit",
        "wagtail.edit",
        "wagtail.publish",
    ]
    assert sorted(entry.action for entry in response.context["object_list"]) == sorted(actions)


def test_compare_shows_the_changes_of_both_languages(editor):
    page = editor.edit(factories.text_page(translated=True))
    first = page.latest_revision_id
    page = editor.edit(page, title_en="Beyond", title_it="Oltre")

    response = editor.get(
        "wagtailadmin_pages:revisions_compare", page.pk, first, page.latest_revision_id
    )

    html = response.content.decode()
    assert [f'<span class="addition">{word}</span>' in html for word in ("Beyond", "Oltre")] == [
        True,
        True,
    ]
    assert len(response.context["comparison"]) == 2


def test_revert_brings_back_both_languages(editor):
    page = factories.text_page(published=True, translated=True)
    first = page.latest_revision
    page = editor.edit(page, title_en="Beyond", title_it="Oltre", slug="beyond", slug_it="oltre")

    shown = editor.get("wagtailadmin_pages:revisions_revert", page.pk, first.pk)
    page = editor.revert(page, first, action="publish")

    assert shown.context["form"].initial["title_it"] == "Titolo"
    assert (page.title_en, page.title_it) == ("About", "Titolo")
    assert (page.slug, page.slug_it) == ("about", "titolo")
    assert (page.url_path, page.url_path_it) == ("/home/about/", "/home/titolo/")


# Preview


@LANGUAGES
def test_preview_shows_what_is_typed_in_the_language_asked_for(editor, language):
    page = factories.text_page(published=True, title_it="Bozza")
    url = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
    typed = editor.form(page) | {"title_en": "Being typed", "title_it": "Si scrive"}

    posted = editor.client.post(url, typed)
    response = editor.client.get(url, {"mode": language})

    title = {"en": "Being typed", "it": "Si scrive"}[language]
    assert posted.json() == {"is_valid": True, "is_available": True}
    assert f'<html lang="{language}"' in response.content.decode()
    assert f"<h1>{title}</h1>" in response.content.decode()


@LANGUAGES
def test_preview_of_a_page_that_is_not_saved_yet(editor, language):
    args = ("workshops", "workshoppage", factories.workshop_index().pk)
    url = reverse("wagtailadmin_pages:preview_on_add", args=args)
    typed = {
        "title_en": "Being typed",
        "title_it": "Si scrive",
        "starts_on": "2023-11-14",
        "ends_on": "2023-11-14",
        "hours": "all_day",
        "timezone": "Europe/Rome",
        "format": "online",
        "status": "planned",
        "attendance_precision": "exact",
    }
    instance = WorkshopPage(owner=editor.user)
    form = editor._filled(instance, factories.workshop_index())

    posted = editor.client.post(url, form | typed)
    response = editor.client.get(url, {"mode": language})

    title = {"en": "Being typed", "it": "Si scrive"}[language]
    assert posted.json() == {"is_valid": True, "is_available": True}
    assert f"<h1>{title}</h1>" in response.content.decode()


def test_view_draft_shows_the_draft(editor):
    page = factories.text_page(translated=True)

    response = editor.get("wagtailadmin_pages:view_draft", page.pk)

    assert "<h1>About</h1>" in response.content.decode()


# What a form refuses


@pytest.mark.parametrize(
    ("field", "taken"),
    [("slug", "about"), ("slug_it", "titolo")],
)
@pytest.mark.parametrize("action", ["", "publish"])
def test_slug_that_is_taken_is_refused(editor, field, taken, action):
    factories.text_page(published=True, translated=True)
    page = factories.text_page(translated=True, title_en="Other", title_it="Altro")

    response = editor.try_edit(page, action, **{field: taken, "title_it": "Altro ancora"})

    form = response.context["form"]
    named = {
        "en": {"slug": "in English", "slug_it": "in Italian"},
        "it": {"slug": "in inglese", "slug_it": "in italiano"},
    }
    ((wrong, (message,)),) = errors_of(form).items()
    assert (wrong, named[editor.language][field] in message) == (field, True)
    assert typed_in(form) == editor.form(page) | {field: taken, "title_it": "Altro ancora"}
    assert escape("Altro ancora") in response.content.decode()


@pytest.mark.parametrize(("field", "taken"), [("slug", "about"), ("slug_it", "titolo")])
def test_slug_that_is_taken_is_refused_for_a_new_page(editor, field, taken):
    factories.text_page(published=True, translated=True)

    response = editor.try_create(
        TextPage, factories.home(), **words(**{field: taken}), **bodies("We", "Noi")
    )

    assert list(errors_of(response.context["form"])) == [field]


@pytest.mark.parametrize("action", ["", "publish"])
@LANGUAGES
def test_title_that_is_too_long_is_refused(editor, action, language):
    page = factories.text_page(translated=True)

    response = editor.try_edit(page, action, **{f"title_{language}": "a" * 256})

    assert list(errors_of(response.context["form"])) == [f"title_{language}"]
    assert response.context["form"][f"title_{language}"].value() == "a" * 256


def test_browser_cuts_no_words_off(editor):
    page = factories.workshop(sessions=[factories.session()])

    html = editor.get("wagtailadmin_pages:edit", page.pk).content.decode()

    boxes = re.findall(r"<(?:input|textarea)[^>]* name=[^>]*>", html)
    words = [
        box for box in boxes if re.search(r'name="(?:\w+-\d+-)?(?!slug)[a-z_]+_(?:en|it)"', box)
    ]
    assert len(words) > 20
    assert [box for box in words if "maxlength" in box] == []


@pytest.mark.parametrize("action", ["", "publish"])
def test_page_without_any_title_is_refused(editor, action):
    response = editor.try_create(
        TextPage, factories.home(), action, title_en="", slug="about", introduction_en="Typed."
    )

    form = response.context["form"]
    assert "title_en" in errors_of(form)
    assert typed_in(form)["introduction_en"] == "Typed."


def test_page_may_have_its_title_in_any_language(editor):
    page = editor.create(
        TextPage, factories.home(), action="", title_en="", title_it="Chi siamo", slug=""
    )

    assert (page.title, page.title_it, page.slug) == ("Chi siamo", "Chi siamo", "chi-siamo")


def test_page_ready_in_no_language_is_refused(editor):
    page = factories.text_page(is_ready_en=False)

    response = editor.try_edit(page)

    assert list(errors_of(response.context["form"])) == ["is_ready_en"]


@LANGUAGES
@pytest.mark.parametrize("field", ["title", "body"])
def test_ready_language_without_its_words_is_refused_at_the_field(editor, language, field):
    page = factories.text_page(translated=True)
    empty = {f"{field}_{language}": " ", f"{field}_{language}-count": 0}

    response = editor.try_edit(page, **empty)

    assert list(errors_of(response.context["form"])) == [f"{field}_{language}"]


@LANGUAGES
def test_language_that_is_not_ready_may_lack_its_words(editor, language):
    page = factories.text_page(translated=True)
    form = editor.form(page)
    del form[f"is_ready_{language}"]
    empty = {f"title_{language}": "", f"introduction_{language}": "", f"body_{language}-count": 0}

    response = editor.post(
        "wagtailadmin_pages:edit", page.pk, data=form | empty, **{"action-publish": "on"}
    )

    assert response.status_code == 302
