"""How a workshop stands: its state in a word, its lists by time, its structured data."""

from itertools import groupby
from typing import NamedTuple

from django import template
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pages import formats
from workshops import structured
from workshops.models import Session, WorkshopPage

register = template.Library()

register.filter(formats.zone_city)
register.simple_tag(structured.event, name="event_data", takes_context=True)


class State(NamedTuple):
    """``key`` names the style, ``label`` says it."""

    key: str
    label: str


@register.simple_tag
def state(workshop: WorkshopPage) -> State:
    """The first of these that holds: called off, past, under way, open."""
    if workshop.is_called_off:
        return State(workshop.status, capfirst(workshop.get_status_display()))
    phase = workshop.phase()
    if phase == workshop.Phase.PAST:
        return State("past", pgettext("workshop", "Past"))
    if phase == workshop.Phase.UNDER_WAY:
        return State("now", str(phase.label))
    if workshop.registration_state() == "open":
        return State("open", _("Registration open"))
    if workshop.status == workshop.Status.PLANNED:
        return State("soon", _("Save the date"))
    if workshop.status == workshop.Status.MOVED_ONLINE:
        return State("soon", capfirst(workshop.get_status_display()))
    return State("soon", pgettext("workshop", "Upcoming"))


@register.simple_tag
def day_under_way(workshop: WorkshopPage) -> int | None:
    """1 on the first day, by the calendar of the place; None before and after."""
    if workshop.is_called_off or workshop.phase() != workshop.Phase.UNDER_WAY:
        return None
    return workshop.day_number(timezone.now())


@register.filter
def is_under_way(session: Session) -> bool:
    return (
        not session.workshop.is_called_off and session.starts_at <= timezone.now() < session.ends_at
    )


@register.filter
def by_phase(workshops) -> list[tuple[str, list[WorkshopPage]]]:
    """Heading and workshops: those to come, or under way, then those that are over."""
    groups = groupby(workshops, lambda workshop: workshop.phase() == workshop.Phase.PAST)
    return [
        (_("Past workshops") if is_past else _("Upcoming workshops"), list(group))
        for is_past, group in groups
    ]
