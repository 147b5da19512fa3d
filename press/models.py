"""Press releases, the texts that close them, and the press room that lists them."""

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    MultipleChooserPanel,
)
from wagtail.fields import RichTextField
from wagtail.models import Orderable, PageManager
from wagtail.search import index

from directory.models import Contact, Topic
from pages import admin_search
from pages.blocks import RICH_TEXT_FEATURES
from pages.fields import BodyField
from pages.models import Page
from pages.panels import language_tabs, words_row
from pages.querysets import PageQuerySet
from press import listing
from press.forms import PressReleaseForm
from workshops.models import WorkshopPage


class Boilerplate(index.Indexed, models.Model):
    """A text about an organisation that closes press releases: “About ICPerMed”."""

    title = models.CharField(_("heading"), max_length=120, help_text=_("“About …”"))
    text = RichTextField(_("text"), features=RICH_TEXT_FEATURES)

    edit_handler = language_tabs(["title", "text"], [])
    search_fields = admin_search.words("title")

    class Meta:
        ordering = ["title"]
        verbose_name = _("boilerplate")
        verbose_name_plural = _("boilerplates")

    def __str__(self):
        return self.title or ""


class PressReleaseQuerySet(PageQuerySet):
    def latest_first(self):
        return self.order_by("-released_at", "-pk")

    def for_lists(self):
        """Public ones with the facts that a list shows, latest first."""
        return self.live().public().select_related("image").latest_first()


