"""What stands in the way of sending an announcement, in the editor's words."""

import http.client
import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from newsletter import audience, composing
from newsletter.blocks import has_words
from newsletter.composing import Composed
from newsletter.contents import announced_pages
from newsletter.encoding import slot
from newsletter.models import Announcement
from pages import addresses, formats, languages
from pages.models import Page
from press.models import PressReleasePage
from workshops.models import WorkshopPage

LINK = re.compile(r'<a [^>]*?href="(https?://[^"]+)"')
MAX_FOREIGN_LINKS = 20
PATIENCE = 5  # seconds for a server elsewhere to answer
SHORTEST_TITLE = 12  # characters: shorter ones are words that stand in many a mail


class Severity(StrEnum):
    STOP = "stop"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """``where``: the name of the form's field, or empty where none of them can mend it."""

    severity: Severity
    message: str
    where: str = ""

    @property
    def is_stop(self) -> bool:
        return self.severity == Severity.STOP

    @property
    def anchor(self) -> str:
        """An element of the form; a stream has none of its own, and shares the tab of the page."""
        return f"id_{'page' if self.where == 'content' else self.where}"


def stops(announcement: Announcement, *, when_published: bool = False) -> list[str]:
    """Why it must not be sent now, or not even when its pages will be public; empty: it may."""
    found = findings(announcement, when_published=when_published)
    return [finding.message for finding in found if finding.is_stop]


def findings(announcement: Announcement, *, when_published: bool = False) -> list[Finding]:
    """All but the links to other sites (``foreign_links``): those take their time."""
    found = [
        *_audience(announcement),
        *_words(announcement),
        *_paragraphs(announcement),
        *_pages(announcement, when_published=when_published),
    ]
    composed = _compose(announcement)
    return [*found, *_mails(announcement, composed), *_own_links(composed.values())]


def foreign_links(
    announcement: Announcement, is_allowed: Callable[[str], bool] | None = None
) -> list[Finding]:
    """Links to other sites that do not answer. Takes up to a quarter of a minute.

    Never connects to an address that ``is_allowed`` refuses: those of this machine and network.
    """
    addresses_found = _links(_compose(announcement).values())
    foreign = [link for link in addresses_found if not _is_own(link)]
    checked = foreign[:MAX_FOREIGN_LINKS]
    with ThreadPoolExecutor(MAX_FOREIGN_LINKS) as pool:
        answers = pool.map(lambda link: answers_elsewhere(link, is_allowed or _is_global), checked)
        dead = [link for link, is_alive in zip(checked, answers, strict=True) if not is_alive]
    found = [_advice(_("This link does not answer: %(url)s") % {"url": link}) for link in dead]
    if len(foreign) > MAX_FOREIGN_LINKS:
        found.append(_advice(_("There are too many links to other sites to try all of them.")))
    return found


def _stop(message: str, where: str = "") -> Finding:
    return Finding(Severity.STOP, message, where)


def _advice(message: str, where: str = "") -> Finding:
    return Finding(Severity.ADVICE, message, where)


def _waits(announcement: Announcement) -> bool:
    return announcement.when_not_ready == Announcement.WhenNotReady.WAIT


def _compose(announcement: Announcement) -> dict[str, Composed]:
    return {
        code: composing.compose(announcement, code) for code in audience.languages_of(announcement)
    }


# The checks


def _audience(announcement: Announcement) -> Iterable[Finding]:
    if not audience.audience(announcement).exists():
        yield _stop(_("Nobody is in the audience."), "topics")


def _words(announcement: Announcement) -> Iterable[Finding]:
    """The subject in each language, or in one of them where the original may go to everybody."""
    codes = audience.languages_of(announcement)
    missing = [code for code in codes if not getattr(announcement, f"subject_{code}")]
    if not announcement.subject:
        yield _stop(_("The mail has no subject."), f"subject_{codes[0]}")
        return
    for code in missing:
        message = _("There is no subject in %(language)s.") % {
            "language": formats.language_name(code)
        }
        severity = _stop if _waits(announcement) else _advice
        yield severity(message, f"subject_{code}")
    if not announcement.page_id and not announcement.content and not announcement.lead:
        yield _stop(_("The mail says nothing: choose a page, or write a lead."), "page")
    yield from _missing_words(announcement, codes)


def _missing_words(announcement: Announcement, codes: list[str]) -> Iterable[Finding]:
    """Words that one language has and another lacks."""
    labels = {"preheader": _("preheader"), "lead": _("lead")}
    for name, label in labels.items():
        values = {code: getattr(announcement, f"{name}_{code}") for code in codes}
        for code, value in values.items():
            if any(values.values()) and not value:
                message = _("There is no %(field)s in %(language)s.") % {
                    "field": label,
                    "language": formats.language_name(code),
                }
                is_stop = name == "lead" and _waits(announcement)
                yield (_stop if is_stop else _advice)(message, f"{name}_{code}")


def _paragraphs(announcement: Announcement) -> Iterable[Finding]:
    severity = _stop if _waits(announcement) else _advice
    for block in announcement.content:
        if block.block_type != "text":
            continue
        for code in audience.languages_of(announcement):
            if not has_words(block.value.get(f"text_{code}")):
                yield severity(
                    _("A text of the mail has no words in %(language)s.")
                    % {"language": formats.language_name(code)},
                    "content",
                )


