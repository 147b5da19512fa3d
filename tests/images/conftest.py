"""Image files, good and bad, made when they are needed."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from PIL import Image, PngImagePlugin


def contents_of(stored) -> bytes:
    """Of an image's or a rendition's file."""
    return Path(stored.file.path).read_bytes()


def encode(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(size=(40, 30), **options) -> bytes:
    return encode(Image.linear_gradient("L").convert("RGB").resize(size), "JPEG", **options)


def png(size=(40, 30), **options) -> bytes:
    return encode(Image.new("RGB", size, "teal"), "PNG", **options)


def huge_png(width: int, height: int) -> bytes:
    """One-bit pixels, all black: a file of a few kilobytes, written row by row."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    compressor = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    pixels = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    )


def png_with_text_bomb() -> bytes:
    """A compressed text chunk that unpacks to more than Pillow allows."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
    return png(pnginfo=info)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A folder of each test's own, and no rendition remembered from another."""
    caches["renditions"].clear()
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def editor(django_user_model, db):
    user = django_user_model.objects.create_user("editor", password="secret")
    user.groups.add(Group.objects.get(name="Editors"))
    return user
