"""Announcements in the editor: drafting, checking, sending, and who got them."""

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import html5lib
import pytest
from django.contrib.auth.models import Permission
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from newsletter import announcing, tokens
from newsletter.admin.announcements import AnnouncementViewSet
from newsletter.admin.base import NAMESPACE
from newsletter.drafting import shortened
from newsletter.models import (
    Announcement,
    AnnouncementVariant,
    Delivery,
    DeliverySlice,
    Relay,
    Sender,
    Subscriber,
)
from pages import languages
from tests import factories
from tests.client import StrictClient
from tests.editing import Editor, typed_in
from tests.newsletter.conftest import launched, readers

pytestmark = pytest.mark.django_db

State = Announcement.State
QUOTE = {
    "text": "We can do better.",
    "language": "en",
    "translation": "Possiamo fare di meglio.",
    "person": None,
    "said_on": None,
    "name": "Ada Esempio",
    "role": "",
}


def url(name: str, *args) -> str:
    return reverse(f"{NAMESPACE}:{name}", args=args)


def parse(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def words(element) -> str:
    return " ".join("".join(element.itertext()).split())


def form_of(editor, announcement) -> dict:
    """What the browser would post if nothing was changed."""
    form_class = AnnouncementViewSet().get_edit_handler().bind_to_model(Announcement)
    form = form_class.get_form_class()(instance=announcement, for_user=editor.user)
    return typed_in(form)


def ready_page(**fields):
    facts = {"title_en": "Trust", "title_it": "Fiducia"} | fields
    return factories.workshop(published=True, translated=True, **facts)


def ready(**fields):
    """A draft that nothing stands in the way of."""
    if not Subscriber.objects.exists():
        readers(3)
    return factories.announcement(**{"page": ready_page()} | fields)


def state_of(announcement) -> str:
    return Announcement.objects.get(pk=announcement.pk).state


def put(announcement, state, **facts):
    if state in {State.SENDING, State.PAUSED, State.FINISHED}:
        facts.setdefault("launched_at", timezone.now())
    if state == State.SCHEDULED:
        facts.setdefault("send_at", timezone.now() + timedelta(days=1))
    Announcement.objects.filter(pk=announcement.pk).update(state=state, **facts)
    announcement.refresh_from_db()
    return announcement


def buttons(document) -> set[str]:
    """The last part of the addresses that the page's forms and links of sending lead to."""
    targets = [f.get("action") or "" for f in document.iter("form")]
    targets += [a.get("href") or "" for a in document.iter("a")]
    names = {"send", "schedule", "cancel", "links", "test", "copy", "edit"}
    found = set()
    for target in targets:
        parts = target.strip("/").split("/")
        if "announcement" not in parts:
            continue
        if "deed" in parts:
            found.add(parts[-1])
        else:
            found |= names & set(parts[parts.index("announcement") :])
    return found


# Drafting


def test_draft_is_written_in_the_form(editor):
    page = ready_page()
    topic = factories.topic()
    data = form_of(editor, Announcement()) | {
        "subject_en": "News",
        "subject_it": "Notizie",
        "page": page.pk,
        "topics": [topic.pk],
        "languages": ["it"],
    }

    response = editor.client.post(url("add"), data)

    made = Announcement.objects.get()
    assert (response.status_code, response.url) == (302, url("status", made.pk))
    assert (made.subject_en, made.subject_it, made.page_id) == ("News", "Notizie", page.pk)
    assert (list(made.topics.all()), made.languages) == ([topic], ["it"])
    assert (made.created_by, made.state) == (editor.user, State.DRAFT)


def test_draft_needs_a_subject_in_some_language(editor):
    response = editor.client.post(url("add"), form_of(editor, Announcement()))

    assert list(response.context["form"].errors) == ["subject_en"]
    assert Announcement.objects.count() == 0


def test_announce_opens_a_draft_in_the_words_of_the_page(editor):
    page = ready_page(
        introduction_en="Two days in Siena.",
        introduction_it="Due giorni a Siena.",
        search_description_en="5th workshop.",
        body_en=factories.body(("quote", QUOTE | {"translation": ""})),
        body_it=factories.body(("quote", QUOTE)),
    )

    response = editor.client.get(url("add"), {"page": page.pk})

    form = response.context["form"]
    assert {name: form[name].value() for name in form.fields if "_en" in name or "_it" in name} == {
        "subject_en": "Trust",
        "subject_it": "Fiducia",
        "preheader_en": "5th workshop.",
        "preheader_it": "Due giorni a Siena.",
        "lead_en": "Two days in Siena.",
        "lead_it": "Due giorni a Siena.",
    }
    assert form["page"].value() == page.pk
    assert [b.value["translation"] for b in form["content"].value()] == [QUOTE["translation"]]
    assert Announcement.objects.count() == 0


def test_announce_leaves_a_language_empty_that_the_page_is_not_ready_in(editor):
    page = factories.workshop(published=True, title_it="Una bozza")

    form = editor.client.get(url("add"), {"page": page.pk}).context["form"]

    assert (form["subject_en"].value(), form["subject_it"].value() or "") == ("Workshop", "")


def test_announce_warns_of_earlier_announcements(editor):
    page = ready_page()
    earlier = put(factories.announcement(page=page, subject_en="Before"), State.FINISHED)
    put(factories.announcement(page=page, subject_en="Stopped"), State.CANCELLED)

    html = editor.client.get(url("add"), {"page": page.pk}).content.decode()

    assert html.count(url("status", earlier.pk)) == 1
    assert "Stopped" not in html


@pytest.mark.parametrize("page", ["0", "nothing", "99999999", ""])
def test_announce_of_no_page_is_an_empty_form(editor, page):
    form = editor.client.get(url("add"), {"page": page}).context["form"]

    assert (form["page"].value(), form["subject_en"].value()) == (None, None)


def test_announce_button_stands_on_workshops_and_releases_only(editor):
    pages = [ready_page(), factories.release(published=True), factories.text_page(published=True)]

    found = [
        f"{url('add')}?page={page.pk}"
        in editor.get("wagtailadmin_pages:edit", page.pk).content.decode()
        for page in pages
    ]

    assert found == [True, True, False]


def test_announce_button_stands_in_lists_of_pages(editor):
    page = ready_page()

    html = editor.get("wagtailadmin_explore", page.get_parent().pk).content.decode()

    assert html.count(f"{url('add')}?page={page.pk}") == 1


def test_announcing_buttons_send_nothing(editor):
    page = ready_page()

    editor.edit(page, "publish", title_en="Changed")
    editor.client.get(url("add"), {"page": page.pk})

    assert Announcement.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("twelve chars", "twelve chars"),
        ("thirteen char", "thirteen…"),
        ("one, two, three", "one, two…"),
        ("unbrokenandlong", "unbrokenand…"),
    ],
)
def test_words_are_cut_between_words(text, expected):
    assert shortened(text, 12) == expected
    assert len(expected) <= 12


