"""The mailbox that bounces come to: reading it, and clearing away what has been noted.

A mail is deleted only after its transaction was committed; whatever is no bounce stays.
"""

import hashlib
import imaplib
import logging
import poplib
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError

from newsletter import bounces
from newsletter.bounce_reports import Outcome

logger = logging.getLogger(__name__)

LIMIT = 500  # mails in one run
TIMEOUT = 30  # seconds
PORTS = {"imap": 143, "imap+tls": 143, "imaps": 993, "pop3": 110, "pop3+tls": 110, "pop3s": 995}


@dataclass(frozen=True)
class MailboxAddress:
    """Where the mailbox is: ``imaps://user:password@host/folder``, parts percent-encoded."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def of(cls, url: str) -> "MailboxAddress":
        """Raises ``ImproperlyConfigured`` for an address of another kind."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ImproperlyConfigured(
                "NEWSLETTER_BOUNCE_MAILBOX is no mailbox. It looks like "
                "imaps://user:password@host/INBOX or pop3s://user:password@host."
            )
        return cls(
            parts.scheme,
            parts.hostname,
            parts.port or PORTS[parts.scheme],
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            unquote(parts.path.strip("/")) or "INBOX",
        )

    def without_secrets(self, words: str) -> str:
        """A server's answer as it may be logged: some repeat what they were told."""
        for secret in filter(None, (self.password, self.user)):
            words = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "…", words)
        return words


class Mailbox(Protocol):
    """An open mailbox; ``name`` is its server's name of a mail."""

    def waiting(self) -> Iterator[str]:
        """Mails that have not been looked at."""

    def read(self, name: str) -> bytes: ...

    def remove(self, name: str) -> None: ...

    def keep(self, name: str) -> None:
        """Leave it where it is, and do not look at it again."""


def poll(limit: int = LIMIT) -> Counter[Outcome]:
    """Receive what waits in ``NEWSLETTER_BOUNCE_MAILBOX``; how many mails of which kind.

    A server that cannot be reached is logged, in words without user and password, and tried again
    the next time. Raises ``DatabaseError``: what is not noted stays in the mailbox.
    """
    counts: Counter[Outcome] = Counter()
    if not settings.NEWSLETTER_BOUNCE_MAILBOX:
        return counts
    address = MailboxAddress.of(settings.NEWSLETTER_BOUNCE_MAILBOX)
    try:
        with _opened(address) as mailbox:
            for name, _number in zip(mailbox.waiting(), range(limit), strict=False):
                if outcome := _receive(mailbox, name):
                    counts[outcome] += 1
    except (OSError, imaplib.IMAP4.error, poplib.error_proto) as error:
        words = address.without_secrets(str(error)) or type(error).__name__
        logger.warning("The bounce mailbox at %s: %s", address.host, words)
    return counts


def _receive(mailbox: Mailbox, name: str) -> Outcome | None:
    raw = mailbox.read(name)
    try:
        outcome = bounces.receive(raw)
    except (DatabaseError, InterfaceError):
        raise
    except Exception:
        # One mail that cannot be read must not keep the others back: it stays for the next run.
        logger.exception("A mail in the bounce mailbox (%s) could not be read", name)
        return None
    if outcome.is_handled:
        mailbox.remove(name)
    else:
        mailbox.keep(name)
    return outcome


@contextmanager
def _opened(address: MailboxAddress) -> Iterator[Mailbox]:
    opened: Callable = _imap if address.scheme.startswith("imap") else _pop3
    with opened(address) as mailbox:
        yield mailbox


# IMAP (RFC 3501)


class ImapMailbox:
    """Looked at means ``\\Seen``. Names are UIDs."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self.connection = connection

    def waiting(self) -> Iterator[str]:
        found = self._command("SEARCH", "UNSEEN", "UNDELETED")
        yield from (found[0] or b"").decode().split()

    def read(self, name: str) -> bytes:
        """The beginning of the mail, without marking it; empty where somebody has deleted it."""
        answer = self._command("FETCH", name, f"(BODY.PEEK[]<0.{bounces.LIMIT}>)")
        return next((item[1] for item in answer if isinstance(item, tuple)), b"")

    def remove(self, name: str) -> None:
        self._command("STORE", name, "+FLAGS.SILENT", r"(\Deleted)")

    def keep(self, name: str) -> None:
        self._command("STORE", name, "+FLAGS.SILENT", r"(\Seen)")

    def _command(self, *words: str) -> list:
        status, answer = self.connection.uid(*words)
        if status != "OK":
            raise imaplib.IMAP4.error(f"{words[0]} refused")
        return answer


@contextmanager
def _imap(address: MailboxAddress) -> Iterator[ImapMailbox]:
    context = ssl.create_default_context()
    if address.scheme == "imaps":
        connection = imaplib.IMAP4_SSL(
            address.host, address.port, ssl_context=context, timeout=TIMEOUT
        )
    else:
        connection = imaplib.IMAP4(address.host, address.port, timeout=TIMEOUT)
    try:
        if address.scheme == "imap+tls":
            connection.starttls(context)
        connection.login(address.user, address.password)
        folder = '"{}"'.format(address.folder.replace("\\", r"\\").replace('"', r"\""))
        status, _answer = connection.select(folder)
        if status != "OK":
            raise imaplib.IMAP4.error(f"no folder {address.folder}")
        try:
            yield ImapMailbox(connection)
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                connection.close()  # removes what is flagged as deleted
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            connection.logout()
        with suppress(OSError):
            connection.shutdown()  # also where the server did not answer


# POP3 (RFC 1939)


class Pop3Mailbox:
    """The server knows no marks: what was looked at is remembered in the cache, by its UIDL.

    Where the cache forgets, a mail is read again, which changes nothing.
    """

    def __init__(self, connection: poplib.POP3, key: str) -> None:
        self.connection = connection
        self.key = key
        self.kept: set[str] = set(cache.get(key, ()))

    def waiting(self) -> Iterator[str]:
        lines = self.connection.uidl()[1]
        names = dict(reversed(line.decode().split(maxsplit=1)) for line in lines)
        self.numbers = names
        self.kept &= names.keys()
        yield from [name for name in names if name not in self.kept]

    def read(self, name: str) -> bytes:
        try:
            lines = self.connection.retr(self.numbers[name])[1]
        except poplib.error_proto:  # such as a line that is longer than poplib reads
            self.keep(name)
            self.remember()
            raise
        return b"\r\n".join(lines)

    def remove(self, name: str) -> None:
        self.connection.dele(self.numbers[name])

    def keep(self, name: str) -> None:
        self.kept.add(name)

    def remember(self) -> None:
        cache.set(self.key, self.kept, timeout=None)


@contextmanager
def _pop3(address: MailboxAddress) -> Iterator[Pop3Mailbox]:
    context = ssl.create_default_context()
    if address.scheme == "pop3s":
        connection = poplib.POP3_SSL(address.host, address.port, timeout=TIMEOUT, context=context)
    else:
        connection = poplib.POP3(address.host, address.port, timeout=TIMEOUT)
    try:
        if address.scheme == "pop3+tls":
            connection.stls(context)
        connection.user(address.user)
        connection.pass_(address.password)
        who = f"{address.user}@{address.host}:{address.port}"
        mailbox = Pop3Mailbox(
            connection, f"newsletter-mailbox-{hashlib.sha256(who.encode()).hexdigest()}"
        )
        yield mailbox
        mailbox.remember()
    finally:
        with suppress(OSError, poplib.error_proto):
            connection.quit()  # only now the server deletes
        with suppress(OSError):
            connection.close()
