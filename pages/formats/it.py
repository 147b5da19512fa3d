"""Italian as the Accademia della Crusca and the style guides of the institutions want it."""

import re
from collections.abc import Sequence
from datetime import date, time, timedelta

from pages.formats import cldr

_STEMS = ("prim", "second", "terz", "quart", "quint", "sest", "settim", "ottav", "non", "decim")
_ENDINGS = {"masculine": ("o", "º"), "feminine": ("a", "ª")}

_VOWEL_DAYS = {8, 11}
"""The days whose name begins with a vowel (otto, undici) and elides the article."""

_TAKES_ED = re.compile(r"\W*(?:[EÈÉ]|[eèé](?![A-Z]))(?![dD-])")
"""Before an e, except where a d follows ("e editori") or the letter is said in English
("e eHealth", "e e-learning")."""


_TAKES_LO = re.compile(r"s[^aeiou]|z|gn|ps|x|y")
"""Beginnings of masculine words whose article is "lo": "lo spagnolo", "lo sloveno"."""


class Rules(cldr.DayMonthYearRules):
    quotation_marks = ("«", "»")

    def days(self, start: date, end: date, *, weekday: bool, year: bool) -> str:
        if start == end:
            return self.day(start, weekday=weekday, year=year)
        first, last = self.ends(start, end, weekday=weekday, year=year)
        if end - start == timedelta(days=1):
            return f"{first} e {last}"
        if weekday:  # a day of the week takes no article: "da martedì 14 a venerdì 17"
            return f"da {first} a {last}"
        return f"da{_article(start)}{first} a{_article(end)}{last}"

    def as_of(self, day: date) -> str:
        return f"dato a{_article(day)}{super().as_of(day)}"

    def day_pattern(self, day: date) -> str:
        return "dº" if day.day == 1 else "d"

    def time_of_day(self, moment: time) -> str:
        return f"{moment.hour}.{moment:%M}"

    def at_time(self, moment: time) -> str:
        return f"alle {self.hour(moment)}"

    def hour(self, moment: time) -> str:
        return f"ore {self.time_of_day(moment)}"

    def ordinal(self, number: int, gender: cldr.Gender) -> str:
        vowel, indicator = _ENDINGS[gender]
        if 1 <= number <= len(_STEMS):
            return _STEMS[number - 1] + vowel
        return f"{self.number(number)}{indicator}"

    def from_language(self, code: str) -> str:
        name = self.language_name(code)
        if name[0] in "aeiou":
            return f"dall’{name}"
        return f"dallo {name}" if _TAKES_LO.match(name) else f"dal {name}"

    def conjunction(self, items: Sequence[str]) -> str:
        if len(items) < 2:
            return "".join(items)
        *others, last = items
        conjunction = "ed" if _TAKES_ED.match(last) else "e"
        return f"{', '.join(others)} {conjunction} {last}"


def _article(day: date) -> str:
    """What the article adds to "da" and "a" before the day's number."""
    return "ll’" if day.day in _VOWEL_DAYS else "l "
