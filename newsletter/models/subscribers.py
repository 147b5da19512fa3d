"""Who reads the announcements, what they agreed to, and who must not be written to."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from directory.models import Topic
from pages import languages

REQUEST_LIFETIME = timedelta(days=7)


class SubscriberGroup(models.Model):
    """Subscribers whom editors write to together: “journalists”, “speakers 2023”."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("group of subscribers")
        verbose_name_plural = _("groups of subscribers")

    def __str__(self):
        return self.name


class SubscriberQuerySet(models.QuerySet):
    def reachable(self, today: date | None = None):
        """Those who want mail today: neither gone nor suppressed nor on a pause."""
        today = today or timezone.localdate()
        return self.filter(
            Q(paused_until__isnull=True) | Q(paused_until__lte=today),
            state=Subscriber.State.ACTIVE,
        )


class Subscriber(models.Model):
    """One address that agreed to get announcements. No topic means every topic.

    ``address`` is normalised (``addresses.normalise``), so one person is in once.
    """

    class State(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("subscriber", "subscribed")
        LEFT = "left", _("has left")
        SUPPRESSED = "suppressed", _("suppressed")

    address = models.EmailField(_("e-mail address"), unique=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    topics = models.ManyToManyField(
        Topic, verbose_name=_("topics"), blank=True, help_text=_("None means all of them.")
    )
    groups = models.ManyToManyField(
        SubscriberGroup, verbose_name=_("groups"), blank=True, related_name="subscribers"
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ACTIVE)
    paused_until = models.DateField(_("paused until"), null=True, blank=True)
    soft_bounces = models.PositiveSmallIntegerField(default=0, editable=False)
    subscribed_at = models.DateTimeField(_("subscribed"), default=timezone.now)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    objects = models.Manager.from_queryset(SubscriberQuerySet)()

    class Meta:
        ordering = ["address"]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        indexes = [models.Index(fields=["state", "language"], name="subscriber_state_language")]
        permissions = [
            ("import_subscriber", _("Can import subscribers")),
            ("export_subscriber", _("Can export subscribers")),
        ]

    def __str__(self):
        return self.address

    def is_reachable(self, today: date | None = None) -> bool:
        today = today or timezone.localdate()
        is_paused = self.paused_until and self.paused_until > today
        return self.state == self.State.ACTIVE and not is_paused


class ConsentText(models.Model):
    """What people agree to when they subscribe. Never changed: a new wording is a new row."""

    text = models.TextField(
        _("text"), help_text=_("What somebody agrees to, in one or two sentences.")
    )
    created_at = models.DateTimeField(_("in force since"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        get_latest_by = ["created_at", "pk"]
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")

    def __str__(self):
        return self.text or ""


class Consent(models.Model):
    """The proof that somebody agreed: to which text, when, from where (a keyed hash)."""

    class Source(models.TextChoices):
        FORM = "form", _("sign-up form, confirmed by mail")
        IMPORT = "import", _("imported list")
        EDITOR = "editor", _("added by an editor")

    subscriber = models.ForeignKey(
        Subscriber, verbose_name=_("subscriber"), on_delete=models.CASCADE, related_name="consents"
    )
    text = models.ForeignKey(
        ConsentText, verbose_name=_("text"), null=True, blank=True, on_delete=models.PROTECT
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    source = models.CharField(_("source"), max_length=8, choices=Source)
    note = models.CharField(_("note"), max_length=255, blank=True)
    requested_at = models.DateTimeField(_("asked for"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    origin_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-requested_at"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")

    def __str__(self):
        return f"{self.get_source_display()}, {self.requested_at:%Y-%m-%d}"


class SubscriptionRequest(models.Model):
    """Somebody filled in the sign-up form. The worker answers by mail; nothing happens before.

    ``token_hash`` is the SHA-256 of the link's token, set when the mail is written. ``topics``
    holds primary keys, so that a request is one row; ``text_language`` is what was read.
    """

    address = models.EmailField()
    language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    topics = models.JSONField(default=list, blank=True)
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT)
    text_language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    origin_hash = models.CharField(max_length=64, db_index=True)
    requested_at = models.DateTimeField(default=timezone.now, db_index=True)
    token_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 (unique)
    answered_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["requested_at"]
        indexes = [
            models.Index(
                fields=["requested_at"],
                condition=Q(answered_at__isnull=True),
                name="request_unanswered",
            ),
            models.Index(fields=["address"], name="request_address"),
        ]

    def __str__(self):
        return f"{self.address}, {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def expires_at(self):
        return self.requested_at + REQUEST_LIFETIME


class Letter(models.Model):
    """One mail to one person, on their own request; the worker writes and sends it.

    A letter in ``SENDING`` after a crash may have gone out: it is not sent again by itself.
    """

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("please confirm")
        ALREADY = "already", _("already subscribed")
        WELCOME = "welcome", _("welcome")
        DISCLOSURE = "disclosure", _("what is known")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    kind = models.CharField(max_length=12, choices=Kind)
    request = models.ForeignKey(SubscriptionRequest, null=True, on_delete=models.CASCADE)
    subscriber = models.ForeignKey(Subscriber, null=True, on_delete=models.CASCADE)
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default=languages.DEFAULT)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="waiting"), name="letter_waiting"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(request__isnull=False) | Q(subscriber__isnull=False),
                name="letter_has_a_reader",
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"


class SuppressedAddress(models.Model):
    """An address that gets no mail: only a keyed hash of it stands here (``addresses.hashed``)."""

    class Reason(models.TextChoices):
        LEFT = "left", _("left")
        ERASED = "erased", _("asked to be erased")
        BOUNCED = "bounced", _("address does not exist")
        COMPLAINED = "complained", _("complained about a mail")
        EDITOR = "editor", _("suppressed by an editor")

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason)
    note = models.CharField(_("note"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")

    def __str__(self):
        return f"{self.get_reason_display()}, {self.created_at:%Y-%m-%d}"


class SubscriberImport(models.Model):
    """A list that somebody uploaded and has not taken in yet; a day later it is deleted.

    ``data``: ``{"heading": [...], "rows": [[number, [...]], ...]}``, every cell a string.
    ``choices``: what the columns mean (``importing.Choices``).
    """

    name = models.CharField(max_length=255)
    data = models.JSONField()
    choices = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )

    def __str__(self):
        return self.name
