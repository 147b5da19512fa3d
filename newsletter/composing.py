"""Writing an announcement in one language: a whole message with slots, and its words on the web."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from secrets import token_hex
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from wagtail.models import Site

from newsletter import encoding
from newsletter.contents import Contents, announced_pages, contents
from newsletter.encoding import SLOTS
from newsletter.models import Announcement
from newsletter.tokens import TOKEN_LENGTH
from pages import formats, languages
from pages.models import Page, SiteSettings
from pages.sharing import absolute

__all__ = ["MAX_BYTES", "NOBODY", "SLOTS", "Composed", "compose", "is_published", "is_ready"]

NOBODY = 0  # the number of no subscriber, for the private links of previews and test mails
MAX_BYTES = 100_000  # Gmail cuts off what comes after 102 kB

_inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Composed:
    """An announcement in one language.

    ``message``: RFC 5322, seven bits, CRLF, with slots ``b"\\0NAME\\0"`` (``SLOTS``). ``html``: the
    body of its web view, without anything personal. ``text`` and ``mail_html`` are the two parts of
    the message, with slots as well.
    """

    subject: str
    message: bytes
    html: str
    text: str
    mail_html: str


def compose(announcement: Announcement, language: str, *, mark: str = "") -> Composed:
    """Write it; ``mark`` stands before the subject ("[TEST]").

    Words that are missing in ``language`` are those of the first language that has them: whether
    the mail may go out like that is for ``is_ready`` to say.
    """
    with languages.speaking(language):
        says = contents(announcement)
        site = SiteSettings.for_site(Site.objects.get(is_default_site=True))
        subject = f"{mark} {says.subject.text}".strip()
        marker = token_hex(TOKEN_LENGTH)[:TOKEN_LENGTH]
        context = _context(announcement, says, site, subject, marker)
        html = _inliner.inline(render_to_string("newsletter/mail/announcement.html", context))
        text = _tidy(render_to_string("newsletter/mail/announcement.txt", context))
        web = render_to_string("newsletter/mail/web.html", context)
        html, text = (part.replace(marker, encoding.slot("TOKEN")) for part in (html, text))
        message = encoding.message(_envelope(announcement, subject, site), text, html)
    return Composed(subject, message, web, text, html)


def is_ready(announcement: Announcement, language: str) -> bool:
    """Whether readers of ``language`` can be sent to now: it need not wait for a translation."""
    if announcement.when_not_ready == Announcement.WhenNotReady.ORIGINAL:
        return True
    pages = announced_pages(announcement)
    has_subject = bool(getattr(announcement, f"subject_{language}"))
    return has_subject and all(page and page.is_ready_in(language) for page in pages)


def is_published(announcement: Announcement) -> bool:
    """Whether everybody may see every page that is announced."""
    pages = announced_pages(announcement)
    numbers = {page.pk for page in pages if page}
    public = Page.objects.live().public().filter(pk__in=numbers)
    return None not in pages and public.count() == len(numbers)


def _context(
    announcement: Announcement, says: Contents, site: SiteSettings, subject: str, token: str
) -> dict:
    return {
        "subject": subject,
        "mail": says,
        "site": site,
        "leave_url": absolute(reverse("newsletter_leave", args=[token])),
        "preferences_url": absolute(reverse("newsletter_preferences", args=[token])),
        "other_languages": list(_other_languages(token)),
        "web_url": web_address(announcement) if announcement.is_archived else "",
    }


def web_address(announcement: Announcement) -> str:
    """Where the mail is read on the web, in the active language."""
    return absolute(reverse("newsletter_announcement", args=[announcement.key]))


def _other_languages(token: str):
    """Code, name (its own) and address of the preferences, for each language but the active one."""
    for code in languages.CODES:
        if code != languages.active():
            with languages.speaking(code):
                address = absolute(reverse("newsletter_preferences", args=[token]))
                yield code, formats.language_name(code), address


def _envelope(announcement: Announcement, subject: str, site: SiteSettings) -> encoding.Envelope:
    leave = absolute(reverse("newsletter_one_click", args=["token"]))
    leave = leave.replace("/token/", f"/{encoding.slot('TOKEN')}/")
    return encoding.Envelope(
        subject=subject,
        sender=Address(site.site_name, addr_spec=parseaddr(settings.DEFAULT_FROM_EMAIL)[1]),
        language=languages.active(),
        list_name=site.site_name,
        list_id=f"newsletter.{urlsplit(settings.BASE_URL).hostname}",
        boundary=f"=_{announcement.key.hex}",  # "=_" cannot stand in quoted-printable
        headers=(
            ("List-Unsubscribe", f"<{leave}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Precedence", "bulk"),  # keeps automatic replies away
        ),
    )


def _tidy(text: str) -> str:
    """No spaces at the ends of lines, but in the "-- " above the foot; one blank line at most."""
    lines = [line if line == "-- " else line.rstrip() for line in text.strip().splitlines()]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join([*kept, ""])
