"""Subscribers, their groups, consent texts and suppressed addresses in the editor."""

from datetime import datetime

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import BulkActionsCheckboxColumn, DateColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.views import snippets

from newsletter import addresses, exporting, subscribing
from newsletter.admin import importing
from newsletter.forms import AddressField
from newsletter.models import ConsentText, Subscriber, SubscriberGroup, SuppressedAddress
from pages import formats
from pages.panels import language_tabs

NAMESPACE = "wagtailsnippets_newsletter_subscriber"
DELIVERIES_SHOWN = 50
NOTE_HELP = gettext_lazy("Why, in a few words. It must not name the person.")


class NeverPolicy(ModelPermissionPolicy):
    """Some things nobody may do in the editor, administrators included."""

    def __init__(self, model, never):
        super().__init__(model)
        self.never = frozenset(never)

    def user_has_permission(self, user, action):
        return action not in self.never and super().user_has_permission(user, action)


register_permission_policy(
    ConsentText, NeverPolicy(ConsentText, ["change", "delete"]), exact_class=True
)
register_permission_policy(
    SuppressedAddress, NeverPolicy(SuppressedAddress, ["change"]), exact_class=True
)


@hooks.register("before_bulk_action")
def refuse_bulk_deletion(request, action_type, objects, action):
    """Erasing a person, or what was agreed to, is done one by one, by our own deeds."""
    if action.model in (Subscriber, ConsentText, SuppressedAddress):
        raise PermissionDenied


class IndexView(snippets.IndexView):
    """A list without boxes to tick: nothing here is done to many at once."""

    delete_label = gettext_lazy("Delete")

    @cached_property
    def columns(self):
        columns = super().columns
        return [it for it in columns if not isinstance(it, BulkActionsCheckboxColumn)]

    def get_list_more_buttons(self, instance):
        buttons = super().get_list_more_buttons(instance)
        for button in buttons:
            if button.url == self.get_delete_url(instance):
                button.label = self.delete_label
        return buttons


# Subscribers


