"""The pictures of the editors' guide: ``python -m scripts.take_screenshots`` takes them anew.

With names of functions below (``publish send``), only these.

Loads the demo into a temporary folder, serves it on a free port, and writes each picture in each
language of the guide to ``docs/images/editors-<name>-<language>.png``, with few colours to keep
the files small.
"""

import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from scripts import services
from scripts.processes import ROOT, Processes

TARGET = ROOT / "docs" / "images"
LARGEST = 200_000  # bytes
LANGUAGES = ("en", "it")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SIZE: ViewportSize = {"width": 1200, "height": 760}
FIND = """
from pages.models import Page
for slug in ("workshops", "press"):
    print(slug, Page.objects.get(depth=3, slug=slug).pk)
from press.models import PressReleasePage
print("release", PressReleasePage.objects.order_by("released_at").first().pk)
from workshops.models import WorkshopPage
print("workshop", WorkshopPage.objects.past().first().pk)
print("half", WorkshopPage.objects.filter(is_ready_it=False).first().pk)
from newsletter.models import Announcement
print("draft", Announcement.objects.get().pk)
"""


class Guide:
    """A browser at a portal's editor, in one language."""

    def __init__(self, page: Page, url: str, pages: dict[str, str], language: str) -> None:
        self.page = page
        self.url = url
        self.pages = pages
        self.language = language

    def go(self, address: str) -> None:
        self.page.goto(f"{self.url}/admin/{address}")
        self.page.wait_for_load_state("networkidle")

    def edit(self, name: str, tab: str = "") -> None:
        self.go(f"pages/{self.pages[name]}/edit/")
        if tab:
            self.page.click(f"#tab-label-{tab}")

    def show(self, selector: str) -> None:
        """Scroll until ``selector`` stands near the top, below what sticks there."""
        self.page.wait_for_timeout(800)  # Wagtail scrolls by itself when a tab opens
        self.page.locator(selector).first.evaluate(
            "element => { element.style.scrollMarginTop = '7rem'; element.scrollIntoView(); }"
        )

    def preview(self) -> None:
        """In the guide's language; a panel that was left open opens by itself."""
        self.page.wait_for_timeout(800)
        if not self.page.locator("#id_preview_mode").is_visible():
            self.page.locator("[data-side-panel-toggle=preview]").click()
        self.page.wait_for_timeout(2500)
        self.page.select_option("#id_preview_mode", self.language)
        self.page.wait_for_timeout(2500)

    def take(self, name: str) -> None:
        self.page.wait_for_timeout(600)
        picture = Image.open(io.BytesIO(self.page.screenshot()))
        path = TARGET / f"editors-{name}-{self.language}.png"
        picture.convert("RGB").quantize(128).save(path, optimize=True)
        size = path.stat().st_size
        print(f"{path.relative_to(ROOT)}  {size // 1000} kB")
        if size > LARGEST:
            sys.exit(f"{path.name} is larger than {LARGEST // 1000} kB")


def start_page(guide: Guide) -> None:
    guide.go("")
    guide.take("start")


def new_workshop(guide: Guide) -> None:
    guide.go(f"pages/add/workshops/workshoppage/{guide.pages['workshops']}/")
    title = {"en": "Siena’s hospitals and their data", "it": "Gli ospedali di Siena e i loro dati"}
    guide.page.click("#tab-label-english" if guide.language == "en" else "#tab-label-italiano")
    guide.page.fill(f"#id_title_{guide.language}", title[guide.language])
    guide.take("workshop")


def programme(guide: Guide) -> None:
    guide.page.set_viewport_size({"width": 1200, "height": 1400})
    guide.edit("workshop", "facts")
    guide.show("#id_sessions-FORMS")
    guide.take("programme")
    guide.page.set_viewport_size(SIZE)


