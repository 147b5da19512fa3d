"""Letters: the right one, to the right reader, in their language, and never twice."""

import threading
from datetime import timedelta
from email import message_from_bytes
from email.policy import default as policy

import html5lib
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from newsletter import letters, limits, subscribing, tasks
from newsletter.models import Letter, Subscriber, SubscriptionRequest, SuppressedAddress
from pages import languages
from tests import factories
from tests.newsletter.sink import Behaviour

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("language", languages.CODES)
Reason = SuppressedAddress.Reason


def ask(address="ada@example.org", language="en", **fields) -> SubscriptionRequest:
    asked = subscribing.request(address, language, [], factories.consent_text(), language, "0" * 64)
    SubscriptionRequest.objects.filter(pk=asked.pk).update(**fields)
    return asked


def parsed(message):
    return message_from_bytes(message.content, policy=policy)


def kinds() -> list[str]:
    return [letter.kind for letter in Letter.objects.order_by("pk")]


def states() -> list[tuple[str, int]]:
    return [(letter.state, letter.attempts) for letter in Letter.objects.order_by("pk")]


# What is answered


@BOTH
def test_request_is_answered_with_a_mail_that_a_person_can_read(smtp, language):
    sink = smtp()
    asked = ask(language=language)

    letters.write_letters()

    mail = parsed(sink.messages[0])
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    document = html5lib.parse(html, namespaceHTMLElements=False)
    with languages.speaking(language):
        subject = str(letters.SUBJECTS["confirm"])
    (link,) = [a.get("href") for a in document.iter("a") if "/confirm/" in a.get("href")]
    assert (sink.messages[0].recipient, mail["To"]) == ("ada@example.org", "ada@example.org")
    assert (mail["From"], mail["Subject"]) == (settings.DEFAULT_FROM_EMAIL, subject)
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", language)
    assert mail["Message-ID"].endswith("@example.org>")
    assert document.get("lang") == language
    assert link.startswith(f"{settings.BASE_URL}/{language}/newsletter/confirm/")
    assert text.splitlines().count(link) == 1
    assert getattr(asked.text, f"text_{language}") in text
    assert "{{" not in text + html
    assert "{%" not in text + html
    assert 'style="' in html
    assert (states(), kinds()) == ([("sent", 1)], ["confirm"])


def test_only_the_digest_of_the_link_is_stored(smtp):
    sink = smtp()
    ask()

    letters.write_letters()

    token = parsed(sink.messages[0]).get_body(("plain",)).get_content()
    token = token.partition("/confirm/")[2].partition("/")[0]
    stored = str(list(SubscriptionRequest.objects.values())) + str(list(Letter.objects.values()))
    assert len(token) == 43
    assert token not in stored
    assert subscribing.confirmable(token) == SubscriptionRequest.objects.get()


def test_subscriber_gets_their_private_link_instead(smtp):
    sink = smtp()
    reader = factories.subscriber()
    ask(language="it")

    letters.write_letters()

    text = parsed(sink.messages[0]).get_body(("plain",)).get_content()
    token = letters.tokens.subscriber_token(reader.pk)
    assert kinds() == ["already"]
    assert f"{settings.BASE_URL}/it/newsletter/preferences/{token}/" in text


@pytest.mark.parametrize("reason", subscribing.SILENT)
def test_suppressed_address_gets_nothing(smtp, reason):
    sink = smtp()
    factories.subscriber()
    subscribing.suppress("ada@example.org", reason)
    ask()

    letters.write_letters()

    assert (kinds(), sink.messages) == ([], [])
    assert SubscriptionRequest.objects.get().answered_at is not None


@pytest.mark.parametrize("reason", [Reason.LEFT, Reason.ERASED])
def test_who_left_can_ask_again(smtp, reason):
    smtp()
    reader = factories.subscriber()
    subscribing.leave(reader.pk)
    if reason == Reason.ERASED:
        subscribing.erase(reader.pk)
    ask()

    letters.write_letters()

    assert kinds() == ["confirm"]


def test_request_that_is_too_old_gets_nothing(smtp):
    smtp()
    ask(requested_at=timezone.now() - timedelta(days=7))

    letters.write_letters()

    assert kinds() == []
    assert SubscriptionRequest.objects.get().answered_at is not None


def test_stranger_cannot_fill_a_mailbox(smtp):
    sink = smtp()
    for _number in range(limits.LETTERS_PER_ADDRESS + 2):
        ask()

    tasks.write_letters()

    assert len(sink.messages) == limits.LETTERS_PER_ADDRESS
    Letter.objects.update(created_at=timezone.now() - timedelta(days=1))
    ask()
    tasks.write_letters()
    assert len(sink.messages) == limits.LETTERS_PER_ADDRESS + 1


def test_answering_twice_writes_once(smtp):
    smtp()
    ask()

    letters.answer_requests()
    letters.answer_requests()

    assert kinds() == ["confirm"]


