"""Lists of subscribers for other programs, written while they are read."""

import csv
import tempfile
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from newsletter.models import Subscriber

CHUNK = 1000  # rows read at once
# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADING = (
    _("E-mail address"),
    _("Language"),
    _("State"),
    _("Topics"),
    _("Groups"),
    _("Subscribed"),
    _("How they agreed"),
    _("Agreed on"),
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(subscribers: QuerySet[Subscriber], kind: str) -> HttpResponseBase:
    """A download: ``kind`` is "csv" (with a mark that tells Excel that it is UTF-8) or "xlsx"."""
    name = f"subscribers-{timezone.localdate():%Y-%m-%d}.{kind}"
    if kind == "csv":
        response = StreamingHttpResponse(
            _csv_lines(rows(subscribers)), content_type="text/csv; charset=utf-8"
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    return FileResponse(
        _xlsx(rows(subscribers)), as_attachment=True, filename=name, content_type=XLSX
    )


def rows(subscribers: QuerySet[Subscriber]) -> Iterator[list[str]]:
    """The heading, then one row each; several topics or groups are separated by semicolons."""
    yield [str(cell) for cell in HEADING]
    people = subscribers.prefetch_related("topics", "groups", "consents")
    for person in people.iterator(chunk_size=CHUNK):
        consent = next(iter(person.consents.all()), None)
        cells = [
            person.address,
            person.language,
            person.get_state_display(),
            "; ".join(str(topic) for topic in person.topics.all()),
            "; ".join(str(group) for group in person.groups.all()),
            f"{timezone.localtime(person.subscribed_at):%Y-%m-%d}",
            (consent.note or consent.get_source_display()) if consent else "",
            f"{timezone.localtime(consent.requested_at):%Y-%m-%d}" if consent else "",
        ]
        yield [harmless(str(cell)) for cell in cells]


def harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula, without characters that XLSX cannot hold."""
    cell = ILLEGAL_CHARACTERS_RE.sub("", cell)
    return f"'{cell}" if cell.startswith(FORMULA) else cell


class _Line:
    """What ``csv.writer`` writes to; gives each line back instead of keeping it."""

    def write(self, line: str) -> bytes:
        return line.encode()


def _csv_lines(table: Iterable[list[str]]) -> Iterator[bytes]:
    writer = csv.writer(_Line())
    yield "\ufeff".encode()
    for row in table:
        yield writer.writerow(row)


def _xlsx(table: Iterable[list[str]]):
    """A file on disk: a workbook is a zip archive, which has its directory at the end."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in table:
        sheet.append(row)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book.save(file)
    file.seek(0)
    return file
