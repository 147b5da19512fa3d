"""Press releases: the words of the day they went out, and what they lack before that."""

import re
from datetime import UTC, datetime

import pytest
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from press.models import Boilerplate, FrozenBoilerplate, PressReleasePage
from tests import factories
from tests.editing import Editor

LANGUAGES = pytest.mark.parametrize("language", ["en", "it"])


def closing_texts(release) -> list[tuple[str, str]]:
    release = PressReleasePage.objects.get(pk=release.pk)
    return [(text.title_en, text.text_en) for text in release.closing_texts]


def change(boilerplate, **words):
    for field, value in words.items():
        setattr(boilerplate, field, value)
    boilerplate.save()


@pytest.fixture
def english(db) -> Editor:
    return Editor(factories.user())


# Boilerplates


def test_boilerplate_is_frozen_when_the_release_goes_out(editor):
    boilerplate = factories.boilerplate(title_it="Chi siamo", text_it="<p>Esistiamo.</p>")
    release = factories.release(boilerplates=[boilerplate])

    editor.edit(release)
    change(boilerplate, title_en="New", text_en="<p>New.</p>", title_it="Nuovo", text_it="")

    frozen = FrozenBoilerplate.objects.get()
    assert (frozen.title_en, frozen.title_it) == ("About us", "Chi siamo")
    assert (frozen.text_en, frozen.text_it) == ("<p>We exist.</p>", "<p>Esistiamo.</p>")
    assert closing_texts(release) == [("About us", "<p>We exist.</p>")]


def test_boilerplate_of_a_draft_follows_its_editors(editor):
    boilerplate = factories.boilerplate()
    release = factories.release(boilerplates=[boilerplate])

    change(boilerplate, title_en="New")

    assert FrozenBoilerplate.objects.count() == 0
    assert closing_texts(release) == [("New", "<p>We exist.</p>")]


def test_boilerplate_stays_frozen_when_the_release_is_published_again(editor):
    boilerplate = factories.boilerplate()
    release = factories.release(published=True, boilerplates=[boilerplate])
    frozen = FrozenBoilerplate.objects.get()

    change(boilerplate, title_en="New")
    editor.edit(release, title_en="Corrected")

    assert list(FrozenBoilerplate.objects.all()) == [frozen]
    assert closing_texts(release) == [("About us", "<p>We exist.</p>")]


def test_boilerplate_stays_frozen_when_the_release_was_away(editor):
    boilerplate = factories.boilerplate()
    release = factories.release(published=True, boilerplates=[boilerplate])

    release.unpublish()
    change(boilerplate, title_en="New")
    editor.edit(release)

    assert closing_texts(release) == [("About us", "<p>We exist.</p>")]


def test_boilerplate_that_is_added_later_is_frozen_then(editor):
    first, second = factories.boilerplate(), factories.boilerplate(title_en="About them")
    release = factories.release(published=True, boilerplates=[first])
    change(first, title_en="New")
    form = editor.form(release)
    added = nested_form_data({"boilerplates": {"1": {"boilerplate": second.pk, "ORDER": 2}}})

    editor.edit(release, **added, **{"boilerplates-TOTAL_FORMS": 2})

    assert form["boilerplates-TOTAL_FORMS"] == 1
    assert closing_texts(release) == [
        ("About us", "<p>We exist.</p>"),
        ("About them", "<p>We exist.</p>"),
    ]


def test_copy_of_a_release_freezes_its_own(editor):
    boilerplate = factories.boilerplate()
    release = factories.release(published=True, boilerplates=[boilerplate])
    change(boilerplate, title_en="New")

    copy = release.copy(update_attrs={"slug": "copy"}, keep_live=False)
    before = closing_texts(copy)
    editor.edit(copy)

    assert before == closing_texts(copy) == [("New", "<p>We exist.</p>")]
    assert closing_texts(release) == [("About us", "<p>We exist.</p>")]


def test_boilerplate_in_use_cannot_be_deleted(editor):
    boilerplate = factories.boilerplate()
    factories.release(boilerplates=[boilerplate])
    name = boilerplate.snippet_viewset.get_url_name("delete")

    editor.post(name, boilerplate.pk)

    assert list(Boilerplate.objects.all()) == [boilerplate]


def test_aliases_of_a_release_show_the_same_frozen_text(editor):
    boilerplate = factories.boilerplate()
    release = factories.release(published=True, boilerplates=[boilerplate])
    alias = release.create_alias(update_slug="alias")

    change(boilerplate, title_en="New")
    editor.edit(release, title_en="Corrected")

    assert closing_texts(alias) == closing_texts(release) == [("About us", "<p>We exist.</p>")]


# Workshops


