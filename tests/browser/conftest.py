"""A real browser in front of the real portal: the processes that ``make demo`` starts."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import axe_playwright_python
import pytest
from django.conf import settings

from portal.settings import env
from scripts import services

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCATION = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@dataclass(frozen=True)
class Portal:
    """A running portal with the demo content."""

    url: str
    var: Path

    def addresses(self) -> list[str]:
        """Every page in every language it is ready in, as the sitemap lists them."""
        with urllib.request.urlopen(f"{self.url}/sitemap.xml") as answer:
            return [location.text for location in ET.parse(answer).iter(LOCATION)]

    def run(self, code: str) -> str:
        """Run Python inside the portal, in a process of its own; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code],
            cwd=settings.BASE_DIR,
            env={**_environment(self.var), "BASE_URL": self.url},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def password(self, name: str) -> str:
        lines = (self.var / "demo-login.txt").read_text().splitlines()
        logins = dict(line.split(": ", 1) for line in lines)
        return logins[name].split(" / ")[1]


def _environment(var: Path) -> dict[str, str]:
    """The environment for a portal in ``var``, without what the tests' settings put into it."""
    settings_of_tests = {"DJANGO_SETTINGS_MODULE", *env.scheme}
    kept = {name: value for name, value in os.environ.items() if name not in settings_of_tests}
    return {**kept, "VAR_DIR": str(var)}


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    var = tmp_path_factory.mktemp("portal")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = var / "demo.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.demo"],
            cwd=settings.BASE_DIR,
            env={**_environment(var), "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 180
        while "Ctrl-C stops everything" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield Portal(f"http://localhost:{port}", var)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def chromium():
    """A browser for one module: Playwright's event loop keeps Django from the database."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only where there is a browser)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=services.chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe():
    folder = Path(axe_playwright_python.__file__).parent
    return next(folder.rglob("axe.min.js")).read_text()


@pytest.fixture
def visit(chromium, portal):
    """Opens an address, and fails the test for any complaint of the browser or foreign request."""
    contexts, problems = [], []

    def open_page(address: str, **options):
        context = chromium.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                problems.append(request.url)
                if not request.url.startswith((portal.url, "data:"))
                else None
            ),
        )
        page.goto(address if address.startswith("http") else portal.url + address)
        return page

    yield open_page
    cookies = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    assert problems == []
    assert cookies == []
