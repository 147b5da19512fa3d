"""The body of a page as a model field."""

from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField

from pages.blocks import BodyStreamBlock


class BodyField(StreamField):
    """A stream of the shared blocks. Migrations name the field only, not each of its blocks."""

    def __init__(self, **kwargs):
        kwargs.setdefault("verbose_name", _("content"))
        super().__init__(BodyStreamBlock(), **{"blank": True} | kwargs)

    def deconstruct(self):
        name, _path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, f"{type(self).__module__}.BodyField", [], kwargs
