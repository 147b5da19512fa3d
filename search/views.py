"""Searching the public pages in the visitor's language."""

from django.db.models import Prefetch
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pages import languages
from pages.listing import page_of
from pages.models import Page
from search.models import SearchDocument

MAX_QUERY = 200


@require_safe
def search(request):
    """``?q=`` finds pages that have all its words; anything else in the query string is ignored."""
    query = request.GET.get("q", "").replace("\0", "")[:MAX_QUERY].strip()
    documents = (
        SearchDocument.objects.filter(
            language=languages.active(), page__in=Page.objects.live().public()
        )
        .matching(query)
        .prefetch_related(Prefetch("page", Page.objects.specific()))
    )
    return render(
        request, "search/search.html", {"query": query, "results": page_of(documents, request)}
    )