def test_draft_is_changed(editor):
    announcement = factories.announcement()

    response = editor.client.post(
        url("edit", announcement.pk), form_of(editor, announcement) | {"subject_it": "Altro"}
    )

    announcement.refresh_from_db()
    assert (response.status_code, announcement.subject_it) == (302, "Altro")


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
def test_only_drafts_are_changed_or_deleted(editor, state):
    announcement = factories.announcement()
    data = form_of(editor, announcement) | {"subject_en": "Changed"}
    put(announcement, state)

    responses = [
        editor.client.get(url("edit", announcement.pk)),
        editor.client.post(url("edit", announcement.pk), data),
        editor.client.get(url("delete", announcement.pk)),
        editor.client.post(url("delete", announcement.pk)),
    ]

    announcement.refresh_from_db()
    status = url("status", announcement.pk)
    assert [(r.status_code, r.url) for r in responses] == [(302, status)] * 4
    assert announcement.subject_en == "News"


def test_bulk_action_deletes_drafts_only(editor):
    draft, sent = factories.announcement(), put(factories.announcement(), State.SCHEDULED)
    address = reverse("wagtail_bulk_action", args=["newsletter", "announcement", "delete"])

    editor.client.post(f"{address}?id={draft.pk}&id={sent.pk}&next=/admin/")

    assert list(Announcement.objects.all()) == [sent]


