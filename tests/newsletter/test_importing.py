"""Importing a list: any common file, a preview that tells the truth, and all or nothing."""

import csv
import io
import random
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from newsletter import exporting, importing, subscribing
from newsletter.importing import ImportRefusedError, Verdict
from newsletter.models import Consent, Subscriber, SubscriberImport, SuppressedAddress
from pages import languages
from tests import factories

pytestmark = pytest.mark.django_db

NAMESPACE = "wagtailsnippets_newsletter_subscriber"
HEADING = ["E-mail", "Language", "Topics", "Groups", "Consent", "Consent date"]
TODAY = date(2026, 5, 1)


def upload(*rows: list[str], heading=HEADING, **choices) -> SubscriberImport:
    width = len(heading)
    cells = [(n, [*row, *[""] * (width - len(row))]) for n, row in enumerate(rows, start=2)]
    facts = {"columns": importing.guess(heading), "language": "", "source": ""} | choices
    return SubscriberImport.objects.create(
        name="list.csv", data={"heading": heading, "rows": cells}, choices=facts
    )


def verdicts(*rows, **choices) -> list[tuple[str, bool]]:
    found = importing.examine(upload(*rows, **choices), TODAY)
    return [(row.verdict, bool(row.reason)) for row in found]


def xlsx(*rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# Reading


TABLE = [["E-mail", "Name"], ["ada@example.org", "Ada, È"], ["bea@example.org", 'B "x"']]


def as_csv(table, delimiter=",", lineterminator="\r\n") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=lineterminator).writerows(table)
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("lineterminator", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_common_csv_is_read(delimiter, lineterminator, encoding):
    content = as_csv(TABLE, delimiter, lineterminator).encode(encoding)

    table = importing.read("list.csv", content)

    assert [table.heading, *(cells for _number, cells in table.rows)] == TABLE


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\r\n1,2\n3,4\r5,6", [["1", "2"], ["3", "4"], ["5", "6"]]),
        ("a,b\n\n  \n1,2\n,\n", [["1", "2"]]),
        ("a,b\n1\n1,2,3\n", [["1", "", ""], ["1", "2", "3"]]),
        ("a,b\n1\0,\x012\n", [["1", "2"]]),
        ('a,b\n"1\n2",3\n', [["1\n2", "3"]]),
        ("a\n1\n2\n", [["1"], ["2"]]),
        ("a,b\n=1+1,@SUM(A1)\n", [["=1+1", "@SUM(A1)"]]),
    ],
)
def test_untidy_csv_is_read(content, rows):
    assert [cells for _number, cells in importing.read("x.csv", content.encode()).rows] == rows


def test_rows_are_numbered_as_a_spreadsheet_does():
    table = importing.read("x.csv", b"a,b\n\n1,2\n,\n3,4\n")

    assert [number for number, _cells in table.rows] == [3, 5]


def test_spreadsheet_is_read_with_what_it_shows():
    content = xlsx(
        ["E-mail", "When", "Number", "Formula", None],
        ["ada@example.org", date(2024, 5, 14), 7, "=1+1", None],
        [None, None, None, None, None],
        ["bea@example.org", datetime(2024, 5, 14, 9, 30), 1.5, None, True],  # noqa: DTZ001
    )

    table = importing.read("x.xlsx", content)

    assert table.rows == [
        (2, ["ada@example.org", "2024-05-14", "7", "", ""]),
        (4, ["bea@example.org", "2024-05-14T09:30:00", "1.5", "", "True"]),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"only a heading",
        b"PK\3\4 no zip",
        b"\xff\xfe",
        b"a,b\n" + b'"' + b"x" * 200_000 + b'",1\n',
        b"a," * 200 + b"\n1,2\n",
    ],
)
def test_what_cannot_be_read_is_refused_in_words(content):
    with pytest.raises(ImportRefusedError) as refusal:
        importing.read("x", content)

    assert str(refusal.value) != ""


def test_zip_that_is_no_spreadsheet_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")

    with pytest.raises(ImportRefusedError):
        importing.read("x.xlsx", file.getvalue())


