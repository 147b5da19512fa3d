"""Who and where: people with their dated roles, organisations, venues, contacts, topics."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable
from wagtail.search import index

from pages import admin_search, formats, languages
from pages.blocks import RICH_TEXT_FEATURES
from pages.constraints import FieldCheck
from pages.panels import language_tabs, words_row


def country_choices():
    return formats.countries()


class Gender(models.TextChoices):
    """Grammatical gender: which form of a word goes with a name."""

    FEMININE = "feminine", _("feminine")
    MASCULINE = "masculine", _("masculine")
    UNSPECIFIED = "unspecified", _("unspecified")


class Organisation(index.Indexed, models.Model):
    """An organisation with its name in each language."""

    name = models.CharField(_("name"), max_length=160)
    short_name = models.CharField(
        _("short name"), max_length=60, blank=True, help_text=_("Where space is short.")
    )
    logo = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        verbose_name=_("logo"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    url = models.URLField(_("web site"), blank=True)

    edit_handler = language_tabs(["name", "short_name"], [FieldPanel("logo"), FieldPanel("url")])
    search_fields = admin_search.words("name")

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self):
        return self.name or ""


class PersonQuerySet(models.QuerySet):
    def with_roles(self):
        return self.prefetch_related(
            models.Prefetch("roles", PersonRole.objects.select_related("organisation"))
        )


class PersonManager(models.Manager.from_queryset(PersonQuerySet)):
    """People always come with their roles: a name is hardly ever shown without one."""

    def in_bulk(self, id_list=(), **options):
        """Core's, in one query for people who have a role: so the choosers in blocks load them."""
        roles = PersonRole.objects.filter(person__in=id_list).order_by("sort_order")
        people: dict[int, Person] = {}
        held: dict[int, list[PersonRole]] = {}
        for role in roles.select_related("person__portrait", "organisation"):
            people.setdefault(role.person_id, role.person)
            held.setdefault(role.person_id, []).append(role)
        for pk, person in people.items():
            person._cluster_related_objects = {"roles": held[pk]}  # where modelcluster looks first
        without = set(id_list) - set(people)
        return people | (super().in_bulk(without, **options) if without else {})

    def get_queryset(self):
        return super().get_queryset().with_roles()


class Person(index.Indexed, ClusterableModel):
    """A person and the roles that they hold or held."""

    given_name = models.CharField(_("given name"), max_length=80)
    family_name = models.CharField(_("family name"), max_length=80)
    gender = models.CharField(
        _("grammatical gender"),
        max_length=12,
        choices=Gender,
        default=Gender.UNSPECIFIED,
        help_text=_("Only decides the form of words, as in “relatore” and “relatrice”."),
    )
    portrait = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        verbose_name=_("portrait"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = PersonManager()

    panels = [
        FieldRowPanel([FieldPanel("given_name"), FieldPanel("family_name")]),
        FieldPanel("gender"),
        FieldPanel("portrait"),
        InlinePanel(
            "roles",
            heading=pgettext_lazy("of a person", "Roles"),
            label=pgettext_lazy("of a person", "Role"),
            help_text=_(
                "When somebody takes up a new office, close the old role and add the new one: "
                "what was published keeps the role of its day."
            ),
        ),
    ]
    search_fields = admin_search.facts("given_name", "family_name")

    class Meta:
        ordering = ["family_name", "given_name"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self):
        return f"{self.given_name} {self.family_name}".strip()

    def role_on(self, day: date | None = None) -> "PersonRole | None":
        """The first role that covers ``day`` (default: today), else the first without dates."""
        day = day or timezone.localdate()
        return next((role for role in self.roles.all() if role.covers(day)), None)


class PersonRole(Orderable):
    """An office held at an organisation for some time."""

    person = ParentalKey(Person, on_delete=models.CASCADE, related_name="roles")
    title = models.CharField(
        _("title of office"),
        max_length=160,
        help_text=_("As it reads after the name, in the right gender; in Italian in lower case."),
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="roles",
        help_text=_("Added after the title, unless the title names it already."),
    )
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)

    panels = [
        *words_row("title"),
        FieldPanel("organisation"),
        FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
    ]

    class Meta(Orderable.Meta):
        verbose_name = pgettext_lazy("of a person", "role")
        verbose_name_plural = pgettext_lazy("of a person", "roles")
        constraints = [
            FieldCheck(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="role_ends_after_it_starts",
                violation_error_code="ends_on",
                violation_error_message=_("A role must end after it starts."),
            )
        ]

    def __str__(self):
        if self.organisation and not self._names_its_organisation:
            return f"{self.title}, {self.organisation}"
        return self.title or ""

    @property
    def _names_its_organisation(self) -> bool:
        names = (self.organisation.name, self.organisation.short_name)
        return any(name and name in self.title for name in names)

    def covers(self, day: date) -> bool:
        return (self.starts_on or day) <= day <= (self.ends_on or day)


