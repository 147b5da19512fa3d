"""Series of workshops in the editor's menu."""

from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from workshops.models import Series


@register_snippet
class SeriesViewSet(SnippetViewSet):
    model = Series
    icon = "list-ol"
    add_to_admin_menu = True
    menu_order = 220
