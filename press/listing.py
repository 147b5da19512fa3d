"""The press room's list with its filters."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory.models import Topic
from pages.listing import FilterField, FilterForm, page_of


class PressFilterForm(FilterForm):
    year = FilterField(label=_("Year"), empty_label=_("Any year"))
    topic = FilterField(label=_("Topic"), empty_label=_("Any topic"))


def listing_context(releases: QuerySet, request: HttpRequest) -> dict:
    """Context of the list: the form and one page of releases."""
    years = releases.order_by().datetimes("released_at", "year", order="DESC")
    form = PressFilterForm(
        request.GET,
        year=[(str(day.year), str(day.year)) for day in years],
        topic=[(topic.slug, str(topic)) for topic in Topic.objects.all()],
    )
    if year := form.chosen("year"):
        releases = releases.filter(released_at__year=year)
    if topic := form.chosen("topic"):
        releases = releases.filter(topics__slug=topic)
    return {"form": form, "releases": page_of(releases, request)}