def test_draft_is_deleted(editor):
    announcement = factories.announcement()

    editor.client.post(url("delete", announcement.pk))

    assert Announcement.objects.count() == 0


def test_announcement_is_used_again_as_a_draft(editor):
    topic = factories.topic()
    source = put(
        factories.announcement(("quote", QUOTE), page=ready_page(), topics=[topic]), State.FINISHED
    )

    form = editor.client.get(url("copy", source.pk)).context["form"]
    editor.client.post(url("copy", source.pk), typed_in(form))

    made = Announcement.objects.exclude(pk=source.pk).get()
    assert (made.subject_it, made.page_id, len(made.content)) == ("Notizie", source.page_id, 1)
    assert list(made.topics.all()) == [topic]
    assert (made.state, made.launched_at, made.key == source.key) == (State.DRAFT, None, False)


def test_saving_a_form_does_not_undo_what_the_engine_did():
    announcement = factories.announcement()
    Announcement.objects.filter(pk=announcement.pk).update(state=State.SENDING, problem="Broken")

    announcement.subject_en = "Changed"
    announcement.save()

    announcement.refresh_from_db()
    assert (announcement.state, announcement.problem) == (State.SENDING, "Broken")


# Previews


@pytest.mark.parametrize("shape", ["", "-dark", "-text"])
@pytest.mark.parametrize("language", languages.CODES)
def test_preview_shows_the_mail_in_each_language(editor, language, shape):
    announcement = factories.announcement(page=ready_page(), lead_en="Come.", lead_it="Venite.")
    address = url("preview_on_edit", announcement.pk)

    saved = editor.client.post(address, form_of(editor, announcement) | {"lead_en": "Come now."})
    response = editor.client.get(address, {"mode": f"{language}{shape}"})

    html = response.content.decode()
    lead = {"en": "Come now.", "it": "Venite."}[language]
    assert json.loads(saved.content) == {"is_valid": True, "is_available": True}
    assert (response.status_code, parse(response).get("lang")) == (200, language)
    assert (lead in html, "\0" in html) == (True, False)
    assert ("@media all" in html) == (shape == "-dark")
    assert ("<pre>" in html) == (shape == "-text")
    assert "style-src 'self' 'unsafe-inline'" in response.headers["Content-Security-Policy"]
    assert "script-src 'self';" in f"{response.headers['Content-Security-Policy']};"


def test_preview_of_a_new_draft_needs_nothing_saved(editor):
    address = url("preview_on_add")
    data = form_of(editor, Announcement()) | {"subject_en": "News"}

    editor.client.post(address, data)
    response = editor.client.get(address, {"mode": "en"})

    assert parse(response).find(".//h1").text == "News"
    assert Announcement.objects.count() == 0


def test_every_preview_mode_has_a_name():
    modes = Announcement().preview_modes

    assert [name for name, _label in modes] == [
        f"{code}{shape}" for shape in ("", "-dark", "-text") for code in languages.CODES
    ]
    assert len({str(label) for _name, label in modes}) == 6


# The audience


def test_readers_are_counted_live(editor):
    topic, other = factories.topic(), factories.topic("care")
    group = factories.subscriber_group()
    factories.subscriber("a@example.org", topics=[topic], groups=[group])
    factories.subscriber("b@example.org", topics=[other], language="it")
    factories.subscriber("c@example.org", language="it")

    def count(**chosen):
        response = editor.client.get(url("audience"), {"fragment": ""} | chosen)
        return [int(words(li).rpartition(" ")[2]) for li in parse(response).iter("li")]

    assert count() == [1, 2]
    assert count(topics=[topic.pk]) == [1, 1]
    assert count(topics=[topic.pk], languages=["it"]) == [0, 1]
    assert count(groups=[group.pk]) == [1, 0]
    assert count(topics=["x"], groups=[""], languages=["xx"]) == [1, 2]


def test_readers_are_counted_without_javascript(editor):
    readers(4)

    response = editor.client.post(url("audience"), {"languages": "it", "subject_en": "News"})

    assert words(parse(response).find(".//main//strong"))[0] == "2"


