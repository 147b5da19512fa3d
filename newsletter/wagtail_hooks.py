"""Announcements and subscribers in the editor's menu."""

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from newsletter.admin import announcements, subscribers
from newsletter.admin.base import NAMESPACE
from press.models import PressReleasePage
from workshops.models import WorkshopPage


@register_snippet
class NewsletterViewSetGroup(SnippetViewSetGroup):
    menu_label = _("Newsletter")
    menu_icon = "mail"
    menu_order = 250
    items = (*announcements.VIEWSETS, *subscribers.VIEWSETS)


@hooks.register("register_admin_urls")
def status_address():
    """A short name and address for the status page: the summary mail links to it."""
    return [
        path(
            "newsletter/announcements/<int:pk>/",
            announcements.StatusView.as_view(),
            name="newsletter_status",
        )
    ]


@hooks.register("register_page_header_buttons")
def announce_from_header(page, user, view_name, next_url=None):
    yield from _announce(page, user)


@hooks.register("register_page_listing_more_buttons")
def announce_from_listing(page, user, next_url=None):
    yield from _announce(page, user)


def _announce(page, user):
    """Leads to a new announcement of the page; nothing is sent, or even saved, by that."""
    is_announced = page.specific_class in {WorkshopPage, PressReleasePage}
    if is_announced and user.has_perm("newsletter.add_announcement"):
        url = f"{reverse(f'{NAMESPACE}:add')}?page={page.pk}"
        yield Button(_("Announce"), url=url, icon_name="mail", priority=45)
