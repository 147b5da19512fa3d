"""Workshops: when, where, by whom, with which programme; and the page that lists them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    MultipleChooserPanel,
)
from wagtail.models import Orderable, PageManager

from directory.models import (
    Contact,
    Gender,
    Organisation,
    Person,
    PersonRole,
    Topic,
    Venue,
)
from pages import formats
from pages.constraints import FieldCheck
from pages.fields import BodyField
from pages.models import Page
from pages.panels import language_tabs, words_row
from pages.querysets import PageQuerySet
from workshops import listing
from workshops.fields import LanguagesField
from workshops.forms import WorkshopForm

DAY_BEGINS = time.min
DAY_ENDS = time.max.replace(microsecond=0)


def timezone_choices():
    """IANA names of cities, without the legacy aliases such as ``CET`` and ``Etc/GMT+3``."""
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith("Etc/")
    )
    return [(name, name.replace("_", " ")) for name in names]


class Series(models.Model):
    """Workshops that follow one another: “ICPerMed workshop”."""

    name = models.CharField(
        _("name of one edition"),
        max_length=120,
        help_text=_("In the singular, as it reads after a number: “5th ICPerMed workshop”."),
    )
    gender = models.CharField(
        _("grammatical gender"),
        max_length=12,
        choices=Gender,
        default=Gender.MASCULINE,
        help_text=_(
            "Of that name, for the number before it: “quinto workshop”, “quinta giornata”."
        ),
    )

    edit_handler = language_tabs(["name"], [FieldPanel("gender")])

    class Meta:
        ordering = ["name"]
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self):
        return self.name or ""


class WorkshopQuerySet(PageQuerySet):
    def upcoming(self, now: datetime | None = None):
        """Not yet over, soonest first: a workshop under way is still upcoming."""
        return self.filter(ends_at__gte=now or timezone.now()).order_by("starts_at")

    def past(self, now: datetime | None = None):
        """The exact complement of ``upcoming``, latest first."""
        return self.filter(ends_at__lt=now or timezone.now()).order_by("-starts_at")

    def by_time(self, now: datetime | None = None):
        """First the upcoming ones, soonest first, then the past ones, latest first."""
        upcoming = Case(When(ends_at__gte=now or timezone.now(), then=F("starts_at")))
        return self.order_by(upcoming.asc(nulls_last=True), "-starts_at")

    def at(self, place: str):
        """Held at ``place``: a key of ``listing.places``, or online."""
        if place == listing.ONLINE:
            return self.exclude(format=WorkshopPage.Format.ON_SITE)
        return self.filter(
            venue__in=[venue.pk for venue in Venue.objects.all() if venue.city_key == place]
        )

    def for_lists(self):
        """Public ones with the facts that a list shows."""
        return self.live().public().select_related("venue", "series", "image")


class WorkshopPage(Page):
    """One workshop. Dates and times are those on the wall at the place, in its time zone.

    ``starts_at`` and ``ends_at`` (UTC) are derived from them at every save. A day without times
    lasts from midnight to midnight there.
    """

    class Hours(models.TextChoices):
        EXACT = "exact", _("exact times")
        ALL_DAY = "all_day", _("all day")
        TO_BE_ANNOUNCED = "to_be_announced", _("to be announced")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        CONFIRMED = "confirmed", _("confirmed")
        POSTPONED = "postponed", _("postponed")
        CANCELLED = "cancelled", _("cancelled")
        MOVED_ONLINE = "moved_online", _("moved online")

    class Format(models.TextChoices):
        ON_SITE = "on_site", _("on site")
        ONLINE = "online", _("online")
        HYBRID = "hybrid", _("on site and online")

    class Precision(models.TextChoices):
        EXACT = "exact", _("exactly")
        MORE_THAN = "more_than", _("more than")
        ABOUT = "about", _("about")

    class Phase(models.TextChoices):
        UPCOMING = "upcoming", _("Upcoming")
        UNDER_WAY = "under_way", _("Happening now")
        PAST = "past", _("Past")

    # When
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    hours = models.CharField(
        _("times"),
        max_length=16,
        choices=Hours,
        default=Hours.EXACT,
        help_text=_("Exact times need a start and an end; the other choices take none."),
    )
    start_time = models.TimeField(_("starts at"), null=True, blank=True)
    end_time = models.TimeField(_("ends at"), null=True, blank=True)
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        choices=timezone_choices,
        help_text=_("Of the place: all times of this workshop are those on the wall there."),
    )
    starts_at = models.DateTimeField(editable=False, db_index=True)
    ends_at = models.DateTimeField(editable=False, db_index=True)

    # What and how
    series = models.ForeignKey(
        Series,
        verbose_name=_("series"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="workshops",
    )
    edition = models.PositiveSmallIntegerField(
        _("edition"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("5 for the fifth of its series."),
    )
    status = models.CharField(
        _("status"),
        max_length=16,
        choices=Status,
        default=Status.PLANNED,
        help_text=_(
            "Planned shows as “Save the date”. When the workshop is postponed, cancelled or moved "
            "online, give the reason in the tab of each language."
        ),
    )
    status_reason = models.CharField(
        _("reason for the status"),
        max_length=255,
        blank=True,
        help_text=_("Shown when the workshop is postponed, cancelled or moved online."),
    )
    format = models.CharField(_("format"), max_length=12, choices=Format, default=Format.ON_SITE)
    venue = models.ForeignKey(
        Venue,
        verbose_name=_("venue"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="workshops",
    )
    online_url = models.URLField(
        _("address for taking part online"),
        blank=True,
        help_text=_("Only if everybody may see it."),
    )
    audience = models.CharField(
        _("audience"), max_length=255, blank=True, help_text=_("Who the workshop is for.")
    )
    event_languages = LanguagesField(
        _("languages spoken"), blank=True, default=list, help_text=_("At the workshop itself.")
    )
    attendance = models.PositiveIntegerField(_("people who took part"), null=True, blank=True)
    attendance_precision = models.CharField(
        _("precision"),
        max_length=12,
        choices=Precision,
        default=Precision.EXACT,
        help_text=_("How the number reads: “90”, “more than 90” or “about 90”."),
    )
    attendance_on = models.DateField(
        _("as of"),
        null=True,
        blank=True,
        help_text=_("The day on which people were counted."),
    )

    # Registration
    registration_url = models.URLField(_("registration form"), blank=True)
    registration_opens_on = models.DateField(_("registration opens on"), null=True, blank=True)
    registration_opens_time = models.TimeField(
        _("at"),
        null=True,
        blank=True,
        help_text=_("In the workshop’s time zone. Without a time: at the start of that day."),
    )
    registration_closes_on = models.DateField(_("registration closes on"), null=True, blank=True)
    registration_closes_time = models.TimeField(
        _("at"),
        null=True,
        blank=True,
        help_text=_("In the workshop’s time zone. Without a time: at the end of that day."),
    )
    registration_note = models.CharField(
        _("note on registration"),
        max_length=255,
        blank=True,
        help_text=_("For example “By invitation”."),
    )

    topics = ParentalManyToManyField(Topic, verbose_name=_("topics"), blank=True)
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    body = BodyField()
    # Random and the same in every language: the identity of the calendar entry (RFC 5545, UID).
    # An alias keeps its source's: it is the same event.
    calendar_uid = models.UUIDField(default=uuid4, editable=False, db_index=True)

    # How often dates or status changed since the workshop became public (RFC 5545, SEQUENCE).
    calendar_sequence = models.PositiveIntegerField(default=0, editable=False)

    objects = PageManager.from_queryset(WorkshopQuerySet)()

    form_class = WorkshopForm
    words = [*Page.words, "body", "audience", "registration_note", "status_reason"]
    related_facts = [*Page.related_facts, "series", "venue", "contact"]
    parent_page_types = ["workshops.WorkshopIndexPage"]
    subpage_types: list[str] = []
    page_description = _("A workshop with its dates, venue, programme and documents.")
    exclude_fields_in_copy = ["calendar_uid", "calendar_sequence"]

    facts_panels = [
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
                FieldPanel("hours"),
                FieldRowPanel([FieldPanel("start_time"), FieldPanel("end_time")]),
                FieldPanel("timezone", required_on_save=True),  # no moment exists without it
            ],
            heading=_("When"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("format"),
                FieldPanel("venue"),
                FieldPanel("online_url"),
            ],
            heading=_("Where"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("status"),
                FieldRowPanel([FieldPanel("series"), FieldPanel("edition")]),
                FieldPanel("topics"),
                FieldPanel("event_languages"),
                FieldPanel("contact"),
                FieldPanel("image"),
            ],
            heading=_("What"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("registration_url"),
                FieldRowPanel(
                    [FieldPanel("registration_opens_on"), FieldPanel("registration_opens_time")]
                ),
                FieldRowPanel(
                    [FieldPanel("registration_closes_on"), FieldPanel("registration_closes_time")]
                ),
            ],
            heading=_("Registration"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("attendance_precision"), FieldPanel("attendance")]),
                FieldPanel("attendance_on"),
            ],
            heading=_("Attendance"),
        ),
        InlinePanel("organisations", heading=_("Organisations"), label=_("Organisation")),
        InlinePanel("sessions", heading=_("Programme"), label=_("Session")),
        MultipleChooserPanel(
            "downloads",
            chooser_field_name="document",
            heading=_("Documents to download"),
            label=_("Document"),
        ),
    ]

    class Meta:
        verbose_name = _("workshop")
        verbose_name_plural = _("workshops")
        constraints = [
            FieldCheck(
                condition=Q(ends_on__gte=F("starts_on")),
                name="workshop_ends_after_it_starts",
                violation_error_code="ends_on",
                violation_error_message=_("A workshop must end after it starts."),
            ),
            FieldCheck(
                condition=~Q(hours="exact") | Q(start_time__isnull=False, end_time__isnull=False),
                name="workshop_has_its_exact_times",
                violation_error_code="hours",
                violation_error_message=_(
                    "Give both times, or choose “all day” or “to be announced”."
                ),
            ),
            FieldCheck(
                condition=~Q(hours="exact")
                | ~Q(ends_on=F("starts_on"))
                | Q(end_time__gt=F("start_time")),
                name="workshop_ends_later_than_it_starts_on_one_day",
                violation_error_code="end_time",
                violation_error_message=_("A workshop must end after it starts."),
            ),
            FieldCheck(
                condition=Q(attendance_on__isnull=True) | Q(attendance_on__gte=F("starts_on")),
                name="attendance_is_counted_when_it_has_begun",
                violation_error_code="attendance_on",
                violation_error_message=_(
                    "Who took part can be counted from the first day on, not before."
                ),
            ),
            FieldCheck(
                condition=Q(registration_opens_on__isnull=True)
                | Q(registration_closes_on__isnull=True)
                | Q(registration_closes_on__gt=F("registration_opens_on"))
                | Q(registration_closes_on=F("registration_opens_on"))
                & (
                    Q(registration_opens_time__isnull=True)
                    | Q(registration_closes_time__isnull=True)
                    | Q(registration_closes_time__gt=F("registration_opens_time"))
                ),
                name="registration_closes_after_it_opens",
                violation_error_code="registration_closes_on",
                violation_error_message=_("Registration must close after it opens."),
            ),
        ]

    def save(self, *args, **kwargs):
        self._set_moments()
        if not self._state.adding and kwargs.get("update_fields") is None:
            self._count_changes()
        super().save(*args, **kwargs)

    def _count_changes(self) -> None:
        """Raise the calendar's SEQUENCE when a public workshop's dates or status change."""
        old = WorkshopPage.objects.get(pk=self.pk)
        facts = ("starts_at", "ends_at", "hours", "timezone", "status")
        is_changed = any(getattr(old, fact) != getattr(self, fact) for fact in facts)
        self.calendar_sequence = old.calendar_sequence + (old.live and self.live and is_changed)

    def full_clean(self, *args, **kwargs):
        self._set_moments()
        super().full_clean(*args, **kwargs)

    def _set_moments(self) -> None:
        """Derive the moments from the wall; what is incomplete is refused by the constraints."""
        if not (self.starts_on and self.ends_on and self.timezone):
            return
        starts, ends = self.start_time, self.end_time
        if self.hours != self.Hours.EXACT or not (starts and ends):
            starts, ends = DAY_BEGINS, DAY_ENDS
        self.starts_at = self._aware(self.starts_on, starts).astimezone(UTC)
        self.ends_at = self._aware(self.ends_on, ends).astimezone(UTC)

    def _aware(self, day: date, wall: time) -> datetime:
        return datetime.combine(day, wall, ZoneInfo(self.timezone))

    # Time

    def phase(self, now: datetime | None = None) -> Phase:
        now = now or timezone.now()
        if self.ends_at < now:
            return self.Phase.PAST
        return self.Phase.UNDER_WAY if self.starts_at <= now else self.Phase.UPCOMING

    @property
    def day_count(self) -> int:
        return (self.ends_on - self.starts_on).days + 1

    def day_number(self, at: datetime) -> int:
        """The day of the workshop that calendars at the place show: 1 is the first."""
        return (timezone.localtime(at, ZoneInfo(self.timezone)).date() - self.starts_on).days + 1

    @property
    def has_times(self) -> bool:
        return self.hours == self.Hours.EXACT

    def moment(self, day_number: int, wall: time) -> datetime:
        """The aware moment of a wall-clock time on a day of the workshop (1 is the first)."""
        return self._aware(self.starts_on + timedelta(days=day_number - 1), wall)

    @property
    def zone_label(self) -> str:
        return formats.zone_label(self.timezone, self.starts_at)

    # Words derived from facts

    @property
    def edition_name(self) -> str:
        """“5th ICPerMed workshop”, or the bare name of the series."""
        if not self.series:
            return ""
        if not self.edition:
            return str(self.series)
        return f"{formats.ordinal(self.edition, self.series.gender)} {self.series}"

    @property
    def kicker(self) -> str:
        return self.edition_name or str(_("Workshop"))

    def searchable_facts(self) -> list[str]:
        people = [str(taking_part.person) for taking_part in self.speakers]
        sessions = [session.title for day in self.programme for session in day.sessions]
        return [
            self.edition_name,
            str(self.venue or ""),
            self.place,
            *people,
            *filter(None, sessions),
        ]

    @property
    def current_format(self) -> Format:
        """The format after a change of plan."""
        is_moved = self.status == self.Status.MOVED_ONLINE
        return self.Format.ONLINE if is_moved else self.Format(self.format)

    @property
    def is_on_site(self) -> bool:
        return self.current_format != self.Format.ONLINE

    @property
    def short_name(self) -> str:
        """Where there is little room: “Siena 2023”."""
        if self.is_on_site and self.venue:
            return f"{self.venue.city} {self.starts_on.year}"
        return self.title

    @property
    def has_directions(self) -> bool:
        return bool(
            self.is_on_site and self.venue and (self.venue.directions or self.venue.accessibility)
        )

    @property
    def place(self) -> str:
        """Where, as a list shows it: city and country, or “Online”."""
        if self.is_on_site and self.venue:
            return self.venue.place
        return "" if self.is_on_site else str(_("Online"))

    @property
    def is_called_off(self) -> bool:
        return self.status in {self.Status.CANCELLED, self.Status.POSTPONED}

    @property
    def registration_opens_at(self) -> datetime | None:
        day = self.registration_opens_on
        return self._aware(day, self.registration_opens_time or DAY_BEGINS) if day else None

    @property
    def registration_closes_at(self) -> datetime | None:
        day = self.registration_closes_on
        return self._aware(day, self.registration_closes_time or DAY_ENDS) if day else None

    def registration_state(self, now: datetime | None = None) -> str:
        """One of ``none``, ``later``, ``open``, ``closed``."""
        now = now or timezone.now()
        closes = self.registration_closes_at or self.ends_at
        if self.is_called_off or closes < now:
            return "closed" if self.registration_url else "none"
        if not self.registration_url:
            return "none"
        opens = self.registration_opens_at
        return "later" if opens and opens > now else "open"

    # Programme

    @cached_property
    def programme(self) -> list["ProgrammeDay"]:
        """The days that have sessions, each with its sessions in order of time."""
        sessions = self.sessions.all()
        if isinstance(sessions, models.QuerySet):  # a preview's unsaved sessions are a list
            sessions = sessions.prefetch_related(
                models.Prefetch(
                    "people",
                    SessionPerson.objects.select_related("person__portrait").order_by("sort_order"),
                ),
                models.Prefetch(
                    "people__person__roles", PersonRole.objects.select_related("organisation")
                ),
            )
        by_day: dict[int, list[Session]] = {}
        for session in sorted(sessions, key=lambda session: (session.day, session.starts)):
            session.workshop = self  # modelcluster leaves it to a query for each session
            by_day.setdefault(session.day, []).append(session)
        return [
            ProgrammeDay(number, self.starts_on + timedelta(days=number - 1), sessions)
            for number, sessions in by_day.items()
        ]

    @property
    def speakers(self) -> list["Participation"]:
        """Everybody in the programme once, with their role of that day, in order of appearance."""
        seen: dict[int, Participation] = {}
        for day in self.programme:
            for session in day.sessions:
                for taking_part in session.people.all():
                    seen.setdefault(taking_part.person_id, Participation(taking_part, day.date))
        return list(seen.values())

    @cached_property
    def organisation_entries(self) -> list["WorkshopOrganisation"]:
        organisations = self.organisations.all()
        if isinstance(organisations, models.QuerySet):
            organisations = organisations.select_related("organisation")
        return list(organisations)

    @property
    def organisations_by_role(self) -> dict[str, list[Organisation]]:
        """Role's label to organisations, in the order of the roles' list."""
        by_role: dict[str, list[Organisation]] = {}
        for entry in self.organisation_entries:
            by_role.setdefault(entry.role, []).append(entry.organisation)
        return {
            str(role.label): by_role[role] for role in WorkshopOrganisation.Role if role in by_role
        }

    @cached_property
    def topic_list(self) -> list[Topic]:
        return list(self.topics.all())

    @cached_property
    def documents(self) -> list["WorkshopDownload"]:
        downloads = self.downloads.all()
        if isinstance(downloads, models.QuerySet):
            downloads = downloads.select_related("document")
        return list(downloads)


@dataclass(frozen=True)
class ProgrammeDay:
    """One day of a programme: its number in the workshop, its date, its sessions."""

    number: int
    date: date
    sessions: list["Session"]


@dataclass(frozen=True)
class Participation:
    """A person in a programme, with the role that they held on the day."""

    taking_part: "SessionPerson"
    day: date

    @property
    def person(self) -> Person:
        return self.taking_part.person

    @property
    def role(self) -> str:
        return str(self.person.role_on(self.day) or "")


class WorkshopOrganisation(Orderable):
    """An organisation's part in a workshop."""

    class Role(models.TextChoices):
        ORGANISER = "organiser", _("Organised by")
        HOST = "host", _("Hosted by")
        SECRETARIAT = "secretariat", _("Secretariat")
        COOPERATION = "cooperation", _("In cooperation with")
        FUNDER = "funder", _("Funded by")

    workshop = ParentalKey(WorkshopPage, on_delete=models.CASCADE, related_name="organisations")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(_("part"), max_length=12, choices=Role, default=Role.ORGANISER)

    panels = [FieldRowPanel([FieldPanel("role"), FieldPanel("organisation")])]

    class Meta(Orderable.Meta):
        verbose_name = _("organisation of a workshop")
        verbose_name_plural = _("organisations of a workshop")