def test_form_shows_the_readers_as_they_were_saved(editor):
    readers(5)
    announcement = factories.announcement(languages=["en"])

    response = editor.client.get(url("edit", announcement.pk))

    panel = parse(response).find(".//div[@data-audience]")
    assert words(panel.find(".//strong"))[0] == "3"
    assert panel.get("data-url") == url("audience")


# The list


def test_list_shows_state_and_numbers(editor):
    announcement = launched(4)
    DeliverySlice.objects.filter(announcement=announcement, language="en").update(sent=1, assumed=1)

    document = parse(editor.client.get(url("list")))

    cells = [
        words(cell) for cell in document.find(".//table[@class='listing']/tbody/tr").iter("td")
    ]
    assert cells[-1] in {"2 of 4", "2 su 4", "2 di 4"}


def test_list_is_searched_and_filtered(editor):
    factories.announcement(subject_en="Siena", subject_it="Siena, in Toscana")
    put(factories.announcement(subject_en="Florence", subject_it="Firenze"), State.FINISHED)

    def found(**query):
        response = editor.client.get(url("list_results"), query)
        return sorted(announcement.subject_en for announcement in response.context["object_list"])

    assert found(q="toscana") == ["Siena"]
    assert found(q="firenze") == ["Florence"]
    assert found(state="finished") == ["Florence"]
    assert found() == ["Florence", "Siena"]


def test_list_costs_the_same_with_twenty_entries(editor, django_assert_max_num_queries):
    for _number in range(20):
        factories.announcement()
    editor.client.get(url("list"))

    with django_assert_max_num_queries(16):
        editor.client.get(url("list"))


# The status page


def test_status_page_says_what_stands_in_the_way_and_where(editor):
    announcement = factories.announcement(page=ready_page(), subject_it="")

    document = parse(editor.client.get(url("status", announcement.pk)))

    links = {a.get("href") for a in document.iter("a")}
    edit = url("edit", announcement.pk)
    assert {link for link in links if link and "#id_" in link} == {
        f"{edit}#id_topics",
        f"{edit}#id_subject_it",
    }


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.DRAFT, {"send", "schedule", "links", "test", "copy", "edit"}),
        (State.SCHEDULED, {"send", "unschedule", "cancel", "links", "test", "copy"}),
        (State.WAITING, {"send", "unschedule", "cancel", "links", "test", "copy"}),
        (State.LAUNCHING, {"cancel", "test", "copy"}),
        (State.SENDING, {"pause", "cancel", "test", "copy"}),
        (State.PAUSED, {"resume", "retry-refused", "cancel", "test", "copy"}),
        (State.FINISHED, {"test", "copy"}),
        (State.CANCELLED, {"test", "copy"}),
    ],
)
def test_status_page_offers_what_makes_sense(editor, state, expected):
    announcement = put(ready(), state)

    document = parse(editor.client.get(url("status", announcement.pk)))

    assert buttons(document) == expected


def test_draft_of_a_page_that_is_not_public_can_wait_for_it(editor):
    announcement = ready(page=factories.workshop(translated=True))

    document = parse(editor.client.get(url("status", announcement.pk)))
    editor.client.post(url("deed", announcement.pk, "publish"))

    assert "publish" in buttons(document)
    assert state_of(announcement) == State.WAITING


def test_problem_is_shown(editor):
    announcement = put(ready(), State.PAUSED, problem="The mail server refuses too many.")

    html = editor.client.get(url("status", announcement.pk)).content.decode()

    assert "The mail server refuses too many." in html


def test_send_asks_first_with_the_numbers(editor):
    announcement = ready()
    earlier = put(factories.announcement(page=announcement.page), State.FINISHED)

    document = parse(editor.client.get(url("send", announcement.pk)))

    asked = document.find(".//div[@class='w-mt-8']")
    links = [a.get("href") for a in asked.iter("a")]
    assert [words(li).rpartition(" ")[2] for li in asked.findall("ul/li")] == ["2", "1"]
    assert words(asked.find(".//strong"))[0] == "3"
    assert [words(dd) for dd in asked.iter("dd")] == ["News", "Notizie"]
    assert links == [url("status", earlier.pk), url("status", announcement.pk)]
    assert state_of(announcement) == State.DRAFT