class PressReleasePage(Page):
    """A press release, in the words of the day it went out."""

    released_at = models.DateTimeField(
        _("release time"),
        default=timezone.now,
        help_text=_(
            "Its day is shown as that of the release, and lists are ordered by it. "
            "Typed in the time zone of your account."
        ),
    )
    dateline_place = models.CharField(
        _("place of the dateline"), max_length=80, blank=True, help_text=_("For example Siena.")
    )
    dateline_on = models.DateField(
        _("date of the dateline"),
        null=True,
        blank=True,
        help_text=_("Stands before the first sentence, after the place."),
    )
    topics = ParentalManyToManyField(Topic, verbose_name=_("topics"), blank=True)
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("press contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    body = BodyField()

    objects = PageManager.from_queryset(PressReleaseQuerySet)()

    form_class = PressReleaseForm
    words = [*Page.words, "dateline_place", "body"]
    required_words = [*Page.required_words, "body"]
    related_facts = [*Page.related_facts, "contact"]
    parent_page_types = ["press.PressRoomPage"]
    subpage_types: list[str] = []
    page_description = _("A press release with quotes, images, boilerplate and contact.")

    facts_panels = [
        MultiFieldPanel(
            [
                FieldPanel("released_at"),
                FieldPanel("dateline_on"),
                FieldPanel("topics"),
                FieldPanel("contact"),
                FieldPanel("image"),
            ],
            heading=_("Release"),
        ),
        MultipleChooserPanel(
            "workshops",
            chooser_field_name="workshop",
            heading=_("Workshops"),
            label=_("Workshop"),
            help_text=_("The release and its workshops then lead to each other."),
        ),
        InlinePanel(
            "boilerplates",
            heading=_("Boilerplates"),
            label=_("Boilerplate"),
            help_text=_("Their text is frozen into the release when it is published."),
        ),
        InlinePanel(
            "updates",
            heading=pgettext_lazy("of a press release", "Updates"),
            label=pgettext_lazy("of a press release", "Update"),
            help_text=_("Say what changed after the release went out: visitors see it at the top."),
        ),
    ]

    class Meta:
        verbose_name = _("press release")
        verbose_name_plural = _("press releases")

    @cached_property
    def closing_texts(self) -> list["FrozenBoilerplate | Boilerplate"]:
        """The boilerplates in order: as they were frozen, or as they are where not yet public."""
        entries = self.boilerplates.all()
        if isinstance(entries, models.QuerySet):
            entries = entries.select_related("boilerplate")
        kept = FrozenBoilerplate.objects.filter(release=self._frozen_with())
        frozen = {text.boilerplate_id: text for text in kept}
        return [frozen.get(entry.boilerplate_id, entry.boilerplate) for entry in entries]

    def _frozen_with(self) -> int | None:
        """The release that this one's boilerplates are frozen with: an alias shows its source's."""
        release: Page = self
        while release.alias_of:
            release = release.alias_of
        return release.pk

    @cached_property
    def update_notes(self) -> list["ReleaseUpdate"]:
        """What changed after publication, latest first."""
        return sorted(self.updates.all(), key=lambda update: update.updated_on, reverse=True)

    @property
    def public_workshops(self) -> list[WorkshopPage]:
        """The workshops that it is about and that visitors may see, in the editor's order."""
        wanted = [entry.workshop_id for entry in self.workshops.all()]
        found = WorkshopPage.objects.for_lists().in_bulk(wanted)
        return [found[pk] for pk in wanted if pk in found]

    @cached_property
    def topic_list(self) -> list[Topic]:
        return list(self.topics.all())

    @property
    def kicker(self) -> str:
        return str(_("Press release"))

    def searchable_facts(self) -> list[str]:
        return [text.title for text in self.closing_texts]


class ReleaseWorkshop(Orderable):
    """A workshop that a release is about."""

    release = ParentalKey(PressReleasePage, on_delete=models.CASCADE, related_name="workshops")
    workshop = models.ForeignKey(
        WorkshopPage, verbose_name=_("workshop"), on_delete=models.CASCADE, related_name="+"
    )

    class Meta(Orderable.Meta):
        verbose_name = _("workshop of a release")
        verbose_name_plural = _("workshops of a release")
        constraints = [
            models.UniqueConstraint(
                fields=["release", "workshop"], name="release_names_a_workshop_once"
            )
        ]


class ReleaseBoilerplate(Orderable):
    """A boilerplate's place at the end of a release."""

    release = ParentalKey(PressReleasePage, on_delete=models.CASCADE, related_name="boilerplates")
    boilerplate = models.ForeignKey(
        Boilerplate, verbose_name=_("boilerplate"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta(Orderable.Meta):
        verbose_name = _("boilerplate of a release")
        verbose_name_plural = _("boilerplates of a release")


class FrozenBoilerplate(models.Model):
    """A boilerplate's words as they were when a release with it first became public.

    A row that points to the page: revisions cannot revert it, copies do not inherit it.
    """

    release = models.ForeignKey(
        PressReleasePage, on_delete=models.CASCADE, related_name="frozen_boilerplates"
    )
    boilerplate = models.ForeignKey(Boilerplate, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    text = RichTextField()
    frozen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "boilerplate"], name="boilerplate_is_frozen_once"
            )
        ]

    def __str__(self):
        return self.title or ""


class ReleaseUpdate(Orderable):
    """What was changed in a release after it went out, in one sentence."""

    release = ParentalKey(PressReleasePage, on_delete=models.CASCADE, related_name="updates")
    updated_on = models.DateField(_("updated on"), default=timezone.localdate)
    note = models.CharField(_("what changed"), max_length=400)

    panels = [FieldRowPanel([FieldPanel("updated_on")]), *words_row("note")]

    class Meta(Orderable.Meta):
        verbose_name = pgettext_lazy("of a press release", "update")
        verbose_name_plural = pgettext_lazy("of a press release", "updates")

    def __str__(self):
        return self.note or ""


class PressRoomPage(Page):
    """The list of press releases, by year and topic."""

    contact = models.ForeignKey(
        Contact,
        verbose_name=_("press contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("For journalists; shown beside the list."),
    )

    max_count = 1
    required_words = ["title"]
    related_facts = [*Page.related_facts, "contact"]
    facts_panels = [*Page.facts_panels, FieldPanel("contact")]
    show_in_menus_default = True
    parent_page_types = ["home.HomePage"]
    subpage_types = ["press.PressReleasePage"]
    page_description = _("The list of all press releases.")

    class Meta:
        verbose_name = _("press room")
        verbose_name_plural = _("press rooms")

    def get_context(self, request, *args, **kwargs):
        releases = PressReleasePage.objects.for_lists()
        return super().get_context(request, *args, **kwargs) | listing.listing_context(
            releases, request
        )
