"""A frozen message, and the few bytes that differ between its readers."""

import re
import time
from email.utils import formatdate

LINE_DOT = re.compile(rb"(?<![^\n])\.")


class MessageTemplate:
    """The parts of a composed message (``composing.SLOTS``), ready to be joined for a reader.

    ``is_stuffed``: as SMTP wants it, with a second dot where a line begins with one (RFC 5321,
    section 4.5.2). No slot can begin a line with a dot.
    """

    def __init__(self, message: bytes, *, is_stuffed: bool) -> None:
        if is_stuffed:
            message = LINE_DOT.sub(b"..", message)
        self._parts = bytes(message).split(b"\0")
        self._date = (0, b"")
        self._slots = [
            (place, name.decode()) for place, name in enumerate(self._parts) if place % 2
        ]

    def fill(self, *, to: str, token: str, message_id: str) -> bytes:
        values = {
            "TO": to.encode("ascii"),
            "TOKEN": token.encode("ascii"),
            "MESSAGE_ID": message_id.encode("ascii"),
            "DATE": self._now(),
        }
        parts = self._parts.copy()
        for place, name in self._slots:
            parts[place] = values[name]
        return b"".join(parts)

    def _now(self) -> bytes:
        """The Date header's (RFC 5322, section 3.3), which says seconds: made once in each."""
        second = int(time.time())
        if second != self._date[0]:
            self._date = second, formatdate(second).encode()
        return self._date[1]
