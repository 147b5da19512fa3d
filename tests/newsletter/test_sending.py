"""Handing mails to the relay: who gets what, and what follows from the relay's answers."""

import ssl
import subprocess
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from newsletter import announcing, bounces, claiming, sending, subscribing, ticking, tokens
from newsletter.models import (
    Announcement,
    Delivery,
    DeliverySlice,
    Relay,
    RelaySlot,
    Sender,
    Subscriber,
    SuppressedAddress,
)
from tests.newsletter.conftest import (
    address,
    counters,
    launched,
    launched_to,
    readers,
    send,
    states,
)
from tests.newsletter.sink import Behaviour

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

State = Announcement.State


def once(answer: bytes, *recipients: str):
    """Gives the answer to each of the recipients the first time, and takes their mail then."""
    left = set(recipients)

    def behave(recipient: str) -> bytes | None:
        if recipient in left:
            left.remove(recipient)
            return answer
        return None

    return behave


def test_everybody_gets_one_mail_in_their_language(smtp):
    sink = smtp()
    announcement = launched(40)

    announcement = send(announcement)

    assert sink.counts() == {address(number): 1 for number in range(40)}
    words = {
        m.recipient: m.content.partition(b"\r\n\r\n")[2].split(b"\r\n")[0] for m in sink.messages
    }
    assert words == {
        address(number): b"Hello, it." if number % 2 else b"Hello, en." for number in range(40)
    }
    assert states(announcement) == counters(announcement) == {"sent": 40}
    assert announcement.state == State.FINISHED


def test_each_mail_carries_the_readers_own_link_and_number(smtp):
    sink = smtp()
    announcement = send(launched(3))

    found = {m.recipient: m.content for m in sink.messages}
    for delivery in announcement.deliveries.select_related("subscriber"):
        content = found[delivery.subscriber.address]
        assert f"/{tokens.subscriber_token(delivery.subscriber_id)}/".encode() in content
        number = bounces.message_id(announcement.key, delivery.pk)
        assert f"Message-ID: <{number}>\r\n".encode() in content
        assert f"To: {delivery.subscriber.address}\r\n".encode() in content


def test_sending_leaves_no_sender_slot_or_journal_behind(smtp, settings):
    smtp()
    send(launched(5))

    assert not Sender.objects.exists()
    assert not RelaySlot.objects.filter(sender__isnull=False).exists()
    assert list((settings.VAR_DIR / "senders").glob("*")) == []


def test_relay_without_pipelining_gets_its_commands_one_by_one(smtp):
    sink = smtp(Behaviour(pipelining=False))

    announcement = send(launched(30))

    assert sink.counts() == {address(number): 1 for number in range(30)}
    assert states(announcement) == {"sent": 30}


def test_address_that_does_not_exist_is_suppressed_in_the_end(smtp):
    behaviour = Behaviour(rcpt=once(b"550 5.1.1 no such user\r\n", address(3)))
    sink = smtp(behaviour)

    announcement = send(launched(30))

    assert sink.counts() == {address(number): 1 for number in range(30) if number != 3}
    assert states(announcement) == counters(announcement) == {"sent": 29, "bounced": 1}
    assert Subscriber.objects.get(address=address(3)).state == Subscriber.State.SUPPRESSED
    assert SuppressedAddress.objects.get().reason == SuppressedAddress.Reason.BOUNCED


def test_temporary_refusal_is_tried_again_later(smtp):
    sink = smtp(
        Behaviour(
            rcpt=once(b"450 4.2.1 wait\r\n", address(0)), dot=once(b"451 busy\r\n", address(1))
        )
    )
    announcement = send(launched(10))
    early = (states(announcement), announcement.state)
    due = announcement.slices.filter(deferred=1).values_list("due_at", flat=True)
    assert all(timedelta() < at - timezone.now() <= timedelta(minutes=1) for at in due)

    Delivery.objects.filter(state=Delivery.State.DEFERRED).update(next_attempt_at=timezone.now())
    DeliverySlice.objects.filter(deferred=1).update(due_at=timezone.now())
    announcement = send(announcement)

    assert early == ({"sent": 8, "deferred": 2}, State.SENDING)
    assert sink.counts() == {address(number): 1 for number in range(10)}
    assert states(announcement) == counters(announcement) == {"sent": 10}
    assert announcement.state == State.FINISHED