class Session(Orderable, ClusterableModel):
    """One item of the programme. Its times are those on the wall at the place."""

    class Kind(models.TextChoices):
        PLENARY = "plenary", _("Plenary")
        KEYNOTE = "keynote", _("Keynote")
        PANEL = "panel", _("Panel")
        INTERACTIVE = "interactive", _("Interactive session")
        RECOGNITION = "recognition", _("Recognition")
        BREAK = "break", _("Break")

    workshop = ParentalKey(WorkshopPage, on_delete=models.CASCADE, related_name="sessions")
    day = models.PositiveSmallIntegerField(
        _("day"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("1 for the first day of the workshop: sessions move along when it is moved."),
    )
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    kind = models.CharField(
        _("kind"),
        max_length=12,
        choices=Kind,
        default=Kind.PLENARY,
        help_text=_("Shown above the title, in its own colour. A break shows its title only."),
    )
    title = models.CharField(_("title"), max_length=255)
    abstract = models.TextField(_("what it covers"), blank=True, max_length=2000)
    room = models.CharField(_("room"), max_length=80, blank=True)
    language = models.CharField(
        _("language"),
        max_length=8,
        blank=True,
        choices=formats.spoken_languages,
        help_text=_("Only where it differs from the workshop's."),
    )

    panels = [
        FieldRowPanel([FieldPanel("day"), FieldPanel("starts"), FieldPanel("ends")]),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("language")]),
        *words_row("title", "room", "abstract"),
        InlinePanel("people", heading=_("People"), label=_("Person")),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            FieldCheck(
                condition=Q(ends__gt=F("starts")),
                name="session_ends_after_it_starts",
                violation_error_code="ends",
                violation_error_message=_("A session must end after it starts."),
            )
        ]

    def __str__(self):
        return self.title or ""

    @property
    def special_language(self) -> str:
        """The session's language, unless it is the only one of the workshop."""
        return "" if self.workshop.event_languages == [self.language] else self.language

    @property
    def is_break(self) -> bool:
        return self.kind == self.Kind.BREAK

    @property
    def starts_at(self) -> datetime:
        return self.workshop.moment(self.day, self.starts)

    @property
    def ends_at(self) -> datetime:
        return self.workshop.moment(self.day, self.ends)


