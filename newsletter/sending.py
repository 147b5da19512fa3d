"""Sending: one process takes slices and hands their mails to the relay, over several connections.

What is promised, and how, stands in docs/decisions/0004-mail-once.md.
"""

import logging
import selectors
import socket
import sys
import time
from collections import deque
from functools import cache
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.utils import timezone

from newsletter import bounces, claiming, stopping
from newsletter.journal import Journal
from newsletter.lanes import BackendLane, Lane, Mail, Outcome, SmtpLane
from newsletter.messages import MessageTemplate
from newsletter.models import (
    Announcement,
    AnnouncementVariant,
    Delivery,
    Relay,
    RelaySlot,
    Sender,
    Subscriber,
)
from newsletter.picking import Work
from newsletter.providers import BackendTransport
from newsletter.recording import Recorder
from newsletter.relay import RelayAddress, RelayRefusedError
from newsletter.replies import Reply, Verdict
from newsletter.tokens import TokenSigner

logger = logging.getLogger(__name__)

LANES = 8  # connections of one process
SECONDS = 20.0  # one call of ``pump``: then other tasks of the worker have their turn
BEAT = 0.5
LEASE = 30.0  # without a beat that reached the database nothing more is handed over
WINDOW = 256  # outcomes that need not be in the database yet
BATCH = 128
BATCH_AGE = 0.1
IN_FLIGHT = WINDOW + 2 * LANES  # deliveries that only the journal knows, and those put back
SWITCH = 0.0005
REFUSALS = 10  # so many, and more than one in twenty, and the relay is at fault
REFUSED_SHARE = 0.05
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@cache
def boot_id() -> str:
    """Changes when the machine restarts; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def journal_path(sender_id) -> Path:
    return settings.VAR_DIR / "senders" / f"{sender_id}.journal"


def pump(announcement_id: int) -> bool:
    """Send what is due of an announcement for ``SECONDS``; whether there is more to do now."""
    sender = Pump(announcement_id)
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)  # the recorder's thread must not keep the relay waiting
    try:
        if sender.enter():
            sender.run()
    finally:
        sender.leave()
        sys.setswitchinterval(before)
    return sender.has_more


class Pump:
    """One call of ``pump``: its slots, its journal, its lanes, and the loop over them."""

    def __init__(self, announcement_id: int) -> None:
        self.announcement_id = announcement_id
        self.sender_id = uuid4()
        self.lanes: list[Lane] = []
        self.relay_errors = _RelayErrors(self)
        self.work = Work(announcement_id, self.sender_id, self._prepare, self._release)
        self.outcomes: list[Outcome] = []
        self.oldest_outcome = 0.0
        self.selector = selectors.DefaultSelector()
        self.journal: Journal | None = None
        self.recorder: Recorder | None = None
        self.is_over = False
        self.has_more = False
        self.ends_at = time.monotonic() + SECONDS
        self.beat_at = self.confirmed_at = time.monotonic()
        self.sent_since = deque([(time.monotonic(), 0)], maxlen=10)
        self.accepted = self.refused = self.tried = 0
        self.shown_problem: str | None = None

    # Coming and going

    def enter(self) -> bool:
        """Take slots and open the journal; False where there is nothing to do or no slot free."""
        announcement = Announcement.objects.get(pk=self.announcement_id)
        if announcement.state != Announcement.State.SENDING or Relay.objects.filter(
            stopped_at__isnull=False
        ):
            return False
        self.key = str(announcement.key)
        self.shown_problem = announcement.problem
        is_smtp = settings.EMAIL_BACKEND == SMTP_BACKEND
        limit = settings.NEWSLETTER_CONNECTIONS
        try:
            self.journal = Journal(journal_path(self.sender_id), LANES)
        except OSError as error:  # a full disk: nothing is sent that cannot be noted
            self.show_problem(str(error))
            return False
        Sender.objects.create(
            pk=self.sender_id,
            announcement=announcement,
            host=socket.gethostname(),
            boot=boot_id(),
        )
        count = claiming.claim_slots(self.sender_id, LANES if is_smtp else 1, limit)
        if not count:
            return False
        self.templates = {
            variant.language: MessageTemplate(variant.message, is_stuffed=is_smtp)
            for variant in AnnouncementVariant.objects.filter(
                announcement=announcement, message__isnull=False
            )
        }
        self.signer = TokenSigner("subscriber")
        self.identities = bounces.Identities(self.key)
        self.lanes = [self._lane(ring, is_smtp=is_smtp) for ring in self.journal.lanes[:count]]
        self._share_the_rate()
        self.recorder = Recorder(self.journal)
        self.recorder.start()
        return True

    def _share_the_rate(self) -> None:
        """Each connection in use, here or elsewhere, has its part of the messages a minute."""
        if settings.NEWSLETTER_RATE:
            in_use = RelaySlot.objects.filter(sender__isnull=False).count()
            for lane in self.lanes:
                lane.gap = 60 * in_use / settings.NEWSLETTER_RATE

    def _lane(self, ring, *, is_smtp: bool) -> Lane:
        if is_smtp:
            lane = SmtpLane(ring, self.report, RelayAddress.from_settings(), self.watch)
            lane.may_finish = self.may_finish
        else:
            lane = BackendLane(ring, self.report, BackendTransport())
        lane.mails = self.work.mails
        return lane

    def leave(self) -> None:
        """Give everything back, unless the database is away: then the journal stays for others."""
        is_written = True
        for lane in self.lanes:
            lane.close()
        self.selector.close()
        if self.recorder:
            self._hand_over_outcomes()
            for slice_id in self.work.parts:
                self.recorder.queue.put(slice_id)
            is_written = self.recorder.finish()
        try:
            if is_written:
                Sender.objects.filter(pk=self.sender_id).delete()
        except (DatabaseError, InterfaceError):
            connection.close()
            is_written = False
        if self.journal:
            self.journal.close(forget=is_written)

    # The loop

    def run(self) -> None:
        try:
            while not (self.is_over and not any(lane.is_busy for lane in self.lanes)):
                self._turn()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Sending stops: %s", error)
            connection.close()
            self._finish_what_is_on_its_way()

    def _turn(self) -> None:
        now = time.monotonic()
        if now >= self.beat_at:
            self.beat(now)
        wait = BEAT
        if not self.is_over:
            wait = min((self._start(lane, now) for lane in self.lanes), default=BEAT)
        if self.is_over and not any(lane.is_busy for lane in self.lanes):
            return  # nothing will be heard any more
        self._listen(wait)
        if self.outcomes and now - self.oldest_outcome > BATCH_AGE:
            self._hand_over_outcomes()

    def _listen(self, wait: float) -> None:
        if not self.selector.get_map():
            time.sleep(min(wait, BATCH_AGE))
            return
        for key, _events in self.selector.select(wait):
            lane = key.data
            with self.relay_errors:
                lane.receive()

    def _finish_what_is_on_its_way(self) -> None:
        """The database is away: wait for the answers to what was handed over, start nothing."""
        self.is_over = True
        while any(lane.is_busy for lane in self.lanes):
            self._listen(BEAT)
            for lane in self.lanes:
                lane.check_deadline(time.monotonic())

    def _start(self, lane: Lane, now: float) -> float:
        """Begin the lane's next mail if it can; seconds until it is worth another look."""
        if lane.is_busy:
            return BEAT
        if lane.ready_at > now:
            return lane.ready_at - now
        if sum(lane.unrecorded for lane in self.lanes) >= WINDOW:
            self._hand_over_outcomes()
            return 0.002
        mail = self.work.next(now)
        if mail is None:
            self.is_over = self.is_over or self.work.is_done
            return min(max(self.work.ask_at - now, 0.0), BEAT)
        mail.place = lane.ring.begin(mail.delivery_id)
        with self.relay_errors:
            lane.start(mail)
        return BEAT if lane.is_busy else 0.0

    def _prepare(self, row: claiming.Row, part: claiming.Slice) -> Mail | None:
        if skipped := self._reason_to_skip(row):
            self.report(Outcome(row.delivery_id, part.pk, row.attempts, *skipped))
            return None
        return self._mail(row, part)

    def _release(self, slice_id: int) -> None:
        self._hand_over_outcomes()
        self.recorder.queue.put(slice_id)

    def _reason_to_skip(self, row: claiming.Row) -> tuple[Delivery.State, Reply] | None:
        if row.subscriber_id is None:
            return Delivery.State.CANCELLED, Reply(0)
        if row.state != Subscriber.State.ACTIVE:
            return Delivery.State.SUPPRESSED, Reply(0, row.state)
        if row.paused_until and row.paused_until > timezone.localdate():
            return Delivery.State.SUPPRESSED, Reply(0, "paused")
        return None

    def _mail(self, row: claiming.Row, part: claiming.Slice) -> Mail:
        template = self.templates.get(row.reader_language) or self.templates[part.language]
        sender, message_id = self.identities.of(row.delivery_id)

        def content() -> bytes:
            token = self.signer.token(row.subscriber_id)
            return template.fill(to=row.address, token=token, message_id=message_id)

        return Mail(
            row.delivery_id,
            part.pk,
            row.attempts,
            sender,
            row.address,
            content,
            self.key,
        )

    # Outcomes

    def report(self, outcome: Outcome) -> None:
        if not self.outcomes:
            self.oldest_outcome = time.monotonic()
        self.outcomes.append(outcome)
        self.tried += isinstance(outcome.verdict, Verdict)
        if outcome.verdict is Verdict.SENT:
            self.accepted += 1
            if self.shown_problem:
                self.show_problem("")
        elif outcome.verdict in {Verdict.REFUSED, Verdict.POLICY}:
            self._note_refusal(outcome)
        if len(self.outcomes) >= BATCH:
            self._hand_over_outcomes()
        if outcome.lane:
            self.work.settled(outcome.slice_id)

    def _note_refusal(self, outcome: Outcome) -> None:
        self.refused += 1
        is_wave = self.refused >= REFUSALS and self.refused > REFUSED_SHARE * self.tried
        if outcome.verdict is Verdict.POLICY or is_wave:
            self.is_over = True
            stopping.pause_for(self.announcement_id, outcome.reply)

    def _hand_over_outcomes(self) -> None:
        if self.outcomes and self.recorder:
            self.recorder.queue.put(self.outcomes)
            self.outcomes = []

    # Beating

    def may_finish(self) -> bool:
        return time.monotonic() - self.confirmed_at < LEASE

    def beat(self, now: float) -> None:
        """Show that we live, and ask whether to go on."""
        self.beat_at = now + BEAT
        is_ours = Sender.objects.filter(pk=self.sender_id).update(
            beats=F("beats") + 1, rate=self._rate(now)
        )
        state = (
            Announcement.objects.filter(pk=self.announcement_id)
            .values_list("state", flat=True)
            .get()
        )
        if not is_ours:  # somebody took us for dead and settled what we had
            self.is_over = True
            self.work.forget()
            for lane in self.lanes:
                lane.drop()
                lane.stage = lane.stage.IDLE if isinstance(lane, SmtpLane) else None
            return
        self.confirmed_at = now
        self._share_the_rate()
        is_stopped = state != Announcement.State.SENDING or stopping.relay_is_stopped()
        if is_stopped or stopping.is_asked_to_stop():
            self.is_over = True
        elif now > self.ends_at:
            self.is_over = self.has_more = True
        self._check_lanes(now)

    def _check_lanes(self, now: float) -> None:
        for lane in self.lanes:
            lane.check_deadline(now)
        problems = [lane.problem for lane in self.lanes]
        if self.work.parts and all(problems):
            self.show_problem(problems[0])

    def _rate(self, now: float) -> float:
        began, count = self.sent_since[0]
        self.sent_since.append((now, self.accepted))
        return (self.accepted - count) / max(now - began, BEAT)

    def show_problem(self, text: str) -> None:
        if text != self.shown_problem:
            self.shown_problem = text
            Announcement.objects.filter(pk=self.announcement_id).update(problem=text[:255])

    def watch(self, lane: SmtpLane, is_open: bool) -> None:
        if is_open:
            self.selector.register(lane.connection, selectors.EVENT_READ, lane)
        else:
            self.selector.unregister(lane.connection)


class _RelayErrors:
    """Around whatever talks to the relay: a log-in that is refused stops all sending."""

    def __init__(self, owner: Pump) -> None:
        self.owner = owner

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind, error, traceback) -> bool:
        if isinstance(error, RelayRefusedError):
            self.owner.is_over = True
            stopping.stop_relay(error.reply)
            return True
        return False