class Venue(index.Indexed, models.Model):
    """A place where workshops are held, with the name that the place approves in each language."""

    name = models.CharField(
        _("name"), max_length=160, help_text=_("As the place itself writes it in this language.")
    )
    city = models.CharField(_("city"), max_length=80)
    street = models.CharField(_("street and number"), max_length=160, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=country_choices)
    latitude = models.DecimalField(
        _("latitude"), max_digits=8, decimal_places=5, null=True, blank=True
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=8, decimal_places=5, null=True, blank=True
    )
    directions = RichTextField(_("how to get there"), blank=True, features=RICH_TEXT_FEATURES)
    accessibility = RichTextField(
        _("accessibility"),
        blank=True,
        features=RICH_TEXT_FEATURES,
        help_text=_(
            "Entrances, lifts, toilets, hearing loops: what somebody needs to know before."
        ),
    )

    edit_handler = language_tabs(
        ["name", "city", "directions", "accessibility"],
        [
            FieldPanel("street"),
            FieldRowPanel([FieldPanel("postal_code"), FieldPanel("country")]),
            FieldRowPanel([FieldPanel("latitude"), FieldPanel("longitude")]),
        ],
    )
    search_fields = [*admin_search.words("name", "city"), index.FilterField("country")]

    class Meta:
        ordering = ["name"]
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        constraints = [
            FieldCheck(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,  # a comparison with nothing would pass the check
                    latitude__range=(-90, 90),
                    longitude__isnull=False,
                    longitude__range=(-180, 180),
                ),
                name="venue_coordinates_are_on_earth",
                violation_error_code="latitude",
                violation_error_message=_(
                    "Give both coordinates: latitude from -90 to 90, longitude from -180 to 180."
                ),
            )
        ]

    def __str__(self):
        return ", ".join(part for part in (self.name, self.city) if part)

    @property
    def place(self) -> str:
        """City and country: “Siena, Italy”."""
        return ", ".join(part for part in (self.city, formats.country_name(self.country)) if part)

    @property
    def city_key(self) -> str:
        """The city in query strings: the same in every language."""
        return formats.slug(getattr(self, f"city_{languages.DEFAULT}"), languages.DEFAULT)

    @property
    def address(self) -> str:
        """Street, postal code and city in one line."""
        city = " ".join(part for part in (self.postal_code, self.city) if part)
        return ", ".join(part for part in (self.street, city) if part)

    @property
    def full_address(self) -> str:
        """Street, postal code, city and country in one line."""
        return ", ".join(
            part for part in (self.address, formats.country_name(self.country)) if part
        )

    @property
    def has_coordinates(self) -> bool:
        return self.latitude is not None and self.longitude is not None


class Contact(index.Indexed, models.Model):
    """Somebody to write to or to call: a press office, a secretariat."""

    name = models.CharField(_("name"), max_length=160)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(
        _("telephone"), max_length=40, blank=True, help_text=_("With country code: +39 0577 …")
    )

    edit_handler = language_tabs(["name"], [FieldPanel("email"), FieldPanel("phone")])
    search_fields = [*admin_search.words("name"), *admin_search.facts("email", "phone")]

    class Meta:
        ordering = ["name"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            FieldCheck(
                condition=~Q(email="", phone=""),
                name="contact_can_be_reached",
                violation_error_code="email",
                violation_error_message=_("Give an e-mail address or a telephone number."),
            )
        ]

    def __str__(self):
        return self.name or ""


class Topic(index.Indexed, models.Model):
    """A subject by which visitors filter workshops and press releases."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(
        _("key in addresses"),
        max_length=80,
        unique=True,
        help_text=_("The same in every language, so that a filtered list can be shared."),
    )

    edit_handler = language_tabs(["name"], [FieldPanel("slug")])
    search_fields = admin_search.words("name")

    class Meta:
        ordering = ["name"]
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self):
        return self.name or ""
