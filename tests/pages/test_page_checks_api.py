"""Wagtail's API v2 on our own base page. The portal routes none: the tests do, for themselves."""

import pytest
from django.urls import include, path
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet

from portal.urls import urlpatterns as portal_patterns
from tests import factories

router = WagtailAPIRouter("wagtailapi")
router.register_endpoint("pages", PagesAPIViewSet)
urlpatterns = [path("api/v2/", include((router.get_urlpatterns(), "wagtailapi"))), *portal_patterns]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def listed(client, query=""):
    answer = client.get(f"/api/v2/pages/{query}", headers={"accept": "application/json"})
    assert answer.status_code == 200
    return [item["title"] for item in answer.json()["items"]]


def test_api_lists_public_pages_only(client):
    factories.workshop(title_en="Public", published=True)
    factories.workshop(title_en="Draft")

    assert listed(client, "?type=workshops.WorkshopPage") == ["Public"]


def test_api_finds_a_page_by_its_type_and_parent(client):
    workshop = factories.workshop(title_en="Siena", published=True)
    parent = workshop.get_parent()

    assert listed(client, f"?child_of={parent.pk}") == ["Siena"]
    detail = client.get(f"/api/v2/pages/{workshop.pk}/").json()
    assert (detail["title"], detail["meta"]["slug"]) == ("Siena", workshop.slug)
    assert detail["meta"]["html_url"] == workshop.address_in("en")


def test_portal_itself_routes_no_api(client, settings):
    settings.ROOT_URLCONF = "portal.urls"

    assert client.get("/api/v2/pages/", follow=True).status_code == 404
