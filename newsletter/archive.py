"""Announcements on the web: as they were frozen, and as long as their pages are public."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from newsletter.composing import web_address
from newsletter.models import Announcement, AnnouncementVariant
from pages import languages
from pages.exceptions import PageGone
from pages.listing import page_of
from pages.models import Page

ANNOUNCED = re.compile(r'data-page="(\d+)"')  # in mail/_web_item.html


@dataclass(frozen=True)
class Entry:
    """An announcement in a list, in the words of ``language``."""

    sent_at: datetime
    url: str
    subject: str
    language: str


@require_safe
def archive(request):
    """What was sent, latest first."""
    announcements = page_of(archived(), request)
    variants = [shown_variant(announcement) for announcement in announcements]
    public = public_pages(filter(None, variants))
    entries = [
        Entry(
            announcement.launched_at,
            reverse("newsletter_announcement", args=[announcement.key]),
            variant.subject,
            variant.language,
        )
        for announcement, variant in zip(announcements, variants, strict=True)
        if variant and announced_in(variant) <= public
    ]
    return render(
        request, "newsletter/archive.html", {"announcements": announcements, "entries": entries}
    )


@require_safe
def announcement(request, key):
    """One announcement; in another language, with a notice, where it did not go out in this one."""
    found = get_object_or_404(launched(), key=key)
    variant = shown_variant(found)
    if not variant:
        raise Http404
    if not announced_in(variant) <= public_pages([variant]):
        raise PageGone
    context = {
        "announcement": found,
        "variant": variant,
        "canonical_url": _address(found, variant.language),
        "addresses": _alternates(found, variant),
    }
    return render(request, "newsletter/announcement.html", context)


def launched() -> QuerySet[Announcement]:
    """For everybody's eyes, with what they say in each language."""
    variants = AnnouncementVariant.objects.exclude(html="").defer("message")
    return Announcement.objects.filter(
        is_archived=True, launched_at__isnull=False
    ).prefetch_related(Prefetch("variants", variants, to_attr="frozen"))


def archived() -> QuerySet[Announcement]:
    """Those for the list: not stopped for good, and about a page that is public."""
    public = Page.objects.live().public().values("pk")
    return (
        launched()
        .exclude(state=Announcement.State.CANCELLED)
        .filter(Q(page__isnull=True) | Q(page__in=public))
        .order_by("-launched_at", "-pk")
    )


def shown_variant(announcement: Announcement) -> AnnouncementVariant | None:
    """In the active language, else in the first that it went out in."""
    by_language = {variant.language: variant for variant in announcement.frozen}
    order = (languages.active(), *languages.CODES)
    return next((by_language[code] for code in order if code in by_language), None)


def announced_in(variant: AnnouncementVariant) -> set[int]:
    """The pages that the frozen words are about: also those that were deleted since."""
    return {int(number) for number in ANNOUNCED.findall(variant.html)}


def public_pages(variants: Iterable[AnnouncementVariant]) -> set[int]:
    """Those pages in ``variants`` that everybody may see."""
    numbers = {number for variant in variants for number in announced_in(variant)}
    return set(Page.objects.live().public().filter(pk__in=numbers).values_list("pk", flat=True))


def _alternates(announcement: Announcement, variant: AnnouncementVariant) -> list[tuple[str, str]]:
    """hreflang and address of each language; none where the words stand at another's address."""
    if variant.language != languages.active():
        return []
    codes = {frozen.language for frozen in announcement.frozen}
    found = [(code, _address(announcement, code)) for code in languages.CODES if code in codes]
    default = dict(found).get(languages.DEFAULT, found[0][1])
    return [*found, ("x-default", default)]


def _address(announcement: Announcement, language: str) -> str:
    with languages.speaking(language):
        return web_address(announcement)