def test_temporary_refusals_end_after_the_ladder(smtp):
    smtp(Behaviour(rcpt=lambda recipient: b"450 4.2.1 wait\r\n"))
    announcement = launched(1)
    Delivery.objects.update(attempts=10)

    announcement = send(announcement)

    assert states(announcement) == {"bounced": 1}
    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE


def test_relay_that_refuses_everything_pauses_and_spares_the_address_book(smtp):
    smtp(Behaviour(rcpt=lambda recipient: b"550 5.1.1 no such user\r\n"))

    announcement = send(launched(400))

    assert announcement.state == State.PAUSED
    assert announcement.problem == "550 5.1.1 no such user"
    assert states(announcement)["bounced"] < 100
    assert not Subscriber.objects.exclude(state=Subscriber.State.ACTIVE).exists()
    assert not SuppressedAddress.objects.exists()


def test_refused_ones_are_sent_to_after_all_when_the_relay_is_mended(smtp):
    behaviour = Behaviour(rcpt=lambda recipient: b"550 5.1.1 no such user\r\n")
    sink = smtp(behaviour)
    announcement = send(launched(100))
    behaviour.rcpt = lambda recipient: None

    announcing.resume(announcement.pk, retry_refused=True)
    announcement = send(announcement)

    assert sink.counts() == {address(number): 1 for number in range(100)}
    assert states(announcement) == counters(announcement) == {"sent": 100}


def test_policy_refusal_pauses_at_once(smtp):
    smtp(Behaviour(dot=lambda recipient: b"554 5.7.26 unsigned mail\r\n"))

    announcement = send(launched(50))

    assert (announcement.state, announcement.problem) == (State.PAUSED, "554 5.7.26 unsigned mail")
    assert states(announcement)["bounced"] <= sending.LANES


def test_wrong_password_stops_the_relay_and_loses_nobody(smtp):
    behaviour = Behaviour(login=("portal", "right"))
    sink = smtp(behaviour, user="portal", password="wrong")
    announcement = send(launched(10))

    first = (states(announcement), announcement.state, Relay.objects.get().reason)
    behaviour.login = ("portal", "wrong")
    announcing.open_relay()
    announcement = send(announcement)

    assert first == ({"queued": 10}, State.SENDING, "535 5.7.8 wrong password")
    assert sink.counts() == {address(number): 1 for number in range(10)}
    assert announcement.state == State.FINISHED


def test_relay_that_is_away_is_waited_for(smtp, monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 2.0)
    sink = smtp()
    announcement = launched(10)
    with override_settings(EMAIL_PORT=1):
        announcement = send(announcement)
    problem = announcement.problem

    announcement = send(announcement)

    assert "Connection refused" in problem
    assert announcement.problem == ""
    assert sink.counts() == {address(number): 1 for number in range(10)}


def test_connection_that_closes_before_the_dot_loses_and_doubles_nothing(smtp):
    sink = smtp(Behaviour(rcpt=once(b"", *(address(number) for number in range(0, 20, 5)))))

    announcement = send(launched(20))

    assert sink.counts() == {address(number): 1 for number in range(20)}
    assert states(announcement) == {"sent": 20}


def test_service_that_goes_down_in_between_is_waited_for(smtp):
    sink = smtp(Behaviour(mail=once(b"421 4.3.2 going down\r\n", "press@example.org")))

    announcement = send(launched(20))

    assert sink.counts() == {address(number): 1 for number in range(20)}
    assert states(announcement) == {"sent": 20}


def test_connection_that_closes_after_the_dot_is_held_for_a_person(smtp):
    sink = smtp(Behaviour(dot=once(b"", address(4))))

    announcement = send(launched(20))

    assert sink.counts() == {address(number): 1 for number in range(20) if number != 4}
    assert states(announcement) == counters(announcement) == {"sent": 19, "held": 1}
    assert announcement.state == State.FINISHED


def test_held_one_is_sent_again_when_an_editor_says_so(smtp):
    sink = smtp(Behaviour(dot=once(b"", address(4))))
    announcement = send(launched(20))

    count = announcing.retry_held(announcement.pk)
    announcement = send(announcement)

    assert count == 1
    assert sink.counts() == {address(number): 1 for number in range(20)}
    assert states(announcement) == counters(announcement) == {"sent": 20}


