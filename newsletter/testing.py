"""Test mails: an announcement to a few named addresses, at once, marked as a test."""

from collections.abc import Iterable
from email import message_from_bytes, policy
from email.utils import make_msgid

from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.translation import pgettext

from newsletter.composing import NOBODY, compose
from newsletter.messages import MessageTemplate
from newsletter.models import Announcement
from newsletter.tokens import subscriber_token
from pages import languages


class ComposedMail(EmailMultiAlternatives):
    """Goes out byte for byte through Django's own backends, by its parts through others."""

    def __init__(self, raw: bytes, address: str):
        parsed = message_from_bytes(raw, policy=policy.SMTP)
        super().__init__(
            subject=parsed["Subject"],
            body=parsed.get_body(("plain",)).get_content(),
            from_email=str(parsed["From"]),
            to=[address],
            headers={
                name: str(value)
                for name, value in parsed.items()
                if name.startswith(("List-", "Precedence", "Content-Language"))
            },
        )
        self.attach_alternative(parsed.get_body(("html",)).get_content(), "text/html")
        self.raw = raw

    def message(self):
        return _Raw(self.raw)


class _Raw:
    """What Django's backends ask of a message."""

    def __init__(self, raw: bytes):
        self._raw = raw

    def as_bytes(self, *, linesep: str = "\n") -> bytes:
        return self._raw.replace(b"\r\n", linesep.encode())

    def get_charset(self) -> None:
        return None  # seven bits


def send_test(announcement: Announcement, codes: Iterable[str], addresses: list[str]) -> int:
    """Send it in each language to each address; returns how many mails. Raises ``OSError``.

    Its private links belong to nobody.
    """
    mails = [mail for code in codes for mail in _mails(announcement, code, addresses)]
    return get_connection().send_messages(mails) or 0


def _mails(announcement: Announcement, language: str, addresses: list[str]):
    with languages.speaking(language):
        mark = pgettext("before the subject of a mail", "TEST")
    composed = compose(announcement, language, mark=f"[{mark}]")
    template = MessageTemplate(composed.message, is_stuffed=False)
    for address in addresses:
        raw = template.fill(
            to=address, token=subscriber_token(NOBODY), message_id=make_msgid()[1:-1]
        )
        yield ComposedMail(raw, address)
