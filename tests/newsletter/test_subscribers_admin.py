"""Subscribers in the editor, in both languages, by the members of both groups."""

import pytest
from django.contrib.auth.models import Permission
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from newsletter import addresses, subscribing
from newsletter.models import (
    Consent,
    ConsentText,
    Delivery,
    Letter,
    Subscriber,
    SubscriberGroup,
    SuppressedAddress,
)
from pages import languages
from tests import factories
from tests.editing import Editor, typed_in
from tests.newsletter.conftest import launched_to

pytestmark = pytest.mark.django_db

HOME = "/admin/"
MODELS = (Subscriber, SubscriberGroup, ConsentText, SuppressedAddress)


def name(model, view: str) -> str:
    return f"wagtailsnippets_newsletter_{model._meta.model_name}:{view}"


def member(group: str, language: str = "en") -> Editor:
    return Editor(factories.user(group.lower(), group=group, language=language))


@pytest.fixture(params=languages.CODES)
def publisher(request):
    return member("Publishers", request.param)


@pytest.fixture(params=languages.CODES)
def writer(request):
    return member("Editors", request.param)


def listed(response) -> list[str]:
    return [str(row) for row in response.context["object_list"]]


# Who may what


def test_groups_have_the_rights_that_their_work_needs():
    def rights(group):
        found = Permission.objects.filter(group__name=group, content_type__app_label="newsletter")
        return set(found.values_list("codename", flat=True))

    more = {
        "add_consenttext",
        "delete_announcement",
        "delete_subscriber",
        "delete_subscribergroup",
        "delete_suppressedaddress",
        "export_subscriber",
        "import_subscriber",
        "send_announcement",
    }
    assert rights("Publishers") - rights("Editors") == more
    assert rights("Editors") - rights("Publishers") == set()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("language", languages.CODES)
@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_lists_open_for_both_groups(group, language, model):
    editor = member(group, language)
    factories.subscriber()
    factories.subscriber_group()
    subscribing.suppress("bea@example.org", "bounced")

    response = editor.get(name(model, "list"))

    assert (response.status_code, len(listed(response))) == (200, 1)
    assert editor.get(name(model, "list_results")).status_code == 200


def test_nobody_else_may_see_subscribers():
    outsider = member("Editors")
    outsider.user.groups.get().permissions.remove(
        *Permission.objects.filter(content_type__app_label="newsletter")
    )
    reader = factories.subscriber()

    responses = [
        outsider.get(name(Subscriber, "list")),
        outsider.get(name(Subscriber, "inspect"), reader.pk),
        outsider.get(name(Subscriber, "suppress"), reader.pk),
        outsider.post(name(Subscriber, "suppress"), reader.pk),
    ]

    assert [response.url for response in responses] == [HOME] * 4
    reader.refresh_from_db()
    assert reader.state == "active"


@pytest.mark.parametrize(("model", "view"), [(Subscriber, "delete"), (SubscriberGroup, "delete")])
def test_editors_cannot_delete(writer, model, view):
    reader, group = factories.subscriber(), factories.subscriber_group()
    pk = reader.pk if model is Subscriber else group.pk

    response = writer.post(name(model, view), pk)

    assert response.url == HOME
    assert model.objects.count() == 1


def test_nobody_changes_or_deletes_a_consent_text():
    admin = Editor(factories.user())
    text = factories.consent_text()

    responses = [
        admin.get(name(ConsentText, "edit"), text.pk),
        admin.post(name(ConsentText, "edit"), text.pk, text_en="Other", text_it="Altro"),
        admin.post(name(ConsentText, "delete"), text.pk),
    ]

    assert [response.url for response in responses] == [HOME] * 3
    text.refresh_from_db()
    assert text.text_en != "Other"


@pytest.mark.parametrize("model", [Subscriber, ConsentText, SuppressedAddress])
def test_nothing_is_deleted_in_bulk(model):
    admin = Editor(factories.user())
    factories.subscriber()
    subscribing.suppress("bea@example.org", "bounced")
    url = reverse("wagtail_bulk_action", args=("newsletter", model._meta.model_name, "delete"))

    admin.client.post(f"{url}?id={model.objects.get().pk}&next=/admin/")

    assert model.objects.count() == 1


