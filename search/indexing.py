"""Keeping the search documents in step with what is public."""

from django.db import transaction
from django.utils import timezone
from django.utils.html import strip_tags
from wagtail.blocks import StreamValue

from pages import formats, languages
from pages.models import Page
from search.models import SearchDocument

MAX_TITLE = SearchDocument._meta.get_field("title").max_length  # folding spells ligatures out


@transaction.atomic
def index_page(page: Page) -> None:
    """Write one document for each language in which ``page`` is public, and no other."""
    ready = page.ready_languages if page.live else []
    SearchDocument.objects.filter(page=page).exclude(language__in=ready).delete()
    for language in ready:
        with languages.speaking(language):
            SearchDocument.objects.update_or_create(
                page_id=page.pk,
                language=language,
                defaults={
                    "title": formats.fold(page.title)[:MAX_TITLE],
                    "text": formats.fold(" ".join(_words(page, language))),
                    # Null for the home page that the migrations make.
                    "published_at": page.first_published_at or timezone.now(),
                },
            )


def forget_page(page: Page) -> None:
    SearchDocument.objects.filter(page_id=page.pk).delete()


def _words(page: Page, language: str):
    """Title and words in one language, and what the page says of itself beyond its own fields."""
    for name in page.words:
        value = getattr(page, f"{name}_{language}")
        if isinstance(value, StreamValue):
            yield value.stream_block.text_of(value)
        elif value:
            yield strip_tags(value)
    yield from page.searchable_facts()
