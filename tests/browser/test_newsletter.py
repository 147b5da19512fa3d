"""The newsletter in a real browser: its pages, the mails, their progress, and the whole way."""

import json
import re
import time
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.browser.flaws import flaws, too_wide, violations

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

# A mail stands inside a mail program, which brings the landmarks.
MAIL_RULES = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}
VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 600, 1000)]
PATIENCE = 30  # seconds for the worker
UNHURRIED = 2600  # milliseconds over a form: who is quicker is taken for a machine

WRITE = """
import json
from newsletter.composing import compose
from newsletter.drafting import draft_about
from newsletter.models import Announcement, AnnouncementVariant
from pages import languages
from press.models import PressReleasePage
from workshops.models import WorkshopPage
"""
MAILS = (
    WRITE
    + """
workshop = WorkshopPage.objects.get(slug="technology-for-personalised-medicine-siena-2023")
release = PressReleasePage.objects.filter(workshops__workshop=workshop).first()
english = WorkshopPage.objects.live().filter(is_ready_it=False).first()
digest = draft_about(release)
digest.content = [("item", {"page": page, "with_quote": True}) for page in (workshop, english)]
drafts = [draft_about(workshop), draft_about(release), digest]
mails = [compose(draft, code).mail_html for draft in drafts for code in languages.CODES]
print(json.dumps([mail.replace("\\0TOKEN\\0", "T" * 43) for mail in mails]))
"""
)
LAUNCH = (
    WRITE
    + """
from django.utils import timezone
from newsletter.models import DeliverySlice
page = WorkshopPage.objects.get(slug="technology-for-personalised-medicine-siena-2023")
draft = draft_about(page)
draft.save()
for code in languages.CODES:
    composed = compose(draft, code)
    AnnouncementVariant.objects.create(
        announcement=draft, language=code, subject=composed.subject,
        message=composed.message, html=composed.html,
    )
DeliverySlice.objects.create(
    announcement=draft, language="en", first_id=1, last_id=0, total=10, sent=2, state="done"
)
Announcement.objects.filter(pk=draft.pk).update(state="paused", launched_at=timezone.now())
print(draft.pk, draft.key)
"""
)


@pytest.fixture(scope="module")
def mails(portal) -> list[str]:
    return json.loads(portal.run(MAILS))


@pytest.fixture(scope="module")
def launched(portal) -> tuple[str, str]:
    """Number and key of an announcement that was sent in part, and is paused."""
    number, key = portal.run(LAUNCH).split()
    return number, key


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_mails_are_accessible_and_fit(chromium, mails, axe, scheme, width):
    page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    requests = []
    page.on("request", lambda request: requests.append(request.url))

    found = []
    for mail in mails:
        page.set_content(mail)
        found += violations(page, axe, MAIL_RULES) + too_wide(page)
    page.close()

    assert len(mails) == 6
    assert found == []
    assert requests == []  # no pixel, no picture, no font


SUBSCRIBERS = """
import json
from datetime import date
from newsletter import subscribing, tokens
from newsletter.models import ConsentText, Subscriber, SubscriptionRequest
def token(name, **facts):
    return tokens.subscriber_token(
        Subscriber.objects.create(address=f"{name}@example.net", language="it", **facts).pk
    )
left = token("left")
subscribing.leave(tokens.subscriber_id(left))
asked = subscribing.request(
    "new@example.net", "it", [], ConsentText.objects.latest(), "it", origin_hash=""
)
SubscriptionRequest.objects.filter(pk=asked.pk).update(
    token_hash=tokens.digest("new"), answered_at=asked.requested_at
)
print(json.dumps({
    "reader": token("reader"), "paused": token("paused", paused_until=date(2999, 1, 1)),
    "left": left, "suppressed": token("suppressed", state="suppressed"),
}))
"""


