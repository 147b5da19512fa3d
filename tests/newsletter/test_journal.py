"""Marks that outlive their process."""

import os
import signal
import subprocess
import sys

import pytest

from newsletter import journal
from newsletter.journal import Entry, Journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "senders" / "one.journal"


def test_marks_are_read_in_the_order_of_their_places(path):
    kept = Journal(path, lanes=2)
    first, second = kept.lanes[0].begin(7), kept.lanes[1].begin(8)
    kept.lanes[0].mark(first, journal.HANDING)
    kept.lanes[1].settle(second, 8, journal.DEFERRED, 451)

    entries = journal.read(path)
    kept.close(forget=True)

    assert entries == [Entry(7, journal.HANDING, 0), Entry(8, journal.DEFERRED, 451)]
    assert journal.read(path) is None


def test_place_without_a_mark_says_nothing(path):
    kept = Journal(path, lanes=1)
    place = kept.lanes[0].begin(7)
    kept.lanes[0].begin(8)
    kept.lanes[0].mark(place, journal.HANDED)

    kept.clear(place)

    assert journal.read(path) == []
    kept.close(forget=True)


def test_ring_begins_anew_without_the_mark_that_stood_there(path):
    kept = Journal(path, lanes=1)
    first = kept.lanes[0].begin(0)
    kept.lanes[0].mark(first, journal.SENT)

    places = [kept.lanes[0].begin(number) for number in range(1, journal.RING + 1)]

    assert places[-1] == first
    assert journal.read(path) == []
    kept.close(forget=True)


def test_journal_is_alive_as_long_as_its_process(path):
    code = (
        "import sys, time; from pathlib import Path; from newsletter import journal;"
        "kept = journal.Journal(Path(sys.argv[1]), 1); place = kept.lanes[0].begin(42);"
        "kept.lanes[0].mark(place, journal.HANDED); print('ready', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()

    before = journal.is_alive(path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()

    assert (before, journal.is_alive(path)) == (True, False)
    assert journal.read(path) == [Entry(42, journal.HANDED, 0)]


def test_journal_that_is_missing_is_not_alive(path):
    assert not journal.is_alive(path)


def test_name_is_taken_once(path):
    kept = Journal(path, lanes=1)

    with pytest.raises(FileExistsError):
        Journal(path, lanes=1)

    kept.close(forget=True)
