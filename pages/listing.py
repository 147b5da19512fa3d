"""Lists that visitors filter: a query string is read by a form, and nothing in it is an error."""

from dataclasses import dataclass

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

PER_PAGE = 20


@dataclass(frozen=True)
class Chip:
    """A filter in force: its words, and the query string of the list without it."""

    label: str
    query: str


class FilterForm(forms.Form):
    """Filters from a query string. Unknown values are as good as none."""

    template_name_label = None
    use_required_attribute = False

    def __init__(self, query: QueryDict, **choices: list[tuple[str, str]]):
        super().__init__(query, auto_id="%s")
        for name, values in choices.items():
            field = self.fields[name]
            field.choices = [("", field.empty_label), *values]
        self.is_valid()

    def chosen(self, name: str) -> str:
        """The value chosen for ``name``, or an empty string."""
        return self.cleaned_data.get(name, "")

    @property
    def chips(self) -> list[Chip]:
        chips = []
        for name, field in self.fields.items():
            if value := self.chosen(name):
                query = self.data.copy()
                query.pop(name)
                query.pop("page", None)
                label = dict(field.choices).get(value, value)
                chips.append(Chip(str(label), query.urlencode()))
        return chips


class FilterField(forms.ChoiceField):
    """A choice with a first option that stands for no filter."""

    def __init__(self, *, empty_label, **kwargs):
        super().__init__(required=False, **kwargs)
        self.empty_label = empty_label


def page_of(queryset: QuerySet, request: HttpRequest) -> Page:
    """The page of the list that the query string asks for; the nearest one where there is none.

    Its number is kept with the request, for the canonical address.
    """
    page = Paginator(queryset, PER_PAGE).get_page(request.GET.get("page"))
    request.list_page = page.number
    return page
