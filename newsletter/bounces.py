"""What comes back: bounces and complaints, and the addresses that lead them to their delivery.

What a mail says is believed only where it carries a token that was made here: anybody can write a
bounce, but only who has the mail knows its token. See docs/decisions/0005-bounces.md.
"""

import hashlib
import hmac
import re
from base64 import b32encode
from datetime import timedelta
from email import message_from_bytes
from email.utils import parseaddr
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.http import base36_to_int, int_to_base36

from newsletter import bounce_reports, counting, subscribing
from newsletter.bounce_reports import Outcome, Report
from newsletter.models import Delivery, Subscriber, SuppressedAddress
from newsletter.replies import Reply

LIMIT = 1024 * 1024  # bytes of a mail that are read: what matters stands at its beginning
MAX_SOFT = 3  # announcements that could not be delivered for now, in ...
SOFT_FOR = timedelta(days=90)

State = Delivery.State
Reason = SuppressedAddress.Reason

# Our numbers in other people's mail: bounces+TOKEN@..., <announcement.TOKEN@...>.
_TOKEN = re.compile(rb"[+.]([0-9a-z]{1,13})-([a-z2-7]{16})@")
_MAC_BYTES = 10
_MAX_ID = 2**63 - 1


# Tokens


def token(delivery_id: int) -> str:
    """The delivery's number and a proof: lower case and digits, as some servers fold case."""
    return _token(int_to_base36(delivery_id), settings.SECRET_KEY)


def verp_address(delivery_id: int) -> str:
    """The envelope sender of a delivery: bounces come back to it (VERP).

    Without ``NEWSLETTER_BOUNCE_ADDRESS`` it is the site's own address for every delivery.
    """
    return Identities("").of(delivery_id)[0]


class Identities:
    """The envelope sender and the Message-ID of an announcement's deliveries, ready to be made.

    One proof serves both, and the settings are read once: a sender makes thousands a second.
    """

    def __init__(self, announcement_key: str) -> None:
        self._announcement_key = announcement_key
        self._secret = settings.SECRET_KEY
        self._local, self._domain = _bounce_address(settings.NEWSLETTER_BOUNCE_ADDRESS)
        self._own_address = _plain_address(settings.DEFAULT_FROM_EMAIL)
        self._host = _host(settings.BASE_URL)

    def of(self, delivery_id: int) -> tuple[str, str]:
        """As ``verp_address`` and ``message_id`` have them."""
        proof = _token(int_to_base36(delivery_id), self._secret)
        sender = f"{self._local}+{proof}@{self._domain}" if self._local else self._own_address
        return sender, f"{self._announcement_key}.{proof}@{self._host}"


def delivery_of(address: str) -> int | None:
    """Whose envelope sender it is; None where it was not made here."""
    return _delivery_in(address.encode(errors="replace"))


def message_id(announcement_key: str, delivery_id: int) -> str:
    """The inside of ``<...>`` (RFC 5322, section 3.6.4): the same whenever a delivery is made."""
    return Identities(announcement_key).of(delivery_id)[1]


def delivery_of_token(text: str) -> int | None:
    """The delivery that ``token`` was made for."""
    return _delivery_in(f"+{text}@".encode(errors="replace"))


def _delivery_in(raw: bytes) -> int | None:
    """The first delivery whose token stands somewhere in these bytes."""
    for number, mac in _TOKEN.findall(raw.lower()):
        text = f"{number.decode()}-{mac.decode()}"
        if _is_ours(number.decode(), text) and (found := base36_to_int(number.decode())) <= _MAX_ID:
            return found
    return None


def _is_ours(number: str, text: str) -> bool:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(_token(number, key), text) for key in keys)


def _token(number: str, key: str) -> str:
    mac = _keyed(key).copy()
    mac.update(number.encode())
    return f"{number}-{b32encode(mac.digest()[:_MAC_BYTES]).decode().lower()}"


@cache
def _keyed(key: str) -> hmac.HMAC:
    secret = hashlib.sha256(f"newsletter.bounces:{key}".encode()).digest()
    return hmac.new(secret, digestmod=hashlib.sha256)


