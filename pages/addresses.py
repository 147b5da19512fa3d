"""Addresses of pages in every language: computing them, and redirects from the old to the new."""

from dataclasses import dataclass

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat, Substr
from django.urls import reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Site

from pages import languages


@dataclass(frozen=True)
class Move:
    """One page's URL path in one language, before and after."""

    page_id: int
    language: str
    before: str
    after: str


def path_field(language: str) -> str:
    return languages.column("url_path", language)


def moves(old, new) -> list[Move]:
    """What changes for ``new`` and its descendants, given its row ``old`` as it still stands."""
    fields = [path_field(language) for language in languages.CODES]
    changed = [
        (language, field, getattr(old, field), getattr(new, field))
        for language, field in zip(languages.CODES, fields, strict=True)
        if getattr(old, field) != getattr(new, field)
    ]
    if not changed:
        return []
    rows = (
        type(new)
        .base_page_model.objects.filter(path__startswith=new.path, first_published_at__isnull=False)
        .values("pk", *fields)
    )
    return [
        Move(row["pk"], language, row[field], after + row[field][len(before) :])
        for row in rows
        for language, field, before, after in changed
        if row[field].startswith(before)
    ]


def update_descendants(pages: QuerySet, field: str, before: str, after: str) -> None:
    """Give the descendants in ``pages`` their new prefix in one statement."""
    pages.update(**{field: Concat(Value(after), Substr(F(field), len(before) + 1))})


def redirect_all(page_moves: list[Move]) -> None:
    """Leave a permanent redirect at each public address that a page had until now.

    One that an editor made for the same address stays as it is.
    """
    redirects = []
    for root in Site.get_site_root_paths():
        for move in page_moves:
            if not move.before.startswith(root.root_path):
                continue
            with languages.speaking(move.language):
                address = reverse("wagtail_serve", args=[move.before[len(root.root_path) :]])
            redirects.append(
                Redirect(
                    old_path=Redirect.normalise_path(address),
                    site_id=root.site_id,
                    redirect_page_id=move.page_id,
                    automatically_created=True,
                )
            )
    there = Redirect.objects.filter(old_path__in=[redirect.old_path for redirect in redirects])
    there.filter(automatically_created=True).delete()
    made_by_hand = set(there.values_list("old_path", "site_id"))
    Redirect.objects.bulk_create(
        redirect
        for redirect in redirects
        if (redirect.old_path, redirect.site_id) not in made_by_hand
    )
