from modeltranslation.translator import TranslationOptions, register

from pages import languages
from workshops.models import (
    Series,
    Session,
    WorkshopDownload,
    WorkshopIndexPage,
    WorkshopPage,
)


@register(WorkshopPage)
class WorkshopPageTranslation(TranslationOptions):
    fields = ("body", "audience", "registration_note", "status_reason")


@register(WorkshopIndexPage)
class WorkshopIndexPageTranslation(TranslationOptions):
    fields = ()


@register(Series)
class SeriesTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = (languages.DEFAULT,)


@register(Session)
class SessionTranslation(TranslationOptions):
    fields = ("title", "abstract", "room")


@register(WorkshopDownload)
class WorkshopDownloadTranslation(TranslationOptions):
    fields = ("title",)
