"""Making a draft of an announcement: from a page, or from an earlier one. Nothing is saved here."""

from django.utils.text import Truncator

from newsletter.contents import first_quote
from newsletter.models import Announcement
from pages import languages
from pages.blocks import QuoteValue
from pages.models import Page


def draft_about(page: Page) -> Announcement:
    """In each language that the page is ready in; its first quote stands below, as a proposal."""
    announcement = Announcement(page_id=page.pk)
    for code in page.ready_languages or languages.CODES:
        for name, text in _words(page, code).items():
            setattr(announcement, f"{name}_{code}", text)
    if quote := _quote(page):
        announcement.content = [("quote", quote)]
    return announcement


def copy_of(announcement: Announcement) -> Announcement:
    """The same words; without its audience's topics and groups, which need a saved row."""
    copy = Announcement()
    for name in Announcement.EDITABLE:
        setattr(copy, name, getattr(announcement, name))
    for name in Announcement.WORDS:
        for code in languages.CODES:
            setattr(copy, f"{name}_{code}", getattr(announcement, f"{name}_{code}"))
    return copy


def _words(page: Page, language: str) -> dict[str, str]:
    def own(name):
        return getattr(page, f"{name}_{language}") or ""

    lengths = {name: Announcement._meta.get_field(name).max_length for name in Announcement.WORDS}
    texts = {
        "subject": own("title"),
        "preheader": own("search_description") or own("introduction"),
        "lead": own("introduction"),
    }
    return {name: shortened(text, lengths[name]) for name, text in texts.items()}


def shortened(text: str, length: int) -> str:
    """At most ``length`` characters, cut behind a word."""
    if len(text) <= length:
        return text
    cut = Truncator(text).chars(length, truncate="")
    at_word = cut.rpartition(" ")[0] or cut
    return f"{at_word[: length - 1].rstrip(' ,;:–-')}…"


def _quote(page: Page) -> QuoteValue | None:
    """The first quote of the page; of those that its languages show, the one with a translation."""
    found = []
    for language in page.ready_languages:
        with languages.speaking(language):
            found.append(first_quote(page))
    found = [quote for quote in found if quote]
    same = [quote for quote in found if quote["text"] == found[0]["text"]]
    return next((quote for quote in same if quote["translation"]), same[0] if same else None)
