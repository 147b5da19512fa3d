"""A client that reads every page it gets, and refuses what no page of ours may contain."""

from collections import Counter

import html5lib
from django.test import Client, TestCase

ADMIN = "/admin/"


class StrictClient(Client):
    """Django's client: runs on-commit callbacks, and checks the HTML of each public page."""

    def request(self, **request):
        with TestCase.captureOnCommitCallbacks(execute=True):
            response = super().request(**request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and not request["PATH_INFO"].startswith(ADMIN) and response.content:
            problems = problems_of(response.content.decode())
            assert problems == [], f"{request['PATH_INFO']}: {problems}"
        return response


def problems_of(html: str) -> list[str]:
    """What is wrong with a page, in words; parsed as a browser parses it."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document = parser.parse(html)
    problems = [f"HTML: {code} at {position}" for position, code, _data in parser.errors]
    if "{{" in html or "{%" in html:
        problems.append("a template's tag was written out")
    if not document.get("lang"):
        problems.append("html has no lang")
    problems += [
        "an inline script"
        for script in document.iter("script")
        if not script.get("src") and script.get("type") != "application/ld+json"
    ]
    problems += [f"style on {e.tag}" for e in document.iter() if e.get("style")]
    problems += ["an inline style sheet" for _style in document.iter("style")]
    problems += [
        f"img without alt: {i.get('src')}" for i in document.iter("img") if i.get("alt") is None
    ]
    ids = Counter(element.get("id") for element in document.iter() if element.get("id"))
    problems += [f"id {name!r} stands {count} times" for name, count in ids.items() if count > 1]
    links = {a.get("href")[1:] for a in document.iter("a") if (a.get("href") or "").startswith("#")}
    problems += [f"#{anchor} leads nowhere" for anchor in links - set(ids)]
    return problems
