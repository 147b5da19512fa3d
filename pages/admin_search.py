"""What the admin's own search finds and sorts by. Visitors have theirs: the app ``search``."""

from wagtail.search import index

from pages import languages


def words(*names: str) -> list:
    """Index fields for words in every language: to find by while typing, and to sort by."""
    return [
        kind(f"{name}_{code}")
        for name in names
        for code in languages.CODES
        for kind in (index.AutocompleteField, index.FilterField)
    ]


def facts(*names: str) -> list:
    """The same for what is written once."""
    return [kind(name) for name in names for kind in (index.AutocompleteField, index.FilterField)]
