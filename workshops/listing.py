"""The list of workshops with its filters."""

from operator import itemgetter

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory.models import Topic, Venue
from pages.listing import FilterField, FilterForm, page_of

ONLINE = "online"


class WorkshopFilterForm(FilterForm):
    when = FilterField(
        label=_("When"),
        empty_label=_("Any time"),
        choices=[("upcoming", _("Upcoming")), ("past", _("Past"))],
    )
    year = FilterField(label=_("Year"), empty_label=_("Any year"))
    topic = FilterField(label=_("Topic"), empty_label=_("Any topic"))
    place = FilterField(label=_("Place"), empty_label=_("Any place"))


def places() -> dict[str, str]:
    """Key in the query string (the same in all languages) to the name of the city."""
    venues = Venue.objects.filter(workshops__live=True).distinct()
    return {venue.city_key: venue.city for venue in venues}


def filtered(workshops: QuerySet, form: FilterForm) -> QuerySet:
    """``workshops`` as the form asks for, in the order of ``by_time``."""
    if form.chosen("when") == "upcoming":
        workshops = workshops.upcoming()
    elif form.chosen("when") == "past":
        workshops = workshops.past()
    else:
        workshops = workshops.by_time()
    if year := form.chosen("year"):
        workshops = workshops.filter(starts_on__lte=f"{year}-12-31", ends_on__gte=f"{year}-01-01")
    if topic := form.chosen("topic"):
        workshops = workshops.filter(topics__slug=topic)
    if place := form.chosen("place"):
        workshops = workshops.at(place)
    return workshops


def listing_context(workshops: QuerySet, request: HttpRequest) -> dict:
    """Context of the list: the form, one page of workshops, whether there are any at all."""
    years = workshops.order_by().dates("starts_on", "year", order="DESC")
    cities = sorted(places().items(), key=itemgetter(1))
    form = WorkshopFilterForm(
        request.GET,
        when=WorkshopFilterForm.base_fields["when"].choices,
        year=[(str(day.year), str(day.year)) for day in years],
        topic=[(topic.slug, str(topic)) for topic in Topic.objects.all()],
        place=[*cities, (ONLINE, _("Online"))],
    )
    return {
        "form": form,
        "workshops": page_of(filtered(workshops, form), request),
    }