def test_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(importing, "MAX_UNPACKED", 10_000)
    content = xlsx(["a"], *[["x" * 100 + str(n)] for n in range(1000)])

    with pytest.raises(ImportRefusedError):
        importing.read("x.xlsx", content)


@pytest.mark.parametrize(("rows", "is_read"), [(5, True), (6, False)])
def test_list_with_too_many_rows_is_refused(monkeypatch, rows, is_read):
    monkeypatch.setattr(importing, "MAX_ROWS", 5)
    content = ("a\n" + "1\n" * rows).encode()

    if is_read:
        assert len(importing.read("x.csv", content).rows) == rows
    else:
        with pytest.raises(ImportRefusedError):
            importing.read("x.csv", content)


def test_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(importing, "MAX_SIZE", 10)

    with pytest.raises(ImportRefusedError):
        importing.read("x.csv", b"a\n1234567890")


def test_random_tables_come_back_as_they_were():
    dice = random.Random(7)  # noqa: S311 (a table for a test)
    letters = "ab è€,;|\t\"'=\n"
    for _number in range(200):
        width = dice.randint(2, 5)
        cells = ["".join(dice.choices(letters, k=dice.randint(0, 8))) for _cell in range(24)]
        table = [["x", *dice.sample(cells, width - 1)] for _row in range(dice.randint(2, 6))]
        table[0] = [f"column {n}" for n in range(width)]
        plain = [[cell.strip() for cell in row] for row in table]

        found = importing.read("x.xlsx", xlsx(*[[c.replace("=", "-") for c in r] for r in table]))

        expected = [[cell.replace("=", "-") for cell in row] for row in plain]
        assert [found.heading, *(cells for _n, cells in found.rows)] == expected


# What the columns mean


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        (["Name", "E-Mail"], {"address": 1}),
        (["EMAIL", "Lang", "tags"], {"address": 0, "language": 1, "groups": 2}),
        (["consent_date", "consent source", "Mail"], {"agreed_on": 0, "source": 1, "address": 2}),
        (["a", "b"], {}),
        ([], {}),
    ],
)
def test_columns_are_guessed_from_their_headings(heading, columns):
    assert importing.guess(heading) == dict.fromkeys(importing.COLUMNS) | columns


@pytest.mark.parametrize("language", languages.CODES)
def test_names_of_our_own_columns_are_understood_in_every_language(language):
    with languages.speaking(language):
        heading = [str(label) for label in importing.COLUMNS.values()]

    assert list(importing.guess(heading).values()) == list(range(len(heading)))


# What each row is


def test_each_row_gets_its_verdict():
    factories.topic("data", name_it="Dati")
    factories.subscriber_group("Journalists")
    factories.subscriber("known@example.org")
    left = factories.subscriber("left@example.org")
    subscribing.leave(left.pk)
    erased = factories.subscriber("erased@example.org")
    subscribing.erase(erased.pk)
    subscribing.suppress("bounced@example.org", SuppressedAddress.Reason.BOUNCED)

    found = verdicts(
        ["New@Example.org", "en", "data; DATI", "journalists", "card", "2024-05-14"],
        ["new@example.org", "en", "", "", "card"],
        ["known@example.org", "en", "", "", "card"],
        ["left@example.org", "en", "", "", "card"],
        ["erased@example.org", "en", "", "", "card"],
        ["bounced@example.org", "en", "", "", "card"],
        ["no address", "en", "", "", "card"],
        ["a@example.org", "xx", "", "", "card"],
        ["b@example.org", "", "", "", "card"],
        ["c@example.org", "en", "astrology", "", "card"],
        ["d@example.org", "en", "", "friends", "card"],
        ["e@example.org", "en", "", "", ""],
        ["f@example.org", "en", "", "", "card", "yesterday"],
        ["g@example.org", "en", "", "", "card", "2026-05-02"],
        ["h@example.org", "en", "", "", "card", "2026-02-30"],
        ["=HYPERLINK(1)", "en", "", "", "card"],
        ["i@example.org\nBcc: all@example.org", "en", "", "", "card"],
    )

    assert found == [
        (Verdict.NEW, False),
        (Verdict.DUPLICATE, True),
        (Verdict.KNOWN, False),
        *[(Verdict.SUPPRESSED, True)] * 3,
        *[(Verdict.INVALID, True)] * 11,
    ]


