"""Renditions: what is left out of them, and which are made before a visitor asks."""

from typing import ClassVar

from wagtail.images import get_image_model
from wagtail.images.image_operations import FilterOperation
from wagtail.images.models import Filter, SourceImageIOError

from pages import pictures


class KeepPixelsOnly(FilterOperation):
    """Forgets what the camera and the photographer's programs wrote down.

    Exif (place, serial numbers, owner), XMP, IPTC and comments go; colour profile and transparency
    stay. The orientation has been applied by now.
    """

    KEPT: ClassVar = {"icc_profile", "transparency"}

    def construct(self):
        """Takes no arguments."""

    def run(self, willow, image, env):
        pixels = willow.get_pillow_image()
        pixels.info = {name: value for name, value in pixels.info.items() if name in self.KEPT}


class AnonymousFilter(Filter):
    """A filter whose results tell nothing but what they show.

    Wagtail 8.0.1 copies Exif, with the place, into JPEG, PNG and others.
    """

    @property
    def filter_operations(self):
        return [*super().filter_operations, KeepPixelsOnly("keep-pixels-only")]


def prepare(image_id: int) -> None:
    """Make the renditions that templates use, one after the other, to keep memory low.

    Nothing happens where the image, or its file, has gone meanwhile.
    """
    image = get_image_model().objects.filter(pk=image_id).first()
    if image is None:
        return
    for spec in [*pictures.specs(image.width), pictures.SHARED]:
        try:
            image.get_rendition(spec)
        except SourceImageIOError:
            return
