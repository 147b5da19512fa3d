"""Which fields hold words: each has one column per language."""

from modeltranslation.translator import TranslationOptions, register

from pages.models import Page, SiteSettings, TextPage


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "seo_title", "search_description", "introduction", "image_alt")


@register(TextPage)
class TextPageTranslation(TranslationOptions):
    fields = ("body",)


@register(SiteSettings)
class SiteSettingsTranslation(TranslationOptions):
    fields = (
        "site_name",
        "organisation",
        "contact_name",
        "contact_address",
        "funding",
        "footer_note",
    )
