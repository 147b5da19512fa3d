"""The editor's tabs: one per language for the words, one for the facts, then the usual ones."""

from django.db.models import TextField
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    MultiFieldPanel,
    ObjectList,
    Panel,
    TabbedInterface,
    TitleFieldPanel,
)
from wagtail.admin.widgets import AdminAutoHeightTextInput, SlugInput

from pages import formats, languages


class TranslationPanel(FieldPanel):
    """One language's column of a translated field, labelled by modeltranslation.

    Wagtail 8.0.1 gives its box that grows with the text to fields of exactly ``TextField``.
    """

    def get_form_options(self):
        options = super().get_form_options()
        if type(self.db_field.translated_field) is TextField:
            options.setdefault("widgets", {})[self.field_name] = AdminAutoHeightTextInput
        return options

    class BoundPanel(FieldPanel.BoundPanel):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            if self.bound_field:  # there is no form where two versions are compared
                # A browser would cut what is pasted without a word; the server says what is wrong.
                self.bound_field.field.widget.attrs.pop("maxlength", None)


class WordPanel(TranslationPanel):
    """One language's column of a translated field, labelled without the name of the language."""

    def on_model_bound(self):
        super().on_model_bound()
        self.heading = self.heading or capfirst(self.db_field.translated_field.verbose_name)

    class BoundPanel(TranslationPanel.BoundPanel):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            if self.bound_field:
                self.bound_field.field.widget.attrs["lang"] = self.panel.db_field.language


class TitlePanel(WordPanel, TitleFieldPanel):
    """A title that fills the slug of its own language while the page is not public."""

    class BoundPanel(TitleFieldPanel.BoundPanel, WordPanel.BoundPanel):
        pass


class Tab(ObjectList):
    """A tab at the same address, ``#tab-facts``, in every editor's language.

    Wagtail 8.0.1 makes the address of the heading in the language of whoever comes first.
    """

    @property
    def clean_name(self):
        with languages.speaking(languages.DEFAULT):
            return super().clean_name


def language_name(language: str) -> str:
    """The language's own name for itself, as a heading."""
    return capfirst(get_language_info(language)["name_local"])


def words_panels(words: list[str], language: str) -> list[Panel]:
    return [WordPanel(f"{name}_{language}") for name in words]


def words_row(*words: str) -> list[Panel]:
    """Panels for words among the facts (a session's title), each in each language.

    Their labels keep the language's name, which modeltranslation gives them.
    """
    return [
        TranslationPanel(f"{name}_{language}") for name in words for language in languages.CODES
    ]


def language_tabs(words: list[str], facts: list[Panel]) -> TabbedInterface:
    """Tabs for what is no page: each language's words, then the facts, if there are any."""
    tabs = [
        Tab(words_panels(words, language), heading=language_name(language))
        for language in languages.CODES
    ]
    if facts:
        tabs.append(Tab(facts, heading=_("Facts")))
    return TabbedInterface(tabs)


def page_tabs(page_class) -> TabbedInterface:
    """English, Italiano, Facts, Promote, Settings."""
    title, *words = page_class.words
    tabs = [
        Tab(
            [
                TitlePanel(
                    f"{title}_{language}",
                    targets=[languages.column("slug", language)],
                ),
                *words_panels(words, language),
                FieldPanel(f"is_ready_{language}"),
            ],
            heading=language_name(language),
        )
        for language in languages.CODES
    ]
    return TabbedInterface(
        [
            *tabs,
            Tab(page_class.facts_panels, heading=_("Facts")),
            Tab(_promote_panels(), heading=_("Promote")),
            Tab(page_class.settings_panels, heading=_("Settings")),
        ],
        base_form_class=page_class.form_class,
    )


def slug_input(language: str) -> SlugInput:
    """Makes the same slug of a title in the browser as ``formats.slug`` makes on the server."""
    return SlugInput(formatters=formats.slug_replacements(language), locale=language)


def _promote_panels() -> list[Panel]:
    return [
        MultiFieldPanel(
            [
                FieldPanel(
                    languages.column("slug", language),
                    widget=slug_input(language),
                    heading=format_lazy(_("Slug ({language})"), language=language_name(language)),
                    help_text=_("The last part of the page's address in this language."),
                ),
                WordPanel(
                    f"seo_title_{language}",
                    heading=_("Title in search results"),
                    help_text=_("Leave empty to have it made from the page’s title."),
                ),
                WordPanel(
                    f"search_description_{language}",
                    heading=_("Description in search results"),
                    help_text=_("One or two sentences. Leave empty to use the introduction."),
                ),
            ],
            heading=language_name(language),
        )
        for language in languages.CODES
    ]
