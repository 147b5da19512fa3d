"""The blocks that every page may use, each with its own template and a preview for the picker."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from pages import languages

RICH_TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link"]


class HeadingBlock(blocks.StructBlock):
    """A heading within the page, with an anchor that can be linked to."""

    text = blocks.CharBlock(label=_("Heading"), max_length=160)
    level = blocks.ChoiceBlock(
        choices=[("2", _("Section")), ("3", _("Subsection"))], default="2", label=_("Level")
    )

    class Meta:
        icon = "title"
        label = _("Heading")
        description = _("Opens a section or a subsection.")
        template = "pages/blocks/heading.html"
        label_format = "{text}"
        preview_value = {"text": _("What the workshop is about"), "level": "2"}

    def get_context(self, value, parent_context=None):
        return super().get_context(value, parent_context) | {"anchor": slugify(value["text"])}


class TextBlock(blocks.RichTextBlock):
    """Paragraphs and lists."""

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        description = _("Paragraphs, lists and links.")
        template = "pages/blocks/text.html"

    def __init__(self, **kwargs):
        super().__init__(**{"features": RICH_TEXT_FEATURES} | kwargs)

    def get_preview_value(self):
        words = gettext("Technologies move faster than the <b>rules</b> around them.")
        return self.normalize(f"<p>{words}</p>")


class QuoteValue(blocks.StructValue):
    """A quotation: what was said, and how it reads in the active language."""

    @property
    def is_translated(self) -> bool:
        return bool(self["translation"]) and self["language"] != languages.active()

    @property
    def wording(self) -> str:
        return self["translation"] if self.is_translated else self["text"]

    @property
    def wording_language(self) -> str:
        return languages.active() if self.is_translated else self["language"]

    @property
    def speaker(self) -> str:
        return str(self["person"] or self["name"])

    @property
    def held_role(self) -> str:
        """The role typed by hand, or the one that the person held on the day."""
        if self["role"] or not self["person"]:
            return self["role"]
        role = self["person"].role_on(self["said_on"])
        return str(role or "")


class QuoteBlock(blocks.StructBlock):
    """What a person said, verbatim, with the translation where the page speaks another language."""

    text = blocks.TextBlock(
        label=_("Words as they were said"),
        help_text=_("Verbatim and without quotation marks: the page adds those of its language."),
        rows=4,
    )
    language = blocks.ChoiceBlock(
        choices=settings.LANGUAGES, default=languages.DEFAULT, label=_("Language they were said in")
    )
    translation = blocks.TextBlock(
        label=_("Translation"),
        required=False,
        help_text=_(
            "Needed where this page speaks another language; it is marked as a translation."
        ),
        rows=4,
    )
    person = SnippetChooserBlock(
        "directory.Person",
        label=_("Person"),
        required=False,
        help_text=_("Their role is the one they held on the day below."),
    )
    said_on = blocks.DateBlock(
        label=_("Said on"), required=False, help_text=_("Decides which role is shown.")
    )
    name = blocks.CharBlock(
        label=_("Name"),
        required=False,
        max_length=160,
        help_text=_("Only for somebody who is not in the directory."),
    )
    role = blocks.CharBlock(
        label=pgettext_lazy("of a person", "Role"),
        required=False,
        max_length=255,
        help_text=_("Replaces the role from the directory."),
    )

    class Meta:
        icon = "openquote"
        label = _("Quote")
        description = _("Somebody's words, with who said them and in which role.")
        template = "pages/blocks/quote.html"
        value_class = QuoteValue
        label_format = "{name} {person} {text}"

    def get_preview_value(self):
        return self.normalize(
            {
                "text": gettext("The goal is better care."),
                "language": languages.active(),
                "translation": "",
                "person": None,
                "said_on": None,
                "name": "Ada Esempio",
                "role": gettext("director of research"),
            }
        )

    def clean(self, value):
        cleaned = super().clean(value)
        if not cleaned["person"] and not cleaned["name"]:
            raise blocks.StructBlockValidationError(
                {"person": ValidationError(_("Choose a person or type a name."))}
            )
        return cleaned


class ImageBlock(blocks.StructBlock):
    """An image at a place: what it shows here, and the credit that the image carries."""

    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.CharBlock(
        label=_("Description for people who do not see it"),
        required=False,
        max_length=255,
        help_text=_(
            "What matters about the image at this place. "
            "Leave empty to use the description kept with the image."
        ),
    )
    is_decorative = blocks.BooleanBlock(
        label=_("Decoration only"),
        required=False,
        help_text=_("It tells nothing that the text does not: screen readers pass over it."),
    )
    caption = blocks.CharBlock(
        label=_("Caption"),
        required=False,
        max_length=400,
        help_text=_("Creator, credit and licence are added from the image."),
    )

    class Meta:
        icon = "image"
        label = _("Image with credit")
        description = _("One image with its caption, credit and licence.")
        template = "pages/blocks/image.html"
        label_format = "{image} {caption}"

    def get_preview_value(self):
        image = get_image_model().objects.first()
        return self.normalize({"image": image, "caption": gettext("The opening session")})


class GalleryBlock(blocks.StructBlock):
    """Several images side by side, each with its own caption and credit."""

    images = blocks.ListBlock(
        ImageBlock(), label=_("Images"), min_num=2, max_num=24, default=[{}, {}]
    )

    class Meta:
        icon = "grip"
        label = _("Gallery")
        description = _("Two or more images side by side.")
        template = "pages/blocks/gallery.html"

    def get_preview_value(self):
        image = self.child_blocks["images"].child_block.get_preview_value()
        return self.normalize({"images": [image, image]})


class KeyFigureBlock(blocks.StructBlock):
    value = blocks.CharBlock(label=_("Figure"), max_length=20, help_text=_("For example 50+."))
    label = blocks.CharBlock(label=_("What it counts"), max_length=120)

    class Meta:
        icon = "order"
        label = _("Key figure")


class KeyFiguresBlock(blocks.StructBlock):
    """A few figures in large type."""

    figures = blocks.ListBlock(KeyFigureBlock(), label=_("Figures"), min_num=1, max_num=6)

    class Meta:
        icon = "order"
        label = _("Key figures")
        description = _("Up to six figures in large type.")
        template = "pages/blocks/key_figures.html"
        preview_value = {
            "figures": [
                {"value": "90", "label": _("participants")},
                {"value": "30", "label": _("countries")},
            ]
        }


class DocumentLinkBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("Document"))
    title = blocks.CharBlock(
        label=_("Title"), required=False, max_length=160, help_text=_("As visitors read it here.")
    )

    class Meta:
        icon = "doc-full"
        label = _("Document")


class DocumentsBlock(blocks.StructBlock):
    """A list of files to download, with format and size."""

    title = blocks.CharBlock(label=_("Heading"), required=False, max_length=160)
    documents = blocks.ListBlock(DocumentLinkBlock(), label=_("Documents"), min_num=1)

    class Meta:
        icon = "doc-full-inverse"
        label = _("Documents")
        description = _("Files to download, with their format and size.")
        template = "pages/blocks/documents.html"

    def get_preview_value(self):
        sample = get_document_model()(
            pk=0, title=gettext("Programme"), file="programme.pdf", file_size=180_000
        )
        return self.normalize({"title": gettext("Documents"), "documents": [{"document": sample}]})


class CallToActionValue(blocks.StructValue):
    @property
    def address(self) -> str:
        return self["page"].url if self["page"] else self["url"]


class CallToActionBlock(blocks.StructBlock):
    """One thing to do, as a button."""

    text = blocks.CharBlock(label=_("Sentence"), required=False, max_length=255)
    label = blocks.CharBlock(
        label=_("Button"), max_length=60, help_text=_("Says what happens: “Read the programme”.")
    )
    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Address elsewhere"), required=False)

    class Meta:
        icon = "tick-inverse"
        label = _("Call to action")
        description = _("One sentence and one button.")
        template = "pages/blocks/call_to_action.html"
        value_class = CallToActionValue
        label_format = "{label}"
        preview_value = {
            "text": _("The programme is out."),
            "label": _("Read it"),
            "page": None,
            "url": "#",
        }

    def clean(self, value):
        cleaned = super().clean(value)
        if bool(cleaned["page"]) == bool(cleaned["url"]):
            raise blocks.StructBlockValidationError(
                {"page": ValidationError(_("Choose a page or give an address: one of the two."))}
            )
        return cleaned


@dataclass(frozen=True)
class Recording:
    """A film at a provider, and the address of the provider's player without tracking cookies."""

    provider: str
    player: str