@pytest.fixture(scope="module")
def pages(portal, launched) -> list[str]:
    """The pages of the newsletter, as visitors and subscribers find them, without a language."""
    of = json.loads(portal.run(SUBSCRIBERS))
    return [
        "",
        "asked/",
        "archive/",
        f"archive/{launched[1]}/",
        "confirm/new/",
        *(f"preferences/{token}/" for token in of.values()),
        f"preferences/{of['reader']}/erase/",
        f"leave/{of['reader']}/",
        f"leave/{of['left']}/",
    ]


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_are_accessible_and_fit(portal, visit, pages, axe, language, scheme, width):
    start = f"/{language}/newsletter/"
    page = visit(start, color_scheme=scheme, viewport={"width": width, "height": 800})

    found = {}
    for path in pages:
        page.goto(portal.url + start + path)
        if problems := flaws(page, axe):
            found[path] = problems
    page.goto(portal.url + start)
    page.locator("main form").evaluate("form => { form.noValidate = true; }")
    page.wait_for_timeout(UNHURRIED)
    page.locator("main button[type=submit]").click()
    page.locator(".summary a").first.wait_for()
    found |= {"errors": problems} if (problems := flaws(page, axe)) else {}

    assert found == {}


# Signing up and leaving, with the worker of the demo


def mails_to(portal, address: str) -> list[EmailMessage]:
    """What the demo has written to its folder of mails."""
    files = (portal.var / "mail").glob("*.eml")
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [mail for mail in mails if str(mail["To"]) == address]


def wait_for_mails(portal, address: str, count: int) -> list[EmailMessage]:
    deadline = time.monotonic() + PATIENCE
    while len(found := mails_to(portal, address)) < count:
        assert time.monotonic() < deadline, (portal.var / "log" / "worker.log").read_text()
        time.sleep(0.1)
    return found


def link_in(mails: list[EmailMessage], part: str) -> str:
    """The only link to such a page in these mails."""
    text = "\n".join(mail.get_body(("plain",)).get_content() for mail in mails)
    (link,) = re.findall(rf"http\S+/newsletter/{part}/\S+", text)
    return link


def test_reader_signs_up_chooses_leaves_and_comes_back_without_scripts(portal, visit):
    address = "lettrice@example.net"
    page = visit("/it/", java_script_enabled=False)
    page.locator("footer a[href='/it/newsletter/']").click()
    page.fill("#id_address", " Lettrice@Example.NET ")
    page.get_by_label("Cittadini e pazienti").check()
    page.check("#id_consent")
    page.wait_for_timeout(UNHURRIED)
    page.locator("main button[type=submit]").click()
    assert page.url == f"{portal.url}/it/newsletter/asked/"

    question = wait_for_mails(portal, address, 1)
    page.goto(link_in(question, "confirm"))
    page.locator("main button[type=submit]").click()
    assert re.fullmatch(r".*/it/newsletter/preferences/\S+/\?done=subscribed", page.url)
    assert page.locator("[role=status]").is_visible()

    mails = wait_for_mails(portal, address, 2)
    page.goto(link_in(mails, "preferences"))
    page.get_by_label("Cittadini e pazienti").uncheck()
    page.get_by_label("Dati sanitari").check()
    page.locator("button[value=save]").click()
    assert page.get_by_label("Dati sanitari").is_checked()
    assert not page.get_by_label("Cittadini e pazienti").is_checked()

    page.goto(link_in(mails, "leave"))
    page.locator("button[value=leave]").click()
    assert state_of(portal, address) == "left it ['Health data'] ['left']"
    page.locator("button[value=undo]").click()
    assert re.fullmatch(r".*/it/newsletter/preferences/\S+/\?done=back", page.url)
    assert state_of(portal, address) == "active it ['Health data'] []"
    assert [mail["Content-Language"] for mail in mails_to(portal, address)] == ["it", "it"]


def state_of(portal, address: str) -> str:
    """State, language, topics, and why the address is suppressed."""
    return portal.run(
        "from newsletter import subscribing\n"
        "from newsletter.models import Subscriber\n"
        f"reader = Subscriber.objects.get(address={address!r})\n"
        "kept_out = subscribing.suppression(reader.address)\n"
        "print(reader.state, reader.language, [t.name_en for t in reader.topics.all()],"
        " [str(kept_out.reason)] if kept_out else [])"
    ).strip()


