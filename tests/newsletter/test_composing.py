"""What an announcement says: its headers, its two parts, and the words of each language."""

import base64
import re
import subprocess
from datetime import date
from email import message_from_bytes, policy

import dkim
import html5lib
import pytest
from django.test import override_settings
from django.utils import translation
from django.utils.translation import gettext

from newsletter import composing, contents, encoding
from newsletter.composing import compose
from newsletter.messages import MessageTemplate
from newsletter.models import Announcement
from pages import languages
from tests import factories

pytestmark = pytest.mark.django_db

TOKEN = "T" * 43
ORIGINAL = Announcement.WhenNotReady.ORIGINAL
QUOTE = {
    "text": "We can do better.",
    "language": "en",
    "translation": "Possiamo fare di meglio.",
    "person": None,
    "said_on": None,
    "name": "Ada Esempio",
    "role": "Chair",
}


@pytest.fixture(params=languages.CODES)
def language(request):
    return request.param


def sent(announcement, language="en") -> bytes:
    """The message as one reader gets it."""
    template = MessageTemplate(compose(announcement, language).message, is_stuffed=False)
    return template.fill(to="ada@example.org", token=TOKEN, message_id="1@example.org")


def parsed(announcement, language="en"):
    return message_from_bytes(sent(announcement, language), policy=policy.default)


def part(announcement, kind, language="en") -> str:
    return parsed(announcement, language).get_body((kind,)).get_content().replace("\r\n", "\n")


def document(announcement, language="en"):
    html = part(announcement, "html", language)
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    found = parser.parse(html)
    assert parser.errors == []
    return found


def workshop(**fields):
    return factories.workshop(
        published=True,
        translated=True,
        starts_on=date(2023, 11, 14),
        ends_on=date(2023, 11, 15),
        introduction_en="Two days.",
        introduction_it="Due giorni.",
        **fields,
    )


# The message


def test_message_parses_without_defects(language):
    announcement = factories.announcement(("quote", QUOTE), page=workshop())

    message = parsed(announcement, language)

    parts = list(message.walk())
    assert [p.get_content_type() for p in parts] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert [p.defects for p in parts] == [[], [], []]
    assert [(name, header.defects) for name, header in message.items() if header.defects] == []


def test_headers_say_who_writes_to_whom_and_how_to_leave(language):
    announcement = factories.announcement(subject_en="È qui – “now”", subject_it="È qui – «ora»")

    message = parsed(announcement, language)

    leave = f"<http://localhost:8000/newsletter/leave/{TOKEN}/>"
    headers = {name.lower(): str(value) for name, value in message.items()}
    del headers["date"]
    assert headers == {
        "from": "Events <press@example.org>",
        "to": "ada@example.org",
        "subject": getattr(announcement, f"subject_{language}"),
        "message-id": "<1@example.org>",
        "list-id": "Events <newsletter.localhost>",
        "list-unsubscribe": leave,
        "list-unsubscribe-post": "List-Unsubscribe=One-Click",
        "precedence": "bulk",
        "content-language": language,
        "mime-version": "1.0",
        "content-type": f'multipart/alternative; boundary="=_{announcement.key.hex}"',
    }


def test_message_is_of_seven_bits_in_lines_that_fit(language):
    announcement = factories.announcement(
        lead_en="Già " * 100, lead_it="Perché " * 100, page=workshop()
    )

    raw = sent(announcement, language)

    body = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(raw) < 128
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert raw.endswith(b"\r\n")
    assert [line for line in body if len(line) > 76] == []
    assert [line for line in body if line.startswith(b".")] == []


def test_slots_are_the_only_thing_that_differs_between_readers(language):
    announcement = factories.announcement(page=workshop())

    pieces = compose(announcement, language).message.split(b"\0")

    names = [piece.decode() for piece in pieces[1::2]]
    assert names[:4] == ["TO", "DATE", "MESSAGE_ID", "TOKEN"]
    assert set(names[4:]) == {"TOKEN"}
    assert len(names) == 4 + 2 * 3  # leave, preferences, preferences in the other language


def test_header_injection_is_impossible():
    subject = "News\r\nBcc: eve@example.org"

    with pytest.raises(ValueError, match="linefeed"):
        compose(Announcement(subject_en=subject), "en")


