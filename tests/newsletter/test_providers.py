"""Mails through a provider's interface (a server of this machine), and as files."""

import json
import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.headerregistry import Address
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail as django_mail

from newsletter import bounces
from newsletter.encoding import Envelope, message, slot
from newsletter.messages import MessageTemplate
from newsletter.providers import AnswerUnknownError, BackendTransport, as_django_message
from newsletter.replies import Reply

KEY = "0b0e7ac2-4d1e-4a44-8d0b-0d0f1b6f3c55"
TEXT = "Buongiorno,\n\nil seminario è a Siena.\n.\nPress office\n"
HTML = '<!doctype html><html lang="it"><body><p>Il seminario è a Siena.</p></body></html>\n'


def prepared(date: str = "Tue, 14 Nov 2023 08:12:41 GMT") -> bytes:
    """A message as the engine hands it over."""
    envelope = Envelope(
        subject="Un seminario a Siena – novità per tutti coloro che ci leggono da tempo",
        sender=Address("Ufficio stampa", addr_spec="press@example.org"),
        language="it",
        list_name="Annunci",
        list_id="announcements.example.org",
        boundary="boundary",
        headers=(
            ("List-Unsubscribe", f"<https://example.org/newsletter/leave/{slot('TOKEN')}/>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
    )
    template = MessageTemplate(message(envelope, TEXT, HTML), is_stuffed=False)
    filled = template.fill(
        to="ada@example.com", token="T" * 43, message_id=bounces.message_id(KEY, 7)
    )
    head, _date, rest = filled.partition(b"Date: ")
    return head + b"Date: " + date.encode() + rest[rest.index(b"\r\n") :]


class Provider(BaseHTTPRequestHandler):
    """Takes requests, and answers as its server is told to."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), json.loads(body)))
        status, answer = self.server.answer
        if status is None:
            return
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@contextmanager
def provider():
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        server.requests, server.answer = [], (200, {})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


POSTMARK = {
    "ErrorCode": 0,
    "Message": "OK",
    "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
    "SubmittedAt": "2023-11-14T08:12:44Z",
    "To": "ada@example.com",
}


@pytest.fixture
def postmark(settings):
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    with provider() as server:
        server.answer = (200, POSTMARK)
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "secret",
            "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/",
        }
        yield server


@pytest.fixture
def resend(settings):
    settings.EMAIL_BACKEND = "anymail.backends.resend.EmailBackend"
    with provider() as server:
        server.answer = (200, {"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"})
        settings.ANYMAIL = {
            "RESEND_API_KEY": "secret",
            "RESEND_API_URL": f"http://127.0.0.1:{server.server_port}/",
        }
        yield server


def send(*messages: bytes) -> list[Reply]:
    transport = BackendTransport()
    transport.open()
    try:
        return [
            transport.send(
                content or prepared(), bounces.verp_address(7), "ada@example.com", 7, KEY
            )
            for content in messages or (b"",)
        ]
    finally:
        transport.close()


# The message


def test_message_keeps_its_words_and_headers():
    mail = as_django_message(prepared(), "ada@example.com")

    assert mail.subject == "Un seminario a Siena – novità per tutti coloro che ci leggono da tempo"
    assert mail.from_email == "Ufficio stampa <press@example.org>"
    assert mail.to == ["ada@example.com"]
    assert mail.body == TEXT
    assert [(part.content, part.mimetype) for part in mail.alternatives] == [(HTML, "text/html")]
    assert mail.extra_headers == {
        "Date": "Tue, 14 Nov 2023 08:12:41 +0000",
        "Message-ID": f"<{bounces.message_id(KEY, 7)}>",
        "List-Id": "Annunci <announcements.example.org>",
        "List-Unsubscribe": f"<https://example.org/newsletter/leave/{'T' * 43}/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Content-Language": "it",
    }


# Files


def test_each_mail_is_a_file(settings, tmp_path):
    settings.EMAIL_BACKEND = "newsletter.providers.FileBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"

    replies = send(b"", b"")

    files = sorted((tmp_path / "mail").iterdir())
    parsed = message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert replies == [Reply(250), Reply(250)]
    assert [path.suffix for path in files] == [".eml", ".eml"]
    assert parsed["Message-ID"].strip() == f"<{bounces.message_id(KEY, 7)}>"
    assert parsed["To"] == "ada@example.com"
    assert parsed.get_body(("plain",)).get_content() == TEXT
    assert parsed.get_body(("html",)).get_content() == HTML
    assert "il seminario è a Siena." in files[0].read_text()


def test_file_that_cannot_be_written_is_tried_again(settings, tmp_path):
    settings.EMAIL_BACKEND = "newsletter.providers.FileBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.EMAIL_FILE_PATH.write_text("a file, no folder")

    assert send() == [Reply(451, "4.3.0 File exists")]


def test_backend_that_is_no_provider_gets_the_plain_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert send() == [Reply(250)]

    (mail,) = django_mail.outbox
    assert mail.to == ["ada@example.com"]
    assert not hasattr(mail, "metadata")


# Providers


def test_provider_gets_the_mail_with_what_tells_it_apart(postmark):
    replies = send()

    ((path, headers, body),) = postmark.requests
    assert replies == [Reply(250, POSTMARK["MessageID"])]
    assert path == "/email"
    assert headers["X-Postmark-Server-Token"] == "secret"
    assert {name: body[name] for name in ("From", "To", "TextBody", "HtmlBody")} == {
        "From": "Ufficio stampa <press@example.org>",
        "To": "ada@example.com",
        "TextBody": TEXT,
        "HtmlBody": HTML,
    }
    assert body["Metadata"] == {"delivery": bounces.token(7), "announcement": KEY}
    assert (body["TrackOpens"], body["TrackLinks"]) == (False, "None")
    assert {header["Name"]: header["Value"] for header in body["Headers"]} == {
        "Message-ID": f"<{bounces.message_id(KEY, 7)}>",
        "List-Id": "Annunci <announcements.example.org>",
        "List-Unsubscribe": f"<https://example.org/newsletter/leave/{'T' * 43}/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Content-Language": "it",
    }


def test_provider_that_knows_repeats_gets_the_same_request_with_the_same_key(resend):
    send(prepared(), prepared(date="Wed, 15 Nov 2023 08:12:41 GMT"))

    (_path, first_headers, first), (_other, second_headers, second) = resend.requests
    assert first_headers["Idempotency-Key"] == second_headers["Idempotency-Key"] == bounces.token(7)
    assert first == second


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, 554), (401, 535), (403, 535), (402, 535), (404, 554), (408, 451), (429, 451),
        (500, 451), (503, 451),
    ],
)  # fmt: skip
def test_refusal_of_the_interface_becomes_an_answer(postmark, status, code):
    postmark.answer = (status, {"ErrorCode": 10, "Message": "no"})

    (reply,) = send()

    assert reply.code == code
    assert "secret" not in reply.text


def test_recipient_that_the_provider_refuses_does_not_exist(postmark):
    postmark.answer = (422, {"ErrorCode": 406, "Message": INACTIVE})

    assert send() == [Reply(550, "5.1.0 refused by the provider")]


INACTIVE = (
    "You tried to send to recipient(s) that have been marked as inactive. "
    "Found inactive addresses: ada@example.com. Inactive recipients are ones that "
    "have generated a hard bounce, a spam complaint, or a manual suppression."
)


@pytest.mark.parametrize("answer", [(None, None), (502, {}), (504, {}), (200, ["no answer"])])
def test_mail_without_an_answer_is_not_known_to_have_gone(postmark, answer):
    postmark.answer = answer

    with pytest.raises(AnswerUnknownError):
        send()


def test_mail_without_an_answer_is_sent_again_where_the_provider_knows_repeats(resend):
    resend.answer = (None, None)

    assert send() == [Reply(421, "4.4.2 no answer")]


def test_provider_that_is_away_has_got_nothing(settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "secret",
            "POSTMARK_API_URL": f"http://127.0.0.1:{unused.getsockname()[1]}/",
        }

        assert send() == [Reply(421, "4.4.1 no connection to the provider")]


@pytest.mark.parametrize(("bounce_address", "has_it"), [("", False), ("b@example.org", True)])
def test_provider_gets_the_bounce_address_when_there_is_one(settings, bounce_address, has_it):
    settings.NEWSLETTER_BOUNCE_ADDRESS = bounce_address
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"

    send()

    (mail,) = django_mail.outbox
    assert hasattr(mail, "envelope_sender") is has_it
    assert not has_it or mail.envelope_sender == bounces.verp_address(7)


@pytest.mark.parametrize(
    ("esp", "settings_of_it", "understood"),
    [
        ("brevo", {"BREVO_API_KEY": "x"}, {"metadata"}),
        ("mailersend", {"MAILERSEND_API_TOKEN": "x"}, {"track_opens", "track_clicks"}),
        (
            "mailgun",
            {"MAILGUN_API_KEY": "x"},
            {"metadata", "track_opens", "track_clicks", "envelope_sender"},
        ),
        ("postal", {"POSTAL_API_KEY": "x", "POSTAL_API_URL": "x"}, {"envelope_sender"}),
        ("resend", {"RESEND_API_KEY": "x"}, {"metadata"}),
    ],
)
def test_provider_is_told_only_what_it_understands(settings, esp, settings_of_it, understood):
    settings.EMAIL_BACKEND = f"anymail.backends.{esp}.EmailBackend"
    settings.ANYMAIL = settings_of_it
    transport = BackendTransport()

    transport.open()

    names = ("metadata", "track_opens", "track_clicks", "envelope_sender")
    try:
        assert {name for name in names if transport.extras._understands(name)} == understood
    finally:
        transport.close()
