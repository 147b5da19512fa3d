"""Taking in a list of addresses: read the file, see what each row is, then all of it or nothing."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from itertools import islice

import openpyxl
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from directory.models import Topic
from newsletter import addresses
from newsletter.models import (
    Consent,
    Subscriber,
    SubscriberGroup,
    SubscriberImport,
    SuppressedAddress,
)
from pages import formats, languages

MAX_ROWS = 100_000
MAX_COLUMNS = 100
MAX_SIZE = 20 * 1024 * 1024  # bytes
MAX_UNPACKED = 200 * 1024 * 1024
BATCH = 500  # values in one query

DELIMITERS = ",;\t|"
COLUMNS = {
    "address": gettext_lazy("E-mail address"),
    "language": gettext_lazy("Language"),
    "topics": gettext_lazy("Topics"),
    "groups": gettext_lazy("Groups"),
    "source": gettext_lazy("How they agreed"),
    "agreed_on": gettext_lazy("Agreed on"),
}
# What people call their columns. (The context is written out: xgettext reads no variable.)
GUESSES = {
    "address": pgettext_lazy(
        "headings of a column in somebody's list, separated by commas",
        "e-mail, email, mail, e-mail address, email address",
    ),
    "language": pgettext_lazy(
        "headings of a column in somebody's list, separated by commas",
        "language, lang, locale",
    ),
    "topics": pgettext_lazy(
        "headings of a column in somebody's list, separated by commas",
        "topics, topic, interests",
    ),
    "groups": pgettext_lazy(
        "headings of a column in somebody's list, separated by commas",
        "groups, group, list, tags",
    ),
    "source": pgettext_lazy(
        "headings of a column in somebody's list, separated by commas",
        "consent, consent source, source, how they agreed",
    ),
    "agreed_on": pgettext_lazy(
        "headings of a column in somebody's list, separated by commas",
        "consent date, agreed on, date, subscribed, opt-in",
    ),
}
# Days first, as both languages of the house write them; ISO 8601 is tried before.
DATE_FORMATS = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y")


class ImportRefusedError(Exception):
    """The list cannot be read or taken in; the message is for the editor."""


@dataclass(frozen=True)
class Table:
    """Rows with their numbers, as a spreadsheet counts; each is as long as the heading."""

    heading: list[str]
    rows: list[tuple[int, list[str]]]


class Verdict(models.TextChoices):
    """What becomes of a row."""

    NEW = "new", gettext_lazy("new")
    KNOWN = "known", gettext_lazy("already subscribed")
    DUPLICATE = "duplicate", gettext_lazy("twice in the list")
    SUPPRESSED = "suppressed", gettext_lazy("suppressed")
    INVALID = "invalid", gettext_lazy("faulty")


@dataclass
class Row:
    """One row of the list and what was made of it. ``number`` as a spreadsheet counts."""

    number: int
    typed: str
    verdict: str = Verdict.NEW
    reason: str = ""
    address: str = ""
    language: str = ""
    topics: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    source: str = ""
    agreed_on: date | None = None


# Reading


def read(name: str, content: bytes) -> Table:
    """The table in a file: CSV of any common kind, or the first sheet of an XLSX."""
    if len(content) > MAX_SIZE:
        raise ImportRefusedError(
            _("The file is larger than %(size)s.") % {"size": formats.file_size(MAX_SIZE)}
        )
    found = _xlsx_rows(content) if content.startswith(b"PK\3\4") else _csv_rows(content)
    rows = list(islice(_tidy(found), MAX_ROWS + 2))
    if len(rows) > MAX_ROWS + 1:
        raise ImportRefusedError(
            _("The list has more than %(count)s rows. Divide it.")
            % {"count": formats.number(MAX_ROWS)}
        )
    if len(rows) < 2:
        raise ImportRefusedError(
            _("The list needs a row of headings and at least one row below it.")
        )
    width = max(len(cells) for _number, cells in rows)
    if width > MAX_COLUMNS:
        raise ImportRefusedError(_("The list has too many columns."))
    (_number, heading), *rest = [(n, cells + [""] * (width - len(cells))) for n, cells in rows]
    return Table(heading, rest)


def _tidy(rows: Iterable[Iterable[object]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them."""
    for number, row in enumerate(rows, start=1):
        cells = [_as_text(cell) for cell in row]
        if any(cells):
            yield number, cells


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return ILLEGAL_CHARACTERS_RE.sub("", str(cell)).strip()


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    try:
        yield from reader
    except csv.Error as error:
        raise ImportRefusedError(
            _("Line %(line)s of the file cannot be read: %(error)s")
            % {"line": reader.line_num, "error": error}
        ) from error


