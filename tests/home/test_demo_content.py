"""The demo content: loaded once, left to its editors, valid and shown in each ready language."""

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from directory.models import Organisation, Person, Venue
from home.demo import loading
from newsletter import audience, checks, claiming, launching, subscribing
from newsletter.admin.announcements import AnnouncementViewSet
from newsletter.admin.base import NAMESPACE
from newsletter.composing import compose
from newsletter.models import (
    Announcement,
    Consent,
    Delivery,
    Letter,
    Sender,
    Subscriber,
    SubscriberGroup,
    SuppressedAddress,
)
from pages import languages
from pages.models import Page, SiteSettings
from press.models import Boilerplate, PressReleasePage
from tests import factories
from tests.editing import Editor, typed_in
from workshops.models import Session, WorkshopPage

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.usefixtures("demo", "db"),
]

MODELS = [
    Announcement,
    Boilerplate,
    Consent,
    Delivery,
    Organisation,
    Page,
    Person,
    Session,
    SiteSettings,
    Subscriber,
    SubscriberGroup,
    SuppressedAddress,
    Venue,
    get_document_model(),
    get_image_model(),
]


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in MODELS}


def words() -> list[tuple]:
    """Every page's address and title in both languages, and whether visitors see it."""
    columns = (
        "url_path",
        "url_path_it",
        "title_en",
        "title_it",
        "is_ready_en",
        "is_ready_it",
        "live",
    )
    return sorted(Page.objects.values_list(*columns), key=repr)


def load_demo(*arguments: str) -> str:
    output = StringIO()
    call_command("load_demo", *arguments, stdout=output)
    return output.getvalue()


def test_second_loading_changes_nothing():
    before = counts(), words()

    said = load_demo()

    assert said == "The demo content is there: nothing was changed.\n"
    assert (counts(), words()) == before


def test_accounts_are_made_once():
    load_demo()
    users = get_user_model().objects
    before = list(users.order_by("pk").values_list("username", "password"))

    load_demo()

    assert list(users.order_by("pk").values_list("username", "password")) == before
    assert [name for name, _password in before] == list(loading.ACCOUNTS)


@pytest.fixture
def publisher() -> Editor:
    return Editor(factories.user("the-publisher", group="Publishers", language="it"))


def test_change_of_an_editor_survives_and_reset_takes_it_back(publisher):
    before = counts(), words()
    workshop = WorkshopPage.objects.order_by("pk").first()
    edited = publisher.edit(workshop, title_en="Changed", title_it="Cambiato")
    PressReleasePage.objects.order_by("pk").first().delete()
    change = counts(), words()

    load_demo()
    after = counts(), words()
    load_demo("--reset", "--no-input")

    assert (edited.title_en, edited.title_it) == ("Changed", "Cambiato")
    assert after == change != before
    assert (counts(), words()) == before
    assert Page.find_problems() == ([], [], [], [], [])


def test_reset_changes_nothing_where_nobody_can_answer(monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO())
    before = counts(), words()

    said = load_demo("--reset")

    assert said.splitlines()[-1] == "Nothing was changed. (--no-input does it without a question.)"
    assert (counts(), words()) == before


def pages() -> list[Page]:
    return list(Page.objects.filter(depth__gt=1).specific())


def test_every_page_is_valid():
    problems = {}
    for page in pages():
        try:
            page.full_clean()
        except Exception as problem:  # noqa: BLE001 (all of them are wanted)
            problems[page.url_path] = problem

    assert problems == {}


def test_every_page_is_accepted_by_the_editors_form(publisher):
    refused = {}
    for page in pages():
        response = publisher.try_edit(page)
        if response.status_code != 302:
            refused[page.url_path] = response.context["form"].errors

    assert refused == {}


def test_every_page_is_shown_in_each_language_that_it_is_ready_in(client):
    shown = {
        (page.url_path, language): client.get(
            page.address_in(language).split(":8000")[1]
        ).status_code
        for page in pages()
        if page.live
        for language in page.ready_languages
    }

    assert set(shown.values()) == {200}
    assert len(shown) > len(pages())


