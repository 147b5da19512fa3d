"""Bring the database up to date, load the demo content, and write down what to tell the user."""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.module_loading import import_string

from scripts.template import copy_template


def welcome() -> str:
    """What the user of a demo needs: addresses, log-in, where the mail goes."""
    with translation.override(settings.LANGUAGE_CODE):
        homes = [(str(name), f"/{code}/") for code, name in settings.LANGUAGES]
    rows = [(name, settings.BASE_URL + path) for name, path in homes]
    rows.append(("Editor", f"{settings.BASE_URL}/admin/"))
    logins = Path(settings.VAR_DIR, "demo-login.txt")
    if logins.is_file():
        rows += [("", line) for line in logins.read_text().splitlines() if line]
    rows.append(("Mail", way_of_mail()))
    rows.append(("Logs", f"{shown(Path(settings.VAR_DIR, 'log'))}/"))
    return "".join(f"  {name:<9} {value}\n" for name, value in rows)


def way_of_mail() -> str:
    """Where mails go: into files, to a mail server, or to a provider, whom Anymail names."""
    if settings.EMAIL_BACKEND == "newsletter.providers.FileBackend":
        return f"is written to {shown(settings.EMAIL_FILE_PATH)}/"
    if settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
        return f"is sent through {settings.EMAIL_HOST}"
    provider = getattr(import_string(settings.EMAIL_BACKEND), "esp_name", settings.EMAIL_BACKEND)
    return f"is sent by {provider}"


def shown(path: Path) -> str:
    """The path as the user would type it, from where the portal stands."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    print("Migrating the database")
    django.setup()
    database = Path(settings.VAR_DIR, "portal.sqlite3")
    if settings.DATABASES["default"]["NAME"] == database:
        copy_template(database)
    call_command("migrate", verbosity=0)
    print("Loading the demo content")
    call_command("load_demo")
    Path(sys.argv[1]).write_text(welcome())


if __name__ == "__main__":
    main()