def _decoded(content: bytes) -> str:
    """By the mark at its beginning, else UTF-8, else what spreadsheets on Windows write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return text.replace("\0", "")


def _delimiter(text: str) -> str:
    """The one that most of the first lines are divided by, equally often."""
    lines = [line for line in text.split("\n", 50)[:50] if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in lines)
        counts.pop(0, None)
        return max(((times, count) for count, times in counts.items()), default=(0, 0))

    return max(DELIMITERS, key=score)


def _xlsx_rows(content: bytes) -> Iterator[tuple]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise ImportRefusedError(_("The spreadsheet is too large when unpacked."))
        # Values, not formulas: what the spreadsheet showed when it was last saved.
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file claims about its size may be wrong
        yield from sheet.iter_rows(values_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, ValueError,
            SyntaxError, TypeError, AttributeError, OSError, EOFError) as error:  # fmt: skip
        raise ImportRefusedError(_("This spreadsheet cannot be read. Save it as CSV.")) from error


# What the columns mean


def guess(heading: list[str]) -> dict[str, int | None]:
    """For each of ``COLUMNS`` the number of the column that is called so in some language."""
    found: dict[str, int | None] = dict.fromkeys(COLUMNS)
    names = [_plain(cell) for cell in heading]
    for name in COLUMNS:
        known = _known_headings(name)
        taken = set(found.values())
        found[name] = next(
            (n for n, cell in enumerate(names) if cell in known and n not in taken), None
        )
    return found


def _known_headings(name: str) -> set[str]:
    words: set[str] = set()
    for language in languages.CODES:
        with languages.speaking(language):
            words.add(_plain(str(COLUMNS[name])))
            words |= {_plain(word) for word in str(GUESSES[name]).split(",")}
    return words


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


# What each row is


@dataclass(frozen=True)
class Choices:
    """Which column holds what (numbers from 0), and what holds for rows without it."""

    columns: dict[str, int | None]
    language: str = ""
    source: str = ""

    @classmethod
    def load(cls, stored: dict) -> "Choices":
        return cls(stored["columns"], stored["language"], stored["source"])

    def dump(self) -> dict:
        return {"columns": self.columns, "language": self.language, "source": self.source}


def examine(upload: SubscriberImport, today: date | None = None) -> list[Row]:
    """Every row with its verdict, as the tables stand now."""
    choices = Choices.load(upload.choices)
    reader = _RowReader(choices, today or timezone.localdate())
    rows = [reader.read(number, cells) for number, cells in upload.data["rows"]]
    _mark_duplicates(rows)
    _mark_suppressed(rows)
    _mark_known(rows)
    return rows


class _RowReader:
    def __init__(self, choices: Choices, today: date) -> None:
        self.choices = choices
        self.today = today
        self.languages = _names_of_languages()
        self.topics = _names_of(Topic.objects.all(), "name", "slug")
        self.groups = _names_of(SubscriberGroup.objects.all(), "name")

    def read(self, number: int, cells: list[str]) -> Row:
        found = {
            name: cells[column] if column is not None and column < len(cells) else ""
            for name, column in self.choices.columns.items()
        }
        row = Row(number, typed=found["address"][:320])
        try:
            row.address = addresses.normalise(found["address"])
            row.language = self._language(found["language"])
            row.topics = _looked_up(found["topics"], self.topics, _("There is no topic “%s”."))
            row.groups = _looked_up(found["groups"], self.groups, _("There is no group “%s”."))
            row.source = self._source(found["source"])
            row.agreed_on = self._day(found["agreed_on"])
        except ValidationError as error:
            row.verdict, row.reason = Verdict.INVALID, error.messages[0]
        return row

    def _language(self, typed: str) -> str:
        if not typed and self.choices.language:
            return self.choices.language
        if not typed:
            raise ValidationError(_("The language is missing."))
        try:
            return self.languages[_plain(typed)]
        except KeyError:
            raise ValidationError(
                _("“%(language)s” is no language of this site.") % {"language": typed[:40]}
            ) from None

    def _source(self, typed: str) -> str:
        source = typed or self.choices.source
        if not source:
            raise ValidationError(_("It is not said how this person agreed."))
        return source[:255]

    def _day(self, typed: str) -> date | None:
        if not typed:
            return None
        day = _parsed_day(typed)
        if day is None:
            raise ValidationError(_("“%(date)s” is no date.") % {"date": typed[:40]})
        if day > self.today:
            raise ValidationError(_("The date of consent lies in the future."))
        return day


@lru_cache(maxsize=1024)
def _parsed_day(typed: str) -> date | None:
    try:
        if day := parse_date(typed):
            return day
        if moment := parse_datetime(typed):
            return moment.date()
    except ValueError:  # well formed, but no day of the calendar
        return None
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(typed, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None


def _names_of_languages() -> dict[str, str]:
    """Each language by its code and by its name in every language."""
    names = {}
    for code, _name in settings.LANGUAGES:
        names[code] = code
        for spoken in languages.CODES:
            names[_plain(formats.language_name(code, language=spoken))] = code
    return names


def _names_of(queryset, *fields: str) -> dict[str, int]:
    names: dict[str, int] = {}
    for item in queryset:
        for name in fields:
            suffixed = [f"{name}_{code}" for code in languages.CODES]
            for column in [name, *suffixed]:
                if value := getattr(item, column, ""):
                    names[_plain(value)] = item.pk
    return names


def _looked_up(typed: str, known: dict[str, int], complaint: str) -> list[int]:
    found = []
    for part in typed.replace(";", ",").replace("|", ",").split(","):
        name = _plain(part)
        if not name:
            continue
        if name not in known:
            raise ValidationError(complaint.replace("%s", part.strip()[:80]))
        found.append(known[name])
    return list(dict.fromkeys(found))


def _valid(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.verdict == Verdict.NEW]


def _mark_duplicates(rows: list[Row]) -> None:
    first: dict[str, int] = {}
    for row in _valid(rows):
        number = first.setdefault(row.address, row.number)
        if number != row.number:
            row.verdict = Verdict.DUPLICATE
            row.reason = _("The same as row %(number)s.") % {"number": number}


def _mark_suppressed(rows: list[Row]) -> None:
    hashes = {addresses.hashed(row.address): row for row in _valid(rows)}
    for batch in _batches(hashes):
        for suppressed in SuppressedAddress.objects.filter(address_hash__in=batch):
            row = hashes[suppressed.address_hash]
            row.verdict, row.reason = Verdict.SUPPRESSED, suppressed.get_reason_display()


def _mark_known(rows: list[Row]) -> None:
    by_address = {row.address: row for row in _valid(rows)}
    for batch in _batches(by_address):
        known = Subscriber.objects.filter(address__in=batch)
        for address, state in known.values_list("address", "state"):
            row = by_address[address]
            if state == Subscriber.State.ACTIVE:
                row.verdict = Verdict.KNOWN
            else:
                row.verdict = Verdict.SUPPRESSED
                row.reason = str(Subscriber.State(state).label)


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    values = iter(values)
    while batch := list(islice(values, BATCH)):
        yield batch


# Taking in


def counted(rows: list[Row]) -> dict[str, int]:
    """How many rows have each verdict, also where it is none."""
    counts = Counter(row.verdict for row in rows)
    return {verdict: counts[verdict] for verdict in Verdict}


def take_in(upload: SubscriberImport, *, leave_out_faulty: bool = False) -> int:
    """Subscribe the new ones, all together; returns how many. Afterwards the upload is gone.

    With a faulty row nothing happens (``ImportRefusedError``), unless those are to be left out.
    """
    rows = examine(upload)  # slow: outside the transaction, which keeps others from writing
    if counted(rows)[Verdict.INVALID] and not leave_out_faulty:
        raise ImportRefusedError(_("Nothing was imported, because the list has faulty rows."))
    with transaction.atomic():
        deleted, _of_each = SubscriberImport.objects.filter(pk=upload.pk).delete()
        if not deleted:
            raise ImportRefusedError(_("This list was taken in or deleted before."))
        _mark_suppressed(rows)
        _mark_known(rows)
        return _subscribe(_valid(rows))


def _subscribe(rows: list[Row]) -> int:
    made = Subscriber.objects.bulk_create(
        [Subscriber(address=row.address, language=row.language) for row in rows], batch_size=BATCH
    )
    _link(Subscriber.topics.through, "topic_id", made, [row.topics for row in rows])
    _link(Subscriber.groups.through, "subscribergroup_id", made, [row.groups for row in rows])
    Consent.objects.bulk_create(
        [_consent(subscriber, row) for subscriber, row in zip(made, rows, strict=True)],
        batch_size=BATCH,
    )
    return len(made)


def _link(through, column: str, subscribers: list[Subscriber], keys: list[list[int]]) -> None:
    through.objects.bulk_create(
        [
            through(subscriber_id=subscriber.pk, **{column: key})
            for subscriber, found in zip(subscribers, keys, strict=True)
            for key in found
        ],
        batch_size=BATCH,
    )


def _consent(subscriber: Subscriber, row: Row) -> Consent:
    agreed_at = subscriber.subscribed_at
    if row.agreed_on:
        agreed_at = timezone.make_aware(datetime.combine(row.agreed_on, time(12)))
    return Consent(
        subscriber=subscriber,
        language=row.language,
        source=Consent.Source.IMPORT,
        note=row.source,
        requested_at=agreed_at,
        confirmed_at=agreed_at,
    )
