"""What every test has, and a reason for each test that cannot run here."""

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone, translation
from pytest_django.plugin import blocking_manager_key
from wagtail.contrib.redirects.models import Redirect

from home.demo import loading
from home.models import HomePage
from pages import languages
from pages.models import SiteSettings
from scripts import services
from scripts.catalogues import compile_catalogues
from search.models import SearchDocument
from tests import factories
from tests.client import StrictClient
from tests.editing import Editor


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        compile_catalogues()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine or this database cannot run, and say why."""
    reasons = {}
    if not services.chromium():
        reasons["browser"] = "Chromium is not installed"
    if settings.IS_POSTGRESQL:
        reasons["sqlite_only"] = "runs on SQLite only"
    else:
        reasons["postgresql"] = "runs on PostgreSQL only: set DATABASE_URL"
    for marker, reason in reasons.items():
        if item.get_closest_marker(marker):
            pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None):
    """Give back what the migrations wrote, after a test that empties the tables at its end."""
    result = yield
    marker = item.get_closest_marker("django_db")
    if nextitem and marker and marker.kwargs.get("serialized_rollback"):
        with item.config.stash[blocking_manager_key].unblock():
            connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
    return result


@pytest.fixture
def needs_gettext() -> None:
    if not services.gettext():
        pytest.skip("gettext is not installed")


@pytest.fixture(autouse=True)
def default_language():
    """A request leaves its language behind in the thread: no test starts in that of another."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def client() -> StrictClient:
    return StrictClient(headers={"host": "localhost"})


@pytest.fixture(params=[code for code, _name in settings.LANGUAGES])
def editor(db, request):
    """An administrator at the editor's forms, in an admin of each language."""
    return Editor(factories.user(language=request.param))


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The demo content, loaded once for a module."""
    columns = [field.attname for field in HomePage._meta.concrete_fields]
    with django_db_blocker.unblock(), languages.speaking(languages.DEFAULT):
        home = HomePage.objects.get()
        before = {column: getattr(home, column) for column in columns}
        loading.load(timezone.localdate(), lambda part: None)
    yield
    with django_db_blocker.unblock(), languages.speaking(languages.DEFAULT):
        loading.unload()
        SiteSettings.objects.all().delete()
        Redirect.objects.all().delete()
        SearchDocument.objects.all().delete()
        home = HomePage.objects.get()
        home._revisions.all().delete()
        for column, value in before.items():
            setattr(home, column, value)
        home.save(clean=False)
