"""E-mail addresses: one spelling each, and a keyed hash for those that are to be forgotten."""

import hashlib
import hmac
import re
from functools import lru_cache

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

# RFC 5322's dot-atom, without quotes: what mailboxes of people look like (RFC 5321, section 4.1.2).
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
MAX_LOCAL_PART = 64  # RFC 5321, section 4.5.3.1.1
MAX_ADDRESS = 254

_validate = EmailValidator(allowlist=[])


def normalise(typed: str) -> str:
    """The one spelling of an address: lower case, domain in IDNA's ASCII form (RFC 5891).

    Raises ``ValidationError`` for what is no address, or has letters before the @ that servers
    without SMTPUTF8 refuse. Nothing that passes can hold a line break, space or comma.
    """
    local, at, domain = typed.strip().rpartition("@")
    if not at or not LOCAL_PART.fullmatch(local) or len(local) > MAX_LOCAL_PART:
        raise _refusal()
    try:
        domain = _ascii(domain)
    except (idna.IDNAError, UnicodeError):
        raise _refusal() from None
    address = f"{local}@{domain}".lower()
    if len(address) > MAX_ADDRESS:
        raise _refusal()
    try:
        _validate(address)
    except ValidationError:
        raise _refusal() from None
    return address


@lru_cache(maxsize=1024)  # a long list has few domains
def _ascii(domain: str) -> str:
    return idna.encode(domain, uts46=True).decode("ascii")


def _refusal() -> ValidationError:
    return ValidationError(
        _("This is not an e-mail address. It looks like name@example.org."), code="invalid"
    )


def hashed(address: str) -> str:
    """What is kept of a normalised address that must not be kept: HMAC-SHA-256, in hexadecimal."""
    return hmac.new(_key(), address.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    return hashlib.sha256(b"newsletter.addresses" + settings.SECRET_KEY.encode()).digest()
