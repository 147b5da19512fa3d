"""What CLDR knows of every language: the rules of one that has no module of its own."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from anyascii import anyascii
from babel import Locale
from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    get_timezone_location,
)
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit
from django.utils import timezone
from django.utils.translation import to_locale

Gender = Literal["masculine", "feminine"]

SLUG_LENGTH = 80


class Rules:
    """A language's own module derives from this and says only what CLDR or Babel gets wrong."""

    quotation_marks = ("“", "”")
    """The marks of CLDR's root; Babel does not carry those of the languages."""

    contractions = "s"
    """Endings that close up when a slug drops their apostrophe: an English name has its
    possessive in every language ("Alzheimer’s")."""

    byte_length: Literal["short", "long"] = "short"

    def __init__(self, locale: Locale) -> None:
        self.locale = locale

    # Days

    def days(self, start: date, end: date, *, weekday: bool, year: bool) -> str:
        if start == end:
            return self.day(start, weekday=weekday, year=year)
        skeleton = ("y" if year else "") + "MMM" + ("E" if weekday else "") + "d"
        return format_interval(start, end, skeleton, locale=self.locale)

    def day(self, day: date, *, weekday: bool, year: bool) -> str:
        if year:
            return format_date(day, "full" if weekday else "long", locale=self.locale)
        return format_skeleton("MMMMEEEEd" if weekday else "MMMMd", day, locale=self.locale)

    def as_of(self, day: date) -> str:
        return self.day(day, weekday=False, year=True)

    def days_short(self, start: date, end: date) -> tuple[str, str, str]:
        first, last = (format_date(day, "MMM", locale=self.locale) for day in (start, end))
        same_year = start.year == end.year
        same_month = same_year and start.month == end.month
        return (
            str(end.day) if start == end else f"{start.day}–{end.day}",
            last if same_month else f"{first}–{last}",
            str(end.year) if same_year else f"{start.year}–{end:%y}",
        )

    # Hours

    def time_of_day(self, moment: time) -> str:
        return format_time(moment, "short", locale=self.locale)

    def time_range(self, start: time, end: time) -> str:
        return f"{self.time_of_day(start)}–{self.time_of_day(end)}"

    def at_time(self, moment: time) -> str:
        return self.time_of_day(moment)

    def hour(self, moment: time) -> str:
        return self.time_of_day(moment)

    # Time zones

    def moment(self, moment: datetime, zone: str) -> str:
        local = timezone.localtime(moment, ZoneInfo(zone))
        day = self.day(local.date(), weekday=False, year=True)
        return f"{day}, {self.hour(local.time())} {self.zone_label(zone, moment)}"

    def zone_label(self, zone: str, moment: datetime) -> str:
        local = timezone.localtime(moment, ZoneInfo(zone))
        letters = local.tzname() or ""
        return letters if letters.isalpha() else f"UTC{local.isoformat(timespec='minutes')[-6:]}"

    def zone_city(self, zone: str) -> str:
        city = get_timezone_location(zone, locale=self.locale, return_city=True)
        return city.rpartition("/")[2]  # Babel 2.18 leaves "Argentina/Buenos Aires" whole

    # Numbers

    def ordinal(self, number: int, gender: Gender) -> str:
        """CLDR spells ordinals in rules (RBNF) that Babel lacks: the bare number."""
        return self.number(number)

    def number(self, number: int | Decimal | float) -> str:
        return format_decimal(number, locale=self.locale)

    def file_size(self, n_bytes: int) -> str:
        if n_bytes < 1000:
            return format_unit(n_bytes, "digital-byte", self.byte_length, locale=self.locale)
        units = iter(("kilobyte", "megabyte", "gigabyte", "terabyte"))
        size, unit = n_bytes / 1000, next(units)
        while round(size) >= 1000:
            size, unit = size / 1000, next(units)
        rounded = round(size, 1 if size < 10 else None)
        return format_unit(rounded, f"digital-{unit}", "short", locale=self.locale)

    # Names and words

    def language_name(self, code: str) -> str:
        names: Mapping[str, str] = self.locale.languages
        return names.get(to_locale(code)) or names.get(code.partition("-")[0], code)

    def from_language(self, code: str) -> str:
        return self.language_name(code)

    def country_name(self, code: str) -> str:
        names: Mapping[str, str] = self.locale.territories
        return names.get(code.upper(), code)

    def conjunction(self, items: Sequence[str]) -> str:
        return format_list(items, locale=self.locale)

    def slug(self, text: str) -> str:
        ascii_text = anyascii(text).lower()
        closed_up = re.sub(rf"(?<=\w)['`](?=(?:{self.contractions})\b)", "", ascii_text)
        slug = re.sub(r"[^a-z0-9]+", "-", closed_up).strip("-")
        if len(slug) <= SLUG_LENGTH:
            return slug
        return slug[: SLUG_LENGTH + 1].rpartition("-")[0] or slug[:SLUG_LENGTH]


class DayMonthYearRules(Rules):
    """For languages that write "14 November 2023", and of two days say once what both share."""

    def day(self, day: date, *, weekday: bool, year: bool) -> str:
        return self._written(day, weekday=weekday, month=True, year=year)

    def ends(self, start: date, end: date, *, weekday: bool, year: bool) -> tuple[str, str]:
        """Both days in words, the first without the month and year that the last repeats."""
        same_year = start.year == end.year
        same_month = same_year and start.month == end.month
        return (
            self._written(
                start, weekday=weekday, month=not same_month, year=year and not same_year
            ),
            self._written(end, weekday=weekday, month=True, year=year),
        )

    def day_pattern(self, day: date) -> str:
        """How the number of the day is written, as a CLDR date pattern."""
        return "d"

    def _written(self, day: date, *, weekday: bool, month: bool, year: bool) -> str:
        fields = (
            "EEEE" if weekday else "",
            self.day_pattern(day),
            "MMMM" if month else "",
            "y" if year else "",
        )
        return format_date(day, " ".join(filter(None, fields)), locale=self.locale)
