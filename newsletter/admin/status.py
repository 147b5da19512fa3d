"""One announcement at a glance: what it says, what stands in its way, how far it is."""

from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.admin import messages

from newsletter import audience, checks, composing
from newsletter.admin.base import AnnouncementView, status_url
from newsletter.admin.deeds import BEFORE_LAUNCH, UNDER_WAY, ScheduleForm, offered
from newsletter.contents import announced_pages
from newsletter.models import Announcement, Delivery, Relay
from newsletter.progress import progress
from pages import languages
from pages.panels import language_name

State = Announcement.State
MOVING = {State.SCHEDULED, State.WAITING, State.LAUNCHING, State.SENDING, State.PAUSED}


def live_context(view: AnnouncementView) -> dict:
    """What the page keeps up to date while mail goes out. Few queries, none over deliveries."""
    announcement = view.announcement
    now = progress(announcement)
    is_waiting = (
        announcement.variants.filter(message__isnull=True).exists()
        if announcement.is_launched and announcement.finished_at is None
        else False
    )
    relay = Relay.objects.filter(stopped_at__isnull=False).first()
    return {
        "announcement": announcement,
        "may_send": view.may_send,
        "progress": now,
        "is_moving": announcement.state in MOVING,
        "is_waiting_for_language": is_waiting,
        "relay": relay,
        "deeds": offered(announcement, has_waiting=is_waiting) if view.may_send else [],
        "is_cancellable": announcement.state in BEFORE_LAUNCH - {State.DRAFT} | UNDER_WAY,
        "held": now.overall.states[Delivery.State.HELD],
    }


class StatusView(AnnouncementView):
    template_name = "newsletter/admin/announcement_status.html"

    def get_context_data(self, **kwargs):
        announcement = self.announcement
        is_before = announcement.state in BEFORE_LAUNCH
        context = super().get_context_data(**kwargs) | live_context(self)
        if is_before:
            kwargs.setdefault("findings", checks.findings(announcement))
        return context | {
            "findings": kwargs.get("findings"),
            "is_before_launch": is_before,
            "waits_for_publication": is_before and not composing.is_published(announcement),
            "readers": audience.by_language(audience.audience(announcement)) if is_before else {},
            "subjects": self.subjects,
            "pages": [page for page in announced_pages(announcement) if page],
            "web_addresses": _web_addresses(announcement),
            "schedule_form": kwargs.get("schedule_form") or ScheduleForm(),
            "can_change": self.user_has_permission("change"),
            "can_add": self.user_has_permission("add"),
        }


class LiveView(AnnouncementView):
    """The parts of the status page that move; ``progress.js`` asks for them."""

    template_name = "newsletter/admin/announcement_live.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs):
        return live_context(self)


class LinksView(StatusView):
    """The status page, with the links to other sites tried out: a POST, since it calls there."""

    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        if self.announcement.state not in BEFORE_LAUNCH:
            return redirect(status_url(self.announcement))
        dead = checks.foreign_links(self.announcement)
        if not dead:
            messages.success(request, _("Every link to another site answers."))
        findings = [*checks.findings(self.announcement), *dead]
        return self.render_to_response(self.get_context_data(findings=findings))


def _web_addresses(announcement: Announcement) -> list[tuple[str, str]]:
    """The name of each language and the web view in it, where there is one."""
    if not (announcement.is_launched and announcement.is_archived):
        return []
    found = []
    for code in languages.CODES:
        with languages.speaking(code):
            found.append((language_name(code), composing.web_address(announcement)))
    return found
