"""The bare host, and addresses outside the languages."""

import pytest


@pytest.mark.parametrize(
    ("accepted", "address"),
    [
        ("it-IT,it;q=0.9,en;q=0.8", "/it/"),
        ("en-GB,en;q=0.9", "/en/"),
        ("de-DE,de;q=0.9", "/en/"),
        ("de,it;q=0.5,en;q=0.3", "/it/"),
        ("", "/en/"),
        (";;;q=nonsense", "/en/"),
    ],
)
def test_bare_host_leads_to_the_language_that_the_browser_asks_for(client, accepted, address):
    response = client.get("/", headers={"accept-language": accepted})

    assert response.status_code == 302
    assert response.headers["Location"] == address
    assert response.headers["Vary"] == "Accept-Language"
    assert response.cookies == {}


def test_robots_may_read_everything_but_the_admin_and_search_results(client):
    response = client.get("/robots.txt")

    assert response.content.decode() == (
        "User-agent: *\n"
        "Disallow: /admin/\n"
        "Disallow: /en/search/\n"
        "Disallow: /it/search/\n"
        "\n"
        "Sitemap: http://localhost:8000/sitemap.xml\n"
    )