@pytest.mark.parametrize(
    ("typed", "code"),
    [("en", "en"), ("IT", "it"), ("Italian", "it"), ("italiano", "it"), ("inglese", "en")],
)
def test_language_is_understood_by_code_and_by_name(typed, code):
    (row,) = importing.examine(upload(["a@example.org", typed, "", "", "card"]), TODAY)

    assert row.language == code


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2024-05-14", date(2024, 5, 14)),
        ("2024-05-14T09:30:00", date(2024, 5, 14)),
        ("2024-05-14 09:30:00+02:00", date(2024, 5, 14)),
        ("14/05/2024", date(2024, 5, 14)),
        ("4.5.2024", date(2024, 5, 4)),
        ("14-05-2024", date(2024, 5, 14)),
        ("", None),
    ],
)
def test_date_is_understood_with_the_day_first(typed, day):
    (row,) = importing.examine(upload(["a@example.org", "en", "", "", "card", typed]), TODAY)

    assert (row.verdict, row.agreed_on) == (Verdict.NEW, day)


def test_what_holds_for_all_rows_gives_way_to_the_row():
    rows = importing.examine(
        upload(
            ["a@example.org"], ["b@example.org", "en", "", "", "card"],
            language="it", source="form of 2023",
        ),
        TODAY,
    )  # fmt: skip

    assert [(row.language, row.source) for row in rows] == [("it", "form of 2023"), ("en", "card")]


def test_examining_a_long_list_asks_little(django_assert_max_num_queries):
    rows = [[f"reader-{number}@example.org", "en", "", "", "card"] for number in range(1000)]
    long_list = upload(*rows)

    with django_assert_max_num_queries(6):
        found = importing.examine(long_list, TODAY)

    assert importing.counted(found)[Verdict.NEW] == 1000


# Taking in


def test_new_ones_are_taken_in_with_their_proof():
    topic, group = factories.topic("data"), factories.subscriber_group("Journalists")
    factories.subscriber("known@example.org")
    rows = upload(
        ["ada@example.org", "it", "data", "Journalists", "card in Siena", "14/05/2024"],
        ["bea@example.org", "en", "", "", "card in Siena"],
        ["known@example.org", "it", "", "", "card in Siena"],
    )

    count = importing.take_in(rows)

    ada = Subscriber.objects.get(address="ada@example.org")
    consent = ada.consents.get()
    known = Subscriber.objects.get(address="known@example.org")
    assert (count, SubscriberImport.objects.count()) == (2, 0)
    assert (ada.language, ada.topics.get(), ada.groups.get()) == ("it", topic, group)
    assert (consent.source, consent.note) == (Consent.Source.IMPORT, "card in Siena")
    assert consent.confirmed_at.date() == date(2024, 5, 14)
    assert (known.language, known.consents.count()) == ("en", 1)


def test_one_faulty_row_stops_everything_unless_it_is_left_out():
    rows = upload(["ada@example.org", "en", "", "", "card"], ["bea@example.org"])

    with pytest.raises(ImportRefusedError):
        importing.take_in(rows)
    untouched = (Subscriber.objects.count(), Consent.objects.count(), rows.pk is not None)
    count = importing.take_in(rows, leave_out_faulty=True)

    assert untouched == (0, 0, True)
    assert (count, Subscriber.objects.get().address) == (1, "ada@example.org")


def test_who_left_while_the_preview_was_open_stays_out():
    rows = upload(["ada@example.org", "en", "", "", "card"])
    assert importing.examine(rows)[0].verdict == Verdict.NEW
    subscribing.suppress("ada@example.org", SuppressedAddress.Reason.LEFT)

    assert importing.take_in(rows) == 0
    assert Subscriber.objects.count() == 0


