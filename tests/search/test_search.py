"""What visitors find: the words of public pages, in the language that they are ready in."""

from io import StringIO

import pytest
from django.core.management import call_command

from pages.models import TextPage
from search.models import SearchDocument
from tests import factories


def documents() -> list[tuple[str, str]]:
    """Language and folded title of every document of a text page."""
    found = SearchDocument.objects.filter(page__in=TextPage.objects.all())
    return sorted(found.values_list("language", "title"))


def found(client, language: str, query: str) -> list[str]:
    response = client.get(f"/{language}/search/", {"q": query})
    assert response.status_code == 200
    return [document.page.specific.title_en for document in response.context["results"]]


BOTH = [("en", "about"), ("it", "titolo")]


# In step with what is public


def test_draft_has_no_document(editor):
    editor.edit(factories.text_page(translated=True), action="", title_en="Draft")

    assert documents() == []


def test_public_page_has_a_document_for_each_ready_language(editor):
    editor.edit(factories.text_page(title_it="Titolo"))
    editor.edit(factories.text_page(translated=True, title_en="Second", title_it="Secondo"))

    assert documents() == [("en", "about"), ("en", "second"), ("it", "secondo")]


def test_documents_follow_an_edit_but_not_a_draft(editor):
    page = factories.text_page(published=True, translated=True)

    editor.edit(page, action="", title_it="Bozza")
    before = documents()
    editor.edit(page, title_it="Nuovo")

    assert (before, documents()) == (BOTH, [("en", "about"), ("it", "nuovo")])


def test_documents_follow_readiness(editor):
    page = factories.text_page(published=True, translated=True)
    form = editor.form(page)
    del form["is_ready_it"]

    editor.post("wagtailadmin_pages:edit", page.pk, data=form, **{"action-publish": "on"})
    without = documents()
    editor.edit(page, is_ready_it="on")

    assert (without, documents()) == ([("en", "about")], BOTH)


def test_documents_go_with_an_unpublished_page_and_come_back(editor):
    page = factories.text_page(published=True, translated=True)

    editor.post("wagtailadmin_pages:unpublish", page.pk)
    gone = documents()
    editor.edit(page)

    assert (gone, documents()) == ([], BOTH)


def test_documents_go_with_unpublished_descendants(editor):
    top = factories.text_page(published=True, translated=True)
    factories.text_page(parent=top, published=True, translated=True)

    editor.post("wagtailadmin_pages:unpublish", top.pk, include_descendants="on")

    assert documents() == []


def test_documents_go_with_a_deleted_page_and_its_descendants(editor):
    top = factories.text_page(published=True, translated=True)
    factories.text_page(parent=top, published=True, translated=True)
    factories.text_page(published=True, title_en="Other")

    editor.post("wagtailadmin_pages:delete", top.pk)

    assert list(SearchDocument.objects.values_list("title", flat=True)) == ["other"]


def test_moved_page_is_found_at_its_new_address(editor, client):
    top = factories.text_page(published=True, translated=True, title_en="Top", title_it="Cima")
    page = factories.text_page(published=True, translated=True)

    editor.post("wagtailadmin_pages:move_confirm", page.pk, top.pk)

    response = client.get("/it/search/", {"q": "titolo"})
    assert [document.page.url_path_it for document in response.context["results"]] == [
        "/home/cima/titolo/"
    ]


def test_expired_page_has_no_document(db):
    page = factories.text_page(published=True, translated=True)

    page.unpublish(set_expired=True)

    assert documents() == []


def test_rebuilt_documents_are_the_same(db):
    factories.text_page(published=True, translated=True)
    factories.workshop(
        published=True,
        translated=True,
        sessions=[factories.session(factories.person(), title_it="Apertura")],
    )
    columns = ("page__url_path", "language", "title", "text")
    documents = SearchDocument.objects.filter(page__depth__gt=2)
    before = sorted(documents.values_list(*columns))
    documents.update(text="broken")
    documents.filter(language="it").delete()

    call_command("rebuild_search", stdout=StringIO())

    assert sorted(documents.values_list(*columns)) == before


def test_home_page_that_nobody_has_published_yet_is_found(db):
    call_command("rebuild_search", stdout=StringIO())

    assert SearchDocument.objects.filter(page=factories.home()).count() == 2


# Finding


@pytest.fixture
def library(db):
    factories.text_page(
        published=True,
        title_en="Quality of care",
        title_it="Qualità delle cure",
        introduction_it="Breve.",
        body_en=factories.text_body("<p>A <b>café</b> for <i>Søren</i></p>"),
        body_it=factories.text_body("<p>L’università di Łódź</p>"),
        is_ready_it=True,
    )
    factories.text_page(published=True, title_en="English only", title_it="Solo in inglese")
    factories.text_page(title_en="Quality of drafts")


@pytest.mark.parametrize(
    ("language", "query", "titles"),
    [
        ("it", "qualita", ["Quality of care"]),
        ("it", "QUALITÀ", ["Quality of care"]),
        ("it", "universita lodz", ["Quality of care"]),
        ("it", "l'universita", ["Quality of care"]),
        ("it", "quality", []),
        ("it", "inglese", []),
        ("en", "cafe soren", ["Quality of care"]),
        ("en", "qualità", []),
        ("en", "quality", ["Quality of care"]),
        ("en", "quality english", []),
        ("en", "drafts", []),
        ("en", "", []),
        ("en", "<b>", []),
        ("en", '"', []),
        ("en", "%", []),
        ("en", "quality\0", ["Quality of care"]),
        ("en", "x" * 10_000, []),
    ],
)
def test_search_folds_what_is_typed(library, client, language, query, titles):
    assert found(client, language, query) == titles


def test_words_in_the_title_come_first(db, client):
    factories.text_page(published=True, title_en="Data")
    factories.text_page(
        published=True, title_en="Other", body_en=factories.text_body("<p>On data</p>")
    )

    assert found(client, "en", "data") == ["Data", "Other"]


def test_workshop_is_found_by_its_people_place_and_sessions(db, client):
    factories.workshop(
        published=True,
        sessions=[factories.session(factories.person(), title_en="Genomes")],
        series=factories.series(name_en="Tuscan dialogue"),
    )

    queries = ["esempio", "siena", "hospital", "genomes", "tuscan dialogue", "italy"]

    assert [found(client, "en", query) for query in queries] == [["Workshop"]] * len(queries)


def test_private_page_is_not_found(db, client):
    page = factories.text_page(published=True)
    page.view_restrictions.create(restriction_type="login")

    assert found(client, "en", "about") == []


def test_long_title_is_found(db, client):
    title = "ﬃ" * 255  # folded, each ligature is three letters

    page = factories.text_page(published=True, title_en=title, slug="long")

    assert found(client, "en", "ffi") == [page.title_en]


def test_other_words_in_the_query_string_are_ignored(library, client):
    response = client.get("/en/search/?q=quality&page=nonsense&page=-1&x[]=1")

    assert [document.page.title_en for document in response.context["results"]] == [
        "Quality of care"
    ]
