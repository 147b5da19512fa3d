from modeltranslation.translator import TranslationOptions, register

from directory.models import Contact, Organisation, PersonRole, Topic, Venue
from pages import languages


@register([Contact, Topic])
class NameTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = (languages.DEFAULT,)


@register(Organisation)
class OrganisationTranslation(TranslationOptions):
    fields = ("name", "short_name")
    required_languages = (languages.DEFAULT,)


@register(PersonRole)
class PersonRoleTranslation(TranslationOptions):
    fields = ("title",)
    required_languages = (languages.DEFAULT,)


@register(Venue)
class VenueTranslation(TranslationOptions):
    fields = ("name", "city", "directions", "accessibility")
    required_languages = (languages.DEFAULT,)
