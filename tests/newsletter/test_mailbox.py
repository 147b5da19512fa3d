"""The mailbox of bounces, on servers of this machine; and the pipe."""

import os
import ssl
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from newsletter import mailbox, tasks
from newsletter.bounce_reports import Outcome
from newsletter.mailbox import MailboxAddress
from newsletter.models import Delivery, SuppressedAddress
from tests.newsletter.mailboxes import PASSWORD, Imap, Pop3, running
from tests.newsletter.returned import delivered, sample

State = Delivery.State
CREDENTIALS = "bounces%40example.org:p%3Ass%2Fw%40rd"


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.NEWSLETTER_BOUNCE_ADDRESS = "bounces@example.org"
    cache.clear()


@pytest.fixture(params=[Imap, Pop3], ids=["imap", "pop3"])
def kind(request):
    return request.param


@pytest.fixture
def box(kind, settings):
    with ExitStack() as stack:
        store = stack.enter_context(running(kind))
        scheme = kind.__name__.lower()
        settings.NEWSLETTER_BOUNCE_MAILBOX = f"{scheme}://{CREDENTIALS}@127.0.0.1:{store.port}"
        yield store


@pytest.mark.django_db
def test_bounces_are_noted_and_removed_and_the_rest_stays(box):
    delivery = delivered()
    person = sample("person", delivery)
    away = sample("vacation", delivery)
    box.put(person, sample("postfix_user_unknown", delivery), away)

    counts = mailbox.poll()

    delivery.refresh_from_db()
    assert counts == {Outcome.NO_BOUNCE: 1, Outcome.HARD: 1, Outcome.AUTOMATIC: 1}
    assert list(box.mails.values()) == [person, away]
    assert delivery.state == State.BOUNCED


@pytest.mark.django_db
def test_what_was_looked_at_is_not_looked_at_again(box):
    delivery = delivered()
    box.put(sample("person", delivery))
    mailbox.poll()
    box.put(sample("postfix_user_unknown", delivery))

    counts = mailbox.poll()

    assert counts == {Outcome.HARD: 1}
    assert len(box.mails) == 1


@pytest.mark.django_db
def test_run_takes_no_more_than_its_limit(box):
    delivery = delivered()
    box.put(*[sample("person", delivery)] * 5)

    counts = [mailbox.poll(limit=2) for _run in range(4)]

    assert [count.total() for count in counts] == [2, 2, 1, 0]
    assert len(box.mails) == 5


@pytest.mark.django_db
def test_mail_stays_when_the_database_is_away(box):
    delivery = delivered()
    box.put(sample("postfix_user_unknown", delivery))

    def fail(execute, sql, *args):
        raise DatabaseError("away")

    with connection.execute_wrapper(fail), pytest.raises(DatabaseError):
        mailbox.poll()

    assert len(box.mails) == 1
    assert mailbox.poll() == {Outcome.HARD: 1}
    assert len(box.mails) == 0


@pytest.mark.django_db
def test_crash_between_noting_and_removing_loses_and_doubles_nothing(kind, box):
    delivery = delivered()
    box.put(*[sample("mailbox_full", delivery)] * 2)
    box.drop_after = "Deleted" if kind is Imap else "DELE"

    mailbox.poll()

    subscriber = delivery.subscriber
    subscriber.refresh_from_db()
    assert (len(box.mails), subscriber.soft_bounces) == (2, 1)

    box.drop_after = ""
    mailbox.poll()

    subscriber.refresh_from_db()
    assert (len(box.mails), subscriber.soft_bounces) == (0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["SEARCH", "FETCH", "UIDL", "RETR", "USER", "LOGIN"])
def test_connection_that_breaks_is_no_error(box, word):
    box.put(sample("person", delivered()))
    box.drop_after = word

    mailbox.poll()

    assert len(box.mails) == 1


@pytest.mark.django_db
def test_one_mail_that_cannot_be_noted_does_not_keep_the_others(box, caplog):
    delivery = delivered(pk=1001)
    other = delivered(delivery.subscriber, pk=1002)
    box.put(sample("postfix_user_unknown", delivery), sample("mailbox_full", other))

    def stumble(execute, sql, params, *args):
        if params and delivery.pk in params and "UPDATE" in sql:
            raise ArithmeticError("a fault of ours")
        return execute(sql, params, *args)

    with connection.execute_wrapper(stumble):
        counts = mailbox.poll()

    assert counts == {Outcome.SOFT: 1}
    assert len(box.mails) == 1
    assert "could not be read" in caplog.text


