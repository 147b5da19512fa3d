"""What a mail that came back says about another: bounces and complaints, read and judged."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

import flufl.bounce

from newsletter.replies import Reply


class Outcome(StrEnum):
    """What a mail that came back means."""

    HARD = "the address does not exist"
    SOFT = "could not be delivered for now"
    POLICY = "was refused for what it is or where it comes from"
    COMPLAINT = "the reader complained"
    ACCEPTED = "was delivered, or is still on its way"
    UNKNOWN = "a bounce of nothing that was sent from here"
    AUTOMATIC = "an automatic answer"
    NO_BOUNCE = "no bounce"

    @property
    def is_handled(self) -> bool:
        """Whether everything the mail says has been noted, so that it may go."""
        return self in HANDLED


HANDLED = (Outcome.HARD, Outcome.SOFT, Outcome.POLICY, Outcome.COMPLAINT, Outcome.ACCEPTED)


@dataclass(frozen=True)
class Report:
    """What somebody else's server says about a mail, in its own words."""

    outcome: Outcome
    reply: Reply


# Reading


def read(message: Message) -> Report | None:
    """What a mail reports about another; None where it reports nothing."""
    return _read_status(message) or _read_complaint(message) or _read_words(message)


def _parts(message: Message) -> Iterator[Message]:
    """Every part of a mail, but not what is inside of a mail that it returns."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            yield from _parts(part)


def _fields(message: Message, content_type: str) -> list[Message]:
    """The groups of fields in parts of this type (RFC 3464, section 2.1.2; RFC 5965, section 3)."""
    return [
        group
        for part in _parts(message)
        if part.get_content_type() == content_type and part.is_multipart()
        for group in part.get_payload()
    ]


def _read_status(message: Message) -> Report | None:
    """A delivery status notification (RFC 3464). One of ours concerns one reader.

    Where the reader's address stands for several, it has failed when none of them got the mail.
    """
    groups = _fields(message, "message/delivery-status")
    by_action = {_field(group, "Action")[:4].lower(): group for group in reversed(groups)}
    for action in ("deli", "rela", "expa"):  # delivered, relayed, expanded
        if action in by_action:
            return Report(Outcome.ACCEPTED, Reply(250))
    for action in ("fail", "erro"):  # "error" is what OpenSMTPD writes
        if action in by_action:
            group = by_action[action]
            return judge(_field(group, "Status"), _diagnostic(group))
    return Report(Outcome.ACCEPTED, Reply(250)) if "dela" in by_action else None


def _field(group: Message, name: str) -> str:
    return " ".join(str(group.get(name, "")).split())


def _diagnostic(group: Message) -> str:
    return re.sub(r"^[\w-]+;\s*", "", _field(group, "Diagnostic-Code"))


# RFC 5965, section 7.3, and "opt-out" of its drafts. The others ("not-spam", "auth-failure",
# "virus") are for a person to read.
COMPLAINTS = {"abuse", "fraud", "opt-out"}


def _read_complaint(message: Message) -> Report | None:
    for group in _fields(message, "message/feedback-report"):
        kind = _field(group, "Feedback-Type").lower()
        if kind in COMPLAINTS:
            return Report(Outcome.COMPLAINT, Reply(250, kind))
    return None


MAILER = re.compile(r"mailer.?daemon|postmaster|mail delivery (sub)?system", re.IGNORECASE)


def _is_from_mailer(message: Message) -> bool:
    return bool(MAILER.search(_field(message, "From")) or "X-Failed-Recipients" in message)


def _is_answer(message: Message) -> bool:
    """RFC 3834, section 5, and what was in use before it."""
    return (
        _field(message, "Auto-Submitted").lower().startswith("auto-replied")
        or _field(message, "Precedence").lower() == "auto_reply"
        or "X-Autoreply" in message
    )


def _has_no_sender(message: Message) -> bool:
    return _field(message, "Return-Path") == "<>"


def _read_words(message: Message) -> Report | None:
    """A bounce in a server's own words; people's mail that quotes one is none."""
    is_bounce = _has_no_sender(message) and not _is_answer(message)
    if not (is_bounce or _is_from_mailer(message)):
        return None
    try:
        temporary, permanent = flufl.bounce.all_failures(message)
    except Exception:  # noqa: BLE001 (its detectors stumble over strange mails in many ways)
        return None
    if permanent:
        status, line = _words(message)
        return judge(status, line)
    return Report(Outcome.ACCEPTED, Reply(250)) if temporary else None


def _words(message: Message) -> tuple[str, str]:
    """The status in the text of a bounce, and the line that says why."""
    texts = (part for part in _parts(message) if part.get_content_type() == "text/plain")
    content = next((part.get_payload(decode=True) for part in texts), None) or b""
    text = content.decode("utf-8", "replace")
    for pattern in (STATUS, NOBODY, REPLY_CODE):
        if found := pattern.search(text):
            line = text[: found.end()].rpartition("\n")[2] + text[found.end() :].partition("\n")[0]
            return (found.group() if pattern is STATUS else ""), line
    return "", ""


def is_automatic(message: Message) -> bool:
    return _is_from_mailer(message) or _is_answer(message) or _has_no_sender(message)


# Judging

STATUS = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")  # RFC 3463
REPLY_CODE = re.compile(r"(?<![\d.])[45]\d\d(?=[ -])")
NOBODY = re.compile(
    r"(user|recipient|account|address) (is )?(unknown|not found|invalid)"
    r"|(unknown|invalid|no such) (user|recipient|mailbox|address|account|local part)"
    r"|(user|recipient|mailbox|address|account)[^.]{0,40} (does not|doesn.t) exist"
    r"|no mailbox here|unrouteable address",
    re.IGNORECASE,
)
VAGUE = {"", "5.0.0", "5.1.0", "5.3.0", "5.5.0"}  # servers that say little, or know little
ABOUT_THE_ADDRESS = {"5.2.1", "5.4.4"}  # disabled; domain without a mail server; and 5.1.x
ABOUT_THE_MAIL = {"5.1.7", "5.1.8", "5.2.3", "5.3.4"}  # our sender, its size; and 5.5-7.x
POLICY_SUBJECTS = {"5", "6", "7"}  # protocol, content, security and policy


def judge(status: str, text: str) -> Report:
    """What a refusal means, by its status (RFC 3463) and, where that is vague, by its words."""
    found = STATUS.search(status)
    if not found or found.group() in VAGUE or found[2] == "0":
        found = STATUS.search(text) or found
    outcome = _judge(found, text)
    return report(
        outcome, text if not found or found.group() in text else f"{found.group()} {text}"
    )


def _judge(found: re.Match | None, text: str) -> Outcome:
    status = found.group() if found else ""
    if status in VAGUE and NOBODY.search(text):
        return Outcome.HARD
    if not found:
        return Outcome.SOFT
    _class, subject = found[1], found[2]
    if subject == "7" or (_class == "5" and subject in POLICY_SUBJECTS) or status in ABOUT_THE_MAIL:
        return Outcome.POLICY
    if _class == "5" and (subject == "1" or status in ABOUT_THE_ADDRESS):
        return Outcome.HARD
    return Outcome.SOFT


DEFAULT_CODES = {Outcome.SOFT: 450, Outcome.POLICY: 554}


def report(outcome: Outcome, text: str) -> Report:
    """With a code of class 4 for a soft bounce, of class 5 for the others, whatever was said."""
    default = DEFAULT_CODES.get(outcome, 550)
    said = REPLY_CODE.search(text)
    code = int(said.group()) if said and said.group()[0] == str(default)[0] else default
    return Report(outcome, Reply(code, text.strip()))
