"""What the benchmark of mail reads from smtp-sink."""

from pathlib import Path

import pytest

from scripts.bench.mail import other_than_once
from scripts.bench.postfix import Sink

pytestmark = pytest.mark.sqlite_only


def test_sink_tells_its_last_count(tmp_path: Path) -> None:
    log = tmp_path / "counters"
    log.write_bytes(b"sess=1 quit=0 mesg=1\rsess=1 quit=0 mesg=9\rsess=2 quit=1 mesg=1207\r")

    assert Sink(0, log).received == 1207


def test_sink_has_received_nothing_at_first(tmp_path: Path) -> None:
    log = tmp_path / "counters"
    log.touch()

    assert Sink(0, log).received == 0


def test_dump_names_whom_each_message_was_for(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(
        b"X-Mail-Args: <press@example.org>\nX-Rcpt-Args: <reader0@example.org>\n"
        b"Subject: One\n\nWords\n\n"
        b"X-Rcpt-Args: <reader1@example.org> NOTIFY=NEVER\nSubject: One\n\nWords\n"
    )

    recipients = list(Sink(0, tmp_path / "counters", dump).recipients())

    assert recipients == ["reader0@example.org", "reader1@example.org"]


def test_each_reader_once_is_what_is_asked_for() -> None:
    readers = [f"reader{number}@example.org" for number in range(3)]

    assert other_than_once(readers, 3) == ""
    assert other_than_once([*readers, readers[0]], 3) == "0 missing, 1 doubled"
    assert other_than_once(readers[:2], 3) == "1 missing, 0 doubled"
