"""Private links. Those in mails are derived, so that none is stored and none grows old."""

import hashlib
import hmac
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.conf import settings

TOKEN_LENGTH = 43  # 32 bytes in URL-safe base64 without padding
_BODY_BYTES = 8
_MAC_BYTES = 24


class TokenSigner:
    """Makes and reads the token of a number (a primary key): 8 bytes of it, 24 bytes of HMAC.

    Holds the keyed hash, so that a sender derives a token in a few microseconds.
    """

    def __init__(self, purpose: str, key: str | None = None) -> None:
        secret = f"newsletter.{purpose}:{key or settings.SECRET_KEY}"
        self._mac = hmac.new(hashlib.sha256(secret.encode()).digest(), digestmod=hashlib.sha256)

    def token(self, number: int) -> str:
        body = struct.pack(">Q", number)
        mac = self._mac.copy()
        mac.update(body)
        return urlsafe_b64encode(body + mac.digest()[:_MAC_BYTES])[:TOKEN_LENGTH].decode()

    def number(self, token: str) -> int | None:
        """What the token was made of; None where it was not made here."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        try:
            raw = urlsafe_b64decode(token + "=")
        except ValueError:
            return None
        if len(raw) != _BODY_BYTES + _MAC_BYTES:  # the decoder skips what is not in its alphabet
            return None
        number: int = struct.unpack(">Q", raw[:_BODY_BYTES])[0]
        return number if hmac.compare_digest(self.token(number), token) else None


def subscriber_token(subscriber_id: int) -> str:
    """The token in a subscriber's private links: preferences, leaving, one-click unsubscribe."""
    return TokenSigner("subscriber").token(subscriber_id)


def subscriber_id(token: str) -> int | None:
    """Whose token it is, also where it was made with a key that was replaced since."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    found = (TokenSigner("subscriber", key).number(token) for key in keys)
    return next((number for number in found if number is not None), None)


def new_secret() -> str:
    """A random token for a link that works once."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()
