"""The picture of a page for those who share it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from pages.models import Page, SiteSettings
from pages.social_card import social_card


@require_safe
@cache_control(public=True, max_age=3600)
def card(request, page_id):
    """A drawn card of 1200 x 630 pixels with the page's title, in the words visitors get to see."""
    page = get_object_or_404(Page.objects.live().public(), pk=page_id).specific
    with translation.override(page.shown_language):
        picture = social_card(
            title=page.title,
            kicker=page.kicker,
            footer=SiteSettings.for_request(request).site_name,
            seed=str(page.pk),
        )
    return HttpResponse(picture, content_type="image/png")