def quote(guide: Guide) -> None:
    tab = "english" if guide.language == "en" else "italiano"
    guide.edit("release", tab)
    body = f"#panel-child-{tab}-body_{guide.language}-section"
    guide.page.locator(f"{body} .c-sf-add-button").first.click()
    guide.page.locator(".w-combobox__option-preview").nth(2).click()
    guide.page.frame_locator("iframe[src*='block-preview']").locator("blockquote").wait_for()
    guide.show(body)
    guide.take("quote")


def ready(guide: Guide) -> None:
    guide.edit("half", "italiano")
    guide.show("[id$=is_ready_it-section]")
    guide.take("ready")


def publish(guide: Guide) -> None:
    guide.edit("half", "english" if guide.language == "en" else "italiano")
    guide.preview()
    guide.page.click("footer .w-dropdown__toggle")
    guide.take("publish")


def announcement(guide: Guide) -> None:
    guide.go(f"snippets/newsletter/announcement/edit/{guide.pages['draft']}/")
    guide.page.click("#tab-label-english" if guide.language == "en" else "#tab-label-italiano")
    guide.preview()
    guide.take("announcement")


def send(guide: Guide) -> None:
    guide.page.set_viewport_size({"width": 1200, "height": 1000})
    guide.go(f"snippets/newsletter/announcement/status/{guide.pages['draft']}/")
    # Without further packages Chromium asks for a day in the American manner, whatever the page.
    guide.page.add_style_tag(content="::-webkit-datetime-edit { visibility: hidden; }")
    guide.take("send")
    guide.page.set_viewport_size(SIZE)


def subscribers(guide: Guide) -> None:
    guide.go("snippets/newsletter/subscriber/")
    guide.page.locator(".w-slim-header .w-dropdown__toggle:has(.icon-dots-horizontal)").click()
    guide.take("subscribers")


PICTURES: tuple[Callable[[Guide], None], ...] = (
    start_page,
    new_workshop,
    programme,
    quote,
    ready,
    publish,
    announcement,
    send,
    subscribers,
)


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def take_pictures(url: str, environment: dict[str, str], login: tuple[str, str]) -> None:
    wanted = sys.argv[1:] or [picture.__name__ for picture in PICTURES]
    found = manage(environment, "shell", "--verbosity", "0", "--command", FIND)
    pages = dict(line.split() for line in found.splitlines())
    with sync_playwright() as playwright:
        chromium = services.chromium()
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for language in LANGUAGES:
            speak(environment, login[0], language)
            page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
            page.goto(f"{url}/admin/login/")
            page.fill("#id_username", login[0])
            page.fill("#id_password", login[1])
            page.click("button[type=submit]")
            page.wait_for_url("**/admin/")
            for picture in PICTURES:
                if picture.__name__ in wanted:
                    picture(Guide(page, url, pages, language))
        browser.close()


def speak(environment: dict[str, str], name: str, language: str) -> None:
    """Let the editor's admin speak ``language``."""
    code = (
        "from django.contrib.auth import get_user_model as users\n"
        "from wagtail.users.models import UserProfile\n"
        f"profile = UserProfile.get_for_user(users().objects.get(username={name!r}))\n"
        f"profile.preferred_language = {language!r}\n"
        "profile.save()"
    )
    manage(environment, "shell", "--verbosity", "0", "--command", code)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    port = int(url.rpartition(":")[2])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("The portal did not start")


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://localhost:{port}"
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="portal-pictures-") as folder:
        environment = {**os.environ, "VAR_DIR": folder, "BASE_URL": url, "DEBUG": "on"}
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "load_demo")
        logins = Path(folder, "demo-login.txt").read_text()
        login = re.search(r"^publisher: (\S+) / (\S+)$", logins, re.MULTILINE)
        if login is None:
            sys.exit("The demo has no publisher")
        server = processes.start(
            [sys.executable, "manage.py", "runserver", "--noreload", str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(url, server)
            take_pictures(url, environment, (login[1], login[2]))
        finally:
            processes.stop()


if __name__ == "__main__":
    main()
