"""Images that carry who made them, whom to credit, and under which licence they may be used."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage, AbstractRendition

from images.renditions import AnonymousFilter
from pages import languages


class CreditedImage(AbstractImage):
    """An image with its rights. ``description`` and ``caption`` have one column per language."""

    caption = models.CharField(
        _("caption"), max_length=400, blank=True, help_text=_("Offered wherever the image is used.")
    )
    creator = models.CharField(
        _("creator"), max_length=160, blank=True, help_text=_("Who took or drew it.")
    )
    credit = models.CharField(
        _("credit line"),
        max_length=255,
        blank=True,
        help_text=_("As it must stand beside the image, for example “Photo: Ada Esempio”."),
    )
    copyright_notice = models.CharField(
        _("copyright notice"), max_length=255, blank=True, help_text=_("For example “© 2023 …”.")
    )
    licence_url = models.URLField(
        _("address of the licence"), blank=True, help_text=_("Where the terms of use can be read.")
    )

    admin_form_fields = (
        "title",
        "file",
        "collection",
        *(f"description_{code}" for code in languages.CODES),
        *(f"caption_{code}" for code in languages.CODES),
        "creator",
        *(f"credit_{code}" for code in languages.CODES),
        "copyright_notice",
        "licence_url",
        "tags",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )

    class Meta(AbstractImage.Meta):
        verbose_name = _("image")
        verbose_name_plural = _("images")
        permissions = [("choose_creditedimage", "Can choose image")]

    def generate_rendition_file(self, filter, *, source=None):  # noqa: A002 (Wagtail's name)
        return super().generate_rendition_file(AnonymousFilter(filter.spec), source=source)

    def missing_for_publication(self, alt: str | None, language: str) -> list[str]:
        """What the image lacks before a page that uses it may be public in ``language``.

        ``alt`` is the description given at the place of use: empty falls back to the image's own,
        None means decoration, which needs none.
        """
        missing = []
        if not self.credit:
            missing.append(gettext("a credit line"))
        if alt == "" and not getattr(self, f"description_{language}"):
            missing.append(gettext("a description"))
        return missing


class Rendition(AbstractRendition):
    image = models.ForeignKey(CreditedImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)
