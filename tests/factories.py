"""The smallest valid objects. What a test is about it says itself; time is an argument."""

from datetime import date, datetime, time
from functools import cache
from io import BytesIO

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from PIL import Image as Picture
from wagtail.documents import get_document_model
from wagtail.users.models import UserProfile

from directory.models import Contact, Organisation, Person, PersonRole, Topic, Venue
from home.models import HomePage
from images.models import CreditedImage
from newsletter.models import (
    Announcement,
    Consent,
    ConsentText,
    Subscriber,
    SubscriberGroup,
)
from pages.models import Page, TextPage
from press.models import (
    Boilerplate,
    PressReleasePage,
    PressRoomPage,
    ReleaseBoilerplate,
    ReleaseWorkshop,
)
from workshops.models import (
    Series,
    Session,
    SessionPerson,
    WorkshopIndexPage,
    WorkshopPage,
)

# Words of a page in the second language: with them it is ready there.
ITALIAN = {
    "title_it": "Titolo",
    "introduction_it": "In poche parole.",
    "is_ready_it": True,
}


# Pages


def home() -> HomePage:
    """The one that the migrations make."""
    return HomePage.objects.get()


def workshop_index(**fields) -> WorkshopIndexPage:
    """The list of workshops: made when it is first asked for."""
    return _only(WorkshopIndexPage, title_en="Workshops", title_it="Seminari", **fields)


def press_room(**fields) -> PressRoomPage:
    """The press room: made when it is first asked for."""
    return _only(PressRoomPage, title_en="Press", title_it="Stampa", **fields)


def workshop(
    *, published: bool = False, translated: bool = False, sessions=(), **fields
) -> WorkshopPage:
    """A workshop of one day in Siena."""
    fields.setdefault("venue", None if fields.get("format") == "online" else venue())
    facts = {
        "title_en": "Workshop",
        "starts_on": date(2023, 11, 14),
        "start_time": time(9),
        "end_time": time(17),
        "timezone": "Europe/Rome",
    } | fields
    facts.setdefault("ends_on", facts["starts_on"])
    page = WorkshopPage(**_words(facts, translated=translated), sessions=list(sessions))
    return _add(page, workshop_index(), published=published)


def session(*people: Person, **fields) -> Session:
    """An hour on the first day; kept with the workshop that it is given to."""
    facts = {"title_en": "Opening", "starts": time(10), "ends": time(11)} | fields
    return Session(
        **facts,
        people=[SessionPerson(person=someone, sort_order=n) for n, someone in enumerate(people)],
    )


def release(
    *,
    published: bool = False,
    translated: bool = False,
    boilerplates=(),
    workshops=(),
    **fields,
) -> PressReleasePage:
    facts = {
        "title_en": "Release",
        "released_at": datetime.fromisoformat("2023-11-20T10:00:00+01:00"),
        "body_en": text_body("<p>What happened.</p>"),
    } | fields
    if translated:
        facts.setdefault("body_it", text_body("<p>Che cosa è successo.</p>"))
    entries = [
        ReleaseBoilerplate(boilerplate=it, sort_order=n) for n, it in enumerate(boilerplates)
    ]
    about = [ReleaseWorkshop(workshop=it, sort_order=n) for n, it in enumerate(workshops)]
    words = _words(facts, translated=translated)
    page = PressReleasePage(**words, boilerplates=entries, workshops=about)
    return _add(page, press_room(), published=published)


def text_page(
    *, parent: Page | None = None, published: bool = False, translated: bool = False, **fields
) -> TextPage:
    facts = {"title_en": "About", "body_en": text_body("<p>About us.</p>")} | fields
    if translated:
        facts.setdefault("body_it", text_body("<p>Chi siamo.</p>"))
    return _add(
        TextPage(**_words(facts, translated=translated)), parent or home(), published=published
    )


def text_body(html: str) -> str:
    """A body of one block of text, as a page takes it."""
    return body(("text", html))


def body(*blocks: tuple[str, object]):
    """A body of blocks: pairs of type and value, the value as it is stored."""
    field = TextPage._meta.get_field("body_en")
    raw = [{"type": kind, "value": value} for kind, value in blocks]
    return field.stream_block.to_python(raw)


def _words(facts: dict, *, translated: bool) -> dict:
    words = {"introduction_en": "In a few words."} | (ITALIAN if translated else {})
    return words | facts


