"""The newsletter below the prefix of each language."""

from django.urls import include, path

from newsletter import views

urlpatterns = [
    path("", views.subscribe, name="newsletter_subscribe"),
    path("asked/", views.asked, name="newsletter_asked"),
    path("confirm/<token>/", views.confirm, name="newsletter_confirm"),
    path("preferences/<token>/", views.preferences, name="newsletter_preferences"),
    path("preferences/<token>/erase/", views.erase, name="newsletter_erase"),
    path("leave/<token>/", views.leave, name="newsletter_leave"),
    path("archive/", include("newsletter.archive_urls")),
]
