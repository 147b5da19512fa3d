"""The editor's form of an announcement."""

from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm

from pages import languages


class AnnouncementForm(WagtailAdminModelForm):
    """A draft needs a subject in one language; the rest is asked for before it is sent."""

    def clean(self):
        cleaned = super().clean()
        subjects = [f"subject_{code}" for code in languages.CODES]
        if not self.is_deferred_validation and not any(cleaned.get(name) for name in subjects):
            self.add_error(subjects[0], _("Give the mail a subject in at least one language."))
        return cleaned

    def save(self, commit=True):
        if self.instance._state.adding:
            self.instance.created_by = self.for_user
        return super().save(commit=commit)