def test_list_is_taken_in_once():
    rows = upload(["ada@example.org", "en", "", "", "card"])
    again = SubscriberImport.objects.get()
    importing.take_in(rows)

    with pytest.raises(ImportRefusedError):
        importing.take_in(again)

    assert Subscriber.objects.count() == 1


def test_what_was_exported_can_be_read_again():
    factories.topic("data")
    factories.subscriber("ada@example.org", topics=[factories.topic("law")])
    content = b"".join(exporting.as_file(Subscriber.objects.all(), "csv").streaming_content)
    table = importing.read("x.csv", content)

    columns = importing.guess(table.heading)
    assert [columns[name] for name in ("address", "language", "topics", "groups")] == [0, 1, 3, 4]
    assert table.rows[0][1][:4] == ["ada@example.org", "en", "subscribed", "Law"]


# In the editor


@pytest.mark.parametrize("language", languages.CODES)
def test_three_steps_in_the_editor(client, language):
    client.force_login(factories.user("publisher", group="Publishers", language=language))
    factories.subscriber("known@example.org")
    content = (
        "E-mail,Consent\nada@example.org,card\nknown@example.org,card\nbad,card\n"
        "=cmd|' /C calc'!A0,card\n"
    )
    file = SimpleUploadedFile("list.csv", content.encode())

    form = client.get(reverse(f"{NAMESPACE}:import"))
    read = client.post(reverse(f"{NAMESPACE}:import"), {"file": file})
    columns = client.get(read.url)
    missing = client.post(read.url, {"address": "0", "source": "1"})
    chosen = client.post(read.url, {"address": "0", "source": "1", "language_of_all": "it"})
    preview = client.get(chosen.url)
    refused = client.post(chosen.url, {"action": "import"})
    before = Subscriber.objects.count()
    done = client.post(chosen.url, {"action": "without-faulty"})

    statuses = [page.status_code for page in (form, columns, missing, preview, refused)]
    counts = dict(preview.context["counts"])
    assert statuses == [200] * 5
    assert columns.context["form"].initial["address"] == 0
    assert list(missing.context["form"].errors) == ["language"]
    assert counts == {
        Verdict.NEW: 1,
        Verdict.KNOWN: 1,
        Verdict.DUPLICATE: 0,
        Verdict.SUPPRESSED: 0,
        Verdict.INVALID: 2,
    }
    assert 'value="import"' not in preview.content.decode()
    assert before == 1
    assert done.url == reverse(f"{NAMESPACE}:list")
    assert Subscriber.objects.get(address="ada@example.org").language == "it"


def test_unreadable_file_is_told_in_the_form(client):
    client.force_login(factories.user("publisher", group="Publishers"))
    file = SimpleUploadedFile("list.xlsx", b"PK\3\4 broken")

    response = client.post(reverse(f"{NAMESPACE}:import"), {"file": file})

    assert (response.status_code, list(response.context["form"].errors)) == (200, ["file"])
    assert SubscriberImport.objects.count() == 0


def test_list_can_be_deleted_instead(client):
    client.force_login(factories.user("publisher", group="Publishers"))
    rows = upload(["ada@example.org", "en", "", "", "card"])

    client.post(reverse(f"{NAMESPACE}:import_preview", args=(rows.pk,)), {"action": "cancel"})

    assert (SubscriberImport.objects.count(), Subscriber.objects.count()) == (0, 0)


@pytest.mark.parametrize("name", ["import", "import_columns", "import_preview"])
def test_editors_cannot_import(client, name):
    client.force_login(factories.user("editor", group="Editors"))
    rows = upload(["ada@example.org", "en", "", "", "card"])
    args = () if name == "import" else (rows.pk,)

    responses = [
        client.get(reverse(f"{NAMESPACE}:{name}", args=args)),
        client.post(reverse(f"{NAMESPACE}:{name}", args=args), {"action": "import"}),
    ]

    assert [response.url for response in responses] == [reverse("wagtailadmin_home")] * 2
    assert Subscriber.objects.count() == 0