@pytest.fixture
def publisher(chromium, portal):
    """The admin, open for the demo's publisher; fails for any complaint of the browser."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{portal.url}/admin/login/")
    page.fill("#id_username", "publisher")
    page.fill("#id_password", portal.password("publisher"))
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
    yield page
    context.close()
    assert problems == []


def test_progress_moves_without_reloading(portal, publisher, launched):
    number, _key = launched
    address = f"{portal.url}/admin/snippets/newsletter/announcement/status/{number}/"
    publisher.goto(address)
    publisher.evaluate("window.isTheSame = true")
    before = publisher.locator("[data-progress] progress").get_attribute("value")

    portal.run(
        "from newsletter.models import DeliverySlice\n"
        f"DeliverySlice.objects.filter(announcement={number}).update(sent=7)"
    )
    publisher.locator("[data-progress] progress[value='7']").wait_for(timeout=10_000)

    assert (before, publisher.evaluate("window.isTheSame")) == ("2", True)
    assert "7" in publisher.locator("[data-progress-voice]").inner_text()


def test_readers_are_counted_while_boxes_are_ticked(portal, publisher):
    portal.run(
        "from newsletter.models import Subscriber\n"
        "Subscriber.objects.bulk_create(Subscriber(address=f'reader{n}@example.org', "
        "language='en' if n else 'it') for n in range(3))"
    )
    publisher.goto(f"{portal.url}/admin/snippets/newsletter/announcement/add/")
    publisher.click("#tab-label-audience")
    count = publisher.locator("[data-audience-count] strong")
    before = int(count.inner_text().split()[0])

    publisher.locator("input[name=languages][value=it]").check()
    publisher.wait_for_function(
        "before => parseInt(document.querySelector('[data-audience-count] strong').textContent)"
        " < before",
        arg=before,
    )

    assert int(count.inner_text().split()[0]) < before


def test_draft_is_previewed_beside_the_form(portal, publisher):
    publisher.goto(f"{portal.url}/admin/snippets/newsletter/announcement/add/")
    publisher.fill("#id_subject_en", "Come to Siena")

    publisher.locator("[data-side-panel-toggle=preview]").first.click()
    frame = publisher.frame_locator("#w-preview-iframe, iframe[title]").first

    frame.locator("h1", has_text="Come to Siena").wait_for(timeout=15_000)
    background = frame.locator(".head").evaluate("e => getComputedStyle(e).backgroundColor")
    assert background == "rgb(6, 48, 43)"  # its own styles are let in


def test_publisher_sends_the_draft_of_the_demo(portal, publisher):
    draft, readers = json.loads(
        portal.run(
            "import json\n"
            "from newsletter.audience import audience\n"
            "from newsletter.models import Announcement\n"
            "draft = Announcement.objects.get(subject_en__startswith='Sample: two days')\n"
            "readers = audience(draft).values_list('address', 'language')\n"
            "print(json.dumps([draft.pk, dict(readers)]))"
        )
    )
    publisher.goto(f"{portal.url}/admin/snippets/newsletter/announcement/")
    publisher.locator(f"main a[href*='/status/{draft}/']").first.click()
    publisher.locator("main a[href$='/send/']").click()
    publisher.locator("main button[type=submit]").click()
    publisher.locator("[data-live=progress][data-version^=finished]").wait_for(timeout=60_000)
    bar = publisher.locator("[data-progress] progress")
    done = (int(bar.get_attribute("value")), int(bar.get_attribute("max")))
    (summary,) = [
        mail
        for mail in wait_for_mails(portal, "publisher@example.org", 1)
        if f"/newsletter/announcements/{draft}/" in mail.get_content()
    ]

    sent = {
        address: [mail for mail in mails_to(portal, address) if mail["List-Unsubscribe"]]
        for address in {*readers, "jamie.specimen@example.org", "paolo.prova@example.org"}
    }

    starts = {"en": "Sample: two days in Florence", "it": "Esempio: due giornate a Firenze"}
    assert {"alex.reader@example.org", "chiara.lettrice@example.org"} <= set(readers)
    assert done == (len(readers), len(readers))
    assert summary["To"] == "publisher@example.org"
    assert {a: [m["Content-Language"] for m in mails] for a, mails in sent.items() if mails} == {
        address: [language] for address, language in readers.items()
    }
    assert all(
        mail["Subject"].startswith(starts[mail["Content-Language"]])
        for mails in sent.values()
        for mail in mails
    )
