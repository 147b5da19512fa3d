"""The front page."""

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, PageChooserPanel

from pages.fields import BodyField
from pages.models import Page
from press.models import PressReleasePage
from workshops.models import WorkshopPage

UPCOMING_SHOWN = 4
RELEASES_SHOWN = 4


class HomePage(Page):
    """What a visitor sees first: one workshop, those to come, the latest releases, the house."""

    featured_workshop = models.ForeignKey(
        WorkshopPage,
        verbose_name=_("workshop at the top"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Leave empty to show the workshop under way, else the next, else the last."),
    )
    body = BodyField()

    max_count = 1
    words = [*Page.words, "body"]
    facts_panels = [PageChooserPanel("featured_workshop"), FieldPanel("image")]
    parent_page_types = ["pages.Page"]
    subpage_types = ["workshops.WorkshopIndexPage", "press.PressRoomPage", "pages.TextPage"]
    page_description = _("The front page of the portal.")

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")

    @cached_property
    def _upcoming(self) -> list[WorkshopPage]:
        return list(WorkshopPage.objects.for_lists().upcoming()[: UPCOMING_SHOWN + 1])

    @cached_property
    def hero(self) -> WorkshopPage | None:
        """The workshop at the top: the chosen one, the one under way, the next or the last."""
        workshops = WorkshopPage.objects.for_lists()
        if self.featured_workshop_id and (
            chosen := workshops.filter(pk=self.featured_workshop_id).first()
        ):
            return chosen
        held = [workshop for workshop in self._upcoming if not workshop.is_called_off]
        return held[0] if held else workshops.past().first()

    @property
    def upcoming(self) -> list[WorkshopPage]:
        """The next workshops, without the one at the top."""
        others = [workshop for workshop in self._upcoming if workshop != self.hero]
        return others[:UPCOMING_SHOWN]

    @cached_property
    def releases(self) -> list[PressReleasePage]:
        return list(PressReleasePage.objects.for_lists()[:RELEASES_SHOWN])
