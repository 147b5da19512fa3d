"""The drawings of ``pages.art`` and the icons of the sprite, for templates."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pages import art

register = template.Library()

register.simple_tag(art.lanes, name="lanes")
register.simple_tag(art.strip, name="strip")
register.simple_tag(art.mark, name="brand_mark")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite: the words beside it, or in a ``.vh``, carry the meaning."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"/></svg>',
        static("portal/img/icons.svg"),
        name,
    )
