"""The feed of press releases."""

from django.utils.translation import gettext as _

from pages.feeds import PageFeed
from press.models import PressReleasePage


class PressFeed(PageFeed):
    url_name = "press_feed"

    def title(self, obj):
        return _("Press releases – %(site)s") % {"site": obj.site_name}

    def items(self):
        return self.ready(PressReleasePage.objects.for_lists())

    def item_pubdate(self, item):
        return item.released_at