class SessionPerson(Orderable):
    """A person's part in a session."""

    class Function(models.TextChoices):
        SPEAKER = "speaker", _("speaker")
        MODERATOR = "moderator", _("moderator")
        PANELLIST = "panellist", _("panellist")
        CHAIR = "chair", _("chair")

    session = ParentalKey(Session, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    function = models.CharField(
        _("part"), max_length=12, choices=Function, default=Function.SPEAKER
    )

    panels = [FieldRowPanel([FieldPanel("person"), FieldPanel("function")])]

    class Meta(Orderable.Meta):
        verbose_name = _("person in a session")
        verbose_name_plural = _("people in a session")

    @property
    def role(self) -> str:
        """The office that the person held on the day of the session."""
        workshop = self.session.workshop
        day = workshop.starts_on + timedelta(days=self.session.day - 1)
        return str(self.person.role_on(day) or "")

    @property
    def function_name(self) -> str:
        """The part in words that agree with the person's grammatical gender."""
        return str(FUNCTION_NAMES[self.person.gender][self.function])


# Written out one by one, so that translators get to see each.
FUNCTION_NAMES = {
    Gender.FEMININE: {
        SessionPerson.Function.SPEAKER: pgettext_lazy("feminine person", "speaker"),
        SessionPerson.Function.MODERATOR: pgettext_lazy("feminine person", "moderator"),
        SessionPerson.Function.PANELLIST: pgettext_lazy("feminine person", "panellist"),
        SessionPerson.Function.CHAIR: pgettext_lazy("feminine person", "chair"),
    },
    Gender.MASCULINE: {
        SessionPerson.Function.SPEAKER: pgettext_lazy("masculine person", "speaker"),
        SessionPerson.Function.MODERATOR: pgettext_lazy("masculine person", "moderator"),
        SessionPerson.Function.PANELLIST: pgettext_lazy("masculine person", "panellist"),
        SessionPerson.Function.CHAIR: pgettext_lazy("masculine person", "chair"),
    },
    Gender.UNSPECIFIED: {
        SessionPerson.Function.SPEAKER: pgettext_lazy("unspecified person", "speaker"),
        SessionPerson.Function.MODERATOR: pgettext_lazy("unspecified person", "moderator"),
        SessionPerson.Function.PANELLIST: pgettext_lazy("unspecified person", "panellist"),
        SessionPerson.Function.CHAIR: pgettext_lazy("unspecified person", "chair"),
    },
}


class WorkshopDownload(Orderable):
    """A document of the workshop, with the title that visitors read."""

    workshop = ParentalKey(WorkshopPage, on_delete=models.CASCADE, related_name="downloads")
    document = models.ForeignKey(
        "wagtaildocs.Document",
        verbose_name=_("document"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    title = models.CharField(_("title"), max_length=160, blank=True)
    languages = LanguagesField(_("languages of the document"), blank=True, default=list)

    panels = [FieldPanel("document"), *words_row("title"), FieldPanel("languages")]

    class Meta(Orderable.Meta):
        verbose_name = _("download")
        verbose_name_plural = _("downloads")

    def __str__(self):
        return self.title or self.document.title


class WorkshopIndexPage(Page):
    """The list of workshops, upcoming and past, with filters."""

    max_count = 1
    required_words = ["title"]
    show_in_menus_default = True
    parent_page_types = ["home.HomePage"]
    subpage_types = ["workshops.WorkshopPage"]
    page_description = _("The list of all workshops.")

    class Meta:
        verbose_name = _("list of workshops")
        verbose_name_plural = _("lists of workshops")

    def get_context(self, request, *args, **kwargs):
        return super().get_context(request, *args, **kwargs) | listing.listing_context(
            WorkshopPage.objects.for_lists(), request
        )
