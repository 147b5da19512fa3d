"""The blocks of a mail. Each holds its words in every language, so that none stands alone."""

from django.conf import settings
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from pages import languages
from pages.blocks import QuoteBlock

MAIL_TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link"]


class ItemBlock(blocks.StructBlock):
    """A workshop or press release, as the mail shows it: title, facts, introduction, link."""

    page = blocks.PageChooserBlock(
        label=_("Page"), page_type=["workshops.WorkshopPage", "press.PressReleasePage"]
    )
    with_quote = blocks.BooleanBlock(label=_("With its first quote"), required=False, default=False)

    class Meta:
        icon = "doc-full"
        label = _("Workshop or press release")
        description = _("One more item: several of them make a digest.")
        label_format = "{page}"


class LocalisedValue(blocks.StructValue):
    """Words of one block in every language."""

    def words_and_language(self, name: str) -> tuple:
        """In the active language, else in the first that has them; with that language."""
        for code in (languages.active(), *languages.CODES):
            if has_words(self.get(f"{name}_{code}")):
                return self[f"{name}_{code}"], code
        return "", languages.active()


def has_words(value) -> bool:
    """Whether rich text holds more than empty paragraphs."""
    return bool(value and strip_tags(getattr(value, "source", value)).strip())


def in_each_language(name: str, make) -> list[tuple[str, blocks.Block]]:
    """One child block per language, each labelled with the language's own name."""
    return [
        (f"{name}_{code}", make(label=capfirst(get_language_info(code)["name_local"])))
        for code, _name in settings.LANGUAGES
    ]


class WordsBlock(blocks.StructBlock):
    """Paragraphs of the mail's own."""

    def __init__(self, local_blocks=(), **kwargs):
        children = in_each_language(
            "text",
            lambda label: blocks.RichTextBlock(
                label=label, required=False, features=MAIL_TEXT_FEATURES
            ),
        )
        super().__init__([*local_blocks, *children], **kwargs)

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        description = _("Paragraphs of the mail’s own, in every language.")
        value_class = LocalisedValue


class AnnouncementStreamBlock(blocks.StreamBlock):
    """What stands in a mail below its lead and its page."""

    item = ItemBlock()
    text = WordsBlock()
    quote = QuoteBlock()
