"""What a mail server answers, and what follows from it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")

# After a temporary refusal: from one minute to 48 hours in all.
LADDER = [timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240, 480, 720, 1200)]


class Verdict(Enum):
    """What a reply means for the delivery, the connection, the announcement or the relay."""

    SENT = auto()
    DEFERRED = auto()  # this one later
    REFUSED = auto()  # this one never
    POLICY = auto()  # refused for what we are or send: a person must look at it
    BACK_OFF = auto()  # the connection, not the delivery
    STOP = auto()  # the relay does not let us in


@dataclass(frozen=True)
class Reply:
    """Three digits and text (RFC 5321, section 4.2)."""

    code: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()

    @property
    def status(self) -> str:
        """The enhanced status code (RFC 3463) such as ``5.1.1``, or nothing."""
        found = ENHANCED.match(self.text)
        return found.group() if found else ""


LOST = Reply(421, "4.4.2 connection lost")


def verdict(reply: Reply, *, is_recipient: bool = False) -> Verdict:
    """What to do; ``is_recipient``: the reply was to RCPT, so it is about the address."""
    if reply.code // 100 == 2:
        return Verdict.SENT
    if reply.code == 421:
        return Verdict.BACK_OFF
    if reply.code // 100 == 4:
        return Verdict.DEFERRED
    if reply.code in {530, 534, 535, 538}:
        return Verdict.STOP
    if reply.status.startswith("5.7.") and not is_recipient:
        return Verdict.POLICY
    return Verdict.REFUSED


def is_bad_address(status_or_reply: str) -> bool:
    """Whether the reader's address is what is wrong (RFC 3463, section 3.2).

    5.1.7 and 5.1.8 are about the sender's.
    """
    found = ENHANCED.search(status_or_reply)
    return bool(found) and found.group()[:4] == "5.1." and found[3] not in {"7", "8"}


def delay_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts; None when it is time to give up."""
    return LADDER[attempts - 1] if attempts <= len(LADDER) else None
