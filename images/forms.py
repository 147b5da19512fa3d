"""What is refused of an uploaded image, before it is decoded and before anything is stored."""

from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from PIL import Image as PillowImage
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from pages import formats

# Pillow's name of each format by the extensions that may carry it (MPO: JPEG with a second image).
FORMATS = {
    "avif": {"AVIF"},
    "gif": {"GIF"},
    "jpeg": {"JPEG", "MPO"},
    "jpg": {"JPEG", "MPO"},
    "png": {"PNG"},
    "webp": {"WEBP"},
}


class ImageFileField(WagtailImageField):
    """Wagtail's field, cheapest question first: size, extension, header, and only then the pixels.

    Wagtail 8.0.1 decodes the whole image before it counts its pixels (a PNG of 370 kB took 1.1 GB),
    parses XML before it looks at the extension, and answers 500 to a truncated JPEG and to a PNG
    with an oversized text chunk.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.error_messages |= {
            "invalid_image": _("This file is not an image, or it is damaged."),
            "invalid_image_extension": _(
                "Files of this kind are not accepted. Accepted are: %(formats)s."
            )
            % {"formats": self.supported_formats_text},
            "invalid_image_known_format": _(
                "What this file holds is not what its name says (“.%(extension)s”). "
                "Save it again as an image of that kind."
            ),
            "file_too_large": _(
                "This file has %(file_size)s; images may have at most %(max_filesize)s."
            ),
            "file_too_many_pixels": _(
                "This image has more than %(max_pixels_count)s pixels. Make it smaller first."
            )
            % {"max_pixels_count": formats.number(self.max_image_pixels)},
        }

    def to_python(self, data):
        if data not in self.empty_values:
            self.check_image_file_size(data)
            self._check_extension(data)
            self._check_contents(data)
        return super().to_python(data)

    def check_image_file_size(self, f):
        if f.size > self.max_upload_size:
            raise self._refusal(
                "file_too_large",
                file_size=filesizeformat(f.size),
                max_filesize=self.max_upload_size_text,
            )

    def _check_extension(self, data):
        if _extension(data) not in self.allowed_image_extensions:
            raise self._refusal("invalid_image_extension")

    def _check_contents(self, data):
        try:
            with PillowImage.open(data) as image:  # reads the header only
                self._check_header(data, image)
                image.load()
        except ValidationError:
            raise
        except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning):
            raise self._refusal("file_too_many_pixels") from None
        except Exception as error:  # a damaged file fails in every thinkable way
            raise self._refusal("invalid_image") from error
        finally:
            data.seek(0)

    def _check_header(self, data, image):
        if image.format not in FORMATS[_extension(data)]:
            raise self._refusal("invalid_image_known_format", extension=_extension(data))
        pixels = image.width * image.height * getattr(image, "n_frames", 1)
        if pixels > self.max_image_pixels:
            raise self._refusal("file_too_many_pixels")

    def _refusal(self, code, **params):
        return ValidationError(self.error_messages[code], code=code, params=params or None)


class ImageForm(BaseImageForm):
    """Wagtail's form with our own field for the file.

    A declared field would stay in the forms that leave the file out (Wagtail's multiple upload).
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if stock := self.fields.get("file"):
            self.fields["file"] = ImageFileField(
                label=stock.label,
                required=stock.required,
                widget=stock.widget,
                initial=stock.initial,
            )


def _extension(data) -> str:
    return PurePath(data.name).suffix.lower().removeprefix(".")
