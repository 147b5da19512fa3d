"""Text reduced to what a hurried reader types into a search box."""

import unicodedata

_APOSTROPHES = "'’‘ʼ`"
_LETTERS = {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
"""Letters of European names that Unicode does not take apart into a base and an accent."""

_FOLDS = str.maketrans(_LETTERS | dict.fromkeys(_APOSTROPHES, " "))


def fold(text: str) -> str:
    """Casefolded text without accents, its apostrophes turned into spaces.

    Other scripts than Latin stay what they are, without their accents.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return letters.translate(_FOLDS)