def test_send_sends(editor):
    announcement = ready()

    response = editor.client.post(url("send", announcement.pk))

    announcement.refresh_from_db()
    assert (response.status_code, response.url) == (302, url("status", announcement.pk))
    assert (announcement.state, announcement.sent_by) == (State.LAUNCHING, editor.user)


@pytest.mark.parametrize("name", ["send", "schedule"])
def test_what_a_check_forbids_is_not_sent(editor, name):
    announcement = ready(page=factories.workshop(translated=True))
    at = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

    response = editor.client.post(url(name, announcement.pk), {"at": at}, follow=True)

    (message,) = response.context["messages"]
    assert (state_of(announcement), message.level_tag) == (State.DRAFT, "error")


def test_schedule_takes_a_moment_on_the_clocks_of_the_zone_that_is_shown(editor):
    announcement = ready()
    year = timezone.now().year + 1

    page = editor.client.get(url("status", announcement.pk)).content.decode()
    editor.client.post(url("schedule", announcement.pk), {"at": f"{year}-07-01T10:30"})

    announcement.refresh_from_db()
    assert "Europe/Rome" in page
    assert announcement.state == State.SCHEDULED
    assert announcement.send_at == datetime(year, 7, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("at", ["2023-11-14T09:00", "", "soon"])
def test_schedule_refuses_what_is_past_or_no_moment(editor, at):
    announcement = ready()

    response = editor.client.post(url("schedule", announcement.pk), {"at": at}, follow=True)

    (message,) = response.context["messages"]
    assert (state_of(announcement), message.level_tag) == (State.DRAFT, "error")


@pytest.mark.parametrize(
    ("before", "deed", "after"),
    [
        (State.SCHEDULED, "unschedule", State.DRAFT),
        (State.WAITING, "unschedule", State.DRAFT),
        (State.SENDING, "pause", State.PAUSED),
        (State.PAUSED, "resume", State.SENDING),
        (State.PAUSED, "retry-refused", State.SENDING),
    ],
)
def test_buttons_do_what_they_say(editor, before, deed, after):
    announcement = put(ready(), before)

    editor.client.post(url("deed", announcement.pk, deed))

    assert state_of(announcement) == after


def test_button_that_comes_too_late_says_so(editor):
    announcement = put(ready(), State.FINISHED)

    response = editor.client.post(url("deed", announcement.pk, "pause"), follow=True)

    (message,) = response.context["messages"]
    assert (state_of(announcement), message.level_tag) == (State.FINISHED, "error")


def test_cancel_asks_first(editor):
    announcement = put(ready(), State.SENDING)

    asked = editor.client.get(url("cancel", announcement.pk))
    before = state_of(announcement)
    editor.client.post(url("cancel", announcement.pk))

    assert (asked.status_code, before, state_of(announcement)) == (
        200,
        State.SENDING,
        State.CANCELLED,
    )


def test_get_changes_nothing(editor):
    announcement = put(ready(), State.SENDING)

    deeds = ["pause", "resume", "retry-held", "close-held", "open-relay", "nothing"]
    codes = [editor.client.get(url("deed", announcement.pk, deed)).status_code for deed in deeds]
    codes.append(editor.client.get(url("schedule", announcement.pk)).status_code)
    codes.append(editor.client.get(url("links", announcement.pk)).status_code)

    assert codes == [405] * 8
    assert state_of(announcement) == State.SENDING


def test_links_are_tried_on_request(editor):
    announcement = ready()

    response = editor.client.post(url("links", announcement.pk))

    (message,) = response.context["messages"]
    assert (response.status_code, message.level_tag) == (200, "success")


def test_readers_who_wait_for_a_translation_can_get_the_original(editor):
    announcement = put(ready(), State.SENDING)
    AnnouncementVariant.objects.create(announcement=announcement, language="it")

    document = parse(editor.client.get(url("status", announcement.pk)))
    editor.client.post(url("deed", announcement.pk, "stop-waiting"))

    announcement.refresh_from_db()
    assert "stop-waiting" in buttons(document)
    assert announcement.when_not_ready == Announcement.WhenNotReady.ORIGINAL


def test_status_page_has_a_short_address_for_mails(editor):
    announcement = ready()

    response = editor.get("newsletter_status", announcement.pk)

    subject = getattr(announcement, f"subject_{editor.language}")
    assert words(parse(response).find(".//main//h1")).endswith(f": {subject}")


# Progress


def test_progress_is_shown_by_language_and_state(editor):
    announcement = launched(10, launched_at=timezone.now())
    DeliverySlice.objects.filter(language="en").update(sent=3, held=1)
    Sender.objects.create(announcement=announcement, host="here", boot="1", rate=0.5)

    document = parse(editor.client.get(url("live", announcement.pk)))

    bar = document.find(".//progress")
    rows = [
        [words(cell) for cell in tr.iter() if cell.tag in {"td", "th"}]
        for tr in document.iter("tr")
    ]
    assert (bar.get("max"), bar.get("value")) == ("10", "4")
    assert [row[1:] for row in rows[1:]] == [
        ["5", "3", "1", "1"],
        ["5", "0", "5", "0"],
        ["10", "3", "6", "1"],
    ]
    assert len(document.findall(".//*[@data-moving]")) == 1


def test_progress_never_counts_deliveries(editor, django_assert_max_num_queries):
    announcement = launched(10, launched_at=timezone.now())
    editor.client.get(url("live", announcement.pk))

    with django_assert_max_num_queries(12) as queries:
        editor.client.get(url("live", announcement.pk))

    assert [
        q["sql"] for q in queries if "newsletter_delivery" in q["sql"] and "slice" not in q["sql"]
    ] == []


def test_finished_announcement_is_not_asked_for_again(editor):
    announcement = put(ready(), State.FINISHED, finished_at=timezone.now())

    document = parse(editor.client.get(url("live", announcement.pk)))

    assert document.findall(".//*[@data-moving]") == []


def test_stopped_relay_is_said_and_opened_again(editor):
    announcement = put(ready(), State.SENDING)
    Relay.objects.create(stopped_at=timezone.now(), reason="535 bad password")

    html = editor.client.get(url("live", announcement.pk)).content.decode()
    editor.client.post(url("deed", announcement.pk, "open-relay"))

    assert "535 bad password" in html
    assert Relay.objects.get().stopped_at is None


# Who got it


@pytest.fixture
def delivered():
    """Two hundred deliveries, of which three are held and one was bounced."""
    announcement = launched(200, launched_at=timezone.now())
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    Delivery.objects.update(state=Delivery.State.SENT, reply="250 ok")
    Delivery.objects.filter(pk__in=[ids[3], ids[120], ids[199]]).update(state=Delivery.State.HELD)
    Delivery.objects.filter(pk=ids[60]).update(state=Delivery.State.BOUNCED, reply="550 no")
    parts = DeliverySlice.objects.order_by("first_id")
    parts.filter(language="en").update(sent=98, held=1, bounced=1)
    parts.filter(language="it").update(sent=98, held=2)
    return announcement


def addresses(response) -> list[str]:
    return [
        words(row.find("th"))
        for row in parse(response).findall(".//table[@class='listing']/tbody/tr")
    ]


def listed(editor, announcement, **query):
    return addresses(editor.client.get(url("deliveries", announcement.pk), query))


def everybody() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("subscriber__address", flat=True))