# Finding


def test_subscribers_are_found_by_address_and_filters(writer):
    topic, group = factories.topic("data"), factories.subscriber_group()
    ada = factories.subscriber("ada@example.org", topics=[topic])
    bea = factories.subscriber("bea@example.it", language="it", groups=[group])
    subscribing.leave(bea.pk)
    queries = {
        ("q", "EXAMPLE.it"): [bea],
        ("language", "it"): [bea],
        ("state", "left"): [bea],
        ("topics", topic.pk): [ada],
        ("groups", group.pk): [bea],
        ("q", "nobody"): [],
    }

    found = {
        query: listed(writer.get(name(Subscriber, "list"), **dict([query]))) for query in queries
    }

    assert found == {query: [str(it) for it in expected] for query, expected in queries.items()}


def test_list_costs_the_same_with_many():
    from django.db import connection  # noqa: PLC0415

    editor = member("Editors")
    factories.subscriber("first@example.org")
    editor.get(name(Subscriber, "list"))

    with CaptureQueriesContext(connection) as few:
        editor.get(name(Subscriber, "list"))
    for number in range(40):
        factories.subscriber(f"reader-{number}@example.org")
    with CaptureQueriesContext(connection) as many:
        editor.get(name(Subscriber, "list"))

    assert len(many) == len(few)
    assert len(many) <= 30


def test_inspecting_shows_consents_and_deliveries(writer):
    reader = factories.subscriber()
    launched_to([reader])
    Delivery.objects.update(state=Delivery.State.BOUNCED, reply="550 5.1.1 nobody")

    html = writer.get(name(Subscriber, "inspect"), reader.pk).content.decode()

    expected = ("ada@example.org", factories.consent_text().text_en[:40], "550 5.1.1 nobody")
    assert [words in html for words in expected] == [True] * 3


# Adding and editing


def test_adding_by_hand_needs_how_they_agreed(writer):
    topic, group = factories.topic("data"), factories.subscriber_group()
    data = {
        "address": " Ada@Example.org",
        "language": "it",
        "topics": [topic.pk],
        "groups": [group.pk],
    }

    refused = writer.post(name(Subscriber, "add"), data=data, note="")
    accepted = writer.post(name(Subscriber, "add"), data=data, note="By phone, 3 May")

    ada = Subscriber.objects.get()
    consent = ada.consents.get()
    assert list(refused.context["form"].errors) == ["note"]
    assert accepted.status_code == 302
    assert (ada.address, ada.language, ada.state) == ("ada@example.org", "it", "active")
    assert (list(ada.topics.all()), list(ada.groups.all())) == ([topic], [group])
    assert (consent.source, consent.note) == (Consent.Source.EDITOR, "By phone, 3 May")
    assert Letter.objects.count() == 0


@pytest.mark.parametrize(
    "address", ["known@example.org", "LEFT@example.org", "bounced@example.org", "no address"]
)
def test_address_that_cannot_be_added_is_refused_in_the_form(writer, address):
    factories.subscriber("known@example.org")
    subscribing.suppress("left@example.org", "left")
    subscribing.suppress("bounced@example.org", "bounced")

    response = writer.post(
        name(Subscriber, "add"), data={"address": address, "language": "en", "note": "By phone"}
    )

    assert list(response.context["form"].errors) == ["address"]
    assert Subscriber.objects.count() == 1


def test_editing_changes_choices_and_never_the_address(writer):
    topic, group = factories.topic("data"), factories.subscriber_group()
    reader = factories.subscriber()
    form = writer.get(name(Subscriber, "edit"), reader.pk).context["form"]
    typed = {"language": "it", "topics": [topic.pk], "groups": [group.pk]}

    writer.post(
        name(Subscriber, "edit"),
        reader.pk,
        data=typed_in(form) | typed | {"address": "other@example.org", "state": "suppressed"},
    )

    reader.refresh_from_db()
    assert sorted(form.fields) == ["groups", "language", "topics"]
    assert (reader.address, reader.language, reader.state) == ("ada@example.org", "it", "active")
    assert (list(reader.topics.all()), list(reader.groups.all())) == ([topic], [group])
    assert reader.consents.count() == 1


