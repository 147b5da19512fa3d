"""What an announcement says in one language, as plain values for the templates of the mail."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from newsletter import rich_text
from newsletter.models import Announcement
from pages import formats, languages
from pages.blocks import QuoteValue
from pages.models import Page
from pages.sharing import absolute
from press.models import PressReleasePage
from workshops.models import WorkshopOrganisation, WorkshopPage


@dataclass(frozen=True)
class Words:
    """A few words and the language that they are in."""

    text: str
    language: str


@dataclass(frozen=True)
class Quote:
    """``translated_from``: as in "from Italian", where it is a translation."""

    wording: str
    language: str
    marks: tuple[str, str]
    speaker: str
    role: str
    translated_from: str

    kind = "quote"


@dataclass(frozen=True)
class Paragraphs:
    """An editor's own text, in HTML and as it is typed."""

    html: str
    text: str
    language: str

    kind = "text"


@dataclass(frozen=True)
class Item:
    """A workshop or a press release, in ``language``: not always the reader's.

    ``facts`` are pairs of label and value; ``links`` are pairs of words and address, the first of
    them the button. ``change``: that it is called off, or takes place elsewhere.
    """

    page_id: int
    language: str
    kicker: str
    title: str
    dateline: str
    introduction: str
    change: str
    facts: list[tuple[str, str]]
    links: list[tuple[str, str]]
    quote: Quote | None
    seed: int

    kind = "item"


@dataclass(frozen=True)
class Contents:
    """The whole mail. ``main`` is the page that it is about, ``parts`` what stands below."""

    language: str
    subject: Words
    preheader: Words
    lead: Words
    main: Item | None
    parts: list[Item | Paragraphs | Quote]

    @property
    def items(self) -> list[Item]:
        return [part for part in (self.main, *self.parts) if isinstance(part, Item)]


def contents(announcement: Announcement) -> Contents:
    """In the active language."""
    main = announcement.page and _item(announcement.page.specific)
    return Contents(
        language=languages.active(),
        subject=words(announcement, "subject"),
        preheader=words(announcement, "preheader"),
        lead=words(announcement, "lead"),
        main=main,
        parts=list(_parts(announcement)),
    )


def words(announcement: Announcement, name: str) -> Words:
    """A field's words in the active language, else in the first that has them."""
    for language in (languages.active(), *languages.CODES):
        if text := getattr(announcement, f"{name}_{language}"):
            return Words(text, language)
    return Words("", languages.active())


def announced_pages(announcement: Announcement) -> list[Page | None]:
    """The pages in the mail, its own first. None stands for one that was deleted since."""
    pages = [announcement.page] if announcement.page_id else []
    return pages + [
        block.value["page"] for block in announcement.content if block.block_type == "item"
    ]


def _parts(announcement: Announcement) -> Iterator[Item | Paragraphs | Quote]:
    for block in announcement.content:
        if block.block_type == "quote":
            yield quote_of(block.value)
        elif block.block_type == "text":
            yield from _paragraphs(block.value)
        elif block.value["page"]:
            yield _item(block.value["page"].specific, with_quote=block.value["with_quote"])


def _paragraphs(value) -> Iterator[Paragraphs]:
    source, language = value.words_and_language("text")
    if text := rich_text.plain_text(source):
        yield Paragraphs(rich_text.mail_html(source), text, language)


def quote_of(value: QuoteValue) -> Quote:
    return Quote(
        wording=value.wording,
        language=value.wording_language,
        marks=formats.quotation_marks(),
        speaker=value.speaker,
        role=value.held_role,
        translated_from=formats.from_language(value["language"]) if value.is_translated else "",
    )


def first_quote(page: Page) -> QuoteValue | None:
    """The first that the page's body has in the active language."""
    return next((block.value for block in page.body if block.block_type == "quote"), None)


def _item(page: Page, *, with_quote: bool = False) -> Item:
    """The page in the words that a reader of the active language gets to see."""
    with languages.showing(page.shown_language):
        quote = first_quote(page) if with_quote else None
        return Item(
            page_id=page.pk,
            language=languages.active(),
            kicker=capfirst(page.kicker),
            title=page.title,
            dateline=_dateline(page),
            introduction=page.introduction or "",
            change=_change(page),
            facts=_facts(page),
            links=_links(page),
            quote=quote and quote_of(quote),
            seed=page.pk,
        )


def _dateline(page: Page) -> str:
    if not isinstance(page, PressReleasePage):
        return ""
    day = formats.days(page.dateline_on or timezone.localtime(page.released_at).date())
    if not page.dateline_place:
        return _("%(day)s –") % {"day": day}
    return _("%(place)s, %(day)s –") % {"place": page.dateline_place, "day": day}


def _change(page: Page) -> str:
    if not isinstance(page, WorkshopPage):
        return ""
    sentence = {
        page.Status.CANCELLED: _("This workshop has been cancelled."),
        page.Status.POSTPONED: _("This workshop has been postponed."),
        page.Status.MOVED_ONLINE: _("This workshop takes place online."),
    }.get(page.status, "")
    return f"{sentence} {page.status_reason or ''}".strip() if sentence else ""


def _facts(page: Page) -> list[tuple[str, str]]:
    if not isinstance(page, WorkshopPage):
        return []
    host = str(WorkshopOrganisation.Role.HOST.label)
    hosts = [str(organisation) for organisation in page.organisations_by_role.get(host, [])]
    found = [
        (_("Dates"), _dates(page)),
        (_("Venue"), _venue(page)),
        (_("Online"), _online(page)),
        (host, formats.conjunction(hosts) if hosts else ""),
    ]
    return [(label, value) for label, value in found if value]


def _dates(workshop: WorkshopPage) -> str:
    days = formats.days(workshop.starts_on, workshop.ends_on)
    if not workshop.has_times or workshop.day_count > 1:
        return days
    times = formats.time_range(workshop.start_time, workshop.end_time)
    return f"{days}, {times} {workshop.zone_label}"


def _venue(workshop: WorkshopPage) -> str:
    if not (workshop.is_on_site and workshop.venue):
        return ""
    return ", ".join([workshop.venue.name, workshop.venue.place])


def _online(workshop: WorkshopPage) -> str:
    is_online = not workshop.is_on_site or workshop.format == workshop.Format.HYBRID
    return pgettext("workshop", "You can take part from anywhere.") if is_online else ""


def _links(page: Page) -> list[tuple[str, str]]:
    """The page itself first; every address is in the reader's language."""
    address = page.address_in(languages.address())
    if isinstance(page, PressReleasePage):
        return [(_("Read the press release"), address)]
    label = _("See the programme") if page.sessions.exists() else pgettext("workshop", "Read more")
    with languages.speaking(languages.address()):
        calendar = absolute(reverse("workshop_calendar", args=[page.calendar_uid]))
    return [(label, address), (_("Add to calendar"), calendar)]
