"""What renditions tell, and that they are made before a visitor asks."""

import io
import json
import socket
import subprocess
import sys
import time

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.core.files.base import ContentFile
from django.template import Context, Template
from django.test import RequestFactory
from PIL import Image, ImageCms, PngImagePlugin

from images import renditions, tasks
from images.models import CreditedImage
from pages import pictures
from portal.celery import app
from tests.images.conftest import contents_of, encode

SECRETS = (b"Exif", b"Leica", b"SN-4711", b"43.31", b"xpacket", b"a private remark")
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FILTERS = (
    "original",
    "width-20",
    "fill-20x20|format-jpeg",
    "width-20|format-png",
    "width-20|format-webp",
    "width-20|format-avif",
    "width-20|format-gif",
)


def told() -> dict[str, object]:
    """Everything a camera may write into a file, with the orientation "turned by 90 degrees"."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Leica"
    exif[0xA431] = "SN-4711"
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 19.0, 6.0), 29: "43.31"})
    return {"exif": exif, "icc_profile": PROFILE}


def photograph(kind: str) -> bytes:
    image = Image.new("RGB", (60, 40), "teal")
    options = told()
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "a private remark")
        options["pnginfo"] = info
    if kind == "JPEG":
        options |= {"comment": "a private remark", "xmp": b"<?xpacket begin?>"}
    if kind in {"WEBP", "AVIF"}:
        options["xmp"] = b"<?xpacket begin?>"
    return encode(image, kind, **options)


def make_image(contents: bytes, name: str = "photograph.jpg") -> CreditedImage:
    return CreditedImage.objects.create(title="A", file=ContentFile(contents, name))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("spec", FILTERS)
def test_rendition_tells_nothing_but_what_it_shows(kind, spec):
    contents = photograph(kind)
    assert b"SN-4711" in contents
    image = make_image(contents, f"photograph.{kind.lower()}")

    rendition = image.get_rendition(spec)

    made = contents_of(rendition)
    assert [secret for secret in SECRETS if secret in made] == []
    shown = Image.open(io.BytesIO(made))
    assert dict(shown.getexif()) == {}
    assert set(shown.info) & {"exif", "xmp", "comment", "Comment", "photoshop"} == set()
    if "gif" not in spec:
        assert shown.info["icc_profile"] == PROFILE
    if spec == "original":
        assert shown.size == (40, 60)  # turned upright


@pytest.mark.django_db
def test_several_renditions_at_once_tell_nothing_either():
    image = make_image(photograph("JPEG"))

    made = image.get_renditions("width-20", "width-30|format-png")

    files = [contents_of(rendition) for rendition in made.values()]
    assert [secret for secret in SECRETS for file in files if secret in file] == []


@pytest.mark.django_db
def test_original_keeps_everything():
    contents = photograph("JPEG")

    image = make_image(contents)

    assert contents_of(image) == contents


@pytest.mark.django_db
def test_transparency_stays():
    image = make_image(encode(Image.new("RGBA", (60, 40), (0, 0, 0, 0)), "PNG"), "mark.png")

    rendition = image.get_rendition("width-20")

    assert Image.open(rendition.file.path).convert("RGBA").getpixel((5, 5))[3] == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_worker_makes_what_templates_use():
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        image = make_image(encode(Image.new("RGB", (900, 600), "teal"), "JPEG"))
        expected = [*pictures.specs(900), pictures.SHARED]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and image.renditions.count() < len(expected):
            time.sleep(0.05)

    made = list(image.renditions.values_list("filter_spec", flat=True))
    assert sorted(made) == sorted(expected)
    assert len(made) == 7  # 480, 800 and the original's width in two formats, and the shared one


@pytest.mark.django_db
def test_template_finds_what_the_worker_made():
    image = make_image(encode(Image.new("RGB", (900, 600), "teal"), "JPEG"))
    renditions.prepare(image.pk)
    before = image.renditions.count()

    page = Template("{% load portal %}{% photograph image alt='A' %}")
    page.render(Context({"image": image, "request": RequestFactory().get("/")}))

    assert image.renditions.count() == before


@pytest.mark.django_db
def test_rendering_is_asked_for_only_when_the_file_is_new(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as first:
        image = make_image(photograph("JPEG"))
    with django_capture_on_commit_callbacks() as renamed:
        image.title = "B"
        image.save()
    with django_capture_on_commit_callbacks() as replaced:
        image.file = ContentFile(photograph("PNG"), "other.png")
        image.save()

    assert [len(first), len(renamed), len(replaced)] == [1, 0, 1]


@pytest.mark.django_db
def test_image_deleted_meanwhile_is_passed_over(media):
    image = make_image(photograph("JPEG"))
    image.file.storage.delete(image.file.name)

    renditions.prepare(image.pk)
    renditions.prepare(0)

    assert image.renditions.count() == 0


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.django_db
def test_upload_survives_a_lost_broker(
    closed_port, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    lost = Celery("lost", broker=f"redis://127.0.0.1:{closed_port}/0", set_as_current=False)
    lost.conf.broker_transport_options = settings_with_redis()["CELERY_BROKER_TRANSPORT_OPTIONS"]
    monkeypatch.setattr(tasks.prepare_renditions, "_get_app", lambda: lost)
    began = time.monotonic()

    with django_capture_on_commit_callbacks(execute=True):
        image = make_image(photograph("JPEG"))

    assert time.monotonic() - began < 2
    assert [record.name for record in caplog.records] == ["images.signals"]
    assert image.get_rendition("width-20").file.size > 0


def settings_with_redis() -> dict[str, object]:
    """The portal's settings as they are where REDIS_URL is set."""
    code = (
        "import json, os; os.environ['REDIS_URL'] = 'redis://localhost';"
        "from portal import settings; print(json.dumps({name: getattr(settings, name)"
        " for name in ['CELERY_BROKER_TRANSPORT_OPTIONS']}))"
    )
    return json.loads(subprocess.check_output([sys.executable, "-c", code], cwd=settings.BASE_DIR))
