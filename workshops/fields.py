"""A list of languages in one column."""

from django import forms
from django.db import models
from django.utils.text import capfirst

from pages import formats


class LanguagesField(models.JSONField):
    """ISO 639-1 codes of spoken languages, as a list; chosen by ticking their names."""

    def formfield(self, **kwargs):
        return forms.TypedMultipleChoiceField(
            choices=formats.spoken_languages,
            required=not self.blank,
            label=kwargs.get("label", capfirst(self.verbose_name)),
            help_text=kwargs.get("help_text", self.help_text),
            widget=forms.CheckboxSelectMultiple,
        )
