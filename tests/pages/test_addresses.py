"""Addresses in two languages: where a page is found, and what leads there from elsewhere."""

import pytest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from pages.models import Page, SiteSettings
from tests import factories

BASE = "http://localhost:8000"


def answer(client, path: str) -> tuple[int, str | None]:
    response = client.get(path)
    return response.status_code, response.headers.get("Location")


def end_of(client, path: str) -> tuple[str, int]:
    """Where a visitor gets to by following redirects, and how it is answered there."""
    response = client.get(path, follow=True)
    return response.request["PATH_INFO"], response.status_code


@pytest.fixture
def tree(db):
    top = factories.text_page(published=True, translated=True, slug="top", slug_it="cima")
    leaf = factories.text_page(
        parent=top, published=True, translated=True, slug="leaf", slug_it="foglia"
    )
    return top, leaf


# Routes


@pytest.mark.parametrize("path", ["/en/top/", "/it/cima/", "/en/top/leaf/", "/it/cima/foglia/"])
def test_page_is_served_at_its_path_in_each_language(tree, client, path):
    assert answer(client, path) == (200, None)


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/it/top/", "/it/cima/"),
        ("/en/cima/", "/en/top/"),
        ("/it/top/leaf/", "/it/cima/foglia/"),
        ("/en/cima/foglia/", "/en/top/leaf/"),
        ("/it/top/?page=2&q=a%20b", "/it/cima/?page=2&q=a%20b"),
    ],
)
def test_path_of_another_language_leads_to_the_right_one(tree, client, path, canonical):
    assert answer(client, path) == (301, canonical)


@pytest.mark.parametrize("path", ["/en/nothing/", "/it/top/foglia/", "/it/cima/leaf/", "/en/leaf/"])
def test_what_is_no_path_is_not_found(tree, client, path):
    assert answer(client, path)[0] == 404


def test_root_of_the_site_stands_at_each_language(db, client):
    assert [answer(client, path)[0] for path in ("/en/", "/it/")] == [200, 200]


def test_slug_of_the_root_is_never_translated(editor):
    typed = {"title_it": "Benvenuti", "slug_it": "benvenuti", "introduction_it": "Qui."}
    home = factories.home()
    home.body_en = home.body_it = factories.text_body("<p>Words</p>")
    home.save_revision()

    home = editor.edit(home, introduction_en="Here.", **typed)

    assert (home.url_path, home.url_path_it) == ("/home/", "/home/")


def test_page_without_words_in_a_language_stands_at_the_path_of_the_default(db, client):
    factories.text_page(published=True)

    assert answer(client, "/it/about/") == (200, None)


def test_path_that_two_pages_share_in_two_languages_is_that_of_the_visitors(db, client):
    """ "/data/" is one page's English and another's Italian path."""
    english = factories.text_page(published=True, translated=True, slug="data", slug_it="dati")
    italian = factories.text_page(published=True, translated=True, slug="date", slug_it="data")

    found = [client.get(path).context["page"].pk for path in ("/en/data/", "/it/data/")]

    assert found == [english.pk, italian.pk]


def test_addresses_are_absolute_and_in_the_language_asked_for(tree):
    _top, leaf = tree

    assert leaf.address_in("en") == f"{BASE}/en/top/leaf/"
    assert leaf.address_in("it") == f"{BASE}/it/cima/foglia/"
    assert leaf.alternates == [
        ("en", f"{BASE}/en/top/leaf/"),
        ("it", f"{BASE}/it/cima/foglia/"),
    ]


@pytest.fixture
def no_site(db):
    Site.objects.all().delete()
    yield
    Site.clear_site_root_paths_cache()


@pytest.mark.usefixtures("no_site")
def test_page_outside_any_site_has_no_address():
    assert factories.text_page(published=True).get_url_parts() is None


def test_page_is_found_at_any_depth_in_three_queries(tree, rf, django_assert_num_queries):
    """The site with its settings, the page, its facts."""
    _top, leaf = tree
    SiteSettings.objects.create(site=Site.objects.get())
    request = rf.get("/it/cima/foglia/", SERVER_NAME="localhost")

    with django_assert_num_queries(3):
        found = Page.route_for_request(request, "cima/foglia/")

    assert found.page == leaf


# Slugs


def test_slug_is_made_from_the_title_of_its_language(db):
    page = factories.text_page(
        translated=True, title_en="The future", title_it="L’avvenire dell’università"
    )

    assert (page.slug, page.slug_it) == ("the-future", "l-avvenire-dell-universita")


def test_slug_made_from_the_title_is_numbered_where_it_is_taken(db):
    pages = [factories.text_page(translated=True) for _ in range(3)]

    assert [(page.slug, page.slug_it) for page in pages] == [
        ("about", "titolo"),
        ("about-2", "titolo-2"),
        ("about-3", "titolo-3"),
    ]


def test_title_without_any_letter_for_a_slug_is_refused(editor):
    response = editor.try_edit(factories.text_page(), title_en="???", slug="")

    assert dict(response.context["form"].errors).keys() == {"slug"}


# Redirects


@pytest.mark.parametrize(
    ("typed", "old", "new"),
    [
        ({"slug": "summit"}, "/en/top/", "/en/summit/"),
        ({"slug": "summit"}, "/en/top/leaf/", "/en/summit/leaf/"),
        ({"slug_it": "vetta"}, "/it/cima/", "/it/vetta/"),
        ({"slug_it": "vetta"}, "/it/cima/foglia/", "/it/vetta/foglia/"),
    ],
)
def test_changed_slug_leaves_redirects_behind(tree, editor, client, typed, old, new):
    top, _leaf = tree

    editor.edit(top, **typed)

    assert answer(client, old) == (301, new)
    assert answer(client, new) == (200, None)