class SubscriberForm(WagtailAdminModelForm):
    """Address and proof are asked for once; afterwards only what the subscriber may change too."""

    address = AddressField(label=gettext_lazy("E-mail address"))
    note = forms.CharField(
        label=gettext_lazy("How this person agreed"),
        max_length=255,
        help_text=gettext_lazy("For example: “asked for it at the workshop in Siena, 14 May”."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        if not self.is_new:
            del self.fields["address"], self.fields["note"]

    def clean_address(self):
        address = self.cleaned_data["address"]
        suppressed = subscribing.suppression(address)
        if suppressed:
            text = _("This address is suppressed (%(reason)s).")
            if suppressed.reason in subscribing.LIFTED_BY_OWNER:
                text = _("This address is suppressed (%(reason)s). Its owner can sign up again.")
            raise ValidationError(text % {"reason": suppressed.get_reason_display()})
        return address

    def save(self, commit=True):
        if self.is_new:
            subscriber = super().save(commit)
            subscribing.prove_by_editor(subscriber, self.cleaned_data["note"])
            return subscriber
        # Not the whole row: its owner may have left while the form was open.
        subscribing.change(
            self.instance.pk, self.cleaned_data["language"], self.cleaned_data["topics"]
        )
        self.instance.groups.set(self.cleaned_data["groups"])
        return self.instance


class SubscriberIndexView(IndexView):
    delete_label = gettext_lazy("Erase")

    @cached_property
    def may_export(self) -> bool:
        return self.user_has_permission("export")

    @cached_property
    def show_export_buttons(self):
        return self.may_export

    def as_spreadsheet(self, queryset, spreadsheet_format):
        if not self.may_export:
            raise PermissionDenied
        return exporting.as_file(queryset, spreadsheet_format)

    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        if self.user_has_permission("import"):
            url = reverse(f"{NAMESPACE}:import")
            buttons.append(Button(_("Import a list"), url=url, icon_name="upload", priority=80))
        return buttons


class SubscriberDeleteView(snippets.DeleteView):
    """Deleting a subscriber is erasing a person."""

    page_title = gettext_lazy("Erase")
    template_name = "newsletter/admin/subscriber_erase.html"
    success_message = gettext_lazy("The subscriber was erased.")

    def get_usage(self):
        return None

    def get_usage_url(self):
        return None

    def delete_action(self):
        subscribing.erase(self.object.pk)


def _moment(at: datetime) -> str:
    return formats.moment(at, timezone.get_current_timezone_name())


class SubscriberInspectView(snippets.InspectView):
    """Everything that is known: consents, and what was sent."""

    template_name = "newsletter/admin/subscriber_inspect.html"

    def get_subscribed_at_display_value(self):
        return _moment(self.object.subscribed_at)

    def get_paused_until_display_value(self):
        day = self.object.paused_until
        return formats.days(day) if day else "-"

    def get_left_at_display_value(self):
        return _moment(self.object.left_at) if self.object.left_at else "-"

    @cached_property
    def header_more_buttons(self):
        buttons = super().header_more_buttons
        for button in buttons:
            if button.url == self.get_delete_url():
                button.label = _("Erase")
        is_active = self.object.state != Subscriber.State.SUPPRESSED
        if is_active and self.user_has_permission("change"):
            url = reverse(f"{NAMESPACE}:suppress", args=(self.object.pk,))
            buttons.append(Button(_("Suppress"), url=url, icon_name="no-view", priority=15))
        return buttons

    def get_context_data(self, **kwargs):
        deliveries = self.object.deliveries.select_related("announcement").order_by("-pk")
        return super().get_context_data(
            consents=self.object.consents.select_related("text"),
            deliveries=deliveries[:DELIVERIES_SHOWN],
            **kwargs,
        )


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=255,
        required=False,
        help_text=NOTE_HELP,
    )


class SuppressView(PermissionCheckedMixin, WagtailAdminTemplateMixin, FormView):
    """Ask for a reason, then send nothing to this address any more."""

    model = Subscriber
    permission_required = "change"
    form_class = NoteForm
    template_name = "newsletter/admin/subscriber_suppress.html"
    page_title = gettext_lazy("Suppress")
    header_icon = "no-view"

    @cached_property
    def subscriber(self):
        return get_object_or_404(Subscriber, pk=self.kwargs["pk"])

    def get_page_subtitle(self):
        return str(self.subscriber)

    def get_breadcrumbs_items(self):
        inspect = reverse(f"{NAMESPACE}:inspect", args=(self.subscriber.pk,))
        return [
            *self.breadcrumbs_items,
            {
                "url": reverse(f"{NAMESPACE}:list"),
                "label": capfirst(Subscriber._meta.verbose_name_plural),
            },
            {"url": inspect, "label": str(self.subscriber)},
            {"url": "", "label": self.page_title},
        ]

    def form_valid(self, form):
        subscribing.suppress(
            self.subscriber.address,
            SuppressedAddress.Reason.EDITOR,
            note=form.cleaned_data["note"],
        )
        messages.success(self.request, _("No mail is sent to this subscriber any more."))
        return HttpResponseRedirect(reverse(f"{NAMESPACE}:inspect", args=(self.subscriber.pk,)))

    def get_context_data(self, **kwargs):
        return super().get_context_data(subscriber=self.subscriber, **kwargs)


class SubscriberViewSet(snippets.SnippetViewSet):
    model = Subscriber
    icon = "user"
    menu_label = gettext_lazy("Subscribers")
    index_view_class = SubscriberIndexView
    delete_view_class = SubscriberDeleteView
    inspect_view_class = SubscriberInspectView
    delete_template_name = SubscriberDeleteView.template_name
    inspect_template_name = SubscriberInspectView.template_name
    inspect_view_enabled = True
    inspect_view_fields = [
        "language", "state", "topics", "groups", "subscribed_at", "paused_until", "left_at",
    ]  # fmt: skip
    copy_view_enabled = False
    list_display = [
        "address",
        "language",
        "state",
        DateColumn("subscribed_at", label=gettext_lazy("Subscribed"), sort_key="subscribed_at"),
    ]
    list_filter = ["language", "state", "topics", "groups"]
    list_per_page = 50
    search_fields = ["address"]
    panels = [
        FieldPanel("address"),
        FieldPanel("language"),
        FieldPanel("topics", widget=forms.CheckboxSelectMultiple),
        FieldPanel("groups", widget=forms.CheckboxSelectMultiple),
        FieldPanel("note"),
    ]

    def get_edit_handler(self):
        handler = super().get_edit_handler()
        handler.base_form_class = SubscriberForm
        return handler

    def get_urlpatterns(self):
        return [
            *super().get_urlpatterns(),
            path("suppress/<int:pk>/", SuppressView.as_view(), name="suppress"),
            path("import/", importing.UploadView.as_view(), name="import"),
            path("import/<int:pk>/", importing.ColumnsView.as_view(), name="import_columns"),
            path(
                "import/<int:pk>/preview/", importing.PreviewView.as_view(), name="import_preview"
            ),
        ]


class SubscriberGroupViewSet(snippets.SnippetViewSet):
    model = SubscriberGroup
    icon = "group"
    menu_label = gettext_lazy("Groups")
    copy_view_enabled = False
    list_display = ["name"]


# Consent texts


class ConsentTextViewSet(snippets.SnippetViewSet):
    """A new wording is a new text: the old one is what people agreed to."""

    model = ConsentText
    icon = "doc-full"
    menu_label = gettext_lazy("Consent texts")
    index_view_class = IndexView
    inspect_view_enabled = True
    copy_view_enabled = False
    list_display = ["__str__", DateColumn("created_at", label=gettext_lazy("In force since"))]
    edit_handler = language_tabs(["text"], [])


# Suppressed addresses


class SuppressedAddressForm(WagtailAdminModelForm):
    """The address is turned into its hash; it is stored nowhere."""

    address = AddressField(label=gettext_lazy("E-mail address"))

    def save(self, commit=True):
        address = self.cleaned_data["address"]
        subscribing.suppress(
            address, SuppressedAddress.Reason.EDITOR, note=self.cleaned_data["note"]
        )
        self.instance = subscribing.suppression(address)
        return self.instance


class WholeAddressForm(SearchForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, placeholder=_("Is this address suppressed?"), **kwargs)


class SuppressedAddressIndexView(IndexView):
    """Searching asks whether one whole address is suppressed: only its hash is there."""

    delete_label = gettext_lazy("Take back")
    is_searchable = True

    def get_search_form(self):
        asked = self.search_kwarg in self.request.GET
        return WholeAddressForm(self.request.GET) if asked else WholeAddressForm()

    def search_queryset(self, queryset):
        if not self.is_searching:
            return queryset
        try:
            address = addresses.normalise(self.search_query)
        except ValidationError:
            return queryset.none()
        return queryset.filter(address_hash=addresses.hashed(address))


class SuppressedAddressCreateView(snippets.CreateView):
    page_title = gettext_lazy("Suppress an address")
    success_message = gettext_lazy("No mail is sent to this address any more.")

    def get_success_buttons(self):
        return []


class SuppressedAddressDeleteView(snippets.DeleteView):
    page_title = gettext_lazy("Take back")
    success_message = gettext_lazy("This address may be written to again.")

    @property
    def confirmation_message(self):
        return _(
            "Whoever was subscribed with this address receives announcements again. Are you sure?"
        )

    def delete_action(self):
        subscribing.unsuppress(self.object.address_hash)


class SuppressedAddressViewSet(snippets.SnippetViewSet):
    model = SuppressedAddress
    icon = "no-view"
    menu_label = gettext_lazy("Suppressed addresses")
    index_view_class = SuppressedAddressIndexView
    add_view_class = SuppressedAddressCreateView
    delete_view_class = SuppressedAddressDeleteView
    inspect_view_enabled = True
    inspect_view_fields = ["reason", "note", "created_at"]
    copy_view_enabled = False
    list_display = [
        "reason",
        "note",
        DateColumn("created_at", label=gettext_lazy("Since"), sort_key="created_at"),
    ]
    list_filter = ["reason"]
    panels = [
        FieldPanel("address"),
        FieldPanel("note", help_text=NOTE_HELP),
    ]

    def get_edit_handler(self):
        handler = super().get_edit_handler()
        handler.base_form_class = SuppressedAddressForm
        return handler


VIEWSETS = [
    SubscriberViewSet,
    SubscriberGroupViewSet,
    ConsentTextViewSet,
    SuppressedAddressViewSet,
]
