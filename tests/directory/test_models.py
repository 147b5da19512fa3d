"""People with the roles of their day, and places that can be found."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from directory.models import Contact, Person, Venue
from tests import factories


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(2019, 12, 31), None),
        (date(2020, 1, 1), "adviser"),
        (date(2022, 6, 30), "adviser"),
        (date(2022, 7, 1), "minister"),
        (date(2030, 1, 1), "minister"),
    ],
)
def test_role_is_the_one_held_on_the_day(db, day, title):
    person = factories.person(
        roles=[
            factories.role("minister", starts_on=date(2022, 7, 1), sort_order=0),
            factories.role(
                "adviser", starts_on=date(2020, 1, 1), ends_on=date(2022, 6, 30), sort_order=1
            ),
        ]
    )

    role = person.role_on(day)

    assert (role and role.title) == title


def test_role_without_dates_is_held_always(db):
    person = factories.person(
        roles=[
            factories.role("minister", starts_on=date(2022, 7, 1), sort_order=0),
            factories.role("researcher", sort_order=1),
        ]
    )

    held = [person.role_on(day).title for day in (date(2020, 1, 1), date(2023, 1, 1))]

    assert held == ["researcher", "minister"]


def test_first_role_in_the_editors_order_wins(db):
    person = factories.person(
        roles=[factories.role("second", sort_order=1), factories.role("first", sort_order=0)]
    )

    assert Person.objects.get(pk=person.pk).role_on(date(2023, 1, 1)).title == "first"


def test_person_without_a_role_has_none(db):
    assert factories.person().role_on(date(2023, 1, 1)) is None


def test_role_reads_in_the_language_of_the_page(db):
    organisation = factories.organisation(name_en="Tuscany Region", name_it="Regione Toscana")
    role = factories.role("councillor", title_it="assessora", organisation=organisation)
    person = factories.person(roles=[role])

    def read(language):
        with translation.override(language):
            return str(person.role_on(date(2023, 1, 1)))

    assert [read("en"), read("it")] == ["councillor, Tuscany Region", "assessora, Regione Toscana"]


def test_people_come_with_their_roles_in_two_queries(db, django_assert_num_queries):
    for name in ("Ada", "Bea", "Carla"):
        factories.person(name, roles=[factories.role(organisation=factories.organisation())])

    with django_assert_num_queries(2):
        roles = [str(person.role_on(date(2023, 1, 1))) for person in Person.objects.all()]

    assert roles == ["director, Institute"] * 3


def test_role_that_ends_before_it_starts_is_refused(editor):
    person = factories.person()
    name = person.snippet_viewset.get_url_name("edit")
    role = {"title_en": "director", "starts_on": "2023-01-02", "ends_on": "2023-01-01"}
    typed = {"given_name": "Ada", "family_name": "Esempio", "gender": "feminine"}

    response = editor.post(
        name, person.pk, data=typed | nested_form_data({"roles": inline_formset([role])})
    )

    formset = response.context["form"].formsets["roles"]
    assert formset[0].errors.keys() == {"ends_on"}
    assert formset[0]["title_en"].value() == "director"


def test_snippet_saved_in_any_admin_keeps_both_languages(editor):
    venue = factories.venue()
    name = venue.snippet_viewset.get_url_name("edit")
    typed = {
        "name_en": "Old Hospital",
        "name_it": "Santa Maria della Scala",
        "city_en": "Siena",
        "city_it": "Siena",
        "country": "IT",
        "directions_en": "",
        "directions_it": "",
        "accessibility_en": "",
        "accessibility_it": "",
    }
    form = {key: value or "null" for key, value in typed.items()}

    response = editor.post(name, venue.pk, data=form)

    venue = Venue.objects.get(pk=venue.pk)
    assert response.status_code == 302
    assert (venue.name_en, venue.name_it) == ("Old Hospital", "Santa Maria della Scala")


@pytest.mark.parametrize(
    "place",
    [
        {"latitude": 43.3},
        {"longitude": 11.3},
        {"latitude": 91, "longitude": 11.3},
        {"latitude": 43.3, "longitude": 181},
    ],
)
def test_place_that_is_not_on_earth_is_refused(db, place):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.venue(**place)
    with pytest.raises(ValidationError):
        Venue(name_en="Hall", city_en="Siena", country="IT", **place).full_clean()


def test_contact_that_cannot_be_reached_is_refused(db):
    with pytest.raises(ValidationError) as refusal:
        Contact(name_en="Press").full_clean()

    assert refusal.value.message_dict == {
        "email": ["Give an e-mail address or a telephone number."]
    }


def test_city_has_one_key_in_every_language(db):
    venue = factories.venue(city_en="Florence", city_it="Firenze")

    with translation.override("it"):
        key = venue.city_key

    assert key == venue.city_key == "florence"


def test_topic_key_is_unique(db):
    factories.topic("data")

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.topic("data")
