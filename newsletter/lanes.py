"""Lanes: what hands one message after the other to the relay, and says what became of each."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from newsletter import journal
from newsletter.models import Delivery
from newsletter.providers import AnswerUnknownError
from newsletter.relay import Connection, RelayAddress, RelayRefusedError
from newsletter.replies import LOST, Reply, Verdict, verdict

DOT = b".\r\n"
ENVELOPE = 3  # answers: MAIL, RCPT, DATA
ENVELOPE_TIMEOUT = 60.0
DOT_TIMEOUT = 300.0  # what has been handed over is worth waiting for (RFC 5321, section 4.5.3.2.6)
MAX_WAIT = 60.0
MAX_PACE = 10.0
FIRST_PACE = 0.05
MEMORY = 0.9  # of the share of deferrals, from one answer to the next


@dataclass(slots=True)
class Mail:
    """One delivery about to be made; ``content`` is filled and stuffed when it is its turn."""

    delivery_id: int
    slice_id: int
    attempts: int
    sender: str
    recipient: str
    content: Callable[[], bytes]
    announcement_key: str = ""
    place: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of a delivery; ``lane`` and ``place`` say where the journal has it.

    The verdict is None where nobody knows, and a state where nothing was sent.
    """

    delivery_id: int
    slice_id: int
    attempts: int
    verdict: Verdict | Delivery.State | None
    reply: Reply
    lane: "Lane | None" = None
    place: int = 0


class Stage(Enum):
    IDLE = auto()
    ENVELOPE = auto()
    CONTENT = auto()
    RESET = auto()


MARKS = {
    Verdict.SENT: journal.SENT,
    Verdict.DEFERRED: journal.DEFERRED,
    Verdict.REFUSED: journal.REFUSED,
    Verdict.POLICY: journal.REFUSED,
}


class Lane:
    """What every lane keeps: its ring in the journal, its pace.

    ``report`` is called with each outcome. ``started - recorded`` deliveries are not in the
    database yet; the pump keeps that below the size of the ring.
    """

    def __init__(self, ring: journal.Lane, report: Callable[[Outcome], None]) -> None:
        self.ring = ring
        self.report = report
        self.mails: deque[Mail] = deque()  # where a mail goes back to; the pump's lanes share it
        self.reported = 0
        self.recorded = 0  # written by the recorder's thread alone
        self.ready_at = 0.0
        self.failures = 0
        self.pace = 0.0
        self.deferred_share = 0.0
        self.gap = 0.0  # seconds between messages that the rate limit asks for
        self.problem = ""

    @property
    def unrecorded(self) -> int:
        return self.reported - self.recorded

    def settle(self, mail: Mail, answer: Reply, what: Verdict | None) -> None:
        """Into the journal first, then on its way to the database."""
        mark = MARKS[what] if what else journal.HANDING
        self.ring.settle(mail.place, mail.delivery_id, mark, answer.code)
        self.reported += 1
        attempts = mail.attempts + 1
        self.report(
            Outcome(mail.delivery_id, mail.slice_id, attempts, what, answer, self, mail.place)
        )

    def note_pace(self, what: Verdict) -> None:
        """Slow down while the relay defers nearly everything; some greylisting does no harm."""
        is_deferred = what is Verdict.DEFERRED
        self.deferred_share = MEMORY * self.deferred_share + (1 - MEMORY) * is_deferred
        if is_deferred and self.deferred_share > MEMORY:
            self.pace = min(max(self.pace * 2, FIRST_PACE), MAX_PACE)
        elif not is_deferred:
            self.pace = self.pace / 2 if self.pace > FIRST_PACE else 0.0

    def back_off(self, reason: str) -> None:
        self.failures += 1
        self.problem = reason
        self.ready_at = time.monotonic() + min(2.0 ** (self.failures - 1), MAX_WAIT)


