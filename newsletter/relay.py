"""The connection to the mail server: Python's own set-up, then no waiting but for answers."""

import contextlib
import smtplib
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.mail.utils import DNS_NAME

from newsletter.replies import Reply

CONNECT_TIMEOUT = 10.0
SEND_TIMEOUT = 30.0
CHUNK = 65_536
MAX_LINE = 8_192


@dataclass(frozen=True)
class RelayAddress:
    """Where mail is handed in, as Django's e-mail settings say it."""

    host: str
    port: int
    username: str
    password: str
    use_tls: bool
    use_ssl: bool

    @classmethod
    def from_settings(cls) -> "RelayAddress":
        return cls(
            settings.EMAIL_HOST,
            settings.EMAIL_PORT,
            settings.EMAIL_HOST_USER,
            settings.EMAIL_HOST_PASSWORD,
            settings.EMAIL_USE_TLS,
            settings.EMAIL_USE_SSL,
        )


class RelayRefusedError(Exception):
    """The relay does not take us in; ``reply`` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Connection:
    """A session that sends without waiting and reads what is there.

    Opening blocks for up to ``CONNECT_TIMEOUT``. Sending blocks only while the kernel's buffer is
    full, which a message of the usual size does not fill.
    """

    def __init__(self, address: RelayAddress) -> None:
        self.session = _open(address)
        self.can_pipeline = self.session.has_extn("pipelining")
        self._socket = self.session.sock
        self._socket.settimeout(SEND_TIMEOUT)
        for level, option, value in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
            (socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20),
        ):
            with contextlib.suppress(OSError):
                self._socket.setsockopt(level, option, value)
        self._unread = b""
        self._lines: list[bytes] = []
        self.replies: deque[Reply] = deque()

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        """Raises ``OSError`` where the connection is gone or the peer does not read."""
        self._socket.sendall(data)

    def receive(self) -> None:
        """Read what has come, complete answers into ``replies``; raises ``OSError`` at its end."""
        data = self._socket.recv(CHUNK)
        while isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            data += self._socket.recv(CHUNK)
        if not data:
            raise ConnectionResetError("closed by the relay")
        *lines, self._unread = (self._unread + data).split(b"\n")
        if len(self._unread) > MAX_LINE:
            raise ConnectionError("an answer without end")
        for line in lines:
            self._lines.append(line)
            if line[3:4] != b"-":
                self.replies.append(_reply(tuple(self._lines)))
                self._lines.clear()

    def close(self) -> None:
        """Take leave where the peer still listens."""
        with contextlib.suppress(OSError):
            self._socket.settimeout(1)
            self._socket.sendall(b"QUIT\r\n")
        self.drop()

    def drop(self) -> None:
        """Cut the line: what was not finished with a dot is no message."""
        self.session.close()


def _open(address: RelayAddress) -> smtplib.SMTP:
    session = _connect(address)
    try:
        _introduce(session, address)
    except smtplib.SMTPNotSupportedError as error:
        session.close()
        raise RelayRefusedError(Reply(530, str(error))) from error
    except smtplib.SMTPResponseException as error:
        session.close()
        raise RelayRefusedError(_response(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        session.close()
        raise ConnectionError(str(error)) from error
    return session


def _connect(address: RelayAddress) -> smtplib.SMTP:
    options = {"local_hostname": DNS_NAME.get_fqdn(), "timeout": CONNECT_TIMEOUT}
    try:
        if address.use_ssl:
            return smtplib.SMTP_SSL(address.host, address.port, context=_tls(), **options)
        return smtplib.SMTP(address.host, address.port, **options)
    except smtplib.SMTPResponseException as error:
        raise RelayRefusedError(_response(error)) from error
    except smtplib.SMTPException as error:
        raise ConnectionError(str(error)) from error


def _introduce(session: smtplib.SMTP, address: RelayAddress) -> None:
    if address.use_tls:
        session.starttls(context=_tls())
    session.ehlo()
    if address.username:
        session.login(address.username, address.password)


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # heeds SSL_CERT_FILE


def _response(error: smtplib.SMTPResponseException) -> Reply:
    text = error.smtp_error
    return Reply(error.smtp_code, text.decode("latin-1") if isinstance(text, bytes) else str(text))


@lru_cache(maxsize=64)  # a relay says the same few things over and over
def _reply(lines: tuple[bytes, ...]) -> Reply:
    """One answer of one or more lines; what is no answer at all counts as a lost connection."""
    first = lines[0]
    if not first[:3].isdigit():
        return Reply(421, "4.5.0 not an SMTP answer")
    text = b" ".join(line[4:].strip() for line in lines)
    return Reply(int(first[:3]), text.decode("latin-1").replace("\0", ""))