def test_release_and_its_workshops_lead_to_each_other(editor, client):
    first = factories.workshop(published=True, title_en="First")
    second = factories.workshop(published=True, title_en="Second")
    draft = factories.workshop(title_en="Not yet public")
    release = factories.release(workshops=[second, draft])
    added = nested_form_data({"workshops": {"2": {"workshop": first.pk, "ORDER": 3}}})

    release = editor.edit(release, **added, **{"workshops-TOTAL_FORMS": 3})

    assert [entry.workshop.title_en for entry in release.workshops.all()] == [
        "Second",
        "Not yet public",
        "First",
    ]
    assert release.public_workshops == [second, first]
    html = client.get("/en/press/release/").content.decode()
    links = re.findall(r'<dd><a href="/en/workshops/(\w+)/"', html)
    assert links == ["second", "first"]
    for slug in ("first", "second"):
        assert 'href="/en/press/release/"' in client.get(f"/en/workshops/{slug}/").content.decode()


def test_workshops_of_a_release_come_back_with_its_revision(editor):
    first, second = factories.workshop(), factories.workshop()
    release = factories.release(published=True, workshops=[first, second])
    before = release.latest_revision
    release = editor.edit(release, **{"workshops-0-DELETE": "on"})

    left = [entry.workshop for entry in release.workshops.all()]
    before.publish()

    again = PressReleasePage.objects.get(pk=release.pk)
    assert left == [second]
    assert [entry.workshop for entry in again.workshops.all()] == [first, second]


# Updates


@LANGUAGES
def test_update_says_in_each_ready_language_what_changed(english, language):
    release = factories.release(translated=True)
    note = {"note_en": "Corrected.", "note_it": "Corretto."} | {f"note_{language}": ""}
    typed = nested_form_data({"updates": inline_formset([{"updated_on": "2023-11-21"} | note])})

    assert english.refused(release, **typed) == {
        f"updates-0-note_{language}": ["Needed before the page can be published in this language."]
    }


def test_updates_come_latest_first(editor):
    release = factories.release()
    days = ["2023-11-21", "2023-11-23", "2023-11-22"]
    typed = nested_form_data(
        {"updates": inline_formset([{"updated_on": day, "note_en": day} for day in days])}
    )

    release = editor.edit(release, **typed)

    assert [update.note_en for update in release.update_notes] == sorted(days, reverse=True)


# Words and images


@LANGUAGES
def test_release_needs_its_body_in_each_ready_language(english, language):
    release = factories.release(translated=True)

    errors = english.refused(release, **{f"body_{language}-count": 0})

    assert list(errors) == [f"body_{language}"]


def places() -> dict[str, object]:
    """An image at each place of a page where it can stand, by the field that an error names."""

    def block(image) -> dict:
        return {"image": image.pk, "alt": "", "is_decorative": False, "caption": ""}

    return {
        "main": lambda bad, _good: {"image": bad},
        "block": lambda bad, _good: {"body_en": factories.body(("image", block(bad)))},
        "gallery": lambda bad, good: {
            "body_en": factories.body(("gallery", {"images": [block(good), block(bad)]}))
        },
    }


@pytest.mark.parametrize("place", ["main", "block", "gallery"])
@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"credit_en": ""}, "a credit line"),
        ({"description_en": ""}, "a description"),
        ({"credit_en": "", "description_en": ""}, "a credit line and a description"),
    ],
)
def test_image_without_its_rights_keeps_a_page_from_the_public(english, place, lacking, named):
    bad = factories.image(title="Bare hall", description_it="", **lacking)
    page = factories.text_page(**places()[place](bad, factories.image()))

    errors = english.refused(page)

    field = "image" if place == "main" else "body_en"
    assert errors == {field: [f"The image “Bare hall” cannot be published yet: it lacks {named}."]}
    assert english.edit(page, action="").live is False


def test_image_needs_a_description_in_each_ready_language(english):
    image = factories.image(title="Hall", description_it="")
    page = factories.text_page(translated=True, image=image)

    errors = english.refused(page)
    page = english.edit(page, image_alt_it="Una sala")

    assert errors == {
        "image": ["The image “Hall” cannot be published yet: it lacks a description."]
    }
    assert page.live


def test_image_that_is_decoration_needs_no_description(english):
    image = factories.image(description_en="", description_it="")
    block = {"image": image.pk, "alt": "", "is_decorative": True, "caption": ""}

    page = english.edit(factories.text_page(body_en=factories.body(("image", block))))

    assert page.live


# Order


def test_releases_come_latest_first(db):
    first, last, middle = (
        factories.release(published=True, released_at=datetime(2023, 11, day, tzinfo=UTC))
        for day in (1, 30, 15)
    )
    factories.release(released_at=datetime(2023, 12, 1, tzinfo=UTC))

    assert list(PressReleasePage.objects.for_lists()) == [last, middle, first]
