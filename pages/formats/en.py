"""British English."""

from collections.abc import Sequence
from datetime import date, time

from babel import Locale
from babel.lists import format_list

from pages.formats import cldr

_SUFFIXES = {"one": "st", "two": "nd", "few": "rd", "other": "th"}


class Rules(cldr.DayMonthYearRules):
    contractions = "s|t|d|m|re|ve|ll"
    byte_length = "long"  # the short form knows no plural: "999 byte"

    def days(self, start: date, end: date, *, weekday: bool, year: bool) -> str:
        if start == end:
            return self.day(start, weekday=weekday, year=year)
        first, last = self.ends(start, end, weekday=weekday, year=year)
        dash = " – " if " " in first else "–"
        return f"{first}{dash}{last}"

    def as_of(self, day: date) -> str:
        return f"as of {super().as_of(day)}"

    def time_of_day(self, moment: time) -> str:
        return f"{moment:%H:%M}"

    def at_time(self, moment: time) -> str:
        return f"at {self.time_of_day(moment)}"

    def ordinal(self, number: int, gender: cldr.Gender) -> str:
        return f"{self.number(number)}{_SUFFIXES[self.locale.ordinal_form(number)]}"

    def from_language(self, code: str) -> str:
        return f"from {self.language_name(code)}"

    def country_name(self, code: str) -> str:
        """CLDR writes "Bosnia & Herzegovina", which is for lists, not for sentences."""
        return super().country_name(code).replace(" & ", " and ")

    def conjunction(self, items: Sequence[str]) -> str:
        """Without the comma before "and" that the American default has."""
        return format_list(items, locale=Locale(self.locale.language, "GB"))
