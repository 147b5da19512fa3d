"""An editor and a publisher at work in a real browser, in English and in Italian."""

import json
import re

import pytest

from pages import formats
from tests.browser.conftest import Portal

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

TITLES = {
    "en": [
        "Siena’s hospitals",
        "Siena's “new” hospitals – 14/15 & the 3rd day",
        "What we’re doing",
        "Patients’ voices: O’Brien in dell'università",
        "Sørensen and Łódź",
        "A very long title that goes on and on until nobody remembers how the sentence began",
    ],
    "it": [
        "L'innovazione dell’università",
        "C’è più salute!",
        "La qualita' della vita",
        "Un po’ di numeri: 14–15 novembre",
        "«Alzheimer’s Disease» (5ª edizione)",
        "L’assistenza di prossimità, quando l’età conta e la distanza dall’ospedale è lunga",
    ],
}
# What the browser may say: Wagtail's login form lacks an attribute that Chromium would like, and
# autosave is refused as long as a session has no person chosen.
ACCEPTED = re.compile(r"autocomplete attributes|status of 400")


@pytest.fixture(params=["en", "it"])
def admin_language(request):
    return request.param


@pytest.fixture
def log_in(chromium, portal, admin_language):
    """Opens the admin as one of the demo's users; fails for any complaint of the browser."""
    contexts, problems = [], []

    def open_admin(name: str):
        portal.run(
            "from django.contrib.auth import get_user_model\n"
            "from wagtail.users.models import UserProfile\n"
            f"user = get_user_model().objects.get(username={name!r})\n"
            "profile = UserProfile.get_for_user(user)\n"
            f"profile.preferred_language = {admin_language!r}\n"
            "profile.save()"
        )
        context = chromium.new_context(viewport={"width": 1280, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "response",
            lambda answer: (
                problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
            ),
        )
        page.goto(f"{portal.url}/admin/login/")
        page.fill("#id_username", name)
        page.fill("#id_password", portal.password(name))
        page.click("button[type=submit]")
        page.wait_for_url("**/admin/")
        return page

    yield open_admin
    for context in contexts:
        context.close()
    assert [problem for problem in problems if not ACCEPTED.search(problem)] == []


def new_workshop(page, portal: Portal) -> None:
    index = portal.run(
        "from workshops.models import WorkshopIndexPage\nprint(WorkshopIndexPage.objects.get().pk)"
    ).strip()
    page.goto(f"{portal.url}/admin/pages/add/workshops/workshoppage/{index}/")
    page.wait_for_function("document.querySelector('[data-w-sync-disabled-value=false]')")


def tab(page, name: str) -> None:
    page.click(f"#tab-label-{name}")


def type_words(page, language: str, name: str, text: str) -> None:
    page.fill(f"#id_{name}_{language}", text)


def type_time(page, selector: str, text: str) -> None:
    page.fill(selector, text)
    page.keyboard.press("Escape")  # the list of hours


def choose(page, opener: str, number: int = 0) -> None:
    """Take an entry of the chooser that ``opener`` opens."""
    page.locator(opener).locator("visible=true").first.click()
    modal = page.locator(".modal-body")
    modal.locator(".choose a, a.image-choice, td a, .listing a").nth(number).click()
    modal.wait_for(state="detached")


def test_slug_is_made_in_the_browser_as_on_the_server(log_in, portal):
    page = log_in("editor")
    new_workshop(page, portal)

    made = {}
    for language, slug in (("en", "#id_slug"), ("it", "#id_slug_it")):
        tab(page, "english" if language == "en" else "italiano")
        for title in TITLES[language]:
            box = page.locator(f"#id_title_{language}")
            box.fill("")
            page.locator(slug).evaluate("box => { box.value = ''; }")
            box.evaluate("box => box.blur()")
            box.focus()
            box.press_sequentially(title)
            page.wait_for_function(
                "([slug, min]) => document.querySelector(slug).value.length >= min",
                arg=[slug, len(formats.slug(title, language))],
            )
            made[title] = page.input_value(slug)

    expected = {
        title: formats.slug(title, language) for language in TITLES for title in TITLES[language]
    }
    assert made == expected


def add_block(page, kind: int, count: int) -> str:
    """Open the picker below the last block, see a preview, add the block; the prefix of its ids."""
    section = page.locator("#panel-child-english-body_en-section")
    section.locator(".c-sf-add-button").last.click()  # a gallery has some of its own
    page.locator(".w-combobox__option-preview").nth(kind).click()
    frame = page.frame_locator("iframe[src*='block-preview']")
    frame.locator(".prose > *").first.wait_for()
    page.locator("[role=option]").nth(kind).click()
    page.locator(f"input[name='body_en-{count}-type']").wait_for(state="attached")
    return f"#body_en-{count}-value"


def fill_blocks(page) -> None:
    """One block of each kind, in the picker's order."""
    heading = add_block(page, 0, 0)
    page.fill(f"{heading}-text", "Why it matters")
    add_block(page, 1, 1)
    page.click(".public-DraftEditor-content")
    page.keyboard.type("A paragraph.")
    quote = add_block(page, 2, 2)
    page.fill(f"{quote}-text", "The goal is better care.")
    page.fill(f"{quote}-name", "Ada Esempio")
    add_block(page, 3, 3)
    choose(page, "#body_en-3-value-image-chooser button")
    add_block(page, 4, 4)
    choose(page, "#body_en-4-value-images-0-value-image-chooser button", 0)
    choose(page, "#body_en-4-value-images-1-value-image-chooser button", 1)
    add_block(page, 5, 5)
    page.fill("#body_en-5-value-figures-0-value-value", "30")
    page.fill("#body_en-5-value-figures-0-value-label", "countries")
    add_block(page, 6, 6)
    choose(page, "#body_en-6-value-documents-0-value-document-chooser button")
    call = add_block(page, 7, 7)
    page.fill(f"{call}-label", "Read the programme")
    page.fill(f"{call}-url", "https://example.org/programme")
    film = add_block(page, 8, 8)
    page.fill(f"{film}-url", "https://www.youtube.com/watch?v=sample")
    page.fill(f"{film}-title", "Opening session")


def fill_facts(page) -> None:
    """Two days in a place, with two sessions, each with a person."""
    tab(page, "facts")
    type_time(page, "#id_starts_on", "2031-03-04")
    type_time(page, "#id_ends_on", "2031-03-05")
    type_time(page, "#id_start_time", "09:00")
    type_time(page, "#id_end_time", "17:00")
    page.select_option("#id_timezone", "Europe/Rome")
    choose(page, "#id_venue-chooser button")
    for number in range(2):
        page.click("#id_sessions-ADD")
        session = f"#id_sessions-{number}"
        type_time(page, f"{session}-starts", f"{9 + number:02}:00")
        type_time(page, f"{session}-ends", f"{10 + number:02}:00")
        page.fill(f"{session}-title_en", f"Session {number + 1}")
        page.fill(f"{session}-title_it", f"Sessione {number + 1}")
        page.click(f"{session}-people-ADD")
        choose(page, f"{session}-people-0-person-chooser button", number)


def save(page) -> None:
    # An autosave on its way can be written after the save (Wagtail 8.0.1): wait until it is over.
    page.wait_for_timeout(1_500)
    page.wait_for_function(
        "document.querySelector('#w-autosave-indicator')?.dataset.wAutosaveStateValue !== 'saving'"
    )
    with page.expect_navigation():
        page.click("footer button.action-save")
    assert page.locator(".error-message").all_inner_texts() == []


def open_actions(page) -> None:
    """The menu beside the button that saves, once Wagtail's scripts have taken charge of it."""
    page.locator("footer [data-tippy-root]").wait_for(state="attached")
    page.click("footer .w-dropdown__toggle")


def previewed(page, language: str) -> str:
    """The title in the preview of ``language``."""
    page.select_option("#id_preview_mode", language)
    frame = page.frame_locator(f"iframe[src*='mode={language}']")
    return frame.locator("h1").inner_text()


def draft(portal: Portal, identity: str) -> dict:
    """What the page's latest revision holds."""
    code = f"""
import json
from workshops.models import WorkshopPage
page = WorkshopPage.objects.get(pk={identity}).get_latest_revision_as_object()
print(json.dumps({{
    "titles": [page.title_en, page.title_it],
    "slugs": [page.slug, page.slug_it],
    "ready": [page.is_ready_en, page.is_ready_it],
    "days": [str(page.starts_on), str(page.ends_on)],
    "sessions": [
        [session.title_en, str(session.starts), [entry.person_id for entry in session.people.all()]]
        for session in page.sessions.all()
    ],
    "blocks": [block.block_type for block in page.body_en],
    "addresses": {{language: page.address_in(language) for language in page.ready_languages}},
    "live": WorkshopPage.objects.get(pk={identity}).live,
}}))"""
    return json.loads(portal.run(code))


def test_workshop_is_written_previewed_submitted_and_published(log_in, portal, admin_language):
    words = {"en": f"Siena's voices {admin_language}", "it": f"L’ascolto {admin_language}"}
    page = log_in("editor")
    new_workshop(page, portal)

    for language, name in (("en", "english"), ("it", "italiano")):
        tab(page, name)
        page.locator(f"#id_title_{language}").press_sequentially(words[language])
        type_words(page, language, "introduction", "In two sentences.")
        page.set_checked(f"#id_is_ready_{language}", True)
    fill_facts(page)
    tab(page, "english")
    fill_blocks(page)
    save(page)
    page.reload()
    identity = re.search(r"/pages/(\d+)/edit/", page.url)[1]

    saved = draft(portal, identity)
    del saved["addresses"]
    people = [session.pop() for session in saved["sessions"]]
    assert saved == {
        "titles": [words["en"], words["it"]],
        "slugs": [f"sienas-voices-{admin_language}", f"l-ascolto-{admin_language}"],
        "ready": [True, True],
        "days": ["2031-03-04", "2031-03-05"],
        "sessions": [["Session 1", "09:00:00"], ["Session 2", "10:00:00"]],
        "blocks": [
            "heading", "text", "quote", "image", "gallery", "key_figures", "documents",
            "call_to_action", "embed",
        ],
        "live": False,
    }  # fmt: skip
    assert [len(session) for session in people] == [1, 1]
    assert people[0] != people[1]
    tab(page, "facts")
    shown = page.locator("input[id^=id_sessions][id$=-person]").evaluate_all(
        "boxes => boxes.map(box => [Number(box.value)])"
    )
    assert shown == people

    page.click("[data-side-panel-toggle=preview]")
    assert [previewed(page, language) for language in ("en", "it")] == [words["en"], words["it"]]

    page.click("[data-side-panel-toggle=preview]")
    open_actions(page)
    with page.expect_navigation():
        page.click("button[name=action-submit]")
    assert not draft(portal, identity)["live"]

    publisher = log_in("publisher")
    publisher.goto(f"{portal.url}/admin/pages/{identity}/edit/")
    open_actions(publisher)
    with publisher.expect_navigation():
        publisher.click("[data-workflow-action-name=approve]:not([data-workflow-action-modal-url])")
    published = draft(portal, identity)
    assert published["live"]
    for language, address in published["addresses"].items():
        publisher.goto(address)
        assert publisher.locator("h1").inner_text() == words[language]