def test_held_one_is_closed_when_an_editor_says_so(smtp):
    sink = smtp(Behaviour(dot=once(b"", address(4))))
    announcement = send(launched(20))

    count = announcing.close_held(announcement.pk)
    announcement = send(announcement)

    assert count == 1
    assert address(4) not in sink.counts()
    assert states(announcement) == counters(announcement) == {"sent": 19, "assumed": 1}


def test_who_leaves_while_it_is_running_is_not_sent_to(smtp):
    sink = smtp(Behaviour(delay=0.1))
    announcement = launched(120)
    gone = [address(number) for number in (80, 81, 119)]

    def leave() -> None:
        wait_for_first(sink)
        for reader in Subscriber.objects.filter(address__in=gone):
            subscribing.leave(reader.pk)

    thread = run_beside(leave)
    announcement = send(announcement)
    thread.join()

    assert [recipient for recipient in gone if recipient in sink.counts()] == []
    assert states(announcement) == counters(announcement) == {"sent": 117, "suppressed": 3}


def test_who_is_erased_while_it_is_running_is_not_sent_to(smtp):
    sink = smtp(Behaviour(delay=0.1))
    announcement = launched(120)
    gone = Subscriber.objects.get(address=address(119))

    def erase() -> None:
        wait_for_first(sink)
        subscribing.erase(gone.pk)

    thread = run_beside(erase)
    announcement = send(announcement)
    thread.join()

    assert gone.address not in sink.counts()
    assert states(announcement) == counters(announcement) == {"sent": 119, "cancelled": 1}
    assert not Delivery.objects.filter(subscriber=gone.pk).exists()


def wait_for_first(sink) -> None:
    while not sink.messages:
        time.sleep(0.01)


def run_beside(work) -> threading.Thread:
    from django.db import connection  # noqa: PLC0415

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_reader_on_a_pause_is_left_out(smtp):
    sink = smtp()
    announcement = launched(4)
    tomorrow = timezone.localdate() + timedelta(days=1)
    Subscriber.objects.filter(address=address(0)).update(paused_until=tomorrow)
    Subscriber.objects.filter(address=address(1)).update(paused_until=timezone.localdate())

    announcement = send(announcement)

    assert sink.counts() == {address(number): 1 for number in (1, 2, 3)}
    assert states(announcement) == {"sent": 3, "suppressed": 1}


def test_reader_who_changed_the_language_gets_the_new_one(smtp):
    sink = smtp()
    announcement = launched(2)
    Subscriber.objects.update(language="it")

    send(announcement)

    assert [b"Hello, it." in message.content for message in sink.messages] == [True, True]


@pytest.mark.parametrize("deed", [announcing.pause, announcing.cancel])
def test_pause_and_cancel_take_effect_within_two_seconds(smtp, deed):
    sink = smtp(Behaviour(delay=0.02))
    announcement = launched(2_000)
    seen = []

    def act() -> None:
        wait_for_first(sink)
        deed(announcement.pk)
        seen.append(len(sink.messages))
        time.sleep(2)
        seen.append(len(sink.messages))
        time.sleep(1)
        seen.append(len(sink.messages))

    thread = run_beside(act)
    announcement = send(announcement)
    thread.join()

    assert 0 < seen[0] <= seen[1] == seen[2] < 2_000
    assert states(announcement)["sent"] == seen[2]


def test_resumed_announcement_goes_on_where_it_was(smtp):
    sink = smtp()
    announcement = launched(30, state=State.PAUSED)
    idle = send(announcement).state, len(sink.messages)

    announcing.resume(announcement.pk)
    announcement = send(announcement)

    assert idle == (State.PAUSED, 0)
    assert sink.counts() == {address(number): 1 for number in range(30)}


def test_relay_gets_no_more_connections_than_allowed(smtp):
    sink = smtp(Behaviour(delay=0.005))
    announcement = launched(1_200)
    with override_settings(NEWSLETTER_CONNECTIONS=3):
        threads = [run_beside(lambda: sending.pump(announcement.pk)) for _number in range(2)]
        for thread in threads:
            thread.join()

    assert sink.most_connections == 3
    assert sink.counts() == {address(number): 1 for number in range(1_200)}


