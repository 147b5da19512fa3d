"""What the editor's form refuses, in the editor's language, before anything is saved."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks import StreamValue

from pages import formats, languages


class PageForm(WagtailAdminPageForm):
    """A page's form: title and slugs always, other words and images when it is to be published."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False  # where it is left empty the title makes it

    def clean(self):
        slug = self.cleaned_data.pop("slug", None)  # core's question does not name the language
        cleaned = super().clean()
        if slug is not None:
            cleaned["slug"] = slug
        self._check_title()
        self._check_slugs()
        if not self.is_deferred_validation:
            self._check_words()
            self._check_images()
        return cleaned

    def _check_title(self):
        """Ask for a title in any language, and for a slug where the title has no letter for one."""
        fields = [f"title_{code}" for code in languages.CODES if f"title_{code}" in self.fields]
        if not fields or any(field in self.errors for field in fields):
            return
        title = next(filter(None, (self.cleaned_data.get(field) for field in fields)), "")
        if not title:
            self._require(fields[0])
        elif self.cleaned_data.get("slug") == "" and not formats.slug(title, languages.DEFAULT):
            self._require("slug")

    def _require(self, field):
        self.add_error(field, self.fields[field].error_messages["required"])

    def _check_slugs(self):
        for language in languages.CODES:
            field = languages.column("slug", language)
            slug = self.cleaned_data.get(field)
            if slug and self.instance.is_slug_taken(slug, language, self.parent_page):
                self.add_error(
                    field,
                    _(
                        "The slug “%(slug)s” is already in use in %(language)s "
                        "by a page beside this one."
                    )
                    % {"slug": slug, "language": formats.language_name(language)},
                )

    def _check_words(self):
        ready = [code for code in languages.CODES if self.cleaned_data.get(f"is_ready_{code}")]
        if not ready:
            self.add_error(
                f"is_ready_{languages.DEFAULT}",
                _("A page can only be published when it is ready in at least one language."),
            )
        for language in ready:
            for name in self.instance.required_words:
                field = f"{name}_{language}"
                if field in self.fields and not _has_words(self.cleaned_data.get(field)):
                    self.add_error(
                        field, _("Needed before the page can be published in this language.")
                    )

    def _check_images(self):
        problems = {  # each once, though several languages may have it
            (field, image.title, tuple(image.missing_for_publication(alt, language))): None
            for field, language, image, alt in self._images_used()
        }
        for field, title, missing in problems:
            if missing and field in self.fields:
                self.add_error(
                    field,
                    ngettext(
                        "The image “%(image)s” cannot be published yet: it lacks %(missing)s.",
                        "The image “%(image)s” cannot be published yet: it lacks %(missing)s.",
                        len(missing),
                    )
                    % {"image": title, "missing": formats.conjunction(missing)},
                )

    def _images_used(self):
        """Field, language, image and its description at that place, for each use of an image."""
        image = self.cleaned_data.get("image")
        for language in languages.CODES:
            if not self.cleaned_data.get(f"is_ready_{language}"):
                continue
            if image:
                yield "image", language, image, self.cleaned_data.get(f"image_alt_{language}") or ""
            for name, value in self.cleaned_data.items():
                if name.endswith(f"_{language}") and isinstance(value, StreamValue):
                    for used in value.stream_block.images(value):
                        yield name, language, *used


def _has_words(value) -> bool:
    return bool(value) and (not isinstance(value, str) or bool(value.strip()))
