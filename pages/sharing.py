"""The picture that stands for a page where a link to it is shared."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from pages import languages
from pages.models import Page
from pages.pictures import SHARED
from pages.social_card import SIZE


@dataclass(frozen=True)
class SharedPicture:
    url: str
    width: int
    height: int
    alt: str


def absolute(address: str) -> str:
    """``address`` with the site's own in front, if it names none."""
    return f"{settings.BASE_URL}{address}" if address.startswith("/") else address


def picture_of(page: Page) -> SharedPicture | None:
    """The page's main image in 1200 by 630 pixels, or the drawn card; None before it is saved."""
    if page.image:
        rendition = page.image.get_rendition(SHARED)
        alt = getattr(page, f"image_alt_{languages.active()}") or page.image.description or ""
        return SharedPicture(absolute(rendition.url), rendition.width, rendition.height, alt)
    if not page.pk:
        return None
    with languages.speaking(languages.address()):
        card = reverse("social_card", args=[page.pk])
    return SharedPicture(absolute(card), *SIZE, page.title)