def recording_at(url: str) -> Recording | None:
    """The film at ``url``, or None where the provider is not one of those that the site knows."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    path = parts.path.strip("/").split("/")
    film = path[-1]
    if host == "youtube.com" and "v" in parse_qs(parts.query):
        film = parse_qs(parts.query)["v"][0]
    if not film.replace("-", "").replace("_", "").isalnum():
        return None
    if host in {"youtube.com", "youtu.be", "youtube-nocookie.com"}:
        return Recording("YouTube", f"https://www.youtube-nocookie.com/embed/{film}")
    if host in {"vimeo.com", "player.vimeo.com"} and film.isdigit():
        return Recording("Vimeo", f"https://player.vimeo.com/video/{film}?dnt=1")
    return None


class EmbedValue(blocks.StructValue):
    @cached_property
    def recording(self) -> Recording | None:
        return recording_at(self["url"])


class EmbedBlock(blocks.StructBlock):
    """A recording on YouTube or Vimeo. Nothing is loaded from there before the visitor asks."""

    url = blocks.URLBlock(
        label=_("Address of the recording"), help_text=_("A film on YouTube or Vimeo.")
    )
    title = blocks.CharBlock(label=_("Title"), max_length=160)
    poster = ImageChooserBlock(
        label=_("Still image"), required=False, help_text=_("Shown until the film is started.")
    )

    class Meta:
        icon = "media"
        label = _("Recording")
        description = _("A film that is loaded from elsewhere only when the visitor asks for it.")
        template = "pages/blocks/embed.html"
        value_class = EmbedValue
        label_format = "{title}"
        preview_value = {
            "url": "https://www.youtube.com/watch?v=sample",
            "title": _("Opening session"),
            "poster": None,
        }

    def clean(self, value):
        cleaned = super().clean(value)
        if not recording_at(cleaned["url"]):
            raise blocks.StructBlockValidationError(
                {"url": ValidationError(_("Give the address of a film on YouTube or Vimeo."))}
            )
        return cleaned


class AccountBlock(blocks.StructBlock):
    """The organisation's page at a social network; no block of a page's body."""

    network = blocks.CharBlock(
        label=_("Network"), max_length=40, help_text=_("As visitors read it: “Mastodon”.")
    )
    url = blocks.URLBlock(label=_("Address"))

    class Meta:
        icon = "user"
        label = _("Account")
        label_format = "{network}"


class BodyStreamBlock(blocks.StreamBlock):
    """The body of a page in one language."""

    heading = HeadingBlock()
    text = TextBlock()
    quote = QuoteBlock()
    image = ImageBlock()
    gallery = GalleryBlock()
    key_figures = KeyFiguresBlock()
    documents = DocumentsBlock()
    call_to_action = CallToActionBlock()
    embed = EmbedBlock()

    class Meta:
        template = "pages/blocks/stream.html"

    def images(self, value) -> Iterator[tuple]:
        """Each image used in ``value``, and its description at that place (None: decoration)."""
        for block in value:
            if block.block_type == "image":
                yield _image_and_alt(block.value)
            elif block.block_type == "gallery":
                yield from (_image_and_alt(item) for item in block.value["images"])
            elif block.block_type == "embed" and block.value["poster"]:
                yield block.value["poster"], None

    def text_of(self, value) -> str:
        """All words in ``value``, for searching: rich text without its tags."""
        return "\n".join(
            text for block in value for text in block.block.get_searchable_content(block.value)
        )


def _image_and_alt(value) -> tuple:
    return value["image"], None if value["is_decorative"] else value["alt"]
