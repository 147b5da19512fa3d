"""Workshops: what the data must obey, and what time makes of it."""

from datetime import UTC, date, datetime, time, timedelta

import html5lib
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from directory.models import Gender
from pages.models import Page
from tests import factories
from tests.editing import Editor
from workshops.models import WorkshopPage

NOW = datetime(2023, 11, 14, 12, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Registration that opens, or closes, on the clocks of New York (UTC-4 in October).
NEW_YORK = {"registration_url": "https://example.org", "timezone": "America/New_York"}
OPENS = NEW_YORK | {
    "registration_opens_on": date(2023, 10, 2),
    "registration_opens_time": time(9),
}
CLOSES = NEW_YORK | {
    "registration_closes_on": date(2023, 10, 2),
    "registration_closes_time": time(18),
}


def programme(*sessions: dict) -> dict:
    """Sessions as an editor types them; ``people`` are their persons."""
    entries = [
        {"day": 1, "kind": "plenary", "title_en": "Session", "starts": "10:00", "ends": "11:00"}
        | session
        | {"people": inline_formset([{"person": p.pk, "function": "speaker"} for p in people])}
        for session in sessions
        for people in [session.pop("people", [])]
    ]
    return nested_form_data({"sessions": inline_formset(entries)})


@pytest.fixture
def english(db) -> Editor:
    return Editor(factories.user())


# Dates and times


@pytest.mark.parametrize("action", ["", "publish"])
@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"ends_on": "2023-11-13"}, "ends_on", "A workshop must end after it starts."),
        (
            {"ends_on": "2023-11-13", "end_time": "08:00"},
            "ends_on",
            "A workshop must end after it starts.",
        ),
        ({"end_time": "08:00"}, "end_time", "A workshop must end after it starts."),
        ({"end_time": "09:00"}, "end_time", "A workshop must end after it starts."),
        (
            {"start_time": ""},
            "hours",
            "Give both times, or choose “all day” or “to be announced”.",
        ),
        (
            {"end_time": ""},
            "hours",
            "Give both times, or choose “all day” or “to be announced”.",
        ),
        (
            {
                "registration_opens_on": "2023-11-02",
                "registration_closes_on": "2023-11-01",
            },
            "registration_closes_on",
            "Registration must close after it opens.",
        ),
    ],
)
def test_impossible_times_are_refused(english, typed, field, message, action):
    page = factories.workshop()

    assert english.refused(page, action, **typed) == {field: [message]}