def test_deliveries_are_listed_page_by_page(editor, delivered):
    found, after = [], 0
    while after is not None:
        response = editor.client.get(url("deliveries", delivered.pk), {"after": after})
        found += addresses(response)
        after = response.context["next_after"]

    assert found == everybody()


def test_deliveries_are_found_by_state(editor, delivered):
    every = everybody()

    held = listed(editor, delivered, state="held")
    bounced = listed(editor, delivered, state="bounced")
    queued = listed(editor, delivered, state="queued")

    assert held == [every[3], every[120], every[199]]
    assert (bounced, queued) == ([every[60]], [])


def test_deliveries_of_a_frequent_state_go_on_behind_the_first_page(editor, delivered):
    found, after = [], 0
    while after is not None:
        query = {"state": "sent", "after": after}
        response = editor.client.get(url("deliveries", delivered.pk), query)
        found += addresses(response)
        after = response.context["next_after"]

    sent = Delivery.objects.filter(state=Delivery.State.SENT).order_by("pk")
    assert found == list(sent.values_list("subscriber__address", flat=True))


def test_deliveries_are_found_by_the_beginning_of_the_address(editor, delivered):
    expected = [address for address in everybody() if address.startswith("reader-00001")]

    assert listed(editor, delivered, address="Reader-00001") == expected
    assert listed(editor, delivered, address="nobody") == []


