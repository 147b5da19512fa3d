"""Workshops as calendar files."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from pages import languages
from workshops.calendar import calendar_file
from workshops.models import WorkshopPage


def _shown():
    return WorkshopPage.objects.live().public().select_related("venue", "contact", "series")


@require_safe
def calendar(request):
    """All workshops that are ready in the visitor's language, to subscribe to."""
    ready = _shown().filter(**{f"is_ready_{languages.active()}": True})
    return _answer(calendar_file(ready.order_by("starts_at")), "workshops.ics")


@require_safe
def calendar_of_workshop(request, uid):
    """One workshop, in the words that its page shows to this visitor."""
    workshop = _shown().filter(calendar_uid=uid, alias_of=None).first()
    if workshop is None:
        raise Http404
    return _answer(calendar_file([workshop]), f"{workshop.slug}.ics")


def _answer(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
