"""The tabs of the editor's form of an announcement: its words, its content, its audience."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    MultiFieldPanel,
    ObjectList,
    PageChooserPanel,
    Panel,
    TabbedInterface,
)

from newsletter.announcement_form import AnnouncementForm
from newsletter.audience import by_language, reached_by
from newsletter.models import Announcement
from pages import languages
from pages.panels import language_name, words_panels

ANNOUNCED = ["workshops.WorkshopPage", "press.PressReleasePage"]


class AudiencePanel(Panel):
    """How many readers the announcement reaches: as it was saved, and live as boxes are ticked."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "newsletter/admin/announcement_audience.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            return context | {"readers": by_language(self._reached())}

        def _reached(self):
            form = self.form
            if form is not None and form.is_bound and form.is_valid():
                chosen = form.cleaned_data
                return reached_by(chosen["topics"], chosen["groups"], chosen["languages"])
            announcement = self.instance
            if announcement.pk is None:
                return reached_by([], [], announcement.languages)
            return reached_by(
                announcement.topics.all(), announcement.groups.all(), announcement.languages
            )


def announcement_tabs() -> TabbedInterface:
    """English, Italiano, Content, Audience."""
    words = [
        ObjectList(words_panels(list(Announcement.WORDS), code), heading=language_name(code))
        for code in languages.CODES
    ]
    content = [
        PageChooserPanel("page", page_type=ANNOUNCED),
        FieldPanel("content"),
        FieldPanel("when_not_ready", widget=forms.RadioSelect),
        FieldPanel("is_archived"),
    ]
    audience = [
        MultiFieldPanel(
            [
                FieldPanel("topics", widget=forms.CheckboxSelectMultiple),
                FieldPanel("groups", widget=forms.CheckboxSelectMultiple),
                FieldPanel("languages"),
            ],
            heading=_("Who gets it"),
            attrs={"data-audience-choice": ""},
        ),
        AudiencePanel(heading=_("Readers")),
    ]
    return TabbedInterface(
        [
            *words,
            ObjectList(content, heading=_("Content")),
            ObjectList(audience, heading=_("Audience")),
        ],
        base_form_class=AnnouncementForm,
    )
