"""A mail as bytes (RFC 5322, RFC 2045), cut at its slots: what differs between its readers."""

from collections.abc import Iterable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

SLOTS = ("TO", "TOKEN", "MESSAGE_ID", "DATE")
LINE = 76  # characters of a line of quoted-printable, with the "=" of its soft break
NEWLINE = "\r\n"


@dataclass(frozen=True)
class Envelope:
    """What the headers of a mail say. ``headers``: further lines in ASCII, slots included."""

    subject: str
    sender: Address
    language: str
    list_name: str
    list_id: str
    boundary: str
    headers: tuple[tuple[str, str], ...]


def slot(name: str) -> str:
    if name not in SLOTS:
        raise ValueError(name)
    return f"\0{name}\0"


def message(envelope: Envelope, text: str, html: str) -> bytes:
    """A ``multipart/alternative`` in seven bits; no line begins with a dot or breaks a slot."""
    parts = [_part("plain", text), _part("html", html)]
    fence = f"--{envelope.boundary}"
    body = NEWLINE.join([*(f"{fence}{NEWLINE}{part}" for part in parts), f"{fence}--", ""])
    return f"{_head(envelope)}{NEWLINE}{body}".encode("ascii")


def _head(envelope: Envelope) -> str:
    words = EmailMessage(policy=SMTP)  # folds, and encodes what is not ASCII (RFC 2047)
    words["From"] = envelope.sender
    words["Subject"] = envelope.subject
    list_id = EmailMessage(policy=SMTP)
    list_id["From"] = Address(envelope.list_name, addr_spec=f"list@{envelope.list_id}")
    phrase = list_id.as_string().partition("From:")[2].rpartition("<")[0].strip()
    lines = [
        words.as_string().strip(),
        f"To: {slot('TO')}",
        f"Date: {slot('DATE')}",
        f"Message-ID: <{slot('MESSAGE_ID')}>",
        f"List-Id: {phrase} <{envelope.list_id}>",
        *(f"{name}: {value}" for name, value in envelope.headers),
        f"Content-Language: {envelope.language}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;{NEWLINE} boundary="{envelope.boundary}"',
        "",
    ]
    return NEWLINE.join(lines)


def _part(subtype: str, content: str) -> str:
    return NEWLINE.join(
        [
            f'Content-Type: text/{subtype}; charset="utf-8"',
            "Content-Transfer-Encoding: quoted-printable",
            "",
            quoted_printable(content),
        ]
    )


def quoted_printable(content: str) -> str:
    """RFC 2045, section 6.7; a slot stands alone on its line, so that none is cut or too long."""
    words_and_slots = content.split("\0")
    return f"={NEWLINE}".join(
        f"\0{piece}\0" if place % 2 else _encoded(piece)
        for place, piece in enumerate(words_and_slots)
    )


def _encoded(piece: str) -> str:
    lines = piece.replace(NEWLINE, "\n").split("\n")
    ends = [True] * (len(lines) - 1) + [False]  # the last line goes on behind the slot
    return NEWLINE.join(
        "".join(_broken(_octets(line, is_whole=is_whole)))
        for line, is_whole in zip(lines, ends, strict=True)
    )


def _octets(line: str, *, is_whole: bool) -> Iterable[str]:
    """The characters of a line, encoded where they must be; a space at its end may get lost."""
    for place, character in enumerate(line):
        is_lost = character == " " and is_whole and place == len(line) - 1
        is_plain = " " <= character <= "~" and character != "=" and not is_lost
        yield character if is_plain else "".join(f"={octet:02X}" for octet in character.encode())


def _broken(octets: Iterable[str]) -> Iterable[str]:
    width = 0
    for octet in octets:
        if width + len(octet) > LINE - 1:
            yield f"={NEWLINE}"
            width = 0
        # A line that begins with a dot would get a second one on its way (RFC 5321, 4.5.2).
        written = "=2E" if octet == "." and not width else octet
        yield written
        width += len(written)