@cache
def _bounce_address(setting: str) -> tuple[str, str]:
    local, _at, domain = setting.rpartition("@")
    return local, domain


@cache
def _plain_address(setting: str) -> str:
    return parseaddr(setting)[1]


@cache
def _host(url: str) -> str:
    return urlsplit(url).hostname or "localhost"


# Receiving


def receive(raw: bytes) -> Outcome:
    """Read a mail that came back and note what it says, in one transaction.

    The same mail twice changes nothing the second time. Raises ``DatabaseError``.
    """
    raw = raw[:LIMIT]
    message = message_from_bytes(raw)
    report = bounce_reports.read(message)
    if report is None:
        return Outcome.AUTOMATIC if bounce_reports.is_automatic(message) else Outcome.NO_BOUNCE
    delivery_id = _delivery_in(raw)
    return Outcome.UNKNOWN if delivery_id is None else record(delivery_id, report)


@transaction.atomic
def record(delivery_id: int, report: Report) -> Outcome:
    """Note what became of a delivery: on its row, its slice, its reader."""
    delivery = Delivery.objects.select_related("subscriber").filter(pk=delivery_id).first()
    if delivery is None:
        return Outcome.UNKNOWN
    if report.outcome is Outcome.ACCEPTED:
        _accept(delivery)
    elif report.outcome is Outcome.COMPLAINT:
        _complain(delivery, report.reply)
    else:
        _bounce(delivery, report)
    return report.outcome


UNKNOWN = (State.QUEUED, State.DEFERRED, State.HELD, State.ASSUMED)


def _accept(delivery: Delivery) -> None:
    """Whoever writes about a mail has had it: it is not sent again, and not held any more."""
    if delivery.state in UNKNOWN:
        _move(delivery, UNKNOWN, state=State.SENT, code=250, next_attempt_at=None)


def _bounce(delivery: Delivery, report: Report) -> None:
    is_new = _move(
        delivery,
        (*UNKNOWN, State.SENT),
        state=State.BOUNCED,
        code=report.reply.code,
        reply=_kept(report.reply.text),
        next_attempt_at=None,
    )
    subscriber = delivery.subscriber
    if not is_new or subscriber is None:
        return
    if report.outcome is Outcome.SOFT:
        _count_soft(subscriber)
    elif report.outcome is Outcome.HARD:
        subscribing.suppress(subscriber.address, Reason.BOUNCED, note=_kept(report.reply.text))


def _count_soft(subscriber: Subscriber) -> None:
    """Suppress the address when too many announcements in a row of weeks did not arrive."""
    since = max(timezone.now() - SOFT_FOR, subscriber.subscribed_at)
    count = Delivery.objects.filter(
        subscriber=subscriber, state=State.BOUNCED, code__range=(400, 499), settled_at__gte=since
    ).count()
    Subscriber.objects.filter(pk=subscriber.pk).update(soft_bounces=count)
    if count >= MAX_SOFT:
        note = f"{count} announcements could not be delivered"
        subscribing.suppress(subscriber.address, Reason.BOUNCED, note=note)


COMPLAINED = "complaint:"


def _complain(delivery: Delivery, reply: Reply) -> None:
    _accept(delivery)
    is_new = (
        Delivery.objects.filter(pk=delivery.pk)
        .exclude(reply__startswith=COMPLAINED)
        .update(reply=_kept(f"{COMPLAINED} {reply.text}"))
    )
    if is_new and delivery.subscriber:
        subscribing.leave(delivery.subscriber.pk)
        subscribing.suppress(delivery.subscriber.address, Reason.COMPLAINED)


def _move(delivery: Delivery, states: tuple[State, ...], **changes) -> bool:
    """Change a row that is still in one of these states, and the counters of its slice."""
    rows = Delivery.objects.filter(pk=delivery.pk, state__in=states)
    if not rows.update(settled_at=timezone.now(), **changes):
        return False
    counting.recount_slices([delivery.pk])
    return True


def _kept(text: str) -> str:
    """What is kept of a server's words: one short line, without the address in it."""
    return re.sub(r"[^\s<>:;]+@[^\s<>:;]+", "…", " ".join(text.replace("\0", "").split()))[:255]
