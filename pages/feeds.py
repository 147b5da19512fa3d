"""Atom feeds in the language of their address (RFC 4287)."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from pages import languages
from pages.models import Page, SiteSettings

ENTRIES = 30


class PageFeed(Feed):
    """Entries for pages that are ready in the feed's language."""

    feed_type = Atom1Feed
    url_name: str

    def get_object(self, request):
        return SiteSettings.for_request(request)

    def link(self, obj):
        return f"{settings.BASE_URL}/{languages.active()}/"

    def feed_url(self, obj):
        return settings.BASE_URL + reverse(self.url_name)

    def feed_guid(self, obj):
        return self.feed_url(obj)

    def author_name(self, obj):
        return obj.organisation or obj.site_name

    @staticmethod
    def ready(pages):
        return pages.filter(**{f"is_ready_{languages.active()}": True})[:ENTRIES]

    def item_title(self, item: Page) -> str:
        return item.title

    def item_description(self, item: Page) -> str:
        return item.introduction

    def item_link(self, item: Page) -> str:
        return item.full_url

    def item_guid(self, item: Page) -> str:
        """The same entry under any address: a tag URI (RFC 4151) of page and language."""
        host = urlsplit(settings.BASE_URL).hostname
        return f"tag:{host},2023:{item.translation_key}:{languages.active()}"

    def item_pubdate(self, item: Page) -> datetime:
        return item.first_published_at

    def item_updateddate(self, item: Page) -> datetime:
        return item.last_published_at