def test_deliveries_ignore_what_is_no_filter(editor, delivered):
    assert listed(editor, delivered, state="nothing", after="-1") == everybody()[:50]


def test_delivery_of_somebody_erased_names_nobody(editor, delivered):
    first = Delivery.objects.order_by("pk").first()
    address = first.subscriber.address
    Delivery.objects.filter(pk=first.pk).update(subscriber=None)

    found = listed(editor, delivered)

    assert (address in found, len(found)) == (False, 50)


def test_deliveries_cost_few_queries(editor, delivered, django_assert_max_num_queries):
    listed(editor, delivered)

    with django_assert_max_num_queries(12):
        listed(editor, delivered, state="held")


def test_one_held_delivery_is_sent_again_or_closed(editor, delivered):
    again, closed, left = Delivery.objects.filter(state=Delivery.State.HELD).order_by("pk")

    page = editor.client.get(url("deliveries", delivered.pk), {"state": "held"})
    editor.client.post(url("deed", delivered.pk, "retry-held"), {"delivery": again.pk})
    editor.client.post(url("deed", delivered.pk, "close-held"), {"delivery": closed.pk})

    states = [Delivery.objects.get(pk=row.pk).state for row in (again, closed, left)]
    assert buttons(parse(page)) >= {"retry-held", "close-held"}
    assert states == [Delivery.State.QUEUED, Delivery.State.ASSUMED, Delivery.State.HELD]


@pytest.mark.parametrize("name", ["status", "deliveries", "live"])
def test_every_form_that_changes_something_has_its_token(editor, delivered, name):
    Relay.objects.create(stopped_at=timezone.now(), reason="535")

    document = parse(editor.client.get(url(name, delivered.pk), {"state": "held"}))

    forms = [form for form in document.iter("form") if form.get("method") == "post"]
    tokens_in = [form.find(".//input[@name='csrfmiddlewaretoken']") for form in forms]
    assert None not in tokens_in
    assert len([f for f in forms if "/deed/" in (f.get("action") or "")]) >= 4


def test_all_held_deliveries_are_closed_at_once(editor, delivered):
    page = editor.client.get(url("status", delivered.pk))
    editor.client.post(url("deed", delivered.pk, "close-held"))

    assert buttons(parse(page)) >= {"retry-held", "close-held"}
    assert Delivery.objects.filter(state=Delivery.State.ASSUMED).count() == 3


# Test mails


def test_test_mail_goes_out_at_once_and_is_marked(editor, smtp):
    sink = smtp()
    announcement = ready()
    typed = "Ada@Example.ORG\n  bob@example.org, ada@example.org"

    response = editor.client.post(
        url("test", announcement.pk), {"addresses": typed, "languages": ["en", "it"]}
    )

    mails = [message_from_bytes(mail.content, policy=policy.default) for mail in sink.messages]
    with translation.override("it"):
        mark = f"[{translation.pgettext('before the subject of a mail', 'TEST')}]"
    assert (response.status_code, response.url) == (302, url("status", announcement.pk))
    assert sorted((str(m["To"]), str(m["Subject"])) for m in mails) == sorted(
        (to, subject)
        for to in ("ada@example.org", "bob@example.org")
        for subject in ("[TEST] News", f"{mark} Notizie")
    )
    nobody = f"/newsletter/leave/{tokens.subscriber_token(0)}/"
    assert [nobody in str(m["List-Unsubscribe"]) for m in mails] == [True] * 4
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(
    "typed",
    ["", "nobody", "a@example.org\r\nBcc: x", "\n".join(f"a{n}@example.org" for n in range(11))],
)
def test_test_mail_refuses_what_is_no_address_or_too_many(editor, smtp, typed):
    sink = smtp()
    announcement = ready()

    response = editor.client.post(
        url("test", announcement.pk), {"addresses": typed, "languages": ["en"]}
    )

    assert (response.status_code, list(response.context["form"].errors)) == (200, ["addresses"])
    assert sink.messages == []


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=1,
)
def test_test_mail_says_why_it_could_not_be_sent(editor):
    announcement = ready()

    response = editor.client.post(
        url("test", announcement.pk), {"addresses": "a@example.org", "languages": ["en"]}
    )

    (error,) = response.context["form"].non_field_errors()
    assert error.endswith("Connection refused")


