"""What became of each mail. These rows are the truth; Celery only carries wake-ups.

See docs/decisions/0004-mail-once.md for how they are written.
"""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from newsletter.models.announcements import Announcement
from newsletter.models.subscribers import Subscriber

SLICE = 500  # deliveries


class DeliverySlice(models.Model):
    """Deliveries of one announcement and language with neighbouring numbers; one sender at a time.

    The counters say how many deliveries stand in each state (``Delivery.State``).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for the language")
        OPEN = "open", _("open")
        TAKEN = "taken", _("being sent")
        DONE = "done", _("done")

    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="slices", db_index=False
    )
    language = models.CharField(max_length=8, choices=settings.LANGUAGES)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    due_at = models.DateTimeField(default=timezone.now)
    sender = models.ForeignKey("Sender", null=True, on_delete=models.RESTRICT)
    total = models.PositiveIntegerField()
    sent = models.PositiveIntegerField(default=0)
    assumed = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    deferred = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["announcement", "state", "due_at"], name="slice_to_claim"),
            models.Index(fields=["first_id"], name="slice_first_id"),
        ]

    def __str__(self):
        return f"{self.first_id}–{self.last_id} ({self.state})"


class Delivery(models.Model):
    """One announcement to one subscriber: exactly one row, and no copy of the address.

    Foreign keys without constraints in the database: a million rows are written in one statement,
    and ``subscribing.erase`` clears ``subscriber`` itself.
    """

    class State(models.IntegerChoices):
        QUEUED = 0, _("queued")
        DEFERRED = 1, _("deferred")
        SENT = 2, _("sent")
        ASSUMED = 3, _("assumed sent")
        HELD = 4, _("held")
        BOUNCED = 5, _("bounced")
        SUPPRESSED = 6, pgettext_lazy("delivery", "suppressed")
        CANCELLED = 7, _("cancelled")

    announcement = models.ForeignKey(
        Announcement,
        on_delete=models.PROTECT,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    subscriber = models.ForeignKey(
        Subscriber,
        verbose_name=_("subscriber"),
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="deliveries",
        db_constraint=False,
        db_index=False,
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    state = models.SmallIntegerField(_("state"), choices=State, default=State.QUEUED)
    attempts = models.SmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(_("since"), null=True)
    code = models.SmallIntegerField(null=True)
    reply = models.CharField(_("answer"), max_length=255, blank=True, default="")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "announcement"], name="delivery_once_per_subscriber"
            )
        ]

    def __str__(self):
        return f"{self.announcement_id}/{self.pk} {self.get_state_display()}"


class Sender(models.Model):
    """A process that is sending: it beats twice a second, and keeps a journal on its host.

    It is dead when the lock on its journal is free (same host and boot), or when ``beats`` has
    stood still for a minute of the observer's own clock (elsewhere).
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="senders")
    host = models.CharField(max_length=255)
    boot = models.CharField(max_length=64)
    beats = models.BigIntegerField(default=0)
    rate = models.FloatField(default=0)  # messages a second, lately
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["started_at"]

    def __str__(self):
        return f"{self.host} {self.pk}"


class Relay(models.Model):
    """The mail server, as one row: whether it may be used at all, and why not."""

    stopped_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=255, blank=True, default="")

    def __str__(self):
        return self.reason or "open"


class RelaySlot(models.Model):
    """The right to one connection to the mail server; there are as many as the settings allow."""

    number = models.PositiveSmallIntegerField(unique=True)
    sender = models.ForeignKey(Sender, null=True, on_delete=models.SET_NULL, related_name="slots")

    class Meta:
        ordering = ["number"]

    def __str__(self):
        return str(self.number)
