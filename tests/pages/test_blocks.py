"""The blocks of a page: their previews in the editor's picker, and what is left of them."""

import pytest

from pages.blocks import BodyStreamBlock
from pages.models import TextPage
from tests import factories
from tests.editing import Editor

# A word of each preview in both languages; images show one of the library, with its credit.
WORDS = {
    "heading": ("What the workshop is about", "Di che cosa parla il workshop"),
    "text": ("Technologies move", "Le tecnologie corrono"),
    "quote": ("director of research", "direttrice della ricerca"),
    "image": ("The opening session", "La sessione di apertura"),
    "gallery": ("The opening session", "La sessione di apertura"),
    "key_figures": ("participants", "partecipanti"),
    "documents": ("Programme</span></a>", "Programma</span></a>"),
    "call_to_action": ("The programme is out.", "Il programma è online."),
    "embed": ("Opening session", "La sessione di apertura"),
}


def test_every_block_is_previewed_below():
    assert list(WORDS) == list(BodyStreamBlock().child_blocks)


@pytest.mark.parametrize("kind", WORDS)
def test_preview_speaks_the_editors_language(editor, kind):
    factories.image()
    block = TextPage._meta.get_field("body_en").stream_block.child_blocks[kind]

    response = editor.get("wagtailadmin_block_preview", id=block.definition_prefix)

    english, italian = (word in response.content.decode() for word in WORDS[kind])
    assert (english, italian) == (editor.language == "en", editor.language == "it")


@pytest.mark.parametrize("kind", ["image", "gallery"])
def test_preview_does_without_any_image(db, kind):
    editor = Editor(factories.user())
    block = TextPage._meta.get_field("body_en").stream_block.child_blocks[kind]

    response = editor.get("wagtailadmin_block_preview", id=block.definition_prefix)

    assert "<img" not in response.content.decode()


def test_page_outlives_the_image_and_the_file_in_it(db, client):
    image, document = factories.image(), factories.document()
    body = factories.body(
        ("image", {"image": image.pk, "alt": "", "is_decorative": False, "caption": ""}),
        ("documents", {"title": "Files", "documents": [{"document": document.pk, "title": ""}]}),
        ("text", "<p>What is left.</p>"),
    )
    factories.text_page(published=True, body_en=body)

    image.delete()
    document.delete()
    html = client.get("/en/about/").content.decode()

    assert ("What is left." in html, "<figure" in html) == (True, False)
