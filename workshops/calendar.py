"""Workshops as iCalendar (RFC 5545)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from pages import languages
from workshops.models import WorkshopPage

STATUS = {
    WorkshopPage.Status.PLANNED: "TENTATIVE",
    WorkshopPage.Status.POSTPONED: "TENTATIVE",
    WorkshopPage.Status.CANCELLED: "CANCELLED",
}


def calendar_file(workshops: Iterable[WorkshopPage]) -> bytes:
    """A VCALENDAR with one VEVENT per workshop and a VTIMEZONE for each zone in use."""
    calendar = Calendar()
    calendar.add("prodid", "-//Event portal//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Workshops"))
    workshops = list(workshops)
    for workshop in workshops:
        with languages.showing(workshop.shown_language):
            calendar.add_component(_event(workshop))
    if workshops:
        years = [workshop.starts_on.year for workshop in workshops]
        calendar.add_missing_timezones(date(min(years), 1, 1), date(max(years) + 2, 1, 1))
    return calendar.to_ical()


def _event(workshop: WorkshopPage) -> Event:
    event = Event()
    event.add("uid", f"{workshop.calendar_uid}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", workshop.last_published_at or workshop.first_published_at)
    event.add("last-modified", workshop.last_published_at or workshop.first_published_at)
    event.add("sequence", workshop.calendar_sequence)
    _add_times(event, workshop)
    event.add("summary", _summary(workshop))
    event.add("status", STATUS.get(workshop.status, "CONFIRMED"))
    event.add("url", workshop.full_url)
    description = [workshop.status_reason, workshop.introduction, workshop.full_url]
    event.add("description", "\n\n".join(part for part in description if part))
    if workshop.is_on_site and workshop.venue:
        venue = workshop.venue
        event.add("location", f"{venue.name}, {venue.full_address}")
        if venue.has_coordinates:
            event.add("geo", (float(venue.latitude), float(venue.longitude)))
    elif workshop.place:
        event.add("location", workshop.online_url or workshop.place)
    return event


def _add_times(event: Event, workshop: WorkshopPage) -> None:
    if not workshop.has_times:
        event.add("dtstart", workshop.starts_on)
        event.add("dtend", workshop.ends_on + timedelta(days=1))  # exclusive (section 3.6.1)
        return
    zone = ZoneInfo(workshop.timezone)
    event.add("dtstart", _wall(workshop.starts_on, workshop.start_time, zone))
    event.add("dtend", _wall(workshop.ends_on, workshop.end_time, zone))


def _wall(day, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone)


def _summary(workshop: WorkshopPage) -> str:
    marks = {
        WorkshopPage.Status.CANCELLED: _("[CANCELLED]"),
        WorkshopPage.Status.POSTPONED: _("[POSTPONED]"),
    }
    mark = marks.get(workshop.status)
    return f"{mark} {workshop.title}" if mark else workshop.title