# What is typed to break each rule of the table.
BROKEN = {
    "workshop_ends_after_it_starts": {"ends_on": "2023-11-13"},
    "workshop_has_its_exact_times": {"end_time": ""},
    "workshop_ends_later_than_it_starts_on_one_day": {"end_time": "08:00"},
    "attendance_is_counted_when_it_has_begun": {"attendance_on": "2023-11-13"},
    "registration_closes_after_it_opens": {
        "registration_opens_on": "2023-11-02",
        "registration_opens_time": "18:00",
        "registration_closes_on": "2023-11-02",
        "registration_closes_time": "09:00",
    },
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rule_is_told_in_the_language_of_the_editor(editor, name):
    (rule,) = (rule for rule in WorkshopPage._meta.constraints if rule.name == name)
    page = factories.workshop()

    errors = editor.refused(page, **BROKEN[name])

    with translation.override(editor.language):
        assert list(errors.values()) == [[str(rule.violation_error_message)]]


def test_every_rule_of_a_page_is_broken_above():
    pages = (model for model in apps.get_models() if issubclass(model, Page))
    rules = {rule.name for model in pages for rule in model._meta.constraints}

    assert rules == set(BROKEN)


@pytest.mark.parametrize("action", ["", "publish"])
@pytest.mark.parametrize("field", ["timezone", "starts_on", "ends_on"])
def test_start_without_its_day_or_time_zone_is_refused(english, field, action):
    page = factories.workshop()

    assert english.refused(page, action, **{field: ""}) == {field: ["This field is required."]}


def test_unknown_time_zone_is_refused(english):
    response = english.try_edit(factories.workshop(), timezone="CET")

    assert list(response.context["form"].errors) == ["timezone"]


@pytest.mark.parametrize(
    "facts",
    [
        {"ends_on": date(2023, 11, 13)},
        {"end_time": time(8)},
        {"start_time": None},
    ],
)
def test_database_keeps_the_same_rules(db, facts):
    page = factories.workshop()

    with pytest.raises(IntegrityError), transaction.atomic():
        WorkshopPage.objects.filter(pk=page.pk).update(**facts)


@pytest.mark.parametrize(
    ("facts", "starts", "ends"),
    [
        ({}, "2023-11-14T08:00", "2023-11-14T16:00"),
        ({"timezone": "America/New_York"}, "2023-11-14T14:00", "2023-11-14T22:00"),
        ({"starts_on": date(2023, 6, 14)}, "2023-06-14T07:00", "2023-06-14T15:00"),
        # Summer time ends in the night between the two days.
        (
            {"starts_on": date(2023, 10, 28), "ends_on": date(2023, 10, 29)},
            "2023-10-28T07:00",
            "2023-10-29T16:00",
        ),
        ({"hours": "all_day"}, "2023-11-13T23:00", "2023-11-14T22:59:59"),
        (
            {"hours": "to_be_announced", "start_time": None, "end_time": None},
            "2023-11-13T23:00",
            "2023-11-14T22:59:59",
        ),
        (
            {"hours": "all_day", "starts_on": date(2023, 3, 26)},
            "2023-03-25T23:00",
            "2023-03-26T21:59:59",
        ),
    ],
)
def test_moments_are_those_of_the_wall_at_the_place(db, facts, starts, ends):
    page = factories.workshop(**facts)

    assert (page.starts_at, page.ends_at) == (utc(starts), utc(ends))


def test_moments_follow_an_edit(editor):
    page = factories.workshop(published=True)

    page = editor.edit(page, starts_on="2024-07-01", ends_on="2024-07-02", end_time="10:00")

    assert (page.starts_at, page.ends_at) == (utc("2024-07-01T07:00"), utc("2024-07-02T08:00"))
    assert page.day_count == 2


# Phases


@pytest.mark.parametrize(
    ("now", "phase"),
    [
        ("2023-11-14T07:59:59", "upcoming"),
        ("2023-11-14T08:00:00", "under_way"),
        ("2023-11-14T16:00:00", "under_way"),
        ("2023-11-14T16:00:01", "past"),
    ],
)
def test_phase_turns_with_the_clock_at_the_place(db, now, phase):
    page = factories.workshop()

    assert page.phase(utc(now)) == phase


def test_upcoming_and_past_are_complements_at_every_moment(db):
    """One long past, one just over, one under way, one later, one much later."""
    over, long_past, under_way, later, much_later = (
        factories.workshop(title_en=title, starts_on=day, start_time=start, end_time=end)
        for title, day, start, end in (
            ("Over", date(2023, 11, 14), time(9), time(12)),
            ("Long past", date(2022, 11, 14), time(9), time(12)),
            ("Under way", date(2023, 11, 14), time(10), time(17)),
            ("Later", date(2023, 11, 15), time(9), time(12)),
            ("Much later", date(2024, 11, 14), time(9), time(12)),
        )
    )

    assert list(WorkshopPage.objects.upcoming(NOW)) == [under_way, later, much_later]
    assert list(WorkshopPage.objects.past(NOW)) == [over, long_past]
    assert list(WorkshopPage.objects.by_time(NOW)) == [
        under_way,
        later,
        much_later,
        over,
        long_past,
    ]
    for seconds in range(-2, 3):
        now = under_way.ends_at + timedelta(seconds=seconds)
        upcoming = set(WorkshopPage.objects.upcoming(now))
        past = set(WorkshopPage.objects.past(now))
        assert (upcoming & past, len(upcoming | past)) == (set(), 5)
        assert {page for page in upcoming | past if page.phase(now) == "past"} == past


def test_lists_have_only_what_is_public(db):
    page = factories.workshop(published=True)
    factories.workshop()
    private = factories.workshop(published=True)
    private.view_restrictions.create(restriction_type="login")

    assert list(WorkshopPage.objects.for_lists()) == [page]


@pytest.mark.parametrize(
    ("facts", "now", "state"),
    [
        ({}, "2023-10-01", "none"),
        ({"registration_url": "https://example.org"}, "2023-10-01", "open"),
        ({"registration_url": "https://example.org"}, "2023-11-14", "open"),
        ({"registration_url": "https://example.org"}, "2023-11-15", "closed"),
        (
            {"registration_url": "https://example.org", "status": "cancelled"},
            "2023-10-01",
            "closed",
        ),
        (
            {"registration_url": "https://example.org", "status": "postponed"},
            "2023-10-01",
            "closed",
        ),
        ({"status": "cancelled"}, "2023-10-01", "none"),
        (OPENS, "2023-10-02T12:59:59", "later"),
        (OPENS, "2023-10-02T13:00:00", "open"),
        (OPENS | {"registration_opens_time": None}, "2023-10-02T04:00:00", "open"),
        (CLOSES, "2023-10-02T22:00:00", "open"),
        (CLOSES, "2023-10-02T22:00:01", "closed"),
        (CLOSES | {"registration_closes_time": None}, "2023-10-03T03:59:59", "open"),
        (CLOSES | {"registration_closes_time": None}, "2023-10-03T04:00:00", "closed"),
    ],
)
def test_registration_state(db, facts, now, state):
    page = factories.workshop(**facts)

    assert page.registration_state(utc(now)) == state


def test_registration_is_typed_and_printed_in_the_time_zone_of_the_workshop(editor, client):
    page = factories.workshop(published=True, starts_on=date(2123, 11, 15))

    page = editor.edit(
        page,
        timezone="America/New_York",
        registration_url="https://example.org",
        registration_closes_on="2123-10-01",
        registration_closes_time="18:00",
    )

    assert editor.form(page)["registration_closes_time"] == "18:00"
    assert page.registration_closes_at.isoformat() == "2123-10-01T18:00:00-04:00"
    html = client.get("/en/workshops/workshop/").content.decode()
    assert "Registration is open until 1 October 2123, 18:00 EDT." in html


def test_time_of_registration_without_its_day_is_refused(english):
    errors = english.refused(factories.workshop(), registration_closes_time="18:00")

    assert errors == {"registration_closes_on": ["Give the day as well."]}


# The programme


def test_days_of_the_programme_are_numbered_and_in_order_of_time(db):
    page = factories.workshop(
        starts_on=date(2023, 11, 14),
        ends_on=date(2023, 11, 16),
        sessions=[
            factories.session(title_en="Third", day=3),
            factories.session(title_en="Second", starts=time(14), ends=time(15)),
            factories.session(title_en="First"),
        ],
    )

    assert [
        (day.number, day.date, [session.title for session in day.sessions])
        for day in page.programme
    ] == [(1, date(2023, 11, 14), ["First", "Second"]), (3, date(2023, 11, 16), ["Third"])]


def test_speakers_appear_once_with_the_role_of_their_day(db):
    ada = factories.person(
        roles=[
            factories.role("minister", ends_on=date(2023, 11, 14)),
            factories.role("director", starts_on=date(2023, 11, 15)),
        ]
    )
    bruno = factories.person("Bruno", "Prova")
    page = factories.workshop(
        ends_on=date(2023, 11, 15),
        sessions=[
            factories.session(bruno, ada, day=2),
            factories.session(ada, starts=time(9), ends=time(10)),
        ],
    )

    assert [(entry.person, entry.role) for entry in page.speakers] == [
        (ada, "minister"),
        (bruno, ""),
    ]
    assert [person.role for person in page.programme[1].sessions[0].people.all()] == [
        "",
        "director",
    ]


@pytest.mark.parametrize("action", ["", "publish"])
def test_person_in_two_sessions_at_once_is_refused(english, action):
    ada, bruno = factories.person(), factories.person("Bruno", "Prova")
    typed = programme(
        {"title_en": "One", "starts": "10:00", "ends": "11:00", "people": [ada, bruno]},
        {"title_en": "Two", "starts": "10:30", "ends": "11:30", "people": [ada, bruno]},
        {"title_en": "Three", "starts": "10:45", "ends": "12:00", "people": [ada]},
    )

    errors = english.refused(factories.workshop(), action, **typed)

    assert {field: sorted(found) for field, found in errors.items()} == {
        "sessions-1-starts": [
            "Ada Esempio is already in “One” at this time.",
            "Bruno Prova is already in “One” at this time.",
        ],
        "sessions-2-starts": [
            "Ada Esempio is already in “One” at this time.",
            "Ada Esempio is already in “Two” at this time.",
        ],
    }


def test_person_may_take_part_in_sessions_one_after_the_other(english):
    ada, bruno = factories.person(), factories.person("Bruno", "Prova")
    page = factories.workshop(ends_on=date(2023, 11, 15))

    page = english.edit(
        page,
        **programme(
            {"people": [ada]},
            {"starts": "11:00", "ends": "12:00", "people": [ada]},
            {"starts": "11:00", "ends": "12:00", "people": [bruno]},
            {"day": 2, "people": [ada]},
        ),
    )

    assert page.sessions.count() == 4


@pytest.mark.parametrize("action", ["", "publish"])
def test_session_beyond_the_last_day_is_refused(english, action):
    ada = factories.person()
    typed = programme({"people": [ada]}, {"day": 3, "people": [ada]}, {"day": 3, "people": [ada]})

    errors = english.refused(factories.workshop(ends_on=date(2023, 11, 15)), action, **typed)

    message = "The workshop has no day 3: it lasts 2 days."
    assert {name: errors[name] for name in ("sessions-1-day", "sessions-2-day")} == {
        "sessions-1-day": [message],
        "sessions-2-day": [message],
    }


def test_session_of_no_length_is_refused(english):
    errors = english.refused(factories.workshop(), **programme({"starts": "11:00"}))

    assert errors == {"sessions-0-ends": ["A session must end after it starts."]}


def test_session_that_is_left_empty_is_refused_where_it_lacks_something(english):
    errors = english.refused(
        factories.workshop(), "", **programme({"title_en": "", "starts": "", "ends": ""})
    )

    assert list(errors) == ["sessions-0-starts", "sessions-0-ends"]


def test_session_needs_its_title_in_each_ready_language(english):
    page = factories.workshop(translated=True)
    typed = programme({"title_it": "Sessione"}, {"title_it": ""})

    errors = english.refused(page, **typed)

    assert list(errors) == ["sessions-1-title_it"]


def test_workshop_on_site_needs_its_venue_to_be_published(english):
    page = factories.workshop(venue=None)

    assert english.refused(page) == {"venue": ["Choose the venue, or the format “online”."]}
    assert english.edit(page, action="").live is False
    assert english.edit(page, format="online").live is True


# The calendar's count of changes


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ({"title_en": "Other", "title_it": "Altro"}, 0),
        ({"registration_note_en": "By invitation"}, 0),
        ({"status": "cancelled"}, 1),
        ({"start_time": "10:00"}, 1),
        ({"timezone": "Europe/Helsinki"}, 1),
        ({"hours": "all_day"}, 1),
        ({"starts_on": "2023-11-15", "ends_on": "2023-11-15", "status": "postponed"}, 1),
    ],
)
def test_sequence_rises_with_dates_and_status_only(editor, typed, count):
    page = factories.workshop(published=True)

    page = editor.edit(page, **typed)

    assert page.calendar_sequence == count


