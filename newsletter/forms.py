"""The forms of the public pages. Nothing here asks the database about an address."""

import time

from django import forms
from django.core.signing import BadSignature, Signer
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from directory.models import Topic
from newsletter import addresses, subscribing
from newsletter.models import ConsentText
from pages import formats, languages

QUICKEST = 2  # seconds that a person needs at least to fill in the form
LONGEST_KEY = 18  # digits


def language_choices() -> list[tuple[str, str]]:
    """Each language by its own name."""
    return [(code, capfirst(get_language_info(code)["name_local"])) for code in languages.CODES]


def stamp(now: float | None = None) -> str:
    """When a form was shown, signed: what a session would remember, without a cookie."""
    return _signer().sign(f"{now or time.time():.0f}")


def _signer() -> Signer:
    return Signer(salt="newsletter.sign-up")


class AddressField(forms.CharField):
    """An e-mail address in its one spelling."""

    widget = forms.EmailInput

    def __init__(self, **kwargs):
        super().__init__(max_length=320, **kwargs)

    def clean(self, value):
        return addresses.normalise(super().clean(value))


class TopicsField(forms.ModelMultipleChoiceField):
    """Numbers that no database would take are no topics (SQLite's driver fails on them)."""

    def clean(self, value):
        if any(not key.isdecimal() or len(key) > LONGEST_KEY for key in value or ()):
            raise forms.ValidationError(self.error_messages["invalid_choice"])
        return super().clean(value)


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language of the messages"), choices=language_choices, widget=forms.RadioSelect
    )
    topics = TopicsField(
        label=_("Topics"),
        queryset=Topic.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a choice you receive announcements of every topic."),
        error_messages={
            "invalid_choice": _("One of the topics does not exist any more. Choose again."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topics"].queryset = Topic.objects.all()


class SignUpForm(PreferencesForm):
    """``is_suspicious`` tells a machine: it gets the answer that everybody gets, and no more."""

    address = AddressField(
        label=_("E-mail address"),
        help_text=_("For example name@institution.eu"),
        error_messages={"required": _("Enter an e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    # The checkbox posts the number of the text beside it: the proof names what was read.
    consent = forms.ModelChoiceField(
        queryset=ConsentText.objects.none(),
        error_messages={
            "required": _("Tick the box to receive announcements."),
            "invalid_choice": _("The text has changed. Read it, and tick the box again."),
        },
    )
    website = forms.CharField(required=False)  # people do not see it
    shown = forms.CharField(required=False)

    field_order = ["address", "language", "topics", "consent"]

    def __init__(self, *args, text: ConsentText, **kwargs):
        super().__init__(*args, **kwargs)
        self.text = text
        self.fields["consent"].queryset = ConsentText.objects.filter(pk=text.pk)

    def is_suspicious(self, now: float | None = None) -> bool:
        if self.data.get("website"):
            return True
        try:
            shown = float(_signer().unsign(self.data.get("shown", "")))
        except (BadSignature, ValueError):
            return True
        return (now or time.time()) - shown < QUICKEST

    @property
    def typed_address(self) -> str:
        """What stands in the field again; without what no page may contain."""
        typed = self.data.get("address", "")[:320]
        return "".join(character for character in typed if character.isprintable())

    @property
    def shown_at(self) -> str:
        """The stamp of the first showing: who corrects a mistake is quick."""
        posted = self.data.get("shown", "")
        try:
            _signer().unsign(posted)
        except BadSignature:
            return stamp()
        return posted


class PauseForm(forms.Form):
    months = forms.TypedChoiceField(
        coerce=int, choices=[(months, months) for months in subscribing.PAUSES]
    )


def pause_choices() -> list[tuple[int, str]]:
    """Months, and the day on which mails begin again."""
    return [
        (months, formats.days(subscribing.pause_end(months), language=languages.active()))
        for months in subscribing.PAUSES
    ]
