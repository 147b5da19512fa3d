"""The site's languages, and the difference between the words shown and the address they stand at.

An Italian address may show English words (a page that is not ready in Italian). Inside
``showing(language)`` the words are in that language, while links keep leading to the addresses of
the visitor's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.utils import translation

DEFAULT = settings.LANGUAGES[0][0]
CODES = tuple(code for code, _name in settings.LANGUAGES)
TRANSLATIONS = CODES[1:]

_address_language: ContextVar[str | None] = ContextVar("address_language", default=None)


def active() -> str:
    """The language of the words being written now, always one of ``CODES``."""
    language = (translation.get_language() or DEFAULT).split("-")[0]
    return language if language in CODES else DEFAULT


def address() -> str:
    """The language of the addresses being written now."""
    return _address_language.get() or active()


@contextmanager
def showing(language: str) -> Iterator[None]:
    """Write words in ``language``, addresses in the language that is active outside."""
    token = _address_language.set(address())
    try:
        with translation.override(language):
            yield
    finally:
        _address_language.reset(token)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Write words and addresses in ``language``."""
    token = _address_language.set(None)
    try:
        with translation.override(language):
            yield
    finally:
        _address_language.reset(token)


def column(name: str, language: str) -> str:
    """The column of a field of our own that has one per language and is core's in the default."""
    return name if language == DEFAULT else f"{name}_{language}"