def test_sequence_does_not_rise_for_drafts_or_before_publication(editor):
    page = factories.workshop()
    page = editor.edit(page, action="", status="confirmed")
    page = editor.edit(page, status="postponed")
    page = editor.edit(page, action="", status="cancelled")

    assert page.calendar_sequence == 0


def test_sequence_never_falls(editor):
    page = factories.workshop(published=True)
    first = page.latest_revision
    page = editor.edit(page, status="cancelled")

    page = editor.revert(page, first, action="publish")

    assert (page.status, page.calendar_sequence) == ("planned", 2)


def test_calendar_uid_outlives_every_edit(editor):
    page = factories.workshop(published=True)

    edited = editor.edit(page, title_en="Other", status="cancelled")

    assert edited.calendar_uid == page.calendar_uid


# Words


def test_edition_is_counted_in_the_gender_of_its_series(db):
    page = factories.workshop(
        series=factories.series(name_it="giornata ICPerMed", gender=Gender.FEMININE), edition=5
    )

    assert page.edition_name == "5th ICPerMed workshop"


def test_place_is_the_venue_or_online(db):
    on_site = factories.workshop()
    online = factories.workshop(format="online")
    moved = factories.workshop(status="moved_online")

    assert [page.place for page in (on_site, online, moved)] == ["Siena, Italy", "Online", "Online"]


