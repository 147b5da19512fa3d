"""How far the sending of an announcement is: from its slices, never from its deliveries."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum

from newsletter.counting import COUNTERS, UNSETTLED
from newsletter.models import Announcement, Delivery

State = Delivery.State


@dataclass(frozen=True)
class Counts:
    """How many deliveries stand in each state."""

    total: int
    states: dict[State, int]

    @property
    def settled(self) -> int:
        """Those with nothing left to do: sent, or never to be sent."""
        return self.total - sum(self.states[state] for state in UNSETTLED)

    @property
    def sent(self) -> int:
        return self.states[State.SENT] + self.states[State.ASSUMED]

    @property
    def percent(self) -> int:
        """Rounded down: 100 only when it is true."""
        return self.settled * 100 // self.total if self.total else 0

    @property
    def tenths(self) -> int:
        return self.percent // 10


@dataclass(frozen=True)
class Progress:
    """``rate``: messages a second just now. ``time_left``: None where nothing moves."""

    overall: Counts
    languages: dict[str, Counts]
    rate: float

    @property
    def rate_shown(self) -> float:
        """With one decimal where it is slow."""
        return round(self.rate, 1 if self.rate < 10 else None)

    @property
    def time_left(self) -> timedelta | None:
        queued = self.overall.states[State.QUEUED]
        return timedelta(seconds=round(queued / self.rate)) if self.rate and queued else None


def progress(announcement: Announcement) -> Progress:
    """In two queries."""
    sums = {name: Sum(name) for name in ("total", *COUNTERS.values())}
    rows = announcement.slices.order_by().values("language").annotate(**sums)
    by_language = {row["language"]: _counts(row) for row in rows.order_by("language")}
    rate = announcement.senders.aggregate(rate=Sum("rate"))["rate"] or 0
    return Progress(_together(by_language.values()), by_language, rate)


def _counts(row: dict) -> Counts:
    states = {state: row[name] for state, name in COUNTERS.items()}
    return Counts(row["total"], {State.QUEUED: row["total"] - sum(states.values())} | states)


def _together(parts) -> Counts:
    parts = list(parts)
    states = {state: sum(part.states[state] for part in parts) for state in State}
    return Counts(sum(part.total for part in parts), states)
