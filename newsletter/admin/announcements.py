"""Announcements in the editor: the list, the form, and what leads from a page to a new one."""

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.http import HttpResponseRedirect
from django.urls import path
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn
from wagtail.admin.widgets.button import Button
from wagtail.permissions import register_permission_policy
from wagtail.snippets.views import snippets

from newsletter import drafting
from newsletter.admin.base import status_url
from newsletter.admin.deeds import CancelView, DeedView, ScheduleView, SendView
from newsletter.admin.deliveries import AudienceView, DeliveriesView
from newsletter.admin.policy import AnnouncementPolicy
from newsletter.admin.status import LinksView, LiveView, StatusView
from newsletter.admin.testing import TestView
from newsletter.models import Announcement, DeliverySlice
from newsletter.panels import announcement_tabs
from pages import formats, languages
from pages.models import Page


class SentColumn(Column):
    """ "1,200 of 20,000", once it is being sent."""

    def get_value(self, instance):
        if not instance.total:
            return ""
        numbers = {"sent": instance.sent, "total": instance.total}
        return _("%(sent)s of %(total)s") % {
            name: formats.number(number) for name, number in numbers.items()
        }


class AnnouncementIndexView(snippets.IndexView):
    def get_base_queryset(self):
        parts = DeliverySlice.objects.filter(announcement=OuterRef("pk")).order_by()
        sums = parts.values("announcement")
        return (
            super()
            .get_base_queryset()
            .annotate(
                sent=Subquery(sums.values(number=Sum(F("sent") + F("assumed")))),
                total=Subquery(sums.values(number=Sum("total"))),
            )
        )

    def get_edit_url(self, instance):
        return status_url(instance)


class AnnouncementCreateView(snippets.CreateView):
    """A new draft; with ``?page=``, about that page and in its words."""

    def get_initial_form_instance(self):
        number = self.request.GET.get("page", "")
        page = Page.objects.filter(pk=number).first() if number.isdecimal() else None
        if page is None:
            return None
        self._warn(page)
        return drafting.draft_about(page.specific)

    def _warn(self, page) -> None:
        """Say that the page was announced before."""
        if self.request.method != "GET":
            return
        for earlier in page.announcements.exclude(state=Announcement.State.CANCELLED):
            messages.warning(
                self.request,
                _("There is an announcement of this page already: “%(subject)s” (%(state)s).")
                % {"subject": earlier, "state": earlier.get_state_display()},
                buttons=[messages.button(status_url(earlier), _("Show"))],
            )

    def get_success_url(self):
        return status_url(self.object)


class AnnouncementCopyView(snippets.CopyView):
    """The same words and audience again, as a draft of its own."""

    def get_initial_form_instance(self):
        return drafting.copy_of(self.get_object())

    def get_form_kwargs(self):
        source = self.get_object()
        kwargs = super().get_form_kwargs()
        kwargs["initial"] |= {
            "topics": list(source.topics.all()),
            "groups": list(source.groups.all()),
        }
        return kwargs

    def get_success_url(self):
        return status_url(self.object)


class OnlyDraftsMixin:
    """What is no draft any more leads to its own page instead."""

    def dispatch(self, request, *args, **kwargs):
        if not self.object.is_editable:
            return HttpResponseRedirect(status_url(self.object))
        return super().dispatch(request, *args, **kwargs)

    def is_still_draft(self) -> bool:
        """Asked within a transaction, with the row locked: it may have been sent meanwhile."""
        rows = Announcement.objects.select_for_update().filter(pk=self.object.pk)
        return rows.filter(state=Announcement.State.DRAFT).exists()


class AnnouncementEditView(OnlyDraftsMixin, snippets.EditView):
    @transaction.atomic
    def form_valid(self, form):
        if not self.is_still_draft():
            messages.error(self.request, _("It is no draft any more: nothing was changed."))
            return HttpResponseRedirect(status_url(self.object))
        return super().form_valid(form)

    def get_success_url(self):
        return status_url(self.object)

    @cached_property
    def header_more_buttons(self):
        status = Button(
            _("Check and send"), url=status_url(self.object), icon_name="mail", priority=5
        )
        return [status, *super().header_more_buttons]


class AnnouncementDeleteView(OnlyDraftsMixin, snippets.DeleteView):
    @transaction.atomic
    def form_valid(self, form):
        if not self.is_still_draft():
            messages.error(self.request, _("It is no draft any more: nothing was deleted."))
            return HttpResponseRedirect(status_url(self.object))
        return super().form_valid(form)


class AnnouncementViewSet(snippets.SnippetViewSet):
    model = Announcement
    icon = "mail"
    menu_label = gettext_lazy("Announcements")
    menu_order = 10
    edit_handler = announcement_tabs()
    list_display = [
        "__str__",
        StatusTagColumn(
            "state",
            label=gettext_lazy("State"),
            accessor=lambda announcement: capfirst(announcement.get_state_display()),
            primary=lambda announcement: announcement.is_launched,
            sort_key="state",
        ),
        DateColumn("send_at", label=gettext_lazy("Send at"), sort_key="send_at"),
        DateColumn("launched_at", label=gettext_lazy("Started"), sort_key="launched_at"),
        SentColumn("sent", label=gettext_lazy("Sent")),
    ]
    list_filter = ["state"]
    search_fields = [f"subject_{code}" for code in languages.CODES]
    search_backend_name = None
    ordering = ["-created_at"]
    index_view_class = AnnouncementIndexView
    add_view_class = AnnouncementCreateView
    copy_view_class = AnnouncementCopyView
    copy_view_enabled = True
    edit_view_class = AnnouncementEditView
    delete_view_class = AnnouncementDeleteView

    def get_urlpatterns(self):
        views = {
            "status/<int:pk>/": (StatusView, "status"),
            "status/<int:pk>/live/": (LiveView, "live"),
            "status/<int:pk>/links/": (LinksView, "links"),
            "status/<int:pk>/test/": (TestView, "test"),
            "status/<int:pk>/deliveries/": (DeliveriesView, "deliveries"),
            "status/<int:pk>/send/": (SendView, "send"),
            "status/<int:pk>/schedule/": (ScheduleView, "schedule"),
            "status/<int:pk>/cancel/": (CancelView, "cancel"),
            "status/<int:pk>/deed/<slug:deed>/": (DeedView, "deed"),
            "audience/": (AudienceView, "audience"),
        }
        own = [
            path(route, self.construct_view(view), name=name)
            for route, (view, name) in views.items()
        ]
        return [*super().get_urlpatterns(), *own]


# Before anything asks for the policy of the model: Wagtail 8.0 keeps the first that it finds.
register_permission_policy(Announcement, AnnouncementPolicy(Announcement))

VIEWSETS: list = [AnnouncementViewSet]