def test_workshop_is_complete_before_it_is_saved(db):
    with pytest.raises(ValidationError) as refusal:
        WorkshopPage(title_en="Workshop").full_clean()

    assert {"starts_on", "ends_on", "timezone"} <= set(refusal.value.message_dict)


def facts_of(client, page) -> dict[str, str]:
    """The facts beside the English page, by their terms."""
    document = html5lib.parse(
        client.get(f"/en/workshops/{page.slug}/").content, namespaceHTMLElements=False
    )
    rows = next(e for e in document.iter("dl") if e.get("class") == "facts")
    texts = ([" ".join("".join(part.itertext()).split()) for part in row] for row in rows)
    return {term: " ".join(descriptions) for term, *descriptions in texts}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"format": "on_site"}, "On site"),
        ({"format": "online"}, "Online"),
        ({"format": "hybrid"}, "On site and online"),
        ({"format": "on_site", "status": "moved_online"}, "Online"),
    ],
)
def test_visitors_read_the_format(db, client, facts, words):
    page = factories.workshop(published=True, **facts)

    assert facts_of(client, page)["Format"] == words


@pytest.mark.parametrize(
    ("sessions", "words"),
    [(0, "14 November 2023 All day"), (1, "14 November 2023")],
)
def test_day_without_times_lasts_all_day_unless_the_programme_has_times(
    db, client, sessions, words
):
    programme = [factories.session() for _number in range(sessions)]
    page = factories.workshop(published=True, hours="all_day", sessions=programme)

    assert facts_of(client, page)["Dates"] == words


@pytest.mark.parametrize(
    ("year", "attendance"),
    [(2023, "More than 90 participants (as of 14 November 2023)"), (2123, "")],
)
def test_attendance_is_shown_once_the_workshop_has_begun(db, client, year, attendance):
    page = factories.workshop(
        published=True,
        starts_on=date(year, 11, 14),
        attendance=90,
        attendance_precision="more_than",
        attendance_on=date(year, 11, 14),
    )

    assert facts_of(client, page).get("Attendance", "") == attendance
