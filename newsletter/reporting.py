"""Telling the editor, in words: once, when everything has been sent."""

import logging
import smtplib
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Sum
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.users.models import UserProfile

from newsletter.counting import COUNTERS
from newsletter.models import Announcement
from pages import languages

logger = logging.getLogger(__name__)

PATIENCE = timedelta(days=1)  # a summary that could not be sent by then says nothing new


def send_summaries() -> None:
    """For each announcement that has been sent: one mail to who sent it."""
    due = Announcement.objects.filter(
        state=Announcement.State.FINISHED,
        summary_sent_at__isnull=True,
        finished_at__gt=timezone.now() - PATIENCE,
        sent_by__isnull=False,
    )
    for announcement in due.exclude(sent_by__email="").select_related("sent_by"):
        mine = Announcement.objects.filter(pk=announcement.pk, summary_sent_at__isnull=True)
        if mine.update(summary_sent_at=timezone.now()):
            _send(announcement)


def _send(announcement: Announcement) -> None:
    profile = UserProfile.get_for_user(announcement.sent_by)
    with languages.speaking(profile.get_preferred_language().split("-")[0]):
        counts = announcement.slices.aggregate(
            total=Sum("total"), **{name: Sum(name) for name in COUNTERS.values()}
        )
        text = render_to_string(
            "newsletter/summary.txt",
            {
                "announcement": announcement,
                "counts": {name: number or 0 for name, number in counts.items()},
                "address": settings.BASE_URL + reverse("newsletter_status", args=[announcement.pk]),
            },
        )
        subject = _("Sent: %(subject)s") % {"subject": announcement.subject}
        try:
            send_mail(subject, text, None, [announcement.sent_by.email])
        except (OSError, smtplib.SMTPException) as error:
            logger.warning("No summary for announcement %s: %s", announcement.pk, error)
            Announcement.objects.filter(pk=announcement.pk).update(summary_sent_at=None)