def test_message_can_be_signed_and_verified(tmp_path):
    key = tmp_path / "key.pem"
    subprocess.run(f"openssl genrsa -traditional -out {key} 2048".split(), check=True)
    command = f"openssl rsa -in {key} -pubout -outform DER"
    public = subprocess.run(command.split(), check=True, capture_output=True).stdout
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    signed = [b"From", b"To", b"Subject", b"List-Unsubscribe", b"List-Unsubscribe-Post"]
    raw = sent(factories.announcement(page=workshop()))

    signature = dkim.sign(raw, b"mail", b"example.org", key.read_bytes(), include_headers=signed)

    def dns(_name, timeout=5):
        return record

    changed = raw.replace(b"One-Click", b"Two-Click")
    assert dkim.verify(signature + raw, dnsfunc=dns) is True
    assert dkim.verify(signature + changed, dnsfunc=dns) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ". dots\n..\n.",
        "trailing \nspace ",
        "=3D = equals",
        "è" * 200,
        "x" * 75 + "." + "y" * 80,
        "a\0TOKEN\0b",
        f"{'x' * 70}\0TOKEN\0{'y' * 80}\0TOKEN\0\n.\n",
        "\0TOKEN\0",
        "tab\t\nemoji 🎉" * 20,
    ],
)
def test_quoted_printable_keeps_every_character_and_every_slot(text):
    encoded = encoding.quoted_printable(text).replace("\0TOKEN\0", TOKEN)

    head = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\n'
    head += "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    message = message_from_bytes(f"{head}{encoded}".encode("ascii"), policy=policy.default)
    assert message.get_content().replace("\r\n", "\n") == text.replace("\0TOKEN\0", TOKEN)
    assert [line for line in encoded.split("\r\n") if len(line) > 76 or line[:1] == "."] == []


def test_unknown_slot_is_refused():
    with pytest.raises(ValueError, match="NAME"):
        encoding.slot("NAME")


# Words and languages


def test_text_reads_as_if_a_person_wrote_it():
    page = workshop(title_en="Trust", slug="trust")
    announcement = factories.announcement(("quote", QUOTE), page=page, lead_en="Come to Siena.")

    text = part(announcement, "plain")

    site = "http://localhost:8000/en"
    assert text.splitlines() == [
        "Trust",
        "Workshop",
        "",
        "Come to Siena.",
        "",
        "Dates: 14–15 November 2023",
        "Venue: Old Hospital, Siena, Italy",
        "",
        "Read more:",
        f"{site}/workshops/trust/",
        "",
        "Add to calendar:",
        f"{site}/calendar/{page.calendar_uid}.ics",
        "",
        "“We can do better.”",
        "Ada Esempio, Chair",
        "",
        "-- ",
        "You receive this message because you subscribed to the announcements of Events.",
        "",
        f"Unsubscribe: {site}/newsletter/leave/{TOKEN}/",
        f"Change topics or take a break: {site}/newsletter/preferences/{TOKEN}/",
        text.splitlines()[-2],
        f"Read online: {site}/newsletter/archive/{announcement.key}/",
    ]
    assert text.splitlines()[-2].endswith(
        f": http://localhost:8000/it/newsletter/preferences/{TOKEN}/"
    )


def test_each_language_has_its_own_words_and_addresses(language):
    page = workshop(title_en="Trust", title_it="Fiducia", slug="trust", slug_it="fiducia")
    announcement = factories.announcement(page=page)

    found = document(announcement, language)

    heading = found.find(".//h1").text
    button = next(a for a in found.iter("a") if a.get("class") == "btn")
    assert found.get("lang") == language
    assert heading == {"en": "Trust", "it": "Fiducia"}[language]
    assert button.get("href") == page.address_in(language)
    assert [e.get("lang") for e in found.iter() if e.get("lang") not in {None, language}] == [
        code
        for code in languages.CODES
        if code != language  # the link to the other language
    ]


def test_quote_said_in_another_language_is_marked_as_a_translation():
    announcement = factories.announcement(("quote", QUOTE))

    english, italian = (part(announcement, "plain", code) for code in ("en", "it"))

    with translation.override("it"):
        note = gettext("translated %(origin)s") % {"origin": "dall’inglese"}
    assert "“We can do better.”\nAda Esempio, Chair\n" in english
    assert f"«Possiamo fare di meglio.»\nAda Esempio, Chair ({note})\n" in italian


def test_page_that_is_not_ready_is_shown_in_its_own_language_with_a_notice():
    page = factories.workshop(published=True, title_en="Trust", title_it="Una bozza")
    announcement = factories.announcement(page=page, when_not_ready=ORIGINAL)

    found = document(announcement, "it")

    (notice,) = [p for p in found.iter("p") if p.get("class") == "other"]
    (item,) = [d for d in found.iter("div") if d.get("lang") == "en"]
    assert item.find("h1").text == "Trust"
    assert "Una bozza" not in part(announcement, "html", "it")
    assert [p.get("class") for p in item.iter("p")].count("other") == 0
    assert notice.text.strip() != ""


def test_missing_words_are_those_of_another_language_and_say_so():
    announcement = factories.announcement(subject_it="", lead_en="Hello.", when_not_ready=ORIGINAL)

    found = document(announcement, "it")

    (lead,) = [d for d in found.iter("div") if d.get("lang") == "en"]
    assert found.find(".//h1").get("lang") == "en"
    assert lead.find("p").text == "Hello."
    assert str(parsed(announcement, "it")["Subject"]) == "News"


def test_press_release_has_its_dateline_and_its_quote_only_on_request():
    body = factories.body(("quote", QUOTE))
    release = factories.release(
        published=True, body_en=body, dateline_place_en="Siena", dateline_on=date(2023, 11, 20)
    )
    item = {"page": release.pk, "with_quote": False}

    without = factories.announcement(("item", item))
    with_quote = factories.announcement(("item", item | {"with_quote": True}))

    texts = [part(announcement, "plain") for announcement in (without, with_quote)]
    assert ["Siena, 20 November 2023 – In a few words." in text for text in texts] == [True, True]
    assert ["“We can do better.”" in text for text in texts] == [False, True]
    assert ["Read the press release:" in text for text in texts] == [True, True]


