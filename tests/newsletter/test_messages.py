"""Filling a frozen message for a reader."""

from datetime import UTC
from email import message_from_bytes
from email.utils import parsedate_to_datetime

from django.utils import timezone

from newsletter.messages import MessageTemplate

FROZEN = (
    b"To: \0TO\0\r\nMessage-ID: <\0MESSAGE_ID\0>\r\nDate: \0DATE\0\r\n\r\n"
    b".first\r\nlink/\0TOKEN\0/\r\n..\r\nend.\r\n"
)
READER = {"to": "ada@example.org", "token": "t0k.en", "message_id": "key.1@example.org"}


def test_message_is_filled_for_its_reader():
    filled = message_from_bytes(MessageTemplate(FROZEN, is_stuffed=False).fill(**READER))

    assert filled["To"] == "ada@example.org"
    assert filled["Message-ID"] == "<key.1@example.org>"
    sent_at = parsedate_to_datetime(filled["Date"]).replace(tzinfo=UTC)
    assert filled["Date"].endswith(" -0000")
    assert abs((sent_at - timezone.now()).total_seconds()) < 5
    assert filled.get_payload() == ".first\r\nlink/t0k.en/\r\n..\r\nend.\r\n"


def test_lines_that_begin_with_a_dot_get_another_for_smtp():
    filled = MessageTemplate(FROZEN, is_stuffed=True).fill(**READER)

    assert filled.partition(b"\r\n\r\n")[2] == b"..first\r\nlink/t0k.en/\r\n...\r\nend.\r\n"