def _only(model, **fields):
    found = model.objects.first()
    return found or _add(model(is_ready_it=True, **fields), home(), published=True)


def _add(page: Page, parent: Page, *, published: bool):
    """Add a draft below ``parent``, publish it when asked to, and read it back."""
    page.live = False
    parent.add_child(instance=page)
    revision = page.save_revision()
    if published:
        revision.publish()
    return type(page).objects.get(pk=page.pk)


# Who and where


def person(given_name: str = "Ada", family_name: str = "Esempio", *, roles=(), **fields) -> Person:
    return Person.objects.create(
        given_name=given_name, family_name=family_name, roles=list(roles), **fields
    )


def role(title_en: str = "director", **fields) -> PersonRole:
    """Kept with the person that it is given to."""
    return PersonRole(title_en=title_en, **fields)


def organisation(**fields) -> Organisation:
    return Organisation.objects.create(**{"name_en": "Institute"} | fields)


def venue(**fields) -> Venue:
    facts = {"name_en": "Old Hospital", "city_en": "Siena", "country": "IT"} | fields
    return Venue.objects.create(**facts)


def contact(**fields) -> Contact:
    return Contact.objects.create(**{"name_en": "Press", "email": "press@example.org"} | fields)


def topic(slug: str = "data", **fields) -> Topic:
    return Topic.objects.create(slug=slug, **{"name_en": slug.capitalize()} | fields)


def series(**fields) -> Series:
    return Series.objects.create(**{"name_en": "ICPerMed workshop"} | fields)


def boilerplate(**fields) -> Boilerplate:
    return Boilerplate.objects.create(
        **{"title_en": "About us", "text_en": "<p>We exist.</p>"} | fields
    )


# Readers


def consent_text() -> ConsentText:
    """The one that the migrations make."""
    return ConsentText.objects.latest()


def subscriber(address: str = "ada@example.org", *, topics=(), groups=(), **fields) -> Subscriber:
    """Somebody who filled in the form and confirmed."""
    reader = Subscriber.objects.create(address=address, **{"language": "en"} | fields)
    reader.topics.set(topics)
    reader.groups.set(groups)
    Consent.objects.create(
        subscriber=reader,
        text=consent_text(),
        language=reader.language,
        source=Consent.Source.FORM,
        confirmed_at=reader.subscribed_at,
        origin_hash="f" * 64,
    )
    return reader


def subscriber_group(name: str = "Journalists") -> SubscriberGroup:
    return SubscriberGroup.objects.create(name=name)


# Files


def image(*, publishable: bool = True, **fields) -> CreditedImage:
    """An image; with the credit and the descriptions that publication asks for, unless told not."""
    rights = {"credit_en": "Photo: Ada", "description_en": "A hall", "description_it": "Una sala"}
    facts = {"title": "Hall"} | (rights if publishable else {}) | fields
    return CreditedImage.objects.create(file=ContentFile(_png(), name="hall.png"), **facts)


def document(**fields):
    facts = {"title": "Programme"} | fields
    return get_document_model().objects.create(
        file=ContentFile(b"%PDF-1.4", name="programme.pdf"), **facts
    )


@cache
def _png() -> bytes:
    file = BytesIO()
    Picture.new("RGB", (64, 48), "teal").save(file, "PNG")
    return file.getvalue()


# Accounts


def user(name: str = "admin", *, group: str | None = None, language: str = "en"):
    """A user of the admin in ``language``: a member of ``group``, else an administrator."""
    account = get_user_model().objects.create_user(
        name, f"{name}@example.org", "password", is_superuser=not group, is_staff=not group
    )
    if group:
        account.groups.add(Group.objects.get(name=group))
    profile = UserProfile.get_for_user(account)
    profile.preferred_language = language
    profile.save()
    return account


# Announcements


def announcement(*blocks: tuple[str, object], topics=(), groups=(), **fields) -> Announcement:
    """A draft in every language; ``blocks`` are pairs of type and value, the value as stored."""
    words = {"subject_en": "News", "subject_it": "Notizie"}
    field = Announcement._meta.get_field("content")
    content = field.stream_block.to_python([{"type": kind, "value": it} for kind, it in blocks])
    made = Announcement.objects.create(**words | fields, content=content)
    made.topics.set(topics)
    made.groups.set(groups)
    return made
