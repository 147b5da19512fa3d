"""Importing a list in three steps: the file, what its columns mean, what would happen."""

from django import forms
from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from newsletter import importing
from newsletter.importing import COLUMNS, Choices, ImportRefusedError, Verdict
from newsletter.models import Subscriber, SubscriberImport
from pages import formats

NAMESPACE = "wagtailsnippets_newsletter_subscriber"
ROWS_SHOWN = 100
NEW_ROWS_SHOWN = 10


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or XLSX, with a row of headings. Nothing is imported yet: the next pages show "
            "what would happen."
        ),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        content = file.read(importing.MAX_SIZE + 1)
        try:
            self.table = importing.read(file.name, content)
        except ImportRefusedError as error:
            raise forms.ValidationError(str(error)) from error
        return file


class ColumnsForm(forms.Form):
    """A choice of a column for each thing that we want to know, and what holds for all rows."""

    language_of_all = forms.ChoiceField(
        label=gettext_lazy("Language of rows without one"),
        required=False,
        choices=[("", "—"), *settings.LANGUAGES],
    )
    source_of_all = forms.CharField(
        label=gettext_lazy("How the people in rows without one agreed"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("For example: “ticked the box when registering for the workshop”."),
    )

    def __init__(self, *args, heading: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        columns = [(str(n), name or f"({n + 1})") for n, name in enumerate(heading)]
        for name, label in COLUMNS.items():
            nothing = [] if name == "address" else [("", _("not in the list"))]
            self.fields[name] = forms.ChoiceField(
                label=label, choices=[*nothing, *columns], required=name == "address"
            )
        self.order_fields(
            ["address", "language", "language_of_all", "topics", "groups", "source",
             "source_of_all", "agreed_on"]
        )  # fmt: skip

    def clean(self):
        data = super().clean()
        for name, complaint in {
            "language": _("Choose a column, or a language for all rows."),
            "source": _("Choose a column, or say how everybody in the list agreed."),
        }.items():
            if not data.get(name) and not data.get(f"{name}_of_all"):
                self.add_error(name, complaint)
        return data

    def choices(self) -> Choices:
        data = self.cleaned_data
        columns = {name: int(data[name]) if data[name] else None for name in COLUMNS}
        return Choices(columns, data["language_of_all"], data["source_of_all"])


class ImportView(PermissionCheckedMixin, WagtailAdminTemplateMixin):
    """What the three steps share."""

    model = Subscriber
    permission_required = "import"
    page_title = gettext_lazy("Import a list")
    header_icon = "upload"

    @cached_property
    def upload(self) -> SubscriberImport:
        return get_object_or_404(SubscriberImport, pk=self.kwargs["pk"])

    def get_page_subtitle(self):
        return self.upload.name if "pk" in self.kwargs else ""

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {
                "url": reverse(f"{NAMESPACE}:list"),
                "label": capfirst(Subscriber._meta.verbose_name_plural),
            },
            {"url": "", "label": self.page_title},
        ]


class UploadView(ImportView, FormView):
    form_class = UploadForm
    template_name = "newsletter/admin/import_form.html"

    def form_valid(self, form):
        upload = SubscriberImport.objects.create(
            name=form.cleaned_data["file"].name[:255],
            data={"heading": form.table.heading, "rows": form.table.rows},
            created_by=self.request.user,
        )
        return HttpResponseRedirect(reverse(f"{NAMESPACE}:import_columns", args=(upload.pk,)))

    def get_context_data(self, **kwargs):
        return super().get_context_data(button=_("Read the file"), **kwargs)


class ColumnsView(ImportView, FormView):
    form_class = ColumnsForm
    template_name = "newsletter/admin/import_form.html"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"heading": self.upload.data["heading"]}

    def get_initial(self):
        if not self.upload.choices:
            return importing.guess(self.upload.data["heading"])
        choices = Choices.load(self.upload.choices)
        fixed = {"language_of_all": choices.language, "source_of_all": choices.source}
        return choices.columns | fixed

    def form_valid(self, form):
        self.upload.choices = form.choices().dump()
        self.upload.save(update_fields=["choices"])
        return HttpResponseRedirect(reverse(f"{NAMESPACE}:import_preview", args=(self.upload.pk,)))

    def get_context_data(self, **kwargs):
        rows = self.upload.data["rows"]
        return super().get_context_data(
            button=_("Show what would happen"),
            heading=self.upload.data["heading"],
            sample=[cells for _number, cells in rows[:3]],
            **kwargs,
        )


class PreviewView(ImportView, TemplateView):
    template_name = "newsletter/admin/import_preview.html"

    def get(self, request, *args, **kwargs):
        if not self.upload.choices:
            url = reverse(f"{NAMESPACE}:import_columns", args=(self.upload.pk,))
            return HttpResponseRedirect(url)
        return super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        action = request.POST.get("action")
        if action == "cancel":
            self.upload.delete()
            messages.success(request, _("The list was deleted. Nothing was imported."))
            return HttpResponseRedirect(reverse(f"{NAMESPACE}:list"))
        try:
            count = importing.take_in(self.upload, leave_out_faulty=action == "without-faulty")
        except ImportRefusedError as refusal:
            messages.error(request, str(refusal))
            return self.get(request, *args, **kwargs)
        done = ngettext(
            "%(count)s subscriber was imported.", "%(count)s subscribers were imported.", count
        )
        messages.success(request, done % {"count": formats.number(count)})
        return HttpResponseRedirect(reverse(f"{NAMESPACE}:list"))

    def get_context_data(self, **kwargs):
        rows = importing.examine(self.upload)
        counts = importing.counted(rows)
        return super().get_context_data(
            upload=self.upload,
            total=len(rows),
            counts=[(Verdict(verdict), count) for verdict, count in counts.items()],
            new=counts[Verdict.NEW],
            faulty=counts[Verdict.INVALID],
            parts=[_part(rows, verdict) for verdict in PARTS if counts[verdict]],
            shown=ROWS_SHOWN,
            **kwargs,
        )


PARTS = (Verdict.INVALID, Verdict.SUPPRESSED, Verdict.DUPLICATE, Verdict.KNOWN, Verdict.NEW)


def _part(rows: list[importing.Row], verdict: Verdict) -> dict:
    """The first rows of one sort, and how many more there are."""
    found = [row for row in rows if row.verdict == verdict]
    shown = NEW_ROWS_SHOWN if verdict == Verdict.NEW else ROWS_SHOWN
    return {"verdict": verdict, "rows": found[:shown], "more": len(found) - shown}
