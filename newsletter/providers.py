"""Handing a mail to whatever is not an SMTP server: a provider's interface (Anymail), or files."""

import smtplib
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from pathlib import Path
from uuid import uuid4

import requests
from anymail.backends.base import AnymailBaseBackend, BasePayload
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

from newsletter import bounces
from newsletter.replies import Reply

# Django writes these itself.
MADE_ANEW = {"from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"}


class AnswerUnknownError(Exception):
    """The mail was handed over and no answer came: it may have gone out, or not."""


class BackendTransport:
    """One connection to the e-mail backend of the settings."""

    def open(self) -> None:
        """Raises ``ImproperlyConfigured`` where the backend lacks a setting."""
        self.backend: BaseEmailBackend = get_connection()
        self.extras = (
            _Extras(self.backend) if isinstance(self.backend, AnymailBaseBackend) else None
        )
        self.backend.open()

    def close(self) -> None:
        self.backend.close()

    def send(
        self,
        message: bytes,
        sender: str,
        recipient: str,
        delivery_id: int,
        announcement_key: str,
    ) -> Reply:
        """Send a whole message to one recipient; what an SMTP server would have answered.

        Raises ``AnswerUnknownError`` where nobody knows whether it was accepted, unless the
        provider recognises a second attempt: then the answer is 421, try again.
        """
        mail = as_django_message(message, recipient)
        if self.extras:
            self.extras.put_on(mail, sender, delivery_id, announcement_key)
        try:
            count = self.backend.send_messages([mail])
        except Exception as error:
            answer = _answer(error)
            if answer is not None:
                return answer
            if self.extras and self.extras.is_idempotent:
                return Reply(421, "4.4.2 no answer")
            raise AnswerUnknownError(str(error)) from error
        return _acceptance(mail, count)


def _acceptance(mail: EmailMultiAlternatives, count: int | None) -> Reply:
    status = getattr(mail, "anymail_status", None)
    if status and status.status == {"failed"}:  # Anymail raises nothing for this one
        return Reply(451, "4.3.0 the provider could not send it")
    if count == 0:
        return Reply(554, "5.3.0 not sent")
    return Reply(250, str(status.message_id or "") if status else "")


def as_django_message(message: bytes, recipient: str) -> EmailMultiAlternatives:
    """The message that these bytes (RFC 5322) hold, with its text, HTML and all other headers."""
    parsed: ParsedMessage = message_from_bytes(message, policy=policy.default)
    mail = EmailMultiAlternatives(
        subject=str(parsed["Subject"]),
        body=_content(parsed, "plain"),
        from_email=str(parsed["From"]),
        to=[recipient],
        headers={
            name: str(value) for name, value in parsed.items() if name.lower() not in MADE_ANEW
        },
    )
    if html := _content(parsed, "html"):
        mail.attach_alternative(html, "text/html")
    return mail


def _content(parsed: ParsedMessage, subtype: str) -> str:
    part = parsed.get_body((subtype,))
    return part.get_content().replace("\r\n", "\n") if part else ""


# Anymail


class _Extras:
    """What this provider can be told beyond the mail itself."""

    def __init__(self, backend: AnymailBaseBackend) -> None:
        self.backend = backend
        self.repeat_key = REPEAT_KEYS.get(backend.esp_name)
        probe = EmailMultiAlternatives(to=["probe@example.org"], body=" ")
        self.payload = type(backend.build_message_payload(probe, {}))

    @property
    def is_idempotent(self) -> bool:
        return self.repeat_key is not None

    def put_on(
        self, mail: EmailMultiAlternatives, sender: str, delivery_id: int, announcement_key: str
    ) -> None:
        """Attributes are set only where the provider has a use for them: Anymail refuses others."""
        # The provider dates the mail. A second attempt has to be the same to the letter.
        mail.extra_headers.pop("Date", None)
        wishes = {
            "metadata": {"delivery": bounces.token(delivery_id), "announcement": announcement_key},
            "track_opens": False,
            "track_clicks": False,
        }
        if settings.NEWSLETTER_BOUNCE_ADDRESS:
            wishes["envelope_sender"] = sender
        for name, value in wishes.items():
            if self._understands(name):
                setattr(mail, name, value)
        if self.repeat_key:
            self.repeat_key(self.backend, mail, bounces.token(delivery_id))

    def _understands(self, name: str) -> bool:
        setter = f"set_{name}"
        return getattr(self.payload, setter) is not getattr(BasePayload, setter)


def _repeat_key_of_resend(backend, mail: EmailMultiAlternatives, key: str) -> None:
    """For 24 hours; a header of the request, which Anymail 15.2 has no attribute for."""
    backend.session.headers["Idempotency-Key"] = key


def _repeat_key_of_brevo(backend, mail: EmailMultiAlternatives, key: str) -> None:
    """For 15 minutes; among the headers of the mail."""
    mail.extra_headers["Idempotency-Key"] = key


# Providers that send a mail with the same key once.
REPEAT_KEYS: dict[str, Callable] = {"Resend": _repeat_key_of_resend, "Brevo": _repeat_key_of_brevo}


# Errors


def _answer(error: Exception) -> Reply | None:
    """The answer that an error amounts to; None where nobody knows what happened."""
    if isinstance(error, AnymailError):
        return _answer_of_provider(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return Reply(code, _text(text))
    if isinstance(error, smtplib.SMTPResponseException):
        return Reply(error.smtp_code, _text(error.smtp_error))
    if isinstance(error, TimeoutError | ConnectionResetError | BrokenPipeError):
        return None
    if isinstance(error, ConnectionError):
        return Reply(421, f"4.4.1 {error}")
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return Reply(451, f"4.3.0 {error.strerror or error}")
    return None


def _text(text: bytes | str) -> str:
    return text.decode("latin-1") if isinstance(text, bytes) else str(text)


def _answer_of_provider(error: AnymailError) -> Reply | None:
    if isinstance(error, AnymailRecipientsRefused):
        return Reply(550, "5.1.0 refused by the provider")
    if isinstance(error, AnymailInvalidAddress):
        return Reply(553, f"5.1.3 {error}")
    if not isinstance(error, AnymailAPIError):
        return Reply(554, f"5.3.0 {error}")
    if error.status_code is not None:
        return _answer_of_status(error.status_code, str(error))
    return Reply(421, "4.4.1 no connection to the provider") if _is_before(error) else None


def _answer_of_status(status: int, text: str) -> Reply | None:
    """RFC 9110, section 15. A gateway that got no answer (502, 504) does not know either."""
    if status in {502, 504} or status < 300:
        return None
    if status in {408, 429} or status >= 500:
        return Reply(451, f"4.3.0 {text}")
    if status in {401, 402, 403}:
        return Reply(535, f"5.7.8 {text}")
    return Reply(554, f"5.3.0 {text}")


def _is_before(error: AnymailAPIError) -> bool:
    """Whether the connection failed before the mail was handed over."""
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    inner = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    reason = getattr(inner, "reason", inner)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)


# Files


class FileBackend(BaseEmailBackend):
    """Each mail is a file in ``EMAIL_FILE_PATH`` that a mail program opens."""

    def send_messages(self, email_messages) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S}-{uuid4().hex[:12]}"
            part = folder / f"{name}.part"
            part.write_bytes(message.message().as_bytes())
            part.rename(folder / f"{name}.eml")  # whole, or not at all
        return len(email_messages)
