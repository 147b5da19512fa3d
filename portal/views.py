"""Addresses that belong to no language: the bare host, the robots' rules, uploaded files."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve


@require_safe
def choose_language(request):
    """Lead to the home page in the language that the visitor's browser asks for."""
    language = translation.get_language_from_request(request)
    response = HttpResponseRedirect(f"/{language}/")
    patch_vary_headers(response, ["Accept-Language"])
    return response


@require_safe
def robots(request):
    rules = ["User-agent: *", "Disallow: /admin/"]
    rules += [f"Disallow: /{code}/search/" for code, _name in settings.LANGUAGES]
    rules += ["", f"Sitemap: {settings.BASE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(rules), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def media(request, path):
    """An uploaded file or a rendition. Its name never stands for other bytes.

    In production the proxy in front answers these; this view keeps the portal whole without one.
    """
    return serve(request, path, document_root=settings.MEDIA_ROOT)
