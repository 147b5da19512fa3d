"""Letters: one mail to one person on their own request. Written by the worker, sent at most once.

A letter is claimed (``SENDING``) and the claim committed before it is handed over; a crash in
between leaves it there. Only what the server certainly did not take is tried again.
"""

import re
import smtplib
from datetime import datetime, timedelta
from email.utils import make_msgid, parseaddr

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site

from newsletter import limits, subscribing, tokens
from newsletter.models import ConsentText, Delivery, Letter, Subscriber, SubscriptionRequest
from pages import languages
from pages.models import SiteSettings

Kind, State = Letter.Kind, Letter.State

# After each failed attempt; after the last one, the letter has failed.
LADDER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
SUBJECTS = {
    Kind.CONFIRM: _("Please confirm: announcements by e-mail"),
    Kind.ALREADY: _("You are already subscribed"),
    Kind.WELCOME: _("You are subscribed to our announcements"),
    Kind.DISCLOSURE: _("What we know about you"),
}
PERMANENT = 500  # an SMTP reply below it may be another one tomorrow (RFC 5321, section 4.2.1)
BLANK_LINES = re.compile(r"\n\s*\n")

inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


def write_letters() -> None:
    answer_requests()
    send_waiting()


def private_link(name: str, language: str, token: str) -> str:
    """The absolute address of a private page, as it stands in mails."""
    with languages.speaking(language):
        return settings.BASE_URL + reverse(name, args=(token,))


# Answering requests


def answer_requests(now: datetime | None = None) -> None:
    """Decide about every request that has no answer yet. Several workers may do so at once."""
    now = now or timezone.now()
    waiting = SubscriptionRequest.objects.filter(answered_at__isnull=True)
    for request_id in list(waiting.values_list("pk", flat=True)):
        _answer(request_id, now)


@transaction.atomic
def _answer(request_id: int, now: datetime) -> None:
    waiting = SubscriptionRequest.objects.filter(pk=request_id, answered_at__isnull=True)
    if not waiting.update(answered_at=now):
        return
    asked = SubscriptionRequest.objects.get(pk=request_id)
    suppressed = subscribing.suppression(asked.address)
    is_silent = suppressed is not None and suppressed.reason in subscribing.SILENT
    if is_silent or asked.expires_at <= now or not limits.may_write_to(asked.address, now):
        return
    subscriber = Subscriber.objects.filter(
        address=asked.address, state=Subscriber.State.ACTIVE
    ).first()
    Letter.objects.create(
        kind=Kind.ALREADY if subscriber else Kind.CONFIRM,
        request=asked,
        subscriber=subscriber,
        language=asked.language,
        next_attempt_at=now,
        created_at=now,
    )


# Sending


class ServerAwayError(Exception):
    """The mail server cannot be reached, or does not let us in: others need not be tried."""


def send_waiting(now: datetime | None = None) -> int:
    """Hand every letter that is due to the mail server; returns how many it took."""
    now = now or timezone.now()
    due = Letter.objects.filter(state=State.WAITING, next_attempt_at__lte=now)
    taken = 0
    for letter_id in list(due.order_by("next_attempt_at", "pk").values_list("pk", flat=True)):
        try:
            taken += _send(letter_id, now)
        except ServerAwayError:
            break
    return taken


def _send(letter_id: int, now: datetime) -> bool:
    message = _claim(letter_id, now)
    if message is None:
        return False
    # One connection each: what a server does to a letter is never about the one before it.
    connection = get_connection()
    try:
        connection.open()
    except OSError:
        _postpone(letter_id, now)
        raise ServerAwayError from None
    try:
        connection.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refusal:
        _refused(letter_id, _code(refusal), now)
        return False
    except OSError:  # cut off in the middle: it may have been taken, so it is not sent again
        return False
    finally:
        connection.close()
    Letter.objects.filter(pk=letter_id).update(state=State.SENT)
    return True