class SmtpLane(Lane):
    """A connection: the envelope in one write, the content in a second, its dot in a third.

    The final dot alone makes a message: it goes out only when the mark says so, and the next
    envelope never follows before the answer to it.
    """

    def __init__(self, ring, report, address: RelayAddress, watch: Callable) -> None:
        super().__init__(ring, report)
        self.address = address
        self.watch = watch  # called with the lane when its connection opens (True) or goes (False)
        self.connection: Connection | None = None
        self.stage = Stage.IDLE
        self.current: Mail | None = None
        self.commands: deque[bytes] = deque()
        self.answers: list[Reply] = []
        self.deadline = 0.0
        self.may_finish: Callable[[], bool] = lambda: True

    @property
    def is_busy(self) -> bool:
        return self.stage is not Stage.IDLE

    def fileno(self) -> int:
        return self.connection.fileno() if self.connection else -1

    def start(self, mail: Mail) -> None:
        """Begin the next mail; ``RelayRefusedError`` where the relay does not let us in."""
        self.current = mail
        try:
            if self.connection is None:
                self.connection = Connection(self.address)
                self.watch(self, True)
            self.stage = Stage.ENVELOPE
            self.deadline = time.monotonic() + ENVELOPE_TIMEOUT
            self.answers = []
            self.commands = deque(
                (
                    b"MAIL FROM:<%b>\r\n" % mail.sender.encode(),
                    b"RCPT TO:<%b>\r\n" % mail.recipient.encode(),
                    b"DATA\r\n",
                )
            )
            self._send_commands()
        except RelayRefusedError as error:
            self._give_back()
            if verdict(error.reply) is Verdict.STOP or error.reply.code // 100 == 5:
                raise
            self.back_off(str(error))
        except OSError as error:
            self.lose(error)

    def _send_commands(self) -> None:
        if self.connection.can_pipeline:
            self.connection.send(b"".join(self.commands))
            self.commands.clear()
        elif self.commands:
            self.connection.send(self.commands.popleft())

    def receive(self) -> None:
        """Take in what the relay has answered, and go on from there."""
        try:
            self.connection.receive()
            while self.connection and self.connection.replies:
                self._take(self.connection.replies.popleft())
        except OSError as error:
            self.lose(error)

    def _take(self, answer: Reply) -> None:
        if answer.code == 421 and self.stage is not Stage.CONTENT:
            raise ConnectionResetError(str(answer))
        if self.stage is Stage.ENVELOPE:
            self.answers.append(answer)
            if len(self.answers) < ENVELOPE:
                self._send_commands()
            else:
                self._end_envelope()
        elif self.stage is Stage.CONTENT:
            self._end_content(answer)
        elif self.stage is Stage.RESET:
            self.commands.popleft()
            if not self.commands:
                self.stage = Stage.IDLE
        # An answer that nobody waits for: the relay is about to hang up, and reading will tell.

    def _end_envelope(self) -> None:
        mail_answer, rcpt_answer, data_answer = self.answers
        if data_answer.code == 354 and mail_answer.code // 100 == rcpt_answer.code // 100 == 2:
            self._send_content()
            return
        refusal = next(answer for answer in self.answers if answer.code // 100 != 2)
        self._end(refusal, is_recipient=refusal is rcpt_answer)
        # A relay that takes DATA without a recipient is told that nothing follows (RFC 2920).
        self.commands = deque((DOT,) if data_answer.code == 354 else ())
        self.commands.append(b"RSET\r\n")
        self.stage = Stage.RESET
        self.connection.send(b"".join(self.commands))

    def _send_content(self) -> None:
        mail = self.current
        self.connection.send(mail.content())
        if not self.may_finish():
            raise ConnectionAbortedError("the sender has lost its right to send")
        self.stage = Stage.CONTENT
        self.deadline = time.monotonic() + DOT_TIMEOUT
        self.ring.mark(mail.place, journal.HANDING)
        self.connection.send(DOT)
        self.ring.mark(mail.place, journal.HANDED)

    def _end_content(self, answer: Reply) -> None:
        self.stage = Stage.IDLE
        if answer.code == 421:  # an answer to the dot: not accepted (RFC 5321, section 4.2.1)
            self.ring.mark(self.current.place, journal.NOTHING)
            raise ConnectionResetError(str(answer))
        self._end(answer)

    def _end(self, answer: Reply, *, is_recipient: bool = False) -> None:
        what = verdict(answer, is_recipient=is_recipient)
        self.stage = Stage.IDLE
        self.failures = 0
        self.problem = ""
        self.note_pace(what)
        self.ready_at = time.monotonic() + max(self.gap, self.pace)
        if what in MARKS:
            mail, self.current = self.current, None
            self.settle(mail, answer, what)
        else:
            self._give_back()
            raise RelayRefusedError(answer)

    def lose(self, error: Exception | None = None) -> None:
        """The connection is gone: what had no dot yet is still to be sent, the rest is unknown."""
        if self.stage is Stage.CONTENT:
            mail, self.current = self.current, None
            self.settle(mail, LOST, None)
        self.stage = Stage.IDLE
        self.drop()
        self._give_back()
        self.back_off(str(error or LOST.text))

    def _give_back(self) -> None:
        self.stage = Stage.IDLE
        if self.current:
            self.mails.appendleft(self.current)
            self.current = None

    def check_deadline(self, now: float) -> None:
        if self.is_busy and now > self.deadline:
            self.lose(TimeoutError("the relay does not answer"))

    def drop(self) -> None:
        if self.connection:
            self.watch(self, False)
            self.connection.drop()
            self.connection = None

    def close(self) -> None:
        if self.connection:
            self.watch(self, False)
            self.connection.close()
            self.connection = None


class BackendLane(Lane):
    """A Django e-mail backend (files, a provider's interface): one message in one call."""

    is_busy = False

    def __init__(self, ring, report, transport) -> None:
        super().__init__(ring, report)
        self.transport = transport
        self.is_open = False

    def fileno(self) -> int:
        return -1

    def start(self, mail: Mail) -> None:
        if not self.is_open:
            self.transport.open()
            self.is_open = True
        self.ring.mark(mail.place, journal.HANDING)
        try:
            answer = self.transport.send(
                mail.content(), mail.sender, mail.recipient, mail.delivery_id, mail.announcement_key
            )
        except AnswerUnknownError:
            self.settle(mail, LOST, None)
            return
        what = verdict(answer)
        self.note_pace(what)
        self.ready_at = time.monotonic() + max(self.gap, self.pace)
        if what in MARKS:
            self.failures = 0
            self.problem = ""
            self.settle(mail, answer, what)
            return
        self.ring.mark(mail.place, journal.NOTHING)
        self.mails.appendleft(mail)
        if what is Verdict.STOP:
            raise RelayRefusedError(answer)
        self.back_off(str(answer))

    def check_deadline(self, now: float) -> None:
        """A call returns by itself."""

    def close(self) -> None:
        if self.is_open:
            self.transport.close()
            self.is_open = False

    drop = close
