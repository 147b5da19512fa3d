"""An editor at work: posts to Wagtail's own views what a browser would post."""

import re
from datetime import date, datetime, time

from django import forms
from django.db.models import Model
from django.urls import reverse
from django.utils import translation
from wagtail import blocks
from wagtail.admin.rich_text.editors.draftail import DraftailRichTextArea
from wagtail.models import Revision
from wagtail.rich_text import RichText
from wagtail.users.models import UserProfile

from tests.client import StrictClient


class RefusedError(AssertionError):
    """A form came back with errors where it was expected to be accepted."""


class Editor:
    """A user with a browser, in the language that their profile asks for."""

    def __init__(self, user):
        self.user = user
        self.language = UserProfile.get_for_user(user).preferred_language
        self.client = StrictClient()
        self.client.force_login(user)

    def get(self, name: str, *args, **query):
        return self.client.get(reverse(name, args=args), query)

    def post(self, name: str, *args, data=None, **values):
        return self.client.post(reverse(name, args=args), (data or {}) | values)

    # Pages

    def create(self, model, parent, action: str = "publish", **typed):
        """Fill in the form of a new page and send it off; the page, or ``RefusedError``."""
        before = set(model.objects.values_list("pk", flat=True))
        self._accepted(self.try_create(model, parent, action, **typed))
        return model.objects.exclude(pk__in=before).get()

    def try_create(self, model, parent, action: str = "publish", **typed):
        instance = model(owner=self.user)
        instance._cached_parent_obj = parent
        data = self._filled(instance, parent) | typed | _button(action)
        args = (model._meta.app_label, model._meta.model_name, parent.pk)
        return self.post("wagtailadmin_pages:add", *args, data=data)

    def edit(self, page, action: str = "publish", **typed):
        """Open the page, change what is ``typed``, send it off; the page, or ``RefusedError``."""
        self._accepted(self.try_edit(page, action, **typed))
        return type(page).objects.get(pk=page.pk)

    def try_edit(self, page, action: str = "publish", **typed):
        return self.post(
            "wagtailadmin_pages:edit", page.pk, data=self.form(page) | typed | _button(action)
        )

    def refused(self, page, action: str = "publish", **typed) -> dict[str, list[str]]:
        """The errors of an edit that must not be accepted, and must not lose what was typed."""
        response = self.try_edit(page, action, **typed)
        assert response.status_code == 200, "the form was accepted"
        form = response.context["form"]
        again = typed_in(form)
        kept = {name: str(again.get(name, "")) for name in typed}
        assert kept == {name: str(value) for name, value in typed.items()}
        return errors_of(form)

    def form(self, page) -> dict:
        """What the editor of ``page`` would post if nothing was changed."""
        draft = type(page).objects.get(pk=page.pk).get_latest_revision_as_object()
        return self._filled(draft, draft.get_parent())

    def revert(self, page, revision: Revision, action: str = ""):
        old = revision.as_object()
        data = self._filled(old, old.get_parent()) | {"revision": revision.pk} | _button(action)
        self._accepted(self.post("wagtailadmin_pages:edit", page.pk, data=data))
        return type(page).objects.get(pk=page.pk)

    def _filled(self, instance, parent) -> dict:
        with translation.override(self.language):
            form_class = type(instance).get_edit_handler().get_form_class()
            return typed_in(form_class(instance=instance, parent_page=parent, for_user=self.user))

    @staticmethod
    def _accepted(response):
        if response.status_code != 302:
            form = response.context["form"]
            raise RefusedError(errors_of(form) or response.status_code)


def _button(action: str) -> dict:
    return {f"action-{action}": "on"} if action else {}


def errors_of(form) -> dict[str, list[str]]:
    """The errors of a form and of the forms in it, by the names of the fields in the browser."""
    errors = {form.add_prefix(name): list(found) for name, found in form.errors.items()}
    for formset in getattr(form, "formsets", {}).values():
        if found := list(formset.non_form_errors()):
            errors[formset.prefix] = found
        for child in formset.forms:
            errors |= errors_of(child)
    return errors


def typed_in(form) -> dict:
    """What a browser posts for a form, or would post again for one that came back with errors."""
    data = {}
    for field in form:
        data |= _field_data(field)
    for formset in getattr(form, "formsets", {}).values():
        data |= typed_in(formset.management_form)
        for child in formset.forms:
            data |= typed_in(child)
    return data


def _field_data(field: forms.BoundField) -> dict:
    if isinstance(field.field, blocks.BlockField):
        return _block_data(field.field.block, field.value(), field.html_name)
    value = _posted(field.field, field.value())
    return {} if value is None else {field.html_name: value}


def _block_data(block, value, prefix: str) -> dict:
    if isinstance(block, blocks.StructBlock):
        data = {}
        for name, child in block.child_blocks.items():
            data |= _block_data(child, value[name], f"{prefix}-{name}")
        return data
    if isinstance(block, blocks.StreamBlock):
        items = [(child.block, child.value, child.id, child.block_type) for child in value]
    elif isinstance(block, blocks.ListBlock):
        items = [(block.child_block, child.value, child.id, "item") for child in value.bound_blocks]
    else:
        posted = _posted(block.field, value)
        return {} if posted is None else {prefix: posted}
    data = {f"{prefix}-count": len(items)}
    for number, (child, item, identity, kind) in enumerate(items):
        place = f"{prefix}-{number}"
        data |= {f"{place}-type": kind, f"{place}-order": number, f"{place}-deleted": ""}
        data |= {f"{place}-id": identity or ""} | _block_data(child, item, f"{place}-value")
    return data


def _posted(field: forms.Field, value):
    """One field's value as it travels; None for a box that is not ticked."""
    if isinstance(field, forms.BooleanField) or value is True or value is False:
        return "on" if value else None
    if isinstance(value, RichText):
        value = value.source
    if isinstance(field.widget, DraftailRichTextArea):
        # The keys of Draft.js blocks are random each time.
        return re.sub(r'"key": "\w+"', '"key": "same"', field.widget.format_value(value))
    if isinstance(value, date | time | datetime):
        value = field.widget.format_value(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _plain(value)


def _plain(value):
    if isinstance(value, Model):
        return value.pk
    return "" if value is None else value