# Who may do what


SEEING = ["list", "add", "audience"]
SENDING = ["send", "schedule", "cancel"]
DEEDS = ["publish", "unschedule", "pause", "resume", "retry-held", "close-held", "open-relay"]


@pytest.fixture(params=["Editors", "Publishers"])
def member(request):
    user = factories.user(f"one-of-{request.param.lower()}", group=request.param)
    return request.param, Editor(user)


def test_editors_draft_and_publishers_send(member):
    group, one = member
    announcement = ready()

    seen = [one.client.get(url(name)).status_code for name in SEEING]
    seen += [
        one.client.get(url(name, announcement.pk)).status_code
        for name in ("status", "live", "deliveries", "edit", "test", "copy")
    ]
    done = [one.client.post(url(name, announcement.pk)).status_code for name in SENDING]
    done += [one.client.post(url("deed", announcement.pk, deed)).status_code for deed in DEEDS]

    assert seen == [200] * 9
    assert set(done) == ({302})
    expected = State.DRAFT if group == "Editors" else State.CANCELLED
    assert state_of(announcement) == expected


def test_editors_see_no_buttons_for_sending(member):
    group, one = member
    announcement = put(ready(), State.SENDING)

    found = buttons(parse(one.client.get(url("status", announcement.pk))))

    expected = {"test", "copy"} | ({"pause", "cancel"} if group == "Publishers" else set())
    assert found == expected


def test_editors_delete_nothing(member):
    group, one = member
    announcement = factories.announcement()

    one.client.post(url("delete", announcement.pk))

    assert Announcement.objects.exists() == (group == "Editors")


def test_strangers_get_nowhere():
    announcement = ready()
    outsider = factories.user("outsider", group="Editors")
    outsider.groups.clear()
    outsider.user_permissions.add(Permission.objects.get(codename="access_admin"))
    anonymous, other = StrictClient(), StrictClient()
    other.force_login(outsider)
    addresses_of_one = [
        *(url(name) for name in SEEING),
        *(
            url(name, announcement.pk)
            for name in ("status", "live", "deliveries", "test", *SENDING)
        ),
        *(url("deed", announcement.pk, deed) for deed in DEEDS),
    ]

    for client in (anonymous, other):
        for address in addresses_of_one:
            for response in (client.get(address), client.post(address)):
                assert response.status_code in {302, 405}, address
                assert "News" not in response.content.decode()
                if response.status_code == 302:
                    assert response.url.startswith(("/admin/login/", "/admin/")), address
    assert state_of(announcement) == State.DRAFT


def test_deeds_of_the_engine_are_all_on_a_button():
    """Whoever adds a deed to ``announcing`` finds out that nobody can press it."""
    helpers = {"wake", "stop_waiting"}
    names = {
        name
        for name, value in vars(announcing).items()
        if callable(value)
        and getattr(value, "__module__", "") == announcing.__name__
        and not name.startswith("_")
    }

    assert names - helpers == {
        "send_now",
        "schedule",
        "send_when_published",
        "unschedule",
        "pause",
        "resume",
        "cancel",
        "retry_held",
        "close_held",
        "open_relay",
    }
    assert gettext("Announcements") != ""
