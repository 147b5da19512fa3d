"""Error pages that need nothing of what may be broken."""

import html5lib
import pytest
from django.db import OperationalError
from django.test import Client

from pages.models import SiteSettings
from tests.client import problems_of

LANGUAGES = {"/en/": "en", "/it/": "it"}


@pytest.fixture
def broken(monkeypatch):
    """A portal whose site lookup, the first query of any page, fails with the given error."""

    def break_with(error):
        def fail(*_args):
            raise error

        monkeypatch.setattr(SiteSettings, "find_site", fail)
        return Client(raise_request_exception=False, headers={"host": "localhost"})

    return break_with


@pytest.mark.parametrize(("address", "language"), LANGUAGES.items())
@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("a fault"), 500), (OperationalError("away"), 503)]
)
def test_fault_gets_a_page_without_a_database(broken, caplog, address, language, error, status):
    response = broken(error).get(address)

    html = response.content.decode()
    assert response.status_code == status
    assert response.headers.get("Retry-After") == ("30" if status == 503 else None)
    assert html5lib.parse(html, namespaceHTMLElements=False).get("lang") == language
    assert problems_of(html) == []
    assert str(error) not in html
