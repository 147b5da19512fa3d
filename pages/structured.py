"""Structured data (schema.org) as JSON-LD: what a page says, for machines."""

import json
from collections.abc import Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from pages import languages
from pages.models import Page

# What could end the script element or start a comment in it, as JSON's own escapes.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def json_script(data: dict | None) -> SafeString | str:
    """``data`` as a JSON-LD element; a data block, which a strict CSP lets pass."""
    if not data:
        return ""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return format_html(
        '<script type="application/ld+json">{}</script>',
        mark_safe(text),  # noqa: S308 (nothing in it can end the element)
    )


def thing(kind: str, **properties: object) -> dict:
    """A node of the given type, without the properties that are empty: no placeholders."""
    return {"@type": kind} | {
        name: value for name, value in properties.items() if value not in (None, "", [], {})
    }


def document(kind: str, **properties: object) -> dict:
    return {"@context": "https://schema.org"} | thing(kind, **properties)


def breadcrumb(pages: Iterable[Page]) -> dict | None:
    """The way from the home page to the last of ``pages``, in the language of the words."""
    items = [
        thing(
            "ListItem", position=position, name=page.title, item=page.address_in(languages.active())
        )
        for position, page in enumerate(pages, start=1)
    ]
    return document("BreadcrumbList", itemListElement=items) if len(items) > 1 else None
