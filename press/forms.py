"""What the editor's form refuses of a press release."""

from django.utils.translation import gettext as _

from pages import languages
from pages.forms import PageForm


class PressReleaseForm(PageForm):
    """A page's form, and: each update says in every ready language what changed."""

    def clean(self):
        cleaned = super().clean()
        if not self.is_deferred_validation and "updates" in self.formsets:
            self._check_updates()
        return cleaned

    def _check_updates(self):
        formset = self.formsets["updates"]
        ready = [code for code in languages.CODES if self.cleaned_data.get(f"is_ready_{code}")]
        for form in formset.forms:
            if not form.is_valid() or formset._should_delete_form(form):
                continue
            for language in ready:
                if not form.cleaned_data.get(f"note_{language}"):
                    form.add_error(
                        f"note_{language}",
                        _("Needed before the page can be published in this language."),
                    )
