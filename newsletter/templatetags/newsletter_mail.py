"""What the templates of mails need beside the words."""

from typing import NamedTuple

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from newsletter.composing import NOBODY, compose
from newsletter.encoding import slot
from newsletter.models import Announcement
from newsletter.tokens import subscriber_token
from pages import languages

register = template.Library()


class Band(NamedTuple):
    """A piece of the line below the head: its colour, and its width in per cent."""

    colour: str
    width: int


@register.simple_tag
def mail_bands() -> list[Band]:
    """The portal's drawing in one line; a table's cells, since mail programs drop drawings."""
    return [
        Band("#0b5349", 22),
        Band("#6fa398", 5),
        Band("#0b5349", 9),
        Band("#c3d6d1", 3),
        Band("#6fa398", 12),
        Band("#f2b632", 6),
        Band("#0b5349", 15),
        Band("#c3d6d1", 4),
        Band("#6fa398", 7),
        Band("#0b5349", 17),
    ]


@register.simple_tag
def mail_preview(announcement: Announcement, mode: str) -> SafeString:
    """A whole document; ``mode`` is a language, alone or with "-dark" or "-text"."""
    language, _dash, shape = mode.partition("-")
    composed = compose(announcement, language if language in languages.CODES else languages.DEFAULT)
    token = slot("TOKEN")
    if shape == "text":
        text = composed.text.replace(token, "…")
        return render_to_string(
            "newsletter/admin/announcement_text.html",
            {"subject": composed.subject, "language": language, "text": text},
        )
    html = composed.mail_html.replace(token, subscriber_token(NOBODY))
    if shape == "dark":
        html = html.replace("@media (prefers-color-scheme: dark)", "@media all")
    return mark_safe(html)  # noqa: S308 (rendered by our own templates, which escape)
