"""What a visitor's browser makes of every page."""

import pytest

from tests.browser.flaws import flaws, violations

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.xdist_group("browser")]

OTHER_ADDRESSES = [
    "/en/search/?q=siena",
    "/it/search/?q=qualita",
    "/it/search/",
    "/en/search/?q=%22",
]
VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_every_page_is_accessible_and_fits(portal, visit, axe, scheme, width):
    addresses = portal.addresses()
    assert len(addresses) == 27

    page = visit("/en/", color_scheme=scheme, viewport={"width": width, "height": 800})
    found = {}
    for address in [*addresses, *(portal.url + path for path in OTHER_ADDRESSES)]:
        page.goto(address)
        if problems := flaws(page, axe):
            found[address] = problems

    assert found == {}


def test_fallback_page_is_accessible_and_says_its_language(portal, visit, axe):
    page = visit("/it/workshop/sample-trusted-data-spaces-online/")

    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.lang") == "it"
    assert page.locator("main h1").evaluate("e => e.closest('[lang]').lang") == "en"
    assert page.locator("link[rel=canonical]").get_attribute("href") == (
        f"{portal.url}/en/workshops/sample-trusted-data-spaces-online/"
    )


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("/en/", "/it/"),
        (
            "/en/workshops/sample-health-data-florence/",
            "/it/workshop/esempio-dati-sanitari-firenze/",
        ),
        ("/it/workshop/?when=past&page=1", "/en/workshops/?when=past&page=1"),
        ("/it/search/?q=siena", "/en/search/?q=siena"),
    ],
)
def test_switch_leads_to_the_same_page_in_the_other_language(portal, visit, here, there):
    page = visit(here)

    page.locator("header a[hreflang]:not([aria-current])").click()

    assert page.url == portal.url + there


def test_keyboard_reaches_the_content_by_the_first_link(visit):
    page = visit("/en/", viewport={"width": 1280, "height": 800})

    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")

    assert skip == "#main"
    assert page.evaluate("document.activeElement.id") == "main"


def test_menu_opens_and_closes_on_a_small_screen_without_scripts(visit):
    page = visit("/it/", viewport={"width": 320, "height": 800}, java_script_enabled=False)
    link = page.locator("#nav a").first

    hidden = not link.is_visible()
    page.locator("[popovertarget=nav]").first.click()
    shown = link.is_visible()
    page.keyboard.press("Escape")

    assert (hidden, shown, link.is_visible()) == (True, True, False)


def test_filters_work_without_scripts(portal, visit):
    page = visit("/en/workshops/", java_script_enabled=False)

    page.get_by_label("When").select_option("past")
    page.get_by_label("Place").select_option("siena")
    page.locator("form.filter button").click()

    assert page.locator(".row h3 a").all_inner_texts() == [
        "Advancing Personalised Medicine through Technology Development"
    ]


def test_print_leaves_out_the_navigation_and_opens_the_abstracts(visit):
    page = visit("/en/workshops/sample-health-data-florence/")

    page.emulate_media(media="print")

    assert not page.locator("#nav").is_visible()
    assert not page.locator("form").first.is_visible()
    assert page.locator("main h1").is_visible()


def test_recording_is_loaded_only_when_it_is_asked_for(portal, chromium):
    address = portal.run(
        "from pages.models import TextPage\n"
        "page = TextPage.objects.get(slug='about')\n"
        "page.body_en.append(('embed', {'url': 'https://www.youtube.com/watch?v=abcdefghijk',"
        " 'title': 'Opening', 'poster': None}))\n"
        "page.save_revision().publish()\n"
        "print(page.address_in('en'))"
    ).strip()
    context = chromium.new_context()
    asked = []
    context.route(
        lambda url: not url.startswith(portal.url),
        lambda route: (asked.append(route.request.url), route.abort()),
    )
    page = context.new_page()
    page.goto(address)

    before = list(asked)
    link = page.locator("a[data-embed]")
    without_scripts = link.get_attribute("href")
    link.click()
    page.wait_for_selector("iframe")

    assert before == []
    assert without_scripts == "https://www.youtube.com/watch?v=abcdefghijk"
    assert page.locator("iframe").get_attribute("title") == "Opening"
    assert asked == ["https://www.youtube-nocookie.com/embed/abcdefghijk"]
    context.close()
