"""Send with one of the packages that Django has for it, each as its own documentation says.

``python scripts/bench/peers/send.py PEER prepare`` makes the tables, ``... PEER COUNT PORT`` sends
and prints the seconds from "send" to the last status written. Runs in an environment of its own
(requirements-peers.txt), with a database named like the peer, at the server that PGHOST names.

Models and functions are looked up by name: one of the packages is called like an app of ours.
"""

import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone
from django.utils.module_loading import import_string

SUBJECT = "Workshop in Siena"
LINE = "The programme of the workshop is public now, with all of its speakers.\n"
WORDS = LINE * 136  # stands in the text and in the HTML: about 20 KB with what is around it
TEXT = WORDS + "Leave: http://localhost:8000/leave/{{ contact.pk }}\n"
HTML = f"<html><body><p>{WORDS}</p><a href='/leave/{{{{ contact.pk }}}}'>Leave</a></body></html>"

CORE = ["django.contrib.auth", "django.contrib.contenttypes"]
WAGTAIL = ["wagtail.images", "wagtail.documents", "wagtail.users", "wagtail.admin", "wagtail"]
SITES = ["django.contrib.sites", "django.contrib.sessions", "django.contrib.messages"]
APPS = {
    "django": CORE,
    "birdsong": [*CORE, *WAGTAIL, "taggit", "modelcluster", "wagtail_modeladmin", "birdsong"],
    "post_office": [*CORE, "post_office"],
    "newsletter": [*CORE, *SITES, "django.contrib.admin", "sorl.thumbnail", "newsletter"],
    "mailer": [*CORE, "mailer"],
}
urlpatterns: list[Any] = []


def configure(peer: str, port: int) -> None:
    words = {"mail/campaign.html": HTML, "mail/campaign.txt": TEXT}
    loaders = [
        ("django.template.loaders.locmem.Loader", words),
        "django.template.loaders.app_directories.Loader",
    ]
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": peer}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_FROM_EMAIL="press@example.org",
        EMAIL_BACKEND={"mailer": "mailer.backend.DbBackend"}.get(
            peer, "django.core.mail.backends.smtp.EmailBackend"
        ),
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        INSTALLED_APPS=APPS[peer],
        MAILER_LOCK_PATH=str(Path.cwd() / "mailer"),
        NEWSLETTER_THUMBNAIL="sorl-thumbnail",
        NEWSLETTER_USE_HTTPS=False,
        POST_OFFICE={"BATCH_SIZE": 1000},
        ROOT_URLCONF=__name__,
        SECRET_KEY="only-for-the-benchmark",  # noqa: S106 (of nothing that lasts)
        SITE_ID=1,
        STATIC_URL="static/",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"loaders": [("django.template.loaders.cached.Loader", loaders)]},
            }
        ],
        USE_TZ=True,
    )
    django.setup()
    if peer == "newsletter":
        from django.urls import include, path  # noqa: PLC0415 (its URLs need the models)

        urlpatterns.append(path("newsletter/", include("newsletter.urls")))


def addresses(count: int) -> list[str]:
    return [f"reader{number}@example.org" for number in range(count)]


def with_django(count: int) -> Callable[[], None]:
    """One connection for all; what differs between readers is filled in with ``str.replace``."""

    def send() -> None:
        messages = []
        for number, address in enumerate(addresses(count)):
            text, html = (words.replace("{{ contact.pk }}", str(number)) for words in (TEXT, HTML))
            message = EmailMultiAlternatives(SUBJECT, text, to=[address])
            message.attach_alternative(html, "text/html")
            messages.append(message)
        get_connection().send_messages(messages)

    return send


def with_birdsong(count: int) -> Callable[[], None]:
    contact = apps.get_model("birdsong", "Contact")
    contact.objects.all().delete()
    contact.objects.bulk_create([contact(email=address) for address in addresses(count)])
    campaign = apps.get_model("birdsong", "Campaign").objects.create(name="One", subject=SUBJECT)
    backend = import_string("birdsong.backends.smtp.SMTPEmailBackend")()
    request = RequestFactory().get("/", headers={"host": "localhost"})

    def send() -> None:
        backend.send_campaign(request, campaign, contact.objects.all())
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join()

    return send


def with_post_office(count: int) -> Callable[[], None]:
    """Queued in bulk, the words kept once, two processes: the fastest that it documents."""
    apps.get_model("post_office", "Email").objects.all().delete()
    template, _created = apps.get_model("post_office", "EmailTemplate").objects.update_or_create(
        name="words", defaults={"subject": SUBJECT, "content": TEXT, "html_content": HTML}
    )
    send_many = import_string("post_office.mail.send_many")
    send_queued = import_string("post_office.mail.send_queued_mail_until_done")

    def send() -> None:
        send_many(
            [
                {
                    "recipients": [address],
                    "template": template,
                    "context": {"contact": {"pk": number}},
                    "render_on_delivery": True,
                }
                for number, address in enumerate(addresses(count))
            ]
        )
        send_queued(lockfile=str(Path.cwd() / "post_office"), processes=2)

    return send


def with_newsletter(count: int) -> Callable[[], None]:
    newsletter = apps.get_model("newsletter", "Newsletter")
    newsletter.objects.all().delete()
    paper = newsletter.objects.create(
        title="Workshops", slug="workshops", email="press@example.org", sender="Press"
    )
    subscription = apps.get_model("newsletter", "Subscription")
    subscription.objects.bulk_create(
        [
            subscription(newsletter=paper, email_field=address, subscribed=True)
            for address in addresses(count)
        ]
    )
    message = apps.get_model("newsletter", "Message").objects.create(
        title=SUBJECT, slug="siena", newsletter=paper
    )
    apps.get_model("newsletter", "Article").objects.create(
        title=SUBJECT, text=WORDS, post=message, sortorder=1
    )
    submission = apps.get_model("newsletter", "Submission").from_message(message)
    submission.publish_date = timezone.now() - timedelta(minutes=1)
    return submission.submit  # type: ignore[no-any-return]  # the package has no types


def with_mailer(count: int) -> Callable[[], None]:
    """Queued with its backend for Django's mail, sent by its command."""
    for name in ("Message", "MessageLog"):
        apps.get_model("mailer", name).objects.all().delete()
    queue = with_django(count)

    def send() -> None:
        queue()
        call_command("send_mail")

    return send


PEERS = {
    "django": with_django,
    "birdsong": with_birdsong,
    "post_office": with_post_office,
    "newsletter": with_newsletter,
    "mailer": with_mailer,
}


def main(peer: str, what: str, port: str = "0") -> None:
    configure(peer, int(port))
    if what == "prepare":
        call_command("migrate", verbosity=0)
        return
    send = PEERS[peer](int(what))
    began = time.perf_counter()
    send()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
