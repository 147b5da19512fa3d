"""Who got an announcement, and how many readers one would have."""

from django import forms
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from directory.models import Topic
from newsletter.admin.base import AnnouncementView
from newsletter.audience import by_language, reached_by
from newsletter.counting import COUNTERS
from newsletter.models import Announcement, Delivery, DeliverySlice, Subscriber, SubscriberGroup
from pages import languages

PER_PAGE = 50
MOST_FOUND = 200  # subscribers that a search looks at
STATES = {state.name.lower(): state for state in Delivery.State}


class DeliveriesForm(forms.Form):
    """A search. Anything unknown in the query string is as good as nothing."""

    address = forms.CharField(
        label=_("Address begins with"), required=False, max_length=254, strip=True
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=lambda: [
            ("", _("all")),
            *((name, capfirst(state.label)) for name, state in STATES.items()),
        ],
    )
    after = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class DeliveriesView(AnnouncementView):
    """Page by page along the numbers of the deliveries: nothing here counts them."""

    template_name = "newsletter/admin/announcement_deliveries.html"
    page_title = _("Who got it")

    def get_context_data(self, **kwargs):
        form = DeliveriesForm(self.request.GET)
        form.is_valid()
        chosen = getattr(form, "cleaned_data", {})
        state = STATES.get(chosen.get("state") or "")
        after = chosen.get("after") or 0
        address = chosen.get("address") or ""
        rows = found(self.announcement, after=after, state=state, address=address)
        deliveries = list(rows[: PER_PAGE + 1])
        has_more = len(deliveries) > PER_PAGE
        deliveries = deliveries[:PER_PAGE]
        return super().get_context_data(
            form=form,
            deliveries=deliveries,
            is_first=not after,
            next_after=deliveries[-1].pk if has_more else None,
            held=Delivery.State.HELD,
            **kwargs,
        )


def found(
    announcement: Announcement, *, after: int, state: Delivery.State | None, address: str
) -> QuerySet[Delivery]:
    """Deliveries behind the number ``after``, in their order."""
    rows = announcement.deliveries.filter(pk__gt=after).order_by("pk").select_related("subscriber")
    if state is not None:
        rows = rows.filter(state=state)
    if address:
        people = Subscriber.objects.filter(address__startswith=address.lower()).order_by("address")
        return rows.filter(subscriber__in=list(people.values_list("pk", flat=True)[:MOST_FOUND]))
    return rows.filter(_within(announcement, after, state))


def _within(announcement: Announcement, after: int, state: Delivery.State | None) -> Q:
    """The ranges of the next slices that have what is looked for: they keep count of it."""
    number = F("total") - sum((F(name) for name in COUNTERS.values()), start=0)
    if state is None:
        number = F("total")
    elif state in COUNTERS:
        number = F(COUNTERS[state])
    parts = (
        DeliverySlice.objects.filter(announcement=announcement, last_id__gt=after)
        .annotate(number=number)
        .filter(number__gt=0)
        .order_by("first_id")
        .values_list("first_id", "last_id", "number")
    )
    # The first slice may have what is looked for in front of ``after`` only.
    within, seen, is_first = Q(pk__in=[]), 0, True
    for first_id, last_id, count in parts[: PER_PAGE + 2]:
        within |= Q(pk__range=(first_id, last_id))
        seen += 0 if is_first else count
        is_first = False
        if seen > PER_PAGE:
            break
    return within


class AudienceView(PermissionCheckedMixin, View):
    """How many readers a choice of topics, groups and languages has.

    A fragment for ``audience.js``; a page of its own where there is no JavaScript.
    """

    model = Announcement
    any_permission_required = ["add", "change"]

    def get(self, request):
        return self._answer(request, request.GET)

    def post(self, request):
        return self._answer(request, request.POST)

    @staticmethod
    def _answer(request: HttpRequest, chosen):
        codes = [code for code in chosen.getlist("languages") if code in languages.CODES]
        people = reached_by(
            Topic.objects.filter(pk__in=_numbers(chosen, "topics")) if chosen.get("topics") else [],
            SubscriberGroup.objects.filter(pk__in=_numbers(chosen, "groups"))
            if chosen.get("groups")
            else [],
            codes,
        )
        name = "readers" if "fragment" in request.GET else "count"
        return TemplateResponse(
            request, f"newsletter/admin/announcement_{name}.html", {"readers": by_language(people)}
        )


def _numbers(chosen, name: str) -> list[int]:
    return [int(number) for number in chosen.getlist(name) if number.isdecimal()]