@transaction.atomic
def _claim(letter_id: int, now: datetime) -> EmailMultiAlternatives | None:
    """Take a letter that is due, and write it; None where somebody else has taken it."""
    due = Letter.objects.filter(pk=letter_id, state=State.WAITING, next_attempt_at__lte=now)
    if not due.update(state=State.SENDING, attempts=F("attempts") + 1):
        return None
    return write(Letter.objects.select_related("request__text", "subscriber").get(pk=letter_id))


def _code(refusal: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> int:
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        return max(code for code, _text in refusal.recipients.values())
    return refusal.smtp_code


def _refused(letter_id: int, code: int, now: datetime) -> None:
    if code < PERMANENT:
        _postpone(letter_id, now)
    else:
        Letter.objects.filter(pk=letter_id).update(state=State.FAILED)


def _postpone(letter_id: int, now: datetime) -> None:
    letter = Letter.objects.filter(pk=letter_id)
    attempts = letter.values_list("attempts", flat=True).get()
    if attempts > len(LADDER):
        letter.update(state=State.FAILED)
    else:
        letter.update(state=State.WAITING, next_attempt_at=now + LADDER[attempts - 1])


# Writing


def write(letter: Letter) -> EmailMultiAlternatives:
    """The mail itself. The link that confirms is made here, and an older one ends here."""
    with languages.speaking(letter.language):
        subject = str(SUBJECTS[letter.kind])
        context = {
            "language": letter.language,
            "subject": subject,
            "site": SiteSettings.for_site(Site.objects.get(is_default_site=True)),
            "base": settings.BASE_URL,
            "zone": settings.TIME_ZONE,
            **WRITERS[letter.kind](letter),
        }
        name = f"newsletter/letters/{letter.kind}"
        text = render_to_string(f"{name}.txt", context)
        html = inliner.inline(render_to_string(f"{name}.html", context))
    reader = letter.subscriber or letter.request
    _name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = EmailMultiAlternatives(
        subject,
        BLANK_LINES.sub("\n\n", text).strip() + "\n",
        to=[reader.address],
        headers={
            "Auto-Submitted": "auto-generated",  # RFC 3834, section 5
            "Content-Language": letter.language,
            "Message-ID": make_msgid(domain=sender.rpartition("@")[2]),
        },
    )
    message.attach_alternative(html, "text/html")
    return message


def _confirmation(letter: Letter) -> dict:
    asked, token = letter.request, tokens.new_secret()
    asked.token_hash = tokens.digest(token)
    asked.save(update_fields=["token_hash"])
    return {
        "link": private_link("newsletter_confirm", letter.language, token),
        "expires_on": timezone.localdate(asked.expires_at),
        "consent": _text_in(asked.text, asked.text_language),
        "consent_language": asked.text_language,
    }


def _greeting(letter: Letter) -> dict:
    token = tokens.subscriber_token(letter.subscriber.pk)
    return {
        "link": private_link("newsletter_preferences", letter.language, token),
        "leave_link": private_link("newsletter_leave", letter.language, token),
        "topics": list(letter.subscriber.topics.all()),
    }


def _disclosure(letter: Letter) -> dict:
    reached = letter.subscriber.deliveries.filter(
        state__in=(Delivery.State.SENT, Delivery.State.ASSUMED, Delivery.State.BOUNCED)
    )
    return _greeting(letter) | {
        "subscriber": letter.subscriber,
        "groups": list(letter.subscriber.groups.all()),
        "consents": [
            (consent, _text_in(consent.text, consent.language) if consent.text else "")
            for consent in letter.subscriber.consents.select_related("text")
        ],
        "deliveries": list(reached.select_related("announcement").order_by("settled_at")),
        "letters": list(
            Letter.objects.filter(
                Q(subscriber=letter.subscriber) | Q(request__address=letter.subscriber.address),
                state=State.SENT,
            )
        ),
    }


def _text_in(text: ConsentText, language: str) -> str:
    return getattr(text, f"text_{language}")


WRITERS = {
    Kind.CONFIRM: _confirmation,
    Kind.ALREADY: _greeting,
    Kind.WELCOME: _greeting,
    Kind.DISCLOSURE: _disclosure,
}
