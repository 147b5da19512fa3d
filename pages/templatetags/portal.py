"""What the templates of every page need: words, addresses, navigation, pictures, shared links."""

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.core.paginator import Page as ListPage
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from wagtail.images.models import Picture

from pages import formats, languages, pictures, sharing
from pages.models import Page, TextPage
from pages.navigation import Navigation, page_state
from pages.structured import breadcrumb, json_script

register = template.Library()

SUMMARY_LENGTH = 300
TEASER_WIDTH = 800
PICTURE_SIZES = "(min-width: 62rem) 52rem, 92vw"

register.filter("absolute", sharing.absolute)
register.simple_tag(sharing.picture_of, name="shared_picture")
register.simple_tag(json_script, name="json_ld")


class ShowingNode(template.Node):
    def __init__(self, language, nodelist):
        self.language = language
        self.nodelist = nodelist

    def render(self, context):
        with languages.showing(self.language.resolve(context)):
            return self.nodelist.render(context)


@register.tag
def showing(parser, token):
    """``{% showing language %}…{% endshowing %}``: words in ``language`` only."""
    try:
        _name, language = token.split_contents()
    except ValueError:
        raise template.TemplateSyntaxError("'showing' takes one argument, a language") from None
    nodelist = parser.parse(("endshowing",))
    parser.delete_first_token()
    return ShowingNode(parser.compile_filter(language), nodelist)


# Addresses


@register.simple_tag
def address(name: str, *args: object) -> str:
    """Like ``url``, but in the visitor's language where the words around are in another."""
    with languages.speaking(languages.address()):
        return reverse(name, args=args)


@register.simple_tag(takes_context=True)
def language_links(context) -> list[dict]:
    """The same page in each language: ``code``, ``name`` (its own), ``url``, ``is_current``."""
    request = context.get("request")
    page = context.get("page")
    query = request.META.get("QUERY_STRING", "") if request else ""
    visitor = languages.address()
    return [
        {
            "code": code,
            "name": capfirst(get_language_info(code)["name_local"]),
            "url": _in_language(code, page, request) + (f"?{query}" if query else ""),
            "is_current": code == visitor,
        }
        for code in languages.CODES
    ]


@register.simple_tag
def other_languages(page: Page) -> list[dict]:
    """The languages the page is ready in beside the one it is shown in, like ``language_links``."""
    return [
        {
            "code": code,
            "name": capfirst(get_language_info(code)["name_local"]),
            "url": _in_language(code, page, None),
        }
        for code in page.ready_languages
        if code != page.shown_language
    ]


@register.filter
def webcal(address: str) -> str:
    """An address that a calendar subscribes to instead of opening it once."""
    return f"webcal:{sharing.absolute(address).partition(':')[2]}"


def _in_language(language: str, page: Page | None, request) -> str:
    """The path of the page, or of a view below the language's prefix, else the home page."""
    if isinstance(page, Page):
        with languages.speaking(language):
            return page.get_url(request) or f"/{language}/"
    prefix, _slash, rest = (request.path if request else "").lstrip("/").partition("/")
    return f"/{language}/{rest}" if prefix in languages.CODES else f"/{language}/"


@register.simple_tag
def alternates(page: Page) -> list[tuple[str, str]]:
    """hreflang and address of the page; none where another language's address is canonical."""
    return page.hreflang if page.is_shown_translated else []


@register.simple_tag(takes_context=True)
def list_page(context) -> str:
    """What the canonical address of a list keeps of the query string: the number of its page."""
    number = getattr(context.get("request"), "list_page", 1)
    return f"?page={number}" if number > 1 else ""


# Words


@register.filter
def own(page: Page | None, field: str) -> str:
    """A field's words in the active language only, without falling back to another."""
    if not isinstance(page, Page):
        return ""
    return getattr(page, f"{field}_{languages.active()}") or ""


