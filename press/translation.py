from modeltranslation.translator import TranslationOptions, register

from pages import languages
from press.models import (
    Boilerplate,
    FrozenBoilerplate,
    PressReleasePage,
    PressRoomPage,
    ReleaseUpdate,
)


@register(PressReleasePage)
class PressReleasePageTranslation(TranslationOptions):
    fields = ("body", "dateline_place")


@register(PressRoomPage)
class PressRoomPageTranslation(TranslationOptions):
    fields = ()


@register(Boilerplate)
class BoilerplateTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = (languages.DEFAULT,)


@register(FrozenBoilerplate)
class FrozenBoilerplateTranslation(TranslationOptions):
    fields = ("title", "text")


@register(ReleaseUpdate)
class ReleaseUpdateTranslation(TranslationOptions):
    fields = ("note",)