def test_topic_with_a_line_break_breaks_no_header(smtp):
    sink = smtp()
    topic = factories.topic("data", name_en="Data\r\nBcc: all@example.org")
    reader = factories.subscriber(topics=[topic])
    subscribing.disclose(reader.pk)

    letters.write_letters()

    mail = parsed(sink.messages[0])
    assert mail["Bcc"] is None
    assert [message.recipient for message in sink.messages] == ["ada@example.org"]


@BOTH
def test_disclosure_says_everything(smtp, language):
    sink = smtp()
    reader = factories.subscriber(
        language=language,
        topics=[factories.topic("data")],
        groups=[factories.subscriber_group("Journalists")],
    )
    subscribing.disclose(reader.pk)

    letters.write_letters()

    mail = parsed(sink.messages[0])
    consent = getattr(factories.consent_text(), f"text_{language}")
    for kind in ("plain", "html"):
        words = mail.get_body((kind,)).get_content()
        found = [word in words for word in ("ada@example.org", "Data", "Journalists", consent)]
        assert found == [True] * 4


# How it is handed over


def test_server_that_is_away_is_tried_again_and_at_last_given_up(smtp):
    sink = smtp()
    ask()
    letters.answer_requests()
    now = timezone.now()
    found = []

    with override_settings(EMAIL_PORT=1):  # nobody listens there
        for _attempt in range(len(letters.LADDER) + 1):
            letters.send_waiting(now)
            letter = Letter.objects.get()
            found.append((letter.state, letter.attempts, letter.next_attempt_at - now))
            now = letter.next_attempt_at

    waits = [("waiting", n, wait) for n, wait in enumerate(letters.LADDER, start=1)]
    assert found[:-1] == waits
    assert found[-1][:2] == ("failed", len(letters.LADDER) + 1)
    assert sink.messages == []


def test_nothing_is_tried_before_its_time(smtp):
    sink = smtp()
    ask()
    letters.answer_requests()
    Letter.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=1))

    assert letters.send_waiting() == 0
    assert letters.send_waiting(timezone.now() + timedelta(minutes=2)) == 1
    assert len(sink.messages) == 1


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (b"451 4.3.0 later\r\n", "waiting"),
        (b"421 4.3.2 closing\r\n", "waiting"),
        (b"550 5.1.1 nobody\r\n", "failed"),
    ],
)
def test_refusal_is_understood_at_every_stage(smtp, stage, answer, state):
    smtp(Behaviour(**{stage: lambda _who: answer}))
    ask()

    letters.write_letters()

    assert states() == [(state, 1)]


def test_second_attempt_has_a_link_that_works(smtp):
    answers = [b"451 4.3.0 later\r\n", None]
    sink = smtp(Behaviour(dot=lambda _who: answers.pop(0)))
    ask()
    letters.write_letters()

    letters.send_waiting(timezone.now() + timedelta(minutes=2))

    text = parsed(sink.messages[0]).get_body(("plain",)).get_content()
    token = text.partition("/confirm/")[2].partition("/")[0]
    assert subscribing.confirmable(token) == SubscriptionRequest.objects.get()
    assert states() == [("sent", 2)]


def test_letter_that_may_have_been_taken_is_not_sent_again(smtp):
    taken = []

    def cut_off(recipient):
        taken.append(recipient)
        return b""

    smtp(Behaviour(dot=cut_off))
    ask()

    letters.write_letters()
    letters.send_waiting(timezone.now() + timedelta(days=1))

    assert states() == [("sending", 1)]
    assert taken == ["ada@example.org"]


def test_refused_letter_does_not_hold_up_the_next(smtp):
    sink = smtp(Behaviour(rcpt=lambda who: b"421 4.7.0 no\r\n" if who.startswith("ada") else None))
    ask("ada@example.org")
    ask("bea@example.org")

    letters.write_letters()

    assert [message.recipient for message in sink.messages] == ["bea@example.org"]
    assert states() == [("waiting", 1), ("sent", 1)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_send_each_letter_once(smtp):
    sink = smtp(Behaviour(delay=0.01))
    for number in range(20):
        ask(f"reader-{number}@example.org")
    start, failures = threading.Barrier(3), []

    def work():
        start.wait(10)
        try:
            letters.write_letters()
        except Exception as error:  # noqa: BLE001 (told to the test)
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert failures == []
    assert sorted(sink.counts().values()) == [1] * 20
    assert states() == [("sent", 1)] * 20


def test_files_are_written_where_there_is_no_server(tmp_path):
    ask()

    backend = "django.core.mail.backends.filebased.EmailBackend"
    with override_settings(EMAIL_BACKEND=backend, EMAIL_FILE_PATH=str(tmp_path)):
        letters.write_letters()

    (file,) = tmp_path.iterdir()
    assert b"/newsletter/confirm/" in file.read_bytes()
    assert Subscriber.objects.count() == 0