def test_page_that_is_not_ready_is_shown_in_the_other_language(client):
    page = next(page for page in pages() if page.live and page.ready_languages == ["en"])

    response = client.get(page.address_in("it").split(":8000")[1])

    assert response.status_code == 200
    assert response.context["page"].shown_language == "en"


def test_core_columns_are_english():
    with connection.cursor() as cursor:
        cursor.execute("SELECT title, draft_title FROM pages_page WHERE depth > 1 ORDER BY path")
        stored = cursor.fetchall()

    titles = Page.objects.filter(depth__gt=1).order_by("path").values_list("title_en", flat=True)
    assert stored == [(title, title) for title in titles]


# Newsletter


def test_subscribers_read_both_languages_and_have_agreed():
    rows = Subscriber.objects.order_by("address").values_list("address", "language")
    proofs = Consent.objects.values_list("subscriber__address", "source", "note")
    group = SubscriberGroup.objects.get()

    assert list(rows) == [
        ("alex.reader@example.org", "en"),
        ("chiara.lettrice@example.org", "it"),
        ("jamie.specimen@example.org", "en"),
        ("paolo.prova@example.org", "it"),
    ]
    assert sorted(proofs) == [(address, "editor", "demo") for address, _language in rows]
    assert str(group) == "Journalists (sample)"
    assert {str(person) for person in group.subscribers.all()} == {
        "chiara.lettrice@example.org",
        "jamie.specimen@example.org",
    }


def test_loading_sends_nothing(mailoutbox):
    assert list(Announcement.objects.values_list("state", flat=True)) == ["draft"]
    assert (Delivery.objects.count(), Letter.objects.count(), len(mailoutbox)) == (0, 0, 0)


def test_draft_is_ready_to_be_sent():
    """Jamie chose other topics, and Paolo is on a break."""
    draft = Announcement.objects.get()

    assert checks.findings(draft) == []
    assert set(audience.audience(draft).values_list("address", "language")) == {
        ("alex.reader@example.org", "en"),
        ("chiara.lettrice@example.org", "it"),
    }
    assert [block.block_type for block in draft.content] == ["text", "quote"]


def test_draft_is_accepted_by_the_editors_form(publisher):
    draft = Announcement.objects.get()
    before = said_by(draft)
    edit_handler = AnnouncementViewSet().get_edit_handler().bind_to_model(Announcement)
    form = edit_handler.get_form_class()(instance=draft, for_user=publisher.user)

    response = publisher.client.post(reverse(f"{NAMESPACE}:edit", args=[draft.pk]), typed_in(form))

    assert response.status_code == 302
    assert said_by(Announcement.objects.get()) == before


def said_by(announcement: Announcement) -> list[str]:
    return [compose(announcement, code).text for code in languages.CODES]


def test_reset_takes_back_what_was_sent_in_part_and_who_left():
    before = counts()
    draft = Announcement.objects.get()
    Announcement.objects.filter(pk=draft.pk).update(state=Announcement.State.LAUNCHING)
    launching.launch(draft.pk)
    sender = Sender.objects.create(announcement=draft, host="here", boot="now")
    claiming.claim_slots(sender.pk, 1, limit=4)
    claiming.claim_slice(draft.pk, sender.pk)
    reader = Subscriber.objects.get(address="alex.reader@example.org")
    subscribing.leave(reader.pk)
    under_way = counts()

    load_demo("--reset", "--no-input")

    assert under_way == before | {"Delivery": 2, "SuppressedAddress": 1}
    assert counts() == before
    assert set(Subscriber.objects.values_list("state", flat=True)) == {Subscriber.State.ACTIVE}
    assert Announcement.objects.get().state == Announcement.State.DRAFT


def test_reset_keeps_out_whom_it_does_not_know():
    subscribing.suppress("somebody@example.net", SuppressedAddress.Reason.COMPLAINED)

    load_demo("--reset", "--no-input")

    assert subscribing.suppression("somebody@example.net").reason == "complained"
