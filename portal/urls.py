"""The portal's addresses. Everything that visitors read stands below the prefix of its language."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents import urls as wagtaildocs_urls

from newsletter.views import one_click
from portal import views

handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.page_not_found"
handler500 = "portal.errors.server_error"

urlpatterns = [
    path("", views.choose_language),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", views.robots),
    path("newsletter/leave/<token>/", one_click, name="newsletter_one_click"),
    path(f"{settings.MEDIA_URL.strip('/')}/<path:path>", views.media),
]

if settings.ANYMAIL.get("WEBHOOK_SECRET"):  # without one anybody could tell us anything
    urlpatterns.append(path("newsletter/events/", include("anymail.urls")))

urlpatterns += i18n_patterns(
    path("search/", include("search.urls")),
    path("newsletter/", include("newsletter.urls")),
    path("", include("workshops.urls")),
    path("", include("press.urls")),
    path("", include("pages.urls")),
    path("", include(wagtail_urls)),
)