def test_new_consent_text_is_in_force_at_once(publisher, client):
    old = factories.consent_text()

    publisher.post(name(ConsentText, "add"), text_en="New wording.", text_it="Nuovo testo.")

    new = factories.consent_text()
    assert new != old
    assert "New wording." in client.get("/en/newsletter/").content.decode()
    assert "Nuovo testo." in client.get("/it/newsletter/").content.decode()


def test_group_is_added_and_deleted(publisher):
    publisher.post(name(SubscriberGroup, "add"), data={"name": "Journalists"})
    group = SubscriberGroup.objects.get()
    factories.subscriber(groups=[group])

    publisher.post(name(SubscriberGroup, "delete"), group.pk)

    assert (SubscriberGroup.objects.count(), Subscriber.objects.count()) == (0, 1)


# Erasing


def test_erasing_asks_first_and_leaves_a_fingerprint(publisher):
    reader = factories.subscriber()
    announcement = launched_to([reader])
    publisher.post(
        name(Subscriber, "edit"), reader.pk, data={"language": "it", "topics": [], "groups": []}
    )

    page = publisher.get(name(Subscriber, "delete"), reader.pk)
    before = Subscriber.objects.count()
    response = publisher.post(name(Subscriber, "delete"), reader.pk)

    delivery = announcement.deliveries.get()
    assert (page.status_code, before) == (200, 1)
    assert response.url == reverse(name(Subscriber, "list"))
    assert Subscriber.objects.count() == 0
    assert (delivery.subscriber_id, delivery.state) == (None, Delivery.State.CANCELLED)
    assert [row.reason for row in SuppressedAddress.objects.all()] == ["erased"]
    assert [entry.label for entry in ModelLogEntry.objects.all() if "ada@" in entry.label] == []


# Suppressing


def test_suppressing_a_subscriber_asks_why(writer):
    reader = factories.subscriber()

    page = writer.get(name(Subscriber, "suppress"), reader.pk)
    before = SuppressedAddress.objects.count()
    writer.post(name(Subscriber, "suppress"), reader.pk, note="asked by phone")

    reader.refresh_from_db()
    row = SuppressedAddress.objects.get()
    assert (page.status_code, before) == (200, 0)
    assert (reader.state, row.reason, row.note) == ("suppressed", "editor", "asked by phone")


def test_any_address_can_be_suppressed_and_asked_for(writer):
    writer.post(
        name(SuppressedAddress, "add"), data={"address": "Bea@Example.org", "note": "by letter"}
    )
    asked = ("bea@EXAMPLE.org", "ada@example.org", "bea", "\0")

    found = [len(listed(writer.get(name(SuppressedAddress, "list"), q=query))) for query in asked]

    row = SuppressedAddress.objects.get()
    assert row.address_hash == addresses.hashed("bea@example.org")
    assert (row.reason, row.note) == ("editor", "by letter")
    assert found == [1, 0, 0, 1]


def test_suppressed_addresses_are_filtered_by_reason(writer):
    for reason in ("bounced", "left"):
        subscribing.suppress(f"{reason}@example.org", reason)

    response = writer.get(name(SuppressedAddress, "list"), reason="left")

    assert [row.reason for row in response.context["object_list"]] == ["left"]


def test_only_publishers_take_a_suppression_back(publisher):
    reader = factories.subscriber()
    subscribing.suppress(reader.address, "editor")
    row = SuppressedAddress.objects.get()
    editor = Editor(factories.user("writer", group="Editors"))

    refused = editor.post(name(SuppressedAddress, "delete"), row.pk)
    page = publisher.get(name(SuppressedAddress, "delete"), row.pk)
    kept = SuppressedAddress.objects.count()
    publisher.post(name(SuppressedAddress, "delete"), row.pk)

    reader.refresh_from_db()
    assert (refused.url, page.status_code, kept) == (HOME, 200, 1)
    assert (SuppressedAddress.objects.count(), reader.state) == (0, "active")
