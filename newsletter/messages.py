"""A frozen message, and the few bytes that differ between its readers."""

import re
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
        self._slots = [
            (place, name.decode()) for place, name in enumerate(self._parts) if place % 2
        ]

    def fill(self, *, to: str, token: str, message_id: str) -> bytes:
        values = {
            "TO": to.encode("ascii"),
            "TOKEN": token.encode("ascii"),
            "MESSAGE_ID": message_id.encode("ascii"),
        }
        parts = self._parts.copy()
        for place, name in self._slots:
            parts[place] = values[name] if name in values else formatdate().encode()
        return b"".join(parts)
