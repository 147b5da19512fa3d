"""Error pages in the visitor's language. Those for 500 and 503 touch no database."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.csrf import requires_csrf_token


def _in_visitors_language(request):
    return translation.override(translation.get_language_from_request(request, check_path=True))


@requires_csrf_token
def permission_denied(request, exception=None):
    with _in_visitors_language(request):
        return render(request, "403.html", status=403)


@requires_csrf_token
def page_not_found(request, exception=None):
    with _in_visitors_language(request):
        return render(request, "404.html", status=404)


def page_gone(request):
    with _in_visitors_language(request):
        return render(request, "410.html", status=410)


@requires_csrf_token
def server_error(request):
    """500, or 503 where the database cannot be reached: that passes, and visitors may try again."""
    is_away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = 503 if is_away else 500
    with _in_visitors_language(request):
        try:
            page = render_to_string(f"{status}.html", {"lang": translation.get_language()})
        except ValueError:  # the static files' manifest is missing: a broken installation
            page = translation.gettext("Something went wrong")
    headers = {"Retry-After": "30"} if is_away else {}
    return HttpResponse(page, status=status, headers=headers)
