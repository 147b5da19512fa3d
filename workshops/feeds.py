"""The feed of workshops."""

from django.utils.translation import gettext as _

from pages.feeds import PageFeed
from workshops.models import WorkshopPage


class WorkshopFeed(PageFeed):
    url_name = "workshop_feed"

    def title(self, obj):
        return _("Workshops – %(site)s") % {"site": obj.site_name}

    def items(self):
        return self.ready(WorkshopPage.objects.for_lists().order_by("-first_published_at"))
