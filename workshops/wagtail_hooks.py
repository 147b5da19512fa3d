"""Series of workshops in the editor's menu, and the style of the workshop's form."""

from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from workshops.models import Series


@register_snippet
class SeriesViewSet(SnippetViewSet):
    model = Series
    icon = "list-ol"
    add_to_admin_menu = True
    menu_order = 220


@hooks.register("insert_global_admin_css")
def style_languages():
    return format_html('<link rel="stylesheet" href="{}">', static("workshops/css/admin.css"))