@pytest.mark.django_db
def test_wrong_password_is_logged_in_words_without_it(kind, box, settings, caplog):
    box.put(sample("person", delivered()))
    settings.NEWSLETTER_BOUNCE_MAILBOX = settings.NEWSLETTER_BOUNCE_MAILBOX.replace(
        "%40rd", "%40xy"
    )

    assert mailbox.poll() == Counter()

    assert "The bounce mailbox at 127.0.0.1" in caplog.text
    assert "is wrong" in caplog.text
    assert "p:ss/w@xy" not in caplog.text


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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["imaps", "imap+tls", "pop3s", "pop3+tls"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_mailbox_is_read_over_tls_from_the_right_server_only(
    settings, certificate, monkeypatch, caplog, scheme, is_trusted
):
    cert, context = certificate
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    kind = Imap if scheme.startswith("imap") else Pop3

    with running(kind, context, is_tls_at_once=scheme.endswith("s") and "+" not in scheme) as store:
        store.put(sample("postfix_user_unknown", delivered()))
        settings.NEWSLETTER_BOUNCE_MAILBOX = f"{scheme}://{CREDENTIALS}@localhost:{store.port}"
        counts = mailbox.poll()

    assert counts == ({Outcome.HARD: 1} if is_trusted else Counter())
    assert ("certificate verify failed" in caplog.text) is not is_trusted
    assert not any(PASSWORD in command for command in store.commands) or is_trusted


def test_server_that_is_away_is_logged(settings, caplog):
    with running(Imap) as store:
        port = store.port
    settings.NEWSLETTER_BOUNCE_MAILBOX = f"imap://u:secret@127.0.0.1:{port}/INBOX"

    assert mailbox.poll() == Counter()

    assert "Connection refused" in caplog.text
    assert "secret" not in caplog.text


def test_folder_that_is_not_there_is_logged(settings, caplog):
    with running(Imap) as store:
        settings.NEWSLETTER_BOUNCE_MAILBOX = (
            f"imap://{CREDENTIALS}@127.0.0.1:{store.port}/Some%20folder"
        )

        mailbox.poll()

    assert "no folder Some folder" in caplog.text


def test_without_a_mailbox_nothing_is_asked(settings):
    settings.NEWSLETTER_BOUNCE_MAILBOX = ""

    assert mailbox.poll() == Counter()


@pytest.mark.django_db
def test_task_reads_the_mailbox(box):
    box.put(sample("postfix_user_unknown", delivered()))

    tasks.receive_bounces()

    assert SuppressedAddress.objects.count() == 1


def test_only_the_beginning_of_a_long_mail_is_read():
    with (
        running(Imap) as store,
        mailbox._opened(
            MailboxAddress.of(f"imap://{CREDENTIALS}@127.0.0.1:{store.port}")
        ) as opened,
    ):
        store.put(b"To: x\r\n\r\n" + b"x" * 2_000_000)

        assert len(opened.read("1")) == 1024 * 1024


@pytest.mark.django_db
def test_pop3_line_that_is_too_long_is_passed_over_the_next_time(settings):
    delivery = delivered()
    with running(Pop3) as store:
        settings.NEWSLETTER_BOUNCE_MAILBOX = f"pop3://{CREDENTIALS}@127.0.0.1:{store.port}"
        store.put(b"To: x\r\n\r\n" + b"x" * 10_000, sample("postfix_user_unknown", delivery))

        counts = [mailbox.poll(), mailbox.poll()]

    assert counts == [Counter(), {Outcome.HARD: 1}]
    assert len(store.mails) == 1


def test_mailbox_is_told_by_one_address():
    assert MailboxAddress.of("imaps://me%40example.org:s%3A@mail.example.org/In%2FBox") == (
        MailboxAddress("imaps", "mail.example.org", 993, "me@example.org", "s:", "In/Box")
    )
    assert MailboxAddress.of("pop3s://me:s@mail.example.org:1995").port == 1995
    with pytest.raises(ImproperlyConfigured, match="imaps://user:password@host/INBOX"):
        MailboxAddress.of("mail.example.org")


# The pipe


def piped(mail: bytes, tmp_path, **environment: str) -> subprocess.CompletedProcess:
    """What a mail server does: a process of its own, the mail on its standard input."""
    return subprocess.run(
        [sys.executable, "manage.py", "receive_bounces"],
        input=mail,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=django_settings.BASE_DIR,
        env=os.environ
        | {"SECRET_KEY": django_settings.SECRET_KEY, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        | environment,
    )


REAL = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def database():
    """The tests' database, as a process of its own finds it."""
    row = connection.settings_dict
    if connection.vendor == "sqlite":
        return {"DATABASE_URL": f"sqlite:///{row['NAME']}"}
    is_socket = row["HOST"].startswith("/")
    where = f"/{row['HOST']}" if is_socket else f"{row['HOST']}:{row['PORT'] or 5432}"
    url = f"postgres://{row['USER']}:{row['PASSWORD']}@{where}/{row['NAME']}"
    return {"DATABASE_URL": url}


@REAL
def test_piped_bounce_is_noted(database, tmp_path):
    delivery = delivered()

    done = piped(sample("postfix_user_unknown", delivery), tmp_path, **database)

    delivery.refresh_from_db()
    assert (done.returncode, done.stdout) == (0, b"the address does not exist\n")
    assert delivery.state == State.BOUNCED


@REAL
def test_piped_mail_of_a_person_goes_back_to_them(database, tmp_path):
    done = piped(sample("person", delivered()), tmp_path, **database)

    assert done.returncode == os.EX_DATAERR
    assert done.stderr == b"This address takes bounces only: nobody reads mail here.\n"


def test_piped_bounce_is_to_be_tried_again_when_the_database_is_away(db, tmp_path):
    mail = sample("postfix_user_unknown", delivered())

    done = piped(mail, tmp_path, DATABASE_URL="postgres://nobody@127.0.0.1:9/nothing")

    assert done.returncode == os.EX_TEMPFAIL
