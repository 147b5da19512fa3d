"""What an editor may upload, by each of the three doors, and in what words the rest is refused."""

import re
import tracemalloc
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.documents.models import Document
from wagtail.models import UploadedFile
from wagtail.users.models import UserProfile

from images.models import CreditedImage
from tests.images.conftest import contents_of, encode, huge_png, jpeg, png, png_with_text_bomb

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

NO_IMAGE = {
    "en": "This file is not an image, or it is damaged.",
    "it": "Questo file non è un’immagine, oppure è danneggiato.",
}
WRONG_KIND = {
    "en": "Files of this kind are not accepted. Accepted are: AVIF, GIF, JPG, JPEG, PNG, WEBP.",
    "it": "I file di questo tipo non sono accettati. "
    "Sono accettati: AVIF, GIF, JPG, JPEG, PNG, WEBP.",
}
WRONG_NAME = {
    "en": "What this file holds is not what its name says (“.{}”). "
    "Save it again as an image of that kind.",
    "it": "Il contenuto di questo file non è quello che il nome indica («.{}»). "
    "Salvalo di nuovo come immagine di quel tipo.",
}
TOO_MANY_PIXELS = {
    "en": "This image has more than 40,000,000 pixels. Make it smaller first.",
    "it": "Questa immagine ha troppi pixel: il massimo è 40.000.000. "
    "Rimpiccioliscila prima di caricarla.",
}
TOO_LARGE = {
    "en": "This file has 22.0\xa0MB; images may have at most 20.0\xa0MB.",
    "it": "Questo file è di 22,0\xa0MB; il massimo per le immagini è 20,0\xa0MB.",
}


def named(sentences: dict[str, str], extension: str) -> dict[str, str]:
    return {language: text.format(extension) for language, text in sentences.items()}


BAD_FILES = {
    "text renamed": ("notes.jpg", lambda: b"These are notes.", NO_IMAGE),
    "200 million pixels": ("huge.png", lambda: huge_png(20_000, 10_000), TOO_MANY_PIXELS),
    "127 million pixels": ("large.png", lambda: huge_png(12_700, 10_000), TOO_MANY_PIXELS),
    "SVG with a script": ("drawing.svg", lambda: SVG, WRONG_KIND),
    "SVG renamed": ("drawing.png", lambda: SVG, NO_IMAGE),
    "truncated JPEG": ("cut.jpg", lambda: jpeg((800, 600))[:-2000], NO_IMAGE),
    "truncated header": ("cut.png", lambda: png()[:20], NO_IMAGE),
    "text bomb": ("bomb.png", png_with_text_bomb, NO_IMAGE),
    "PNG called JPEG": ("mislabelled.jpg", png, named(WRONG_NAME, "jpg")),
    "JPEG called AVIF": ("mislabelled.avif", jpeg, named(WRONG_NAME, "avif")),
    "over 20 MB": ("heavy.jpg", lambda: jpeg() + b"\0" * 22 * 1024 * 1024, TOO_LARGE),
    "no extension": ("image", jpeg, WRONG_KIND),
}


@pytest.fixture(params=["en", "it"])
def language(request):
    return request.param


@pytest.fixture
def admin(client, editor, language):
    UserProfile.objects.create(user=editor, preferred_language=language)
    client.force_login(editor)
    return client


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def upload(client, door: str, file: SimpleUploadedFile):
    """Send the file with a credit that must not be lost; give the response."""
    if door == "multiple":
        return client.post(reverse("wagtailimages:add_multiple"), {"files[]": file})
    prefix = "image-chooser-upload-" if door == "chooser" else ""
    data = {"title": "A title", "credit_en": "Photo: Ada Esempio", "file": file}
    address = "wagtailimages_chooser:create" if door == "chooser" else "wagtailimages:add"
    return client.post(reverse(address), {prefix + name: value for name, value in data.items()})


def text_of(response) -> str:
    """What the answer says, whether it comes as a page or as JSON that holds a piece of one."""
    if response.headers["Content-Type"].startswith("application/json"):
        answer = response.json()
        return answer.get("error_message") or unescape(answer.get("htmlFragment") or answer["html"])
    return unescape(response.content.decode())


@pytest.mark.parametrize("door", ["single", "multiple", "chooser"])
@pytest.mark.parametrize("bad", BAD_FILES)
def test_bad_upload_is_refused_in_the_editors_language(admin, language, media, door, bad):
    name, contents, sentences = BAD_FILES[bad]

    response = upload(admin, door, SimpleUploadedFile(name, contents()))

    text = text_of(response)
    assert response.status_code == 200
    assert sentences[language] in text
    if door != "multiple":
        assert 'value="A title"' in text
        assert 'value="Photo: Ada Esempio"' in text
    assert (CreditedImage.objects.count(), UploadedFile.objects.count()) == (0, 0)
    assert stored(media) == []


@pytest.mark.parametrize("door", ["single", "multiple", "chooser"])
@pytest.mark.parametrize("kind", ["avif", "gif", "jpg", "jpeg", "png", "webp"])
def test_good_upload_is_stored(client, editor, door, kind):
    client.force_login(editor)
    contents = encode(Image.new("RGB", (40, 30), "teal"), {"jpg": "JPEG"}.get(kind, kind.upper()))

    upload(client, door, SimpleUploadedFile(f"good.{kind.upper()}", contents))

    image = CreditedImage.objects.get()
    assert (image.width, image.height, image.file_size) == (40, 30, len(contents))
    assert contents_of(image) == contents


@pytest.mark.sqlite_only
def test_image_with_too_many_pixels_is_refused_before_it_is_decoded(client, editor):
    client.force_login(editor)
    file = SimpleUploadedFile("large.png", huge_png(12_700, 10_000))

    tracemalloc.start()
    upload(client, "multiple", file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 10_000_000


def test_replacing_a_file_by_a_bad_one_keeps_the_image(admin, language, media):
    upload(admin, "single", SimpleUploadedFile("good.png", png()))
    image = CreditedImage.objects.get()
    before = stored(media)

    response = admin.post(
        reverse("wagtailimages:edit", args=[image.pk]),
        {"title": "Another", "file": SimpleUploadedFile("cut.jpg", jpeg((800, 600))[:-2000])},
    )

    image.refresh_from_db()
    assert NO_IMAGE[language] in text_of(response)
    assert image.title == "A title"
    assert contents_of(image) == png()
    assert set(before) <= set(stored(media))


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "program.exe", "script.pdf.js"])
def test_document_of_another_kind_is_refused(admin, language, media, name):
    file = SimpleUploadedFile(name, b"<script>alert(1)</script>")

    response = admin.post(reverse("wagtaildocs:add"), {"title": "A title", "file": file})

    extensions = ", ".join(settings.WAGTAILDOCS_EXTENSIONS)
    said = {"en": "Allowed extensions are: {}.", "it": "Le estensioni permesse sono: {}."}
    text = re.sub(r"\s+", " ", text_of(response))
    assert response.status_code == 200
    assert said[language].format(extensions) in text
    assert 'value="A title"' in text
    assert Document.objects.count() == 0
    assert stored(media) == []