def test_rate_limit_holds(smtp):
    sink = smtp()
    announcement = launched(20)
    began = time.monotonic()

    with override_settings(NEWSLETTER_RATE=600, NEWSLETTER_CONNECTIONS=2):
        send(announcement)

    assert time.monotonic() - began >= (20 - 2) * 60 / 600 * 0.9
    assert len(sink.messages) == 20


def test_two_senders_never_take_the_same_slice():
    announcement = launched(3_000)
    senders = [
        Sender.objects.create(announcement=announcement, host="here", boot="now") for _n in range(2)
    ]
    taken: list[int] = []

    def claim(sender) -> None:
        while part := claiming.claim_slice(announcement.pk, sender.pk):
            taken.append(part.pk)

    threads = [run_beside(lambda sender=sender: claim(sender)) for sender in senders]
    for thread in threads:
        thread.join()

    assert Counter(taken) == dict.fromkeys(announcement.slices.values_list("pk", flat=True), 1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    return key, cert


@pytest.mark.parametrize("is_tls_at_once", [False, True])
def test_mail_goes_over_tls_with_a_log_in(smtp, certificate, monkeypatch, is_tls_at_once):
    key, cert = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    behaviour = Behaviour(login=("portal", "secret"))
    sink = smtp(
        behaviour, user="portal", password="secret", tls=context, is_tls_at_once=is_tls_at_once
    )

    announcement = send(launched(25))

    assert sink.counts() == {address(number): 1 for number in range(25)}
    assert states(announcement) == {"sent": 25}


def test_relay_whose_certificate_is_not_trusted_gets_nothing(smtp, certificate, monkeypatch):
    key, cert = certificate
    monkeypatch.setattr(sending, "SECONDS", 1.0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    sink = smtp(Behaviour(), tls=context)

    announcement = send(launched(5))

    assert sink.messages == []
    assert states(announcement) == {"queued": 5}
    assert "certificate verify failed" in announcement.problem


def test_files_are_written_where_no_server_is_named(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    announcement = send(launched(6))

    text = "".join(path.read_text() for path in tmp_path.iterdir())
    assert [text.count(f"To: {address(number)}\n") for number in range(6)] == [1] * 6
    assert states(announcement) == counters(announcement) == {"sent": 6}


def test_nobody_in_the_audience_means_finished(smtp):
    sink = smtp()
    readers(2)

    announcement = send(launched_to([]))

    assert (announcement.state, sink.connections) == (State.FINISHED, 0)


@pytest.fixture
def full_disk(tmp_path, settings):
    """A file system without room for a journal."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not allowed here")
    settings.VAR_DIR = folder
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607 (where it is differs)


def test_full_disk_sends_nothing_and_says_why(smtp, full_disk):
    sink = smtp()

    announcement = send(launched(5))
    (full_disk / "senders").rmdir()
    remount = ["mount", "-o", "remount,size=1m", str(full_disk)]
    subprocess.run(remount, check=True)
    later = send(Announcement.objects.get())

    assert "No space left on device" in announcement.problem
    assert (later.state, later.problem) == (State.FINISHED, "")
    assert sink.counts() == {address(number): 1 for number in range(5)}


@pytest.mark.sqlite_only
def test_full_database_loses_and_doubles_nothing(smtp, monkeypatch):
    """SQLite says that its disk is full while outcomes are to be recorded."""
    from django.db.backends.signals import connection_created  # noqa: PLC0415

    sink = smtp()
    announcement = launched(300)
    is_full = [True]

    def refuse(connection, **kwargs) -> None:
        if threading.current_thread().name == "recorder" and is_full[0]:
            connection.cursor().execute("PRAGMA query_only = ON")  # the nearest that can be undone

    connection_created.connect(refuse)
    monkeypatch.setattr("newsletter.recording.GIVE_UP", 2.0)
    try:
        sending.pump(announcement.pk)
    finally:
        connection_created.disconnect(refuse)
    early = states(announcement)
    is_full[0] = False
    ticking.tick()
    announcement = send(announcement)

    assert early == {"queued": 300}
    assert sink.counts() == {address(number): 1 for number in range(300)}
    assert states(announcement) == counters(announcement) == {"sent": 300}
