"""What the editor's own views of one announcement have in common."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from newsletter.models import Announcement
from pages import languages
from pages.panels import language_name

NAMESPACE = "wagtailsnippets_newsletter_announcement"
SEND = "newsletter.send_announcement"


def status_url(announcement: Announcement) -> str:
    return reverse(f"{NAMESPACE}:status", args=[announcement.pk])


class AnnouncementView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """For whoever may write announcements; with ``needs_sender``, for who may send them."""

    model = Announcement
    header_icon = "mail"
    any_permission_required = ["add", "change", "view"]
    needs_sender = False
    page_title = _("Announcement")

    def dispatch(self, request, *args, **kwargs):
        if self.needs_sender and not request.user.has_perm(SEND):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def announcement(self) -> Announcement:
        rows = Announcement.objects.select_related("page", "sent_by", "created_by")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def may_send(self) -> bool:
        return self.request.user.has_perm(SEND)

    @property
    def subjects(self) -> list[tuple[str, str, str]]:
        """Language, its name, and the subject in it."""
        return [
            (code, language_name(code), getattr(self.announcement, f"subject_{code}") or "")
            for code in languages.CODES
        ]

    def get_page_subtitle(self):
        return str(self.announcement)

    def get_breadcrumbs_items(self):
        plural = capfirst(Announcement._meta.verbose_name_plural)
        items = [
            *self.breadcrumbs_items,
            {"url": reverse(f"{NAMESPACE}:list"), "label": plural},
            {"url": status_url(self.announcement), "label": str(self.announcement)},
        ]
        if self.page_title != AnnouncementView.page_title:
            items.append({"url": "", "label": self.page_title})
        else:
            items[-1]["url"] = ""
        return items

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            announcement=self.announcement, may_send=self.may_send, **kwargs
        )
