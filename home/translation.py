from modeltranslation.translator import TranslationOptions, register

from home.models import HomePage


@register(HomePage)
class HomePageTranslation(TranslationOptions):
    fields = ("body",)
