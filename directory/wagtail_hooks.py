"""The directory in the editor's menu."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from directory.models import Contact, Organisation, Person, Topic, Venue


class PersonViewSet(SnippetViewSet):
    model = Person
    icon = "user"
    list_display = ["__str__", "role_on"]


class OrganisationViewSet(SnippetViewSet):
    model = Organisation
    icon = "group"


class VenueViewSet(SnippetViewSet):
    model = Venue
    icon = "site"
    list_display = ["name", "city", "country"]


class ContactViewSet(SnippetViewSet):
    model = Contact
    icon = "mail"
    list_display = ["name", "email", "phone"]


class TopicViewSet(SnippetViewSet):
    model = Topic
    icon = "tag"


@register_snippet
class DirectoryViewSetGroup(SnippetViewSetGroup):
    menu_label = _("Directory")
    menu_icon = "group"
    menu_order = 200
    items = (PersonViewSet, OrganisationViewSet, VenueViewSet, ContactViewSet, TopicViewSet)
