from modeltranslation.translator import TranslationOptions, register

from images.models import CreditedImage


@register(CreditedImage)
class ImageTranslation(TranslationOptions):
    fields = ("description", "caption", "credit")