def _pages(announcement: Announcement, *, when_published: bool) -> Iterable[Finding]:
    pages = announced_pages(announcement)
    if None in pages:
        yield _stop(_("A page in the mail was deleted."), "content")
    numbers = [page.pk for page in pages if page]
    live = Page.objects.live().public().filter(pk__in=numbers)
    public = set(live.values_list("pk", flat=True))
    for page in {page.pk: page for page in pages if page}.values():
        where = "page" if page.pk == announcement.page_id else "content"
        if page.pk not in public:
            message = _("“%(page)s” is not public.") % {"page": page}
            yield (_advice if when_published else _stop)(message, where)
        yield from _readiness(announcement, page, where)
    if when_published and not pages:
        yield _stop(_("There is no page to wait for."), "page")


def _readiness(announcement: Announcement, page: Page, where: str) -> Iterable[Finding]:
    for code in audience.languages_of(announcement):
        if page.is_ready_in(code):
            continue
        names = {"page": page, "language": formats.language_name(code)}
        if _waits(announcement):
            message = _(
                "“%(page)s” is not ready in %(language)s: readers of that language get the mail "
                "when it is."
            )
        else:
            message = _(
                "“%(page)s” is not ready in %(language)s: readers of that language get the "
                "original with a notice."
            )
        yield _advice(message % names, where)


def _mails(announcement: Announcement, composed: dict[str, Composed]) -> Iterable[Finding]:
    for code, mail in composed.items():
        if len(mail.message) >= composing.MAX_BYTES:
            yield _stop(
                _("The mail in %(language)s is larger than 100 kB: many programs cut it off.")
                % {"language": formats.language_name(code)},
                "content",
            )
        places = (mail.text, mail.mail_html, mail.message.decode().partition("\r\n\r\n")[0])
        if any(slot("TOKEN") not in place for place in places):
            yield _stop(_("The mail has no link to unsubscribe."))
    yield from _secrets(announcement, composed)


def _secrets(announcement: Announcement, composed: dict[str, Composed]) -> Iterable[Finding]:
    """Pages that are named in the mail's own words and are not public."""
    announced = [page.pk for page in announced_pages(announcement) if page]
    titles = [f"title_{code}" for code in languages.CODES]
    said = "\n".join(mail.text + mail.subject for mail in composed.values()).casefold()
    for model in (WorkshopPage, PressReleasePage):
        drafts = model.objects.filter(live=False).exclude(pk__in=announced)
        for row in drafts.values_list(*titles):
            named = {t for t in row if t and len(t) >= SHORTEST_TITLE and t.casefold() in said}
            for title in sorted(named):
                yield _advice(
                    _("The mail names “%(page)s”, which is not public.") % {"page": title}
                )


# Links


def _links(composed: Iterable[Composed]) -> list[str]:
    """Every address in the mails once; the private ones, which have slots, are left out."""
    found = (unescape(link) for mail in composed for link in LINK.findall(mail.mail_html))
    return list(dict.fromkeys(link for link in found if "\0" not in link))


def _is_own(link: str) -> bool:
    return link == settings.BASE_URL or link.startswith(f"{settings.BASE_URL}/")


def _own_links(composed: Iterable[Composed]) -> Iterable[Finding]:
    """Links in what editors typed; those of the pages themselves have their own checks."""
    for mail in composed:
        announced = {int(number) for number in re.findall(r'data-page="(\d+)"', mail.html)}
        for link in _links([mail]):
            if _is_own(link) and not leads_somewhere(urlsplit(link).path, announced):
                yield _stop(
                    _("This link leads to no public page: %(url)s") % {"url": link}, "content"
                )


def leads_somewhere(path: str, announced: Iterable[int] = ()) -> bool:
    """Whether visitors find something at ``path`` of this site, or ``announced`` pages will be."""
    language = next((c for c in languages.CODES if path.startswith(f"/{c}/")), languages.DEFAULT)
    with languages.speaking(language):
        try:
            match = resolve(path)
        except Resolver404:
            return False
    if match.url_name != "wagtail_serve":
        return True
    field = addresses.path_field(language)
    pages = Page.objects.filter(**{f"{field}__endswith": f"/{(match.args or [''])[0]}"})
    pages = [page for page in pages if urlsplit(page.address_in(language)).path == path]
    public = Page.objects.live().public().filter(pk__in=[page.pk for page in pages])
    return any(page.pk in announced for page in pages) or public.exists()


def answers_elsewhere(link: str, is_allowed: Callable[[str], bool]) -> bool:
    """Whether a server at an allowed address answers without an error. Follows no redirect."""
    parts = urlsplit(link)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        address = found[0][4][0]
        if not is_allowed(address):
            return False
        return _status(parts, address, port, "HEAD") < HTTPStatus.BAD_REQUEST or (
            _status(parts, address, port, "GET") < HTTPStatus.BAD_REQUEST
        )
    except (OSError, http.client.HTTPException, ValueError):
        return False


def _is_global(address: str) -> bool:
    return ipaddress.ip_address(address).is_global


def _status(parts: SplitResult, address: str, port: int, method: str) -> int:
    """Connects to ``address``, which was looked at, whatever the name leads to by then."""
    is_https = parts.scheme == "https"
    kind = http.client.HTTPSConnection if is_https else http.client.HTTPConnection
    connection = kind(parts.hostname, port, timeout=PATIENCE)
    connection._create_connection = lambda _host, timeout, source: socket.create_connection(
        (address, port), timeout, source
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, headers={"User-Agent": "portal link check"})
        return connection.getresponse().status
    finally:
        connection.close()