@register.simple_tag
def summary(page: Page | None) -> str:
    """One or two sentences about the page, in the language it is shown in."""
    if not isinstance(page, Page):
        return ""
    with languages.showing(page.shown_language):
        text = own(page, "search_description") or page.introduction or ""
        return Truncator(text).chars(SUMMARY_LENGTH)


@register.filter
def lang_attribute(page: Page) -> SafeString | str:
    """``lang="…"`` for words of a page that are not in the language of the words around them."""
    language = page.shown_language
    return format_html(' lang="{}"', language) if language != languages.active() else ""


@register.filter
def language_names(codes: Iterable[str]) -> str:
    """ "English and Italian"."""
    return formats.conjunction([formats.language_name(code) for code in codes])


@register.filter
def local_day(moment: datetime) -> date:
    """The day on the calendar in the site's time zone."""
    return timezone.localtime(moment).date()


@register.filter
def kind(page: Page) -> str:
    """What sort of page it is: "Workshop", "Press release", "Page"."""
    return _("Page") if isinstance(page, TextPage) else capfirst(page._meta.verbose_name)


@register.filter
def telephone(number: str) -> str:
    """A ``tel:`` address (RFC 3966) for a number as people write it."""
    digits = "".join(character for character in number if character.isdigit())
    return f"tel:+{digits}" if number.strip().startswith("+") else f"tel:{digits}"


@register.simple_tag
def brand_name(name: str) -> SafeString:
    """The site's name with its first word in bold."""
    first, _space, rest = name.partition(" ")
    return format_html("<b>{}</b> {}", first, rest)


# The page as a whole


@register.simple_tag(takes_context=True)
def navigation(context) -> Navigation:
    """Menu, information pages and the way to the current page, in one query for each request."""
    state = page_state(context)
    if state.navigation is None:
        state.navigation = Navigation.load(context.get("request"), context.get("page"))
    return state.navigation


@register.simple_tag(takes_context=True)
def breadcrumb_data(context) -> SafeString | str:
    """The way to the page for machines."""
    return json_script(breadcrumb([*navigation(context).trail, context["page"]]))


@register.simple_tag
def child_pages(page: Page) -> list[Page]:
    return list(page.get_children().live().public()) if page.pk else []


@register.simple_tag
def page_numbers(pages: ListPage) -> list[int | str]:
    """The numbers in a list's navigation, with an ellipsis where there are many."""
    return list(pages.paginator.get_elided_page_range(pages.number, on_each_side=2, on_ends=1))


@register.simple_tag(takes_context=True)
def unique_id(context, wanted: str) -> str:
    """``wanted`` as an id that no other part of the page has taken."""
    taken = page_state(context).ids
    wanted = wanted or "section"
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    taken.add(found)
    return found


@register.simple_tag(takes_context=True)
def needs_script(context, path: str) -> str:
    """Have the module at ``path`` loaded with the page, once."""
    scripts = page_state(context).scripts
    if path not in scripts:
        scripts.append(path)
    return ""


@register.simple_tag(takes_context=True)
def scripts(context) -> SafeString:
    """The modules that parts of the page asked for."""
    return format_html_join(
        "\n",
        '<script type="module" src="{}"></script>',
        ((static(path),) for path in page_state(context).scripts),
    )


@register.simple_tag(takes_context=True)
def photograph(context, image, alt: str = "", sizes: str = "", *, teaser: bool = False) -> Picture:
    """A ``<picture>`` no wider than its original; the page's first is loaded at once.

    A teaser's is small and stands far down, though it be the first.
    """
    state = page_state(context)
    attributes = {"alt": alt, "sizes": sizes or PICTURE_SIZES}
    if state.has_picture or teaser:
        attributes |= {"loading": "lazy", "decoding": "async"}
    else:
        attributes["fetchpriority"] = "high"
    state.has_picture = True
    width = min(image.width, TEASER_WIDTH) if teaser else image.width
    return Picture(image.get_renditions(*pictures.specs(width)), attributes)