def test_digest_has_a_heading_and_every_item(language):
    pages = [
        factories.workshop(title_en=f"W{n}", title_it=f"S{n}", is_ready_it=True, published=True)
        for n in range(2)
    ]
    announcement = factories.announcement(
        *[("item", {"page": page.pk, "with_quote": False}) for page in pages],
        ("text", {"text_en": "<p>In <b>English</b></p>", "text_it": "<p>In <b>italiano</b></p>"}),
    )

    found = document(announcement, language)

    expected = {"en": ["W0", "W1"], "it": ["S0", "S1"]}[language]
    assert found.find(".//h1").text == getattr(announcement, f"subject_{language}")
    assert [h2.text for h2 in found.iter("h2")] == expected
    assert [b.text for b in found.iter("b")][1:] == [{"en": "English", "it": "italiano"}[language]]


def test_links_in_text_are_absolute_and_dangerous_ones_are_dropped():
    page = factories.text_page(published=True, slug="about")
    text = (
        f'<p><a linktype="page" id="{page.pk}">us</a> <a href="javascript:alert(1)">x</a>'
        '<script>alert(1)</script> <a href="mailto:a@example.org">write</a></p>'
        "<ul><li>one</li><li>two</li></ul><ol><li>first</li></ol>"
    )
    announcement = factories.announcement(("text", {"text_en": text, "text_it": ""}))

    html, plain = (part(announcement, kind) for kind in ("html", "plain"))

    assert 'href="http://localhost:8000/en/about/"' in html
    assert ("javascript" in html, "<script" in html) == (False, False)
    assert "us (http://localhost:8000/en/about/) x write (a@example.org)" in plain
    assert "\n\n– one\n– two\n\n1. first\n" in plain


def test_workshop_that_is_called_off_says_so():
    page = workshop(status="cancelled", status_reason_en="The hall is closed.")

    text = part(factories.announcement(page=page), "plain")

    assert "This workshop has been cancelled. The hall is closed.\n" in text


def test_web_body_has_nothing_personal_and_no_style(language):
    page = workshop()
    announcement = factories.announcement(("quote", QUOTE), page=page)

    html = compose(announcement, language).html

    assert "\0" not in html
    assert ("style=" in html, "newsletter/preferences" in html) == (False, False)
    assert re.findall(r'data-page="(\d+)"', html) == [str(page.pk)]


def test_mail_that_is_not_archived_has_no_web_address():
    announcement = factories.announcement(is_archived=False)

    assert str(announcement.key) not in part(announcement, "plain")
    assert str(announcement.key) not in part(announcement, "html")


def test_mark_stands_before_the_subject():
    assert compose(factories.announcement(), "en", mark="[TEST]").subject == "[TEST] News"


@override_settings(DEFAULT_FROM_EMAIL="Somebody <office@example.org>")
def test_sender_has_the_name_of_the_site():
    assert str(parsed(factories.announcement())["From"]) == "Events <office@example.org>"


# Ready and public


def test_announcement_waits_for_its_pages_unless_the_original_may_go():
    ready = factories.workshop(published=True, translated=True)
    english = factories.workshop(published=True)

    def readiness(**fields):
        announcement = factories.announcement(**fields)
        return [composing.is_ready(announcement, code) for code in languages.CODES]

    assert readiness(page=ready) == [True, True]
    assert readiness(page=english) == [True, False]
    assert readiness(page=english, when_not_ready=ORIGINAL) == [True, True]
    assert readiness(page=ready, subject_it="") == [True, False]
    assert readiness() == [True, True]


def test_announcement_is_public_when_every_page_in_it_is():
    public, draft = factories.workshop(published=True), factories.workshop()
    items = [("item", {"page": page.pk, "with_quote": False}) for page in (public, draft)]

    found = {
        "public": composing.is_published(factories.announcement(page=public)),
        "draft": composing.is_published(factories.announcement(page=draft)),
        "digest": composing.is_published(factories.announcement(*items)),
        "none": composing.is_published(factories.announcement()),
    }

    assert found == {"public": True, "draft": False, "digest": False, "none": True}


def test_deleted_page_is_seen_as_missing():
    page = factories.workshop(published=True)
    announcement = factories.announcement(("item", {"page": page.pk, "with_quote": False}))
    page.delete()

    announcement = Announcement.objects.get(pk=announcement.pk)

    assert contents.announced_pages(announcement) == [None]
    assert composing.is_published(announcement) is False
    assert part(announcement, "plain").startswith("News\n")


def test_composing_takes_few_queries(django_assert_max_num_queries):
    announcement = factories.announcement(page=workshop())

    with django_assert_max_num_queries(20):
        compose(Announcement.objects.get(pk=announcement.pk), "it")
