"""Boilerplates in the editor's menu."""

from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from press.models import Boilerplate


@register_snippet
class BoilerplateViewSet(SnippetViewSet):
    model = Boilerplate
    icon = "pilcrow"
    add_to_admin_menu = True
    menu_order = 210
