"""What an editor sees first: drafts, workshops to come, pages that lack a language."""

from django.db.models import Q
from wagtail.admin.ui.components import Component
from wagtail.permissions import policy_registry

from pages import formats, languages
from pages.models import Page
from pages.panels import language_name
from workshops.models import WorkshopPage

PAGES_SHOWN = 10
WORKSHOPS_SHOWN = 6


def editable_pages(user):
    """The pages below the root of the tree that ``user`` may edit."""
    policy = policy_registry.get_by_type(Page)
    return policy.instances_user_has_permission_for(user, "change").filter(depth__gte=2)


class DraftsPanel(Component):
    """Pages that visitors do not see as they were last saved, latest first."""

    order = 230
    template_name = "home/admin/drafts.html"

    def get_context_data(self, parent_context):
        pages = editable_pages(parent_context["request"].user)
        drafts = pages.filter(Q(has_unpublished_changes=True) | Q(live=False))
        drafts = drafts.select_related("latest_revision__user")
        drafts = drafts.prefetch_workflow_states().annotate_approved_schedule()
        return {"drafts": drafts.order_by("-latest_revision_created_at", "-pk")[:PAGES_SHOWN]}


class UpcomingWorkshopsPanel(Component):
    """The next workshops, public or not."""

    order = 235
    template_name = "home/admin/upcoming_workshops.html"

    def get_context_data(self, parent_context):
        request = parent_context["request"]
        pages = editable_pages(request.user).values("pk")
        workshops = WorkshopPage.objects.upcoming().filter(pk__in=pages).select_related("venue")
        return {
            "workshops": [
                {
                    "page": workshop,
                    "days": formats.days(workshop.starts_on, workshop.ends_on),
                    "url": workshop.get_url(request) if workshop.live else None,
                }
                for workshop in workshops[:WORKSHOPS_SHOWN]
            ]
        }


class MissingLanguagesPanel(Component):
    """Public pages that are not ready in every language."""

    order = 240
    template_name = "home/admin/missing_languages.html"

    def get_context_data(self, parent_context):
        missing = Q()
        for language in languages.CODES:
            missing |= Q(**{f"is_ready_{language}": False})
        pages = editable_pages(parent_context["request"].user).filter(missing, live=True)
        return {
            "entries": [
                {
                    "page": page,
                    "languages": [
                        language_name(language)
                        for language in languages.CODES
                        if not page.is_ready_in(language)
                    ],
                }
                for page in pages.order_by("-last_published_at", "-pk")[:PAGES_SHOWN]
            ]
        }
