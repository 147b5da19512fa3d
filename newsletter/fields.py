"""Fields of announcements: their content, and a choice of the site's languages."""

from django.conf import settings
from django.utils.text import capfirst
from wagtail.fields import StreamField

from newsletter.blocks import AnnouncementStreamBlock
from workshops.fields import LanguagesField


class ContentField(StreamField):
    """A stream of the blocks of a mail. Migrations name the field only, not each of its blocks."""

    def __init__(self, **kwargs):
        super().__init__(AnnouncementStreamBlock(), **{"blank": True} | kwargs)

    def deconstruct(self):
        name, _path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, f"{type(self).__module__}.ContentField", [], kwargs


class SiteLanguagesField(LanguagesField):
    """Codes of ``settings.LANGUAGES``, as a list; chosen by ticking their names."""

    def formfield(self, **kwargs):
        field = super().formfield(**kwargs)
        field.label = capfirst(field.label)
        field.choices = settings.LANGUAGES
        return field
