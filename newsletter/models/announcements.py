"""What is sent to whom. An announcement is a row that points to its pages, never a page's field."""

from uuid import uuid4

from csp.constants import UNSAFE_INLINE
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.models import PreviewableMixin

from directory.models import Topic
from newsletter.fields import ContentField, SiteLanguagesField
from newsletter.models.subscribers import SubscriberGroup
from pages import languages
from pages.models import Page


class Announcement(PreviewableMixin, models.Model):
    """A mail to many, in the words of each reader's language.

    Editors own ``EDITABLE``; every other column belongs to the engine, which writes it by
    conditional updates: ``save`` leaves those alone once the row exists.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", pgettext_lazy("announcement", "scheduled")
        WAITING = "waiting", _("waits for the page")
        LAUNCHING = "launching", _("being prepared")
        SENDING = "sending", _("being sent")
        PAUSED = "paused", _("paused")
        FINISHED = "finished", _("sent")
        CANCELLED = "cancelled", _("cancelled")

    class WhenNotReady(models.TextChoices):
        WAIT = "wait", _("wait for the translation")
        ORIGINAL = "original", _("send the original with a notice")

    page = models.ForeignKey(
        Page,
        verbose_name=_("page"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="announcements",
        help_text=_("The workshop or press release that is announced."),
    )
    subject = models.CharField(_("subject"), max_length=120)
    preheader = models.CharField(
        _("preheader"),
        max_length=150,
        blank=True,
        help_text=_("Mail programs show it in their list beside the subject."),
    )
    lead = models.TextField(
        _("lead"), blank=True, max_length=1500, help_text=_("The first words of the mail.")
    )
    content = ContentField(verbose_name=_("content"), blank=True)

    topics = models.ManyToManyField(
        Topic,
        verbose_name=_("topics"),
        blank=True,
        help_text=_("Reaches who chose one of these topics, or all topics. None means everybody."),
    )
    groups = models.ManyToManyField(
        SubscriberGroup,
        verbose_name=_("groups"),
        blank=True,
        help_text=_("Reaches only members of these groups. None means everybody."),
    )
    languages = SiteLanguagesField(
        _("languages"),
        blank=True,
        default=list,
        help_text=_("Reaches only readers of these languages. None means everybody."),
    )
    when_not_ready = models.CharField(
        _("where a page is not ready in the reader’s language"),
        max_length=8,
        choices=WhenNotReady,
        default=WhenNotReady.WAIT,
    )
    is_archived = models.BooleanField(
        _("show in the public archive"),
        default=True,
        help_text=_("Untick it for mails that are meant for a group only."),
    )

    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.DRAFT, editable=False
    )
    send_at = models.DateTimeField(_("send at"), null=True, blank=True, editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    problem = models.CharField(max_length=255, blank=True, default="", editable=False)
    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    launched_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    summary_sent_at = models.DateTimeField(null=True, editable=False)

    EDITABLE = (
        "page", "content", "languages", "when_not_ready", "is_archived",
    )  # fmt: skip
    WORDS = ("subject", "preheader", "lead")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        permissions = [("send_announcement", _("Can send announcements"))]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(send_at__isnull=False),
                name="announcement_is_scheduled_for_a_moment",
            )
        ]

    def __str__(self):
        return self.subject or ""

    def save(self, *args, **kwargs):
        """Write what editors own: the engine may have moved on since this object was read."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            words = [f"{name}_{code}" for name in self.WORDS for code in languages.CODES]
            kwargs["update_fields"] = [*self.EDITABLE, *self.WORDS, *words]
        with languages.speaking(languages.DEFAULT):
            super().save(*args, **kwargs)

    @property
    def is_editable(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_launched(self) -> bool:
        return self.launched_at is not None

    # Previews: the mail in each language, as a program shows it, in the dark, and without HTML.

    @property
    def preview_modes(self):
        shapes = [
            ("", _("In %(language)s")),
            ("-dark", _("In %(language)s, dark")),
            ("-text", _("In %(language)s, text only")),
        ]
        return [
            (f"{code}{shape}", label % {"language": name})
            for shape, label in shapes
            for code, name in settings.LANGUAGES
        ]

    def get_preview_template(self, request, mode_name):
        return "newsletter/admin/announcement_preview.html"

    def serve_preview(self, request, mode_name):
        """A mail brings its own style sheet: the preview, and nothing else, lets it in."""
        response = super().serve_preview(request, mode_name)
        response.context_data["mode"] = mode_name
        response._csp_update = {"style-src": [UNSAFE_INLINE]}
        return response


class AnnouncementVariant(models.Model):
    """What an announcement says in one language, frozen when it was launched.

    ``message`` is a whole RFC 5322 message with CRLF line ends, cut at its slots: the odd parts of
    ``message.split(b"\\0")`` are the names of slots (``composing.SLOTS``). None: not ready yet.
    ``html`` is the mail for the web view, without anything personal.
    """

    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="variants"
    )
    language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    subject = models.CharField(max_length=255, blank=True)
    message = models.BinaryField(null=True)
    html = models.TextField(blank=True)
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "language"], name="variant_once_per_language"
            )
        ]

    def __str__(self):
        return f"{self.announcement_id} {self.language}"
