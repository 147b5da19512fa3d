"""The buttons of an announcement: each is one function of ``announcing``."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from newsletter import announcing, audience, checks
from newsletter.admin.base import AnnouncementView, status_url
from newsletter.exceptions import AnnouncementError
from newsletter.models import Announcement
from pages import formats

State = Announcement.State
BEFORE_LAUNCH = frozenset({State.DRAFT, State.SCHEDULED, State.WAITING})
UNDER_WAY = frozenset({State.LAUNCHING, State.SENDING, State.PAUSED})


@dataclass(frozen=True)
class Deed:
    """A button that acts at once. ``act`` takes the announcement and the user."""

    name: str
    label: str
    done: str
    act: Callable[[Announcement, object], object]
    states: frozenset[str]
    help: str = ""
    only_when_published: bool = False
    only_while_waiting: bool = False


DEEDS = [
    Deed(
        "publish",
        gettext_lazy("Send when the page is published"),
        gettext_lazy("It is sent as soon as every page in it is public."),
        lambda announcement, user: announcing.send_when_published(announcement.pk, user),
        frozenset({State.DRAFT}),
        only_when_published=True,
    ),
    Deed(
        "unschedule",
        gettext_lazy("Back to draft"),
        gettext_lazy("It is a draft again."),
        lambda announcement, _user: announcing.unschedule(announcement.pk),
        frozenset({State.SCHEDULED, State.WAITING}),
    ),
    Deed(
        "pause",
        gettext_lazy("Pause"),
        gettext_lazy("It is paused: nothing more goes out within two seconds."),
        lambda announcement, _user: announcing.pause(announcement.pk),
        frozenset({State.SENDING}),
    ),
    Deed(
        "resume",
        gettext_lazy("Resume"),
        gettext_lazy("It goes on."),
        lambda announcement, _user: announcing.resume(announcement.pk),
        frozenset({State.PAUSED}),
    ),
    Deed(
        "retry-refused",
        gettext_lazy("Resume and try the refused ones again"),
        gettext_lazy("It goes on, also to those whom the mail server refused."),
        lambda announcement, _user: announcing.resume(announcement.pk, retry_refused=True),
        frozenset({State.PAUSED}),
    ),
    Deed(
        "stop-waiting",
        gettext_lazy("Send the original to those who wait"),
        gettext_lazy("Readers who waited for a translation get the original with a notice."),
        lambda announcement, _user: announcing.stop_waiting(announcement.pk),
        frozenset({State.SENDING, State.PAUSED}),
        only_while_waiting=True,
    ),
]
HELD_DEEDS = {
    "retry-held": announcing.retry_held,
    "close-held": announcing.close_held,
}


def offered(announcement: Announcement, *, has_waiting: bool) -> list[Deed]:
    """The buttons for what is under way; those that begin it stand by themselves."""
    return [
        deed
        for deed in DEEDS
        if announcement.state in deed.states
        and not deed.only_when_published
        and (has_waiting or not deed.only_while_waiting)
    ]


class ScheduleForm(forms.Form):
    """A day and time on the clocks of the editor's time zone, in the future."""

    at = forms.DateTimeField(
        label=gettext_lazy("Day and time"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    @property
    def zone(self) -> str:
        name = timezone.get_current_timezone_name()
        return f"{name.replace('_', ' ')}, {formats.zone_label(name, timezone.now())}"

    def clean_at(self):
        at = self.cleaned_data["at"]
        if at <= timezone.now():
            raise forms.ValidationError(_("This moment has passed."))
        return at


class DoingView(AnnouncementView):
    """Does something on POST, says how it went, and leads back."""

    needs_sender = True

    def do(self, act: Callable[[], object], done: str):
        try:
            act()
        except AnnouncementError as error:
            messages.error(self.request, str(error))
        else:
            messages.success(self.request, done)
        return redirect(status_url(self.announcement))

    def is_stopped(self, *, when_published: bool = False) -> bool:
        """Whether a check forbids it; the editor is told."""
        reasons = checks.stops(self.announcement, when_published=when_published)
        if reasons:
            messages.error(
                self.request,
                _("It cannot be sent yet. %(reasons)s") % {"reasons": " ".join(reasons)},
            )
        return bool(reasons)


class DeedView(DoingView):
    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        name = kwargs["deed"]
        if name in HELD_DEEDS:
            return self._settle_held(HELD_DEEDS[name])
        if name == "open-relay":
            return self.do(announcing.open_relay, _("The mail server is tried again."))
        deed = next((deed for deed in DEEDS if deed.name == name), None)
        if deed is None:
            raise Http404
        if deed.only_when_published and self.is_stopped(when_published=True):
            return redirect(status_url(self.announcement))
        return self.do(lambda: deed.act(self.announcement, request.user), str(deed.done))

    def _settle_held(self, settle):
        """All held deliveries, or the one that is named."""
        chosen = self.request.POST.get("delivery", "")
        only = [int(chosen)] if chosen.isdecimal() else None
        try:
            count = settle(self.announcement.pk, only)
        except AnnouncementError as error:
            messages.error(self.request, str(error))
        else:
            words = ngettext("%(count)d delivery changed.", "%(count)d deliveries changed.", count)
            messages.success(self.request, words % {"count": count})
        return redirect(status_url(self.announcement))


class SendView(DoingView):
    """Asks once more, with the numbers; a POST sends."""

    template_name = "newsletter/admin/announcement_send.html"
    page_title = gettext_lazy("Send now")

    def get(self, request, *args, **kwargs):
        if self.announcement.state not in BEFORE_LAUNCH or self.is_stopped():
            return redirect(status_url(self.announcement))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        readers = audience.by_language(audience.audience(self.announcement))
        return super().get_context_data(
            readers=readers, earlier=self._earlier(), subjects=self.subjects, **kwargs
        )

    def _earlier(self):
        """What was announced of the same page before."""
        page_id = self.announcement.page_id
        rows = Announcement.objects.filter(page_id=page_id, launched_at__isnull=False)
        return rows.order_by("-launched_at") if page_id else rows.none()

    def post(self, request, *args, **kwargs):
        if self.is_stopped():
            return redirect(status_url(self.announcement))
        return self.do(
            lambda: announcing.send_now(self.announcement.pk, request.user),
            _("It is being sent."),
        )


class ScheduleView(DoingView):
    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        form = ScheduleForm(request.POST)
        if not form.is_valid():
            for error in form.errors["at"]:
                messages.error(request, error)
        elif not self.is_stopped():
            at = form.cleaned_data["at"]
            shown = formats.moment(at, timezone.get_current_timezone_name())
            return self.do(
                lambda: announcing.schedule(self.announcement.pk, request.user, at),
                _("It will be sent: %(moment)s.") % {"moment": shown},
            )
        return redirect(status_url(self.announcement))


class CancelView(DoingView):
    """Asks once more: it is for good."""

    template_name = "newsletter/admin/announcement_cancel.html"
    page_title = gettext_lazy("Cancel")

    def get(self, request, *args, **kwargs):
        if self.announcement.state not in BEFORE_LAUNCH | UNDER_WAY:
            return redirect(status_url(self.announcement))
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        return self.do(
            lambda: announcing.cancel(self.announcement.pk),
            _("It is cancelled: nobody else gets it."),
        )
