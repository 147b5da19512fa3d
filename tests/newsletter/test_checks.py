"""What stands in the way of sending."""

import http.server
import threading

import pytest
from wagtail.models import PageViewRestriction

from newsletter import checks, composing
from newsletter.models import Announcement
from tests import factories

pytestmark = pytest.mark.django_db

ORIGINAL = Announcement.WhenNotReady.ORIGINAL


@pytest.fixture(autouse=True)
def reader():
    return factories.subscriber()


def found(announcement, **options) -> list[tuple[str, str]]:
    """Severity and field of each finding."""
    return [(str(f.severity), f.where) for f in checks.findings(announcement, **options)]


def ready(**fields):
    return factories.workshop(published=True, translated=True, **fields)


def test_announcement_of_a_public_page_in_both_languages_may_be_sent():
    announcement = factories.announcement(page=ready())

    assert found(announcement) == []
    assert checks.stops(announcement) == []


def test_nobody_in_the_audience_is_a_stop(reader):
    reader.delete()

    assert found(factories.announcement(page=ready())) == [("stop", "topics")]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(Announcement.WhenNotReady.WAIT, "stop"), (ORIGINAL, "advice")],
)
def test_subject_is_needed_in_every_language_that_does_not_get_the_original(policy, expected):
    announcement = factories.announcement(page=ready(), subject_it="", when_not_ready=policy)

    assert found(announcement) == [(expected, "subject_it")]


def test_subject_is_not_needed_in_a_language_that_nobody_gets():
    announcement = factories.announcement(page=ready(), subject_it="", languages=["en"])

    assert found(announcement) == []


def test_mail_without_a_subject_is_a_stop():
    announcement = factories.announcement(
        page=ready(), subject_en="", subject_it="", when_not_ready=ORIGINAL
    )

    assert found(announcement) == [("stop", "subject_en")]


def test_mail_that_says_nothing_is_a_stop():
    assert found(factories.announcement()) == [("stop", "page")]
    assert found(factories.announcement(lead_en="Hello.", lead_it="Ciao.")) == []


def test_words_that_one_language_lacks_are_named():
    text = {"text_en": "<p>Hello</p>", "text_it": "<p> </p>"}
    words = {"lead_en": "Hello.", "preheader_it": "Ciao."}

    waiting = factories.announcement(("text", text), **words)
    original = factories.announcement(("text", text), **words, when_not_ready=ORIGINAL)

    assert found(waiting) == [("advice", "preheader_en"), ("stop", "lead_it"), ("stop", "content")]
    assert found(original) == [
        ("advice", "preheader_en"), ("advice", "lead_it"), ("advice", "content"),
    ]  # fmt: skip


def test_page_that_is_not_public_is_a_stop_unless_the_mail_waits_for_it():
    announcement = factories.announcement(page=factories.workshop(translated=True))

    assert found(announcement) == [("stop", "page")]
    assert found(announcement, when_published=True) == [("advice", "page")]
    assert checks.stops(announcement, when_published=True) == []


def test_private_page_is_a_stop():
    page = ready()
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)

    assert found(factories.announcement(page=page)) == [("stop", "page")]


def test_page_in_the_content_is_checked_as_well():
    draft = factories.workshop(translated=True)
    item = {"page": draft.pk, "with_quote": False}

    assert found(factories.announcement(("item", item), page=ready())) == [("stop", "content")]


def test_deleted_page_in_the_content_is_a_stop():
    page = ready()
    announcement = factories.announcement(("item", {"page": page.pk, "with_quote": False}))
    page.delete()

    assert found(Announcement.objects.get(pk=announcement.pk)) == [("stop", "content")]


def test_waiting_for_a_page_needs_a_page():
    announcement = factories.announcement(lead_en="Hello.", lead_it="Ciao.")

    assert found(announcement, when_published=True) == [("stop", "page")]


@pytest.mark.parametrize("policy", Announcement.WhenNotReady.values)
def test_page_that_is_not_ready_in_a_language_is_said(policy):
    page = factories.workshop(published=True)

    assert found(factories.announcement(page=page, when_not_ready=policy)) == [("advice", "page")]


