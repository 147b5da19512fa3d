"""Press releases: their first paragraph, those about a workshop, their structured data."""

import re

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from press import structured
from press.models import PressReleasePage
from workshops.models import WorkshopPage

register = template.Library()

FIRST_PARAGRAPH = re.compile(r"\s*<p[^>]*>")

register.simple_tag(structured.article, name="article_data", takes_context=True)


@register.simple_tag
def releases_about(workshop: WorkshopPage) -> list[PressReleasePage]:
    """Public releases about the workshop, latest first, in one query."""
    if not workshop.pk:
        return []
    return list(PressReleasePage.objects.for_lists().filter(workshops__workshop=workshop))


@register.filter
def after_dateline(html: str, dateline: str) -> SafeString:
    """Rich text with the dateline at the start of its first paragraph, or in one before it."""
    html = conditional_escape(html)
    dateline = format_html('<span class="dateline">{}</span>', dateline)
    start = FIRST_PARAGRAPH.match(html)
    if not start:
        return format_html("<p>{}</p>{}", dateline, html)
    end = start.end()
    return mark_safe(f"{html[:end]}{dateline} {html[end:]}")  # noqa: S308 (both parts are escaped)
