"""Sending a test mail from the editor."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from newsletter import addresses, audience
from newsletter.admin.base import AnnouncementView, status_url
from newsletter.testing import send_test

MOST = 10  # addresses


class TestForm(forms.Form):
    __test__ = False  # no test, whatever its name makes pytest think

    addresses = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        help_text=gettext_lazy("One a line, at most ten. They need not be subscribers."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=(addresses.MAX_ADDRESS + 2) * MOST,
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("In"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple
    )

    def clean_addresses(self) -> list[str]:
        typed = self.cleaned_data["addresses"].replace(",", "\n").replace(";", "\n").split("\n")
        found = {}
        for address in filter(None, map(str.strip, typed)):
            try:
                found[addresses.normalise(address)] = None
            except ValidationError:
                raise ValidationError(
                    _("“%(address)s” is not an e-mail address.") % {"address": address}
                ) from None
        if len(found) > MOST:
            raise ValidationError(_("At most ten addresses at a time."))
        return list(found)


class TestView(AnnouncementView):
    __test__ = False  # as above

    template_name = "newsletter/admin/announcement_test.html"
    page_title = gettext_lazy("Test mail")
    any_permission_required = ["add", "change"]

    def get_context_data(self, **kwargs):
        kwargs.setdefault("form", self._form())
        return super().get_context_data(**kwargs)

    def _form(self, data=None) -> TestForm:
        initial = {
            "addresses": self.request.user.email,
            "languages": audience.languages_of(self.announcement),
        }
        return TestForm(data, initial=initial)

    def post(self, request, *args, **kwargs):
        form = self._form(request.POST)
        if form.is_valid() and self._send(form):
            return redirect(status_url(self.announcement))
        return self.render_to_response(self.get_context_data(form=form))

    def _send(self, form: TestForm) -> bool:
        chosen = form.cleaned_data
        try:
            count = send_test(self.announcement, chosen["languages"], chosen["addresses"])
        except OSError as error:  # smtplib's errors are among them
            form.add_error(
                None,
                _("The mail server did not take it: %(error)s") % {"error": _words(error)},
            )
            return False
        words = ngettext("%(count)d test mail sent.", "%(count)d test mails sent.", count)
        messages.success(self.request, words % {"count": count})
        return True


def _words(error: OSError) -> str:
    answer = getattr(error, "smtp_error", b"")
    return answer.decode(errors="replace") if isinstance(answer, bytes) and answer else str(error)