def test_mail_of_a_hundred_kilobytes_is_a_stop():
    words = "<p>" + "parole " * 20_000 + "</p>"
    text = {"text_en": "<p>Hello</p>", "text_it": words}

    announcement = factories.announcement(("text", text), page=ready())

    assert found(announcement) == [("stop", "content")]
    assert len(composing.compose(announcement, "it").message) > composing.MAX_BYTES


def test_name_of_a_page_that_is_not_public_is_noticed():
    factories.release(title_en="The minister resigns today")
    factories.release(title_en="The minister stays in office", published=True)
    announcement = factories.announcement(
        page=ready(), lead_en="See “the Minister resigns today”.", lead_it="Ciao."
    )

    (finding,) = checks.findings(announcement)

    assert (finding.severity, "The minister resigns today" in finding.message) == ("advice", True)


def test_link_to_a_page_that_is_not_public_is_a_stop():
    draft = factories.text_page(slug="secret")
    public = factories.text_page(slug="open", published=True)
    links = "".join(f'<p><a linktype="page" id="{p.pk}">x</a></p>' for p in (draft, public))
    links += '<p><a href="http://localhost:8000/en/search/">x</a></p>'
    text = {"text_en": links, "text_it": "<p>Ciao</p>"}

    (finding,) = checks.findings(factories.announcement(("text", text), page=ready()))

    assert (finding.severity, finding.where) == ("stop", "content")
    assert finding.message.endswith("http://localhost:8000/en/secret/")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/en/", True),
        ("/it/", True),
        ("/en/about/", True),
        ("/it/chi-siamo/", True),
        ("/en/search/", True),
        ("/sitemap.xml", True),
        ("/en/chi-siamo/", False),
        ("/en/nothing/", False),
        ("/nothing", False),
    ],
)
def test_own_addresses_are_looked_up(path, expected):
    factories.text_page(
        slug="about", slug_it="chi-siamo", title_it="Chi siamo", published=True, translated=True
    )

    assert checks.leads_somewhere(path) is expected


# Links to other sites, of which a server on this machine plays all.


class Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.server.asked.append((self.command, self.path))
        is_fine = self.path == "/fine" or (self.path == "/get-only" and self.command == "GET")
        self.send_response(301 if self.path == "/moved" else 200 if is_fine else 404)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_arguments):
        """Stay quiet."""


@pytest.fixture
def elsewhere():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def announcement_with_links(*links):
    html = "".join(f'<p><a href="{link}">x</a></p>' for link in links)
    return factories.announcement(("text", {"text_en": html, "text_it": html}))


def test_links_that_do_not_answer_are_named(elsewhere):
    site = f"http://127.0.0.1:{elsewhere.server_port}"
    announcement = announcement_with_links(
        f"{site}/fine", f"{site}/get-only", f"{site}/moved", f"{site}/gone", "http://127.0.0.1:1/"
    )

    messages = [f.message for f in checks.foreign_links(announcement, lambda _address: True)]

    assert [message.partition(": ")[2] for message in messages] == [
        f"{site}/gone",
        "http://127.0.0.1:1/",
    ]
    assert sorted(set(elsewhere.asked)) == sorted(
        {
            ("HEAD", "/fine"),
            ("HEAD", "/get-only"),
            ("GET", "/get-only"),
            ("HEAD", "/moved"),
            ("HEAD", "/gone"),
            ("GET", "/gone"),
        }
    )


def test_links_into_the_own_network_are_never_called(elsewhere):
    announcement = announcement_with_links(f"http://localhost:{elsewhere.server_port}/fine")

    (finding,) = checks.foreign_links(announcement)

    assert (finding.severity, elsewhere.asked) == ("advice", [])


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fd00::1", False),
        ("8.8.8.8", True),
    ],
)
def test_only_public_addresses_are_called(address, expected):
    assert checks._is_global(address) is expected


def test_not_more_than_twenty_links_are_tried(elsewhere):
    site = f"http://127.0.0.1:{elsewhere.server_port}"
    announcement = announcement_with_links(*(f"{site}/fine?{n}" for n in range(25)))

    findings = checks.foreign_links(announcement, lambda _address: True)

    assert len({path for _command, path in elsewhere.asked}) == 20
    assert len(findings) == 21  # a query is part of the address: none of them is "/fine"
