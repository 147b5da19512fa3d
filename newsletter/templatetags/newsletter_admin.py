"""What the editor's views of announcements show."""

from datetime import timedelta

from django import template
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.models import Announcement, Delivery
from newsletter.progress import Counts

register = template.Library()

MINUTE = 60
HOUR = 60 * MINUTE
# How the admin's stylesheet paints a state: what it calls primary draws the eye.
STRIKING = {
    Announcement.State.LAUNCHING,
    Announcement.State.SENDING,
    Announcement.State.PAUSED,
}


@register.simple_tag
def total(readers: dict[str, int]) -> int:
    return sum(readers.values())


@register.filter
def is_striking(state: str) -> bool:
    return state in STRIKING


@register.simple_tag
def state_counts(counts: Counts) -> list[tuple[str, str, int]]:
    """Name, words and number of each state that occurs, and of "sent" and "queued" always."""
    always = {Delivery.State.SENT, Delivery.State.QUEUED}
    order = [Delivery.State.SENT, *(s for s in Delivery.State if s != Delivery.State.SENT)]
    return [
        (state.name.lower(), capfirst(state.label), counts.states[state])
        for state in order
        if counts.states[state] or state in always
    ]


@register.simple_tag
def counts_like(counts: Counts, totals: list[tuple[str, str, int]]) -> list[int]:
    """The numbers of ``counts`` for the same states as those of ``state_counts``."""
    return [counts.states[Delivery.State[name.upper()]] for name, _label, _number in totals]


@register.filter
def time_left(length: timedelta) -> str:
    """Roughly: it is an estimate."""
    seconds = int(length.total_seconds())
    if seconds < MINUTE:
        return _("less than a minute left")
    if seconds < HOUR:
        count = round(seconds / MINUTE)
        return ngettext("about %(count)d minute left", "about %(count)d minutes left", count) % {
            "count": count
        }
    count = round(seconds / HOUR)
    return ngettext("about %(count)d hour left", "about %(count)d hours left", count) % {
        "count": count
    }