@pytest.mark.parametrize(
    ("typed", "redirects"),
    [
        ({"slug": "summit"}, ["/en/top", "/en/top/leaf"]),
        ({"slug_it": "vetta"}, ["/it/cima", "/it/cima/foglia"]),
        ({"title_en": "Summit", "title_it": "Vetta"}, []),
    ],
)
def test_redirects_are_made_in_the_language_whose_slug_changed(tree, editor, typed, redirects):
    top, _leaf = tree

    editor.edit(top, **typed)

    assert sorted(Redirect.objects.values_list("old_path", flat=True)) == redirects


def test_unchanged_language_keeps_its_address(tree, editor, client):
    top, _leaf = tree

    editor.edit(top, slug="summit")

    assert answer(client, "/it/cima/foglia/") == (200, None)


def test_moved_page_leaves_redirects_behind_for_its_descendants_too(tree, editor, client):
    top, _leaf = tree
    other = factories.text_page(published=True, translated=True, slug="other", slug_it="altra")

    editor.post("wagtailadmin_pages:move_confirm", top.pk, other.pk)

    assert {path: end_of(client, path) for path in ("/en/top/", "/it/cima/foglia/")} == {
        "/en/top/": ("/en/other/top/", 200),
        "/it/cima/foglia/": ("/it/altra/cima/foglia/", 200),
    }
    assert sorted(Redirect.objects.values_list("old_path", flat=True)) == [
        "/en/top",
        "/en/top/leaf",
        "/it/cima",
        "/it/cima/foglia",
    ]


def test_page_renamed_twice_is_found_at_both_old_addresses(tree, editor, client):
    top, _leaf = tree

    top = editor.edit(top, slug_it="vetta")
    editor.edit(top, slug_it="picco")

    assert answer(client, "/it/cima/") == (301, "/it/picco/")
    assert answer(client, "/it/vetta/") == (301, "/it/picco/")


def test_page_renamed_back_answers_at_its_first_address(tree, editor, client):
    top, _leaf = tree

    top = editor.edit(top, slug_it="vetta")
    editor.edit(top, slug_it="cima")

    assert answer(client, "/it/cima/") == (200, None)
    assert answer(client, "/it/vetta/") == (301, "/it/cima/")


def test_redirect_keeps_to_the_page_when_another_takes_its_old_address(tree, editor, client):
    top, _leaf = tree
    editor.edit(top, slug_it="vetta")

    newcomer = factories.text_page(published=True, translated=True, slug="new", slug_it="cima")
    before = answer(client, "/it/cima/")
    editor.edit(newcomer, slug_it="altro")

    assert before == (200, None)
    assert answer(client, "/it/cima/") == (301, "/it/altro/")
    assert Redirect.objects.filter(old_path="/it/cima").count() == 1


def test_redirect_that_an_editor_made_stays(tree, editor, client):
    top, leaf = tree
    made = Redirect.add_redirect("/it/cima/", redirect_to=leaf, site=Site.objects.get())

    editor.edit(top, slug_it="vetta")

    assert Redirect.objects.get(old_path="/it/cima") == made
    assert answer(client, "/it/cima/") == (301, "/it/vetta/foglia/")
    assert answer(client, "/it/cima/foglia/") == (301, "/it/vetta/foglia/")


def test_page_that_was_never_public_leaves_no_redirect(editor):
    page = factories.text_page(translated=True)

    editor.edit(page, action="", slug="new", slug_it="nuovo")

    assert list(Redirect.objects.all()) == []


def test_page_moves_to_its_italian_address_when_it_is_ready_there(editor, client):
    page = factories.text_page(published=True, body_it=factories.text_body("<p>Noi</p>"))

    page = editor.edit(page, title_it="Chi siamo", introduction_it="Noi.")
    before = answer(client, "/it/about/"), answer(client, "/it/chi-siamo/")[0]
    editor.edit(page, is_ready_it="on")

    assert before == ((200, None), 404)
    assert answer(client, "/it/about/") == (301, "/it/chi-siamo/")
    assert answer(client, "/it/chi-siamo/") == (200, None)


def test_redirect_does_not_bring_an_unpublished_page_back(tree, editor, client):
    top, _leaf = tree
    editor.edit(top, slug_it="vetta")

    editor.post("wagtailadmin_pages:unpublish", top.pk)

    assert end_of(client, "/it/cima/") == ("/it/vetta/", 410)


# Sitemap


def test_sitemap_has_each_ready_language_with_its_alternates(db):
    page = factories.text_page(published=True, translated=True)

    alternates = [
        {"location": f"{BASE}/en/about/", "lang_code": "en"},
        {"location": f"{BASE}/it/titolo/", "lang_code": "it"},
    ]
    default = {"location": f"{BASE}/en/about/", "lang_code": "x-default"}
    assert page.get_sitemap_urls() == [
        {
            "location": entry["location"],
            "lastmod": page.last_published_at,
            "alternates": [*alternates, default],
        }
        for entry in alternates
    ]


def test_sitemap_leaves_out_what_is_not_ready_or_not_public(db, client):
    factories.text_page(published=True)
    factories.text_page(translated=True, title_en="Draft", title_it="Bozza")

    xml = client.get("/sitemap.xml").content.decode()

    assert [part.split("</loc>")[0] for part in xml.split("<loc>")[1:]] == [
        f"{BASE}/en/",
        f"{BASE}/it/",
        f"{BASE}/en/about/",
    ]
