"""A workshop as a schema.org Event."""

from zoneinfo import ZoneInfo

from django.utils import timezone

from pages.sharing import picture_of
from pages.structured import document, thing
from workshops.models import WorkshopOrganisation, WorkshopPage

Status = WorkshopPage.Status
Format = WorkshopPage.Format

EVENT_STATUS = {
    Status.POSTPONED: "EventPostponed",
    Status.CANCELLED: "EventCancelled",
    Status.MOVED_ONLINE: "EventMovedOnline",
}
ATTENDANCE = {
    Format.ON_SITE: "OfflineEventAttendanceMode",
    Format.ONLINE: "OnlineEventAttendanceMode",
    Format.HYBRID: "MixedEventAttendanceMode",
}


def event(context: dict, workshop: WorkshopPage) -> dict:
    """In the words of the active language; times as they are at the place, with their offset."""
    picture = picture_of(workshop)
    starts, ends = _moments(workshop)
    return document(
        "Event",
        name=workshop.title,
        description=workshop.introduction,
        url=workshop.canonical_url,
        startDate=starts,
        endDate=ends,
        eventStatus=_schema(EVENT_STATUS.get(workshop.status, "EventScheduled")),
        eventAttendanceMode=_schema(ATTENDANCE[workshop.current_format]),
        location=_locations(workshop),
        image=[picture.url] if picture else [],
        organizer=[
            thing("Organization", name=str(entry.organisation), url=entry.organisation.url)
            for entry in workshop.organisation_entries
            if entry.role == WorkshopOrganisation.Role.ORGANISER
        ],
        performer=[
            thing("Person", name=str(speaker.person), jobTitle=speaker.role)
            for speaker in workshop.speakers
        ],
        inLanguage=workshop.event_languages,
    )


def _schema(name: str) -> str:
    return f"https://schema.org/{name}"


def _moments(workshop: WorkshopPage) -> list[str]:
    if not workshop.has_times:
        return [workshop.starts_on.isoformat(), workshop.ends_on.isoformat()]
    zone = ZoneInfo(workshop.timezone)
    return [
        timezone.localtime(moment, zone).isoformat()
        for moment in (workshop.starts_at, workshop.ends_at)
    ]


def _locations(workshop: WorkshopPage) -> list[dict] | dict:
    """Where one can take part: at the venue, online, or both."""
    locations = []
    if workshop.is_on_site and workshop.venue:
        locations.append(_place(workshop.venue))
    if not workshop.is_on_site or workshop.format == Format.HYBRID:
        url = workshop.online_url or workshop.canonical_url
        locations.append(thing("VirtualLocation", url=url))
    return locations[0] if len(locations) == 1 else locations


def _place(venue) -> dict:
    return thing(
        "Place",
        name=venue.name,
        address=thing(
            "PostalAddress",
            streetAddress=venue.street,
            postalCode=venue.postal_code,
            addressLocality=venue.city,
            addressCountry=venue.country,
        ),
        geo=thing(
            "GeoCoordinates", latitude=float(venue.latitude), longitude=float(venue.longitude)
        )
        if venue.has_coordinates
        else None,
    )
