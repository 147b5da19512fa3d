from modeltranslation.translator import TranslationOptions, register

from newsletter.models import Announcement, ConsentText
from pages import languages


@register(Announcement)
class AnnouncementTranslation(TranslationOptions):
    fields = ("subject", "preheader", "lead")


@register(ConsentText)
class ConsentTextTranslation(TranslationOptions):
    fields = ("text",)
    required_languages = languages.CODES
