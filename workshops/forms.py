"""What the editor's form refuses of a workshop."""

from itertools import combinations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages import languages
from pages.forms import PageForm


class WorkshopForm(PageForm):
    """A page's form, and: a place for who comes, sessions within the days, nobody twice at once."""

    def clean(self):
        cleaned = super().clean()
        sessions = self._sessions()
        self._check_days(sessions)
        self._check_people(sessions)
        self._check_registration()
        if not self.is_deferred_validation:
            self._check_place()
            self._check_titles(sessions)
        return cleaned

    def _sessions(self):
        """The forms of faultless sessions, each with what was typed: an error takes it away."""
        formset = self.formsets.get("sessions")
        return [
            (form, dict(form.cleaned_data))
            for form in (formset.forms if formset else [])
            if form.is_valid() and form.cleaned_data and not formset._should_delete_form(form)
        ]

    def _check_days(self, sessions):
        starts, ends = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if not (starts and ends) or ends < starts:
            return
        count = (ends - starts).days + 1
        for form, typed in sessions:
            if typed["day"] > count:
                form.add_error(
                    "day",
                    ngettext(
                        "The workshop has no day %(day)s: it lasts %(count)s day.",
                        "The workshop has no day %(day)s: it lasts %(count)s days.",
                        count,
                    )
                    % {"day": typed["day"], "count": count},
                )

    def _check_people(self, sessions):
        for (one, one_typed), (other, other_typed) in combinations(sessions, 2):
            if not _overlap(one_typed, other_typed):
                continue
            for person in _people(one) & _people(other):
                other.add_error(
                    "starts",
                    _("%(person)s is already in “%(session)s” at this time.")
                    % {"person": person, "session": one.instance.title},
                )

    def _check_registration(self):
        for event in ("opens", "closes"):
            day, time = f"registration_{event}_on", f"registration_{event}_time"
            if self.cleaned_data.get(time) and not self.cleaned_data.get(day):
                self.add_error(day, _("Give the day as well."))

    def _check_place(self):
        workshop = self.instance
        if (
            self.cleaned_data.get("format") != workshop.Format.ONLINE
            and "venue" in self.fields
            and not self.cleaned_data.get("venue")
        ):
            self.add_error("venue", _("Choose the venue, or the format “online”."))

    def _check_titles(self, sessions):
        ready = [code for code in languages.CODES if self.cleaned_data.get(f"is_ready_{code}")]
        for form, typed in sessions:
            for language in ready:
                if not typed.get(f"title_{language}"):
                    form.add_error(
                        f"title_{language}",
                        _("Needed before the page can be published in this language."),
                    )


def _overlap(one, other) -> bool:
    return (
        one["day"] == other["day"]
        and one["starts"] < other["ends"]
        and other["starts"] < one["ends"]
    )


def _people(form) -> set:
    formset = form.formsets["people"]
    return {
        person.cleaned_data["person"]
        for person in formset.forms
        if person.is_valid()
        and person.cleaned_data.get("person")
        and not formset._should_delete_form(person)
    }
