"""Days, hours, numbers and names as the reader's language writes them.

Every function speaks the active language unless ``language`` names another. A language has its
rules in the module of its code (``pages/formats/<code>.py``); one without gets what CLDR says.

What comes back stands alone or in a list: Italian intervals carry their prepositions ("dal 14 al
17 novembre"), so none may be put in front of them.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from babel import Locale
from django.conf import settings
from django.utils.translation import get_language, to_locale

from pages.formats import cldr
from pages.formats.cldr import Gender
from pages.formats.folding import fold

__all__ = [
    "Gender",
    "as_of",
    "at_time",
    "conjunction",
    "countries",
    "country_name",
    "days",
    "days_short",
    "file_size",
    "fold",
    "from_language",
    "hour",
    "language_name",
    "moment",
    "number",
    "ordinal",
    "quotation_marks",
    "slug",
    "slug_replacements",
    "spoken_languages",
    "time_of_day",
    "time_range",
    "zone_city",
    "zone_label",
]

# CLDR lists groups of countries, placeholders and test codes among the territories.
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def days(
    start: date,
    end: date | None = None,
    *,
    weekday: bool = False,
    year: bool = True,
    language: str | None = None,
) -> str:
    """From the first to the last day: "14–15 November 2023", "14 e 15 novembre 2023"."""
    _refuse_moments(start, end)
    return _rules(language).days(start, end or start, weekday=weekday, year=year)


def as_of(day: date, *, language: str | None = None) -> str:
    """Until when a figure holds: "as of 14 November 2023", "dato al 14 novembre 2023"."""
    _refuse_moments(day)
    return _rules(language).as_of(day)


def days_short(
    start: date, end: date | None = None, *, language: str | None = None
) -> tuple[str, str, str]:
    """Days, month and year for the columns of a list: ("30–2", "Dec–Jan", "2023–24")."""
    _refuse_moments(start, end)
    return _rules(language).days_short(start, end or start)


def time_of_day(at: time, *, language: str | None = None) -> str:
    """For tables: "14:30", "14.30"."""
    _refuse_moments(at)
    return _rules(language).time_of_day(at)


def time_range(start: time, end: time, *, language: str | None = None) -> str:
    """For tables: "09:30–10:00", "9.30–10.00"."""
    _refuse_moments(start, end)
    return _rules(language).time_range(start, end)


def at_time(at: time, *, language: str | None = None) -> str:
    """For sentences: "at 14:30", "alle ore 14.30"."""
    _refuse_moments(at)
    return _rules(language).at_time(at)


def hour(at: time, *, language: str | None = None) -> str:
    """For captions, beside a day or a place: "14:30", "ore 14.30"."""
    _refuse_moments(at)
    return _rules(language).hour(at)


def moment(at: datetime, zone: str, *, language: str | None = None) -> str:
    """The day and hour that clocks in the IANA ``zone`` show: "31 October 2023, 18:00 CET".

    A naive ``at`` raises ``ValueError``.
    """
    return _rules(language).moment(at, zone)


def zone_label(zone: str, at: datetime, *, language: str | None = None) -> str:
    """The zone's letters at that moment ("CET", "CEST"), or "UTC+03:00" where it has none."""
    return _rules(language).zone_label(zone, at)


def zone_city(zone: str, *, language: str | None = None) -> str:
    """The city that an IANA zone is named after: "Rome", "Roma"."""
    return _rules(language).zone_city(zone)


def ordinal(n: int, gender: Gender = "masculine", *, language: str | None = None) -> str:
    """As in "5th", "quinto"; the gender is that of what is counted, where the language asks."""
    return _rules(language).ordinal(n, gender)


def number(n: int | Decimal | float, *, language: str | None = None) -> str:
    """At most three decimals. Not for years: "2,023"."""
    return _rules(language).number(n)


def file_size(n_bytes: int, *, language: str | None = None) -> str:
    """In units of 1,000, with one decimal below ten: "180 kB", "1.1 MB"."""
    return _rules(language).file_size(n_bytes)


def language_name(code: str, *, language: str | None = None) -> str:
    """As in running text: "Italian", "italiano". A code without a name is given back."""
    return _rules(language).language_name(code)


def from_language(code: str, *, language: str | None = None) -> str:
    """What was translated: "from English", "dall’inglese", "dal francese"."""
    return _rules(language).from_language(code)


def country_name(code: str, *, language: str | None = None) -> str:
    """Of an ISO 3166 code, without an article. A code without a name is given back."""
    return _rules(language).country_name(code)


def countries() -> list[tuple[str, str]]:
    """ISO 3166-1 codes with the names of the active language, in its alphabetical order."""
    names = Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE)).territories
    pairs = ((str(code), str(name)) for code, name in names.items())
    found = [pair for pair in pairs if len(pair[0]) == 2 and pair[0] not in _NO_COUNTRIES]
    return sorted(found, key=lambda pair: fold(pair[1]))


def spoken_languages() -> list[tuple[str, str]]:
    """The languages of ``settings.SPOKEN_LANGUAGES`` with their names, in alphabetical order."""
    pairs = ((code, language_name(code)) for code in settings.SPOKEN_LANGUAGES)
    return sorted(pairs, key=lambda pair: fold(pair[1]))


def conjunction(items: Sequence[str], *, language: str | None = None) -> str:
    """The items in one phrase: "a, b and c", "a, b e c"."""
    return _rules(language).conjunction(items)


def quotation_marks(*, language: str | None = None) -> tuple[str, str]:
    """The opening and the closing mark."""
    return _rules(language).quotation_marks


def slug(text: str, language: str | None = None) -> str:
    """ASCII letters, digits and hyphens, cut between words at 80; empty for text without any.

    An apostrophe parts two words ("dell-universita"), but closes up in "Siena’s" ("sienas").
    """
    return _rules(language).slug(text)


def slug_replacements(language: str) -> list[tuple[str, str]]:
    """What a browser replaces before it makes a slug of a text, so that it makes the same as here.

    Regular expressions with their replacements as JavaScript writes them, in order of application.
    """
    letter = "A-Za-z0-9\u00c0-\u024f"
    endings = _rules(language).contractions
    endings += "|" + endings.upper()
    return [
        (f"(?<=[{letter}])['\u2019\u2018\u02bc`](?=(?:{endings})(?![{letter}]))", ""),
        ("\u00aa", "a"),
        ("\u00ba", "o"),
        ("[!-/:-@\\[-`{-\u00a9\u00ab-\u00b1\u00b4-\u00b8\u00bb-\u00bf\u02bc\u2010-\u206f]+", " "),
        ("^[\\s-]+|[\\s-]+$", ""),
        (f"^(?=.{{{cldr.SLUG_LENGTH + 1}}})(.{{1,{cldr.SLUG_LENGTH}}})[\\s-].*$", "$1"),
    ]


def _rules(language: str | None) -> cldr.Rules:
    return _rules_of(language or get_language() or settings.LANGUAGE_CODE)


@cache
def _rules_of(language: str) -> cldr.Rules:
    locale = Locale.parse(to_locale(language))
    name = f"{__name__}.{locale.language}"
    module = import_module(name) if find_spec(name) else cldr
    rules: cldr.Rules = module.Rules(locale)
    return rules


def _refuse_moments(*values: date | time | None) -> None:
    """A moment read in UTC would show the wrong day or hour without a sign of it."""
    if any(isinstance(value, datetime) for value in values):
        raise TypeError("A moment has no day or hour before it is taken to a time zone.")
