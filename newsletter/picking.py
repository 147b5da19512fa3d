"""What a sender has taken to send: its slices, and those of their mails that are next."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from newsletter import claiming
from newsletter.lanes import Mail

FRESH = 1.0  # what was read of a reader holds for so many seconds
ASK_AGAIN = 0.5  # when there was no slice to take


@dataclass(slots=True)
class Part:
    """A slice that is the sender's own."""

    slice: claiming.Slice
    after: int  # what stands behind this delivery has not been read
    is_read: bool = False
    unsettled: int = 0  # mails read, of which nobody knows yet what became
    started: set[int] = field(default_factory=set)  # deliveries that a lane has had


class Work:
    """The mails to be sent next, for whichever lane is free.

    ``prepare`` makes the mail of a row, or None where it is not to be sent (and says so itself);
    ``release`` is called with a slice of which everything has been settled.
    """

    def __init__(
        self,
        announcement_id: int,
        sender_id: UUID,
        prepare: Callable[[claiming.Row, claiming.Slice], Mail | None],
        release: Callable[[int], None],
    ) -> None:
        self.announcement_id = announcement_id
        self.sender_id = sender_id
        self.prepare = prepare
        self.release = release
        self.parts: dict[int, Part] = {}
        self.mails: deque[Mail] = deque()  # a lane that loses its connection puts its mail back
        self.read_at = 0.0
        self.ask_at = 0.0
        self.has_found_end = False

    @property
    def is_done(self) -> bool:
        """Nothing is left to take, and everything that was taken is settled."""
        return self.has_found_end and not self.parts

    def next(self, now: float) -> Mail | None:
        """The next mail; None where there is none now: ``ask_at`` says when to ask again."""
        if self.mails and now - self.read_at > FRESH:
            self._drop_what_is_not_started()
        if not self.mails:
            self._read(now)
        if not self.mails:
            return None
        mail = self.mails.popleft()
        self.parts[mail.slice_id].started.add(mail.delivery_id)
        return mail

    def settled(self, slice_id: int) -> None:
        """It is known what became of a mail of this slice."""
        if part := self.parts.get(slice_id):
            part.unsettled -= 1
            self._release_if_done(part)

    def forget(self) -> None:
        """Nothing is ours any more."""
        self.parts.clear()
        self.mails.clear()

    def _drop_what_is_not_started(self) -> None:
        """Readers may have left since they were read: read them again."""
        for mail in self.mails:
            part = self.parts[mail.slice_id]
            part.after = min(part.after, mail.delivery_id - 1)
            part.is_read = False
            part.unsettled -= 1
            part.started.discard(mail.delivery_id)
        self.mails.clear()

    def _read(self, now: float) -> None:
        part = next((part for part in self.parts.values() if not part.is_read), None)
        if part is None and now >= self.ask_at:
            part = self._take(now)
        if part is None:
            return
        rows = claiming.rows_of(part.slice, part.after)
        self.read_at = now
        part.after = rows[-1].delivery_id if rows else part.after
        part.is_read = len(rows) < claiming.ROWS or part.after == part.slice.last_id
        for row in rows:
            if row.delivery_id not in part.started and (mail := self.prepare(row, part.slice)):
                self.mails.append(mail)
                part.unsettled += 1
        self._release_if_done(part)

    def _take(self, now: float) -> Part | None:
        found = claiming.claim_slice(self.announcement_id, self.sender_id)
        self.has_found_end = found is None
        if found is None:
            self.ask_at = now + ASK_AGAIN
            return None
        part = Part(found, found.first_id - 1)
        self.parts[found.pk] = part
        return part

    def _release_if_done(self, part: Part) -> None:
        if part.is_read and not part.unsettled:
            del self.parts[part.slice.pk]
            self.release(part.slice.pk)
