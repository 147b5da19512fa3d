"""Announcements on the web."""

from django.urls import path

from newsletter import archive

urlpatterns = [
    path("", archive.archive, name="newsletter_archive"),
    path("<uuid:key>/", archive.announcement, name="newsletter_announcement"),
]
