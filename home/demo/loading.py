"""Loading the demo content from the files beside this module into an empty portal."""

import tomllib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import nh3
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from directory.models import Contact, Organisation, Person, PersonRole, Topic, Venue
from home.demo import newsletter
from home.models import HomePage
from pages import languages
from pages.models import Page, SiteSettings, TextPage
from press.models import (
    Boilerplate,
    PressReleasePage,
    PressRoomPage,
    ReleaseBoilerplate,
    ReleaseUpdate,
    ReleaseWorkshop,
)
from workshops.models import (
    Series,
    Session,
    SessionPerson,
    WorkshopDownload,
    WorkshopIndexPage,
    WorkshopOrganisation,
    WorkshopPage,
)

FOLDER = Path(__file__).parent
TAGS = {"p", "ul", "ol", "li", "a", "b", "i"}
LOGIN_FILE = "demo-login.txt"
# Name of the account, its group (None: administrator).
ACCOUNTS = {"editor": "Editors", "publisher": "Publishers", "admin": None}

Say = Callable[[str], None]


def is_loaded() -> bool:
    """Whether the portal has any page below its home page: then there is nothing to load into."""
    return WorkshopIndexPage.objects.exists()


@transaction.atomic
def unload() -> None:
    """Delete every page below the home page, announcements, subscribers, directory and files."""
    newsletter.unload(_data("newsletter"))
    for page in Page.objects.filter(depth=3):
        page.specific.delete()
    for model in (Boilerplate, Series, Topic, Contact, Venue, Person, Organisation):
        model.objects.all().delete()
    get_image_model().objects.all().delete()
    get_document_model().objects.all().delete()


@transaction.atomic
def load(today: date, say: Say) -> None:
    """Load everything, or nothing. Samples are dated relative to ``today``."""
    DemoContent(today, say).load()


def create_accounts() -> None:
    """Make the demo's accounts with random passwords, and write these where the demo finds them."""
    users = get_user_model().objects
    lines = []
    for name, group in ACCOUNTS.items():
        if users.filter(username=name).exists():
            continue
        password = get_random_string(12)
        if group:
            user = users.create_user(name, f"{name}@example.org", password)
            user.groups.add(Group.objects.get(name=group))
        else:
            users.create_superuser(name, f"{name}@example.org", password)
        lines.append(f"{name}: {name} / {password}\n")
    if lines:
        path = settings.VAR_DIR / LOGIN_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("a") as file:
            file.writelines(lines)


class DemoContent:
    """One loading. What has been made is kept by its key, for those who refer to it."""

    def __init__(self, today: date, say: Say):
        self.today = today
        self.say = say
        self.made: dict[str, dict[str, object]] = {}
        self.pages: dict[str, Page] = {}
        self.data = {
            name: _data(name) for name in ("directory", "site", "workshops", "press", "newsletter")
        }

    def load(self) -> None:
        self.say("images")
        self._load_images()
        self.say("people, organisations and venues")
        self._load_directory()
        self.say("home page and texts")
        home = self._load_site()
        self.say("workshops")
        self._load_workshops()
        self.say("press releases")
        self._load_releases()
        # The home page and the texts lead to pages that exist only now.
        self._finish(home, self.data["site"]["home"])
        for entry in self.data["site"]["text"]:
            self._finish(self.pages[entry["key"]], entry)
        for entry in self.data["workshops"]["workshop"]:
            self._finish(self.pages[entry["key"]], entry)
        for entry in self.data["press"]["release"]:
            self._finish(self.pages[entry["key"]], entry)
        self.say("subscribers and an announcement")
        self._load_newsletter()

    # Directory

    def _load_images(self) -> None:
        images = self.made["image"] = {}
        for entry in self.data["directory"]["image"]:
            image = get_image_model()(
                title=entry["title"],
                creator=entry["creator"],
                copyright_notice=entry["copyright"],
                licence_url=entry["licence_url"],
                **_words(entry, description="alt", caption="caption", credit="credit"),
            )
            with (FOLDER / "images" / entry["file"]).open("rb") as file:
                image.file = File(file, name=entry["file"])
                image.save()
            images[entry["key"]] = image

    def _load_directory(self) -> None:
        make = self._make
        make("organisation", Organisation, ("name", "short_name"), ("url",))
        make("venue", Venue, ("name", "city", "directions", "accessibility"), (
            "street", "postal_code", "country", "latitude", "longitude",
        ))  # fmt: skip
        make("topic", Topic, ("name",), (), slug="key")
        make("series", Series, ("name",), ("gender",))
        make("contact", Contact, ("name",), ("email", "phone"))
        make("boilerplate", Boilerplate, ("title", "text"), ())
        make("person", Person, (), ("given_name", "family_name", "gender"))
        for entry in self.data["directory"]["person"]:
            person = self.made["person"][entry["key"]]
            person.roles = [
                PersonRole(
                    organisation=self.made["organisation"].get(role.get("organisation")),
                    starts_on=role.get("from"),
                    ends_on=role.get("until"),
                    sort_order=order,
                    **_words(role, "title"),
                )
                for order, role in enumerate(entry.get("role", []))
            ]
            person.save()

    def _make(self, kind, model, words, facts, **renamed) -> None:
        made = self.made[kind] = {}
        for entry in self.data["directory"][kind]:
            values = {fact: entry[fact] for fact in facts if fact in entry}
            values |= {field: entry[key] for field, key in renamed.items()}
            made[entry["key"]] = model.objects.create(**values, **_words(entry, *words))

    # Pages

    def _load_site(self) -> HomePage:
        home = HomePage.objects.get()
        site = home.get_site()
        words = ("site_name", "organisation", "funding", "contact_name", "footer_note")
        facts = self.data["site"]["settings"]
        SiteSettings.objects.update_or_create(
            site=site,
            defaults=_words(facts, *words) | {"contact_email": facts["contact_email"]},
        )
        types = {"workshops": WorkshopIndexPage, "press": PressRoomPage}
        for entry in self.data["site"]["index"]:
            page = self._add(types[entry["key"]], home, entry)
            if entry["key"] == "press":
                page.contact = next(iter(self.made["contact"].values()))
            page.save_revision().publish()
        for entry in self.data["site"]["text"]:
            self._add(TextPage, home, entry, show_in_menus=entry["key"] == "about")
        return home

    def _add(self, model, parent, entry, **facts) -> Page:
        page = model(
            live=False,
            slug=entry["slug"][languages.DEFAULT],
            **self._page_words(entry),
            **facts,
        )
        self.pages[entry["key"]] = parent.add_child(instance=page)
        return page

    def _page_words(self, entry) -> dict[str, object]:
        words = _words(entry, "title", "introduction", "search_description", "image_alt")
        for language in languages.TRANSLATIONS:
            words[f"slug_{language}"] = entry.get("slug", {}).get(language, "")
        for language in languages.CODES:
            words[f"is_ready_{language}"] = language in entry.get(
                "languages_ready", languages.CODES
            )
        return words

    def _finish(self, page: Page, entry) -> None:
        """Give the page its bodies, now that everything they refer to exists, and publish it."""
        for name, value in self._page_words(entry).items():
            if not name.startswith("slug"):
                setattr(page, name, value)
        for language, blocks in entry.get("body", {}).items():
            field = page._meta.get_field(f"body_{language}")
            raw = [
                self._block(block, _block_id(entry.get("key", "home"), number, language))
                for number, block in enumerate(blocks)
            ]
            setattr(page, field.name, field.stream_block.to_python(raw))
        page.save_revision().publish()

    # Blocks

    def _block(self, block: dict, block_id: UUID) -> dict:
        kind = block["type"]
        value = getattr(self, f"_{kind}_value")(block)
        return {"type": kind, "value": value, "id": str(block_id)}

    def _heading_value(self, block):
        return {"text": block["text"], "level": str(block.get("level", 2))}

    def _text_value(self, block):
        return nh3.clean(
            block["html"].strip(), tags=TAGS, attributes={"a": {"href"}}, link_rel=None
        )

    def _quote_value(self, block):
        person = self.made["person"].get(block.get("person"))
        said_on = block.get("said_on")
        return {
            "text": block["text"],
            "language": block["language"],
            "translation": block.get("translation", ""),
            "person": person and person.pk,
            "said_on": said_on and said_on.isoformat(),
            "name": block.get("name", ""),
            "role": block.get("role", ""),
        }

    def _image_value(self, block):
        return {
            "image": self.made["image"][block["image"]].pk,
            "alt": block.get("alt", ""),
            "is_decorative": False,
            "caption": block.get("caption", ""),
        }

    def _gallery_value(self, block):
        return {"images": [self._image_value(image) for image in block["images"]]}

    def _key_figures_value(self, block):
        return {"figures": [dict(figure) for figure in block["figures"]]}

    def _documents_value(self, block):
        return {
            "title": block.get("title", ""),
            "documents": [
                {"document": self._document(item).pk, "title": item.get("title", "")}
                for item in block["documents"]
            ],
        }

    def _call_to_action_value(self, block):
        page = self.pages.get(block.get("page"))
        return {
            "text": block.get("text", ""),
            "label": block["label"],
            "page": page and page.pk,
            "url": block.get("url", ""),
        }

    def _document(self, item):
        documents = self.made.setdefault("document", {})
        if item["file"] not in documents:
            title = item.get("title", item["file"])
            document = get_document_model()(
                title=title if isinstance(title, str) else title[languages.DEFAULT]
            )
            with (FOLDER / "files" / item["file"]).open("rb") as file:
                document.file = File(file, name=item["file"])
                document.save()
            documents[item["file"]] = document
        return documents[item["file"]]

    # Workshops and releases

    def _load_workshops(self) -> None:
        for entry in self.data["workshops"]["workshop"]:
            workshop = self._add(
                WorkshopPage, self.pages["workshops"], entry, **self._workshop_facts(entry)
            )
            workshop.topics = [self.made["topic"][key] for key in entry.get("topics", [])]
            workshop.organisations = [
                WorkshopOrganisation(
                    organisation=self.made["organisation"][item["organisation"]],
                    role=item["role"],
                    sort_order=order,
                )
                for order, item in enumerate(entry.get("organisation", []))
            ]
            workshop.sessions = [
                self._session(item, order) for order, item in enumerate(entry.get("session", []))
            ]
            workshop.downloads = [
                WorkshopDownload(
                    document=self._document(item),
                    languages=item.get("languages", []),
                    sort_order=order,
                    **_words(item, "title"),
                )
                for order, item in enumerate(entry.get("download", []))
            ]

    def _workshop_facts(self, entry) -> dict[str, object]:
        starts, ends = self._days(entry)
        same = (
            "edition", "hours", "timezone", "status", "format", "online_url", "event_languages",
            "attendance", "attendance_precision", "registration_url",
        )  # fmt: skip
        return {
            **{name: entry[name] for name in same if name in entry},
            **_words(entry, "audience", "registration_note", "status_reason"),
            "starts_on": starts,
            "ends_on": ends,
            "start_time": _time(entry.get("start_time")),
            "end_time": _time(entry.get("end_time")),
            "attendance_on": entry.get("attendance_as_of"),
            "registration_opens_on": self._day(entry.get("registration_opens_offset_days")),
            "registration_opens_time": _time(entry.get("registration_opens_time")),
            "registration_closes_on": self._day(entry.get("registration_closes_offset_days")),
            "registration_closes_time": _time(entry.get("registration_closes_time")),
            "series": self.made["series"].get(entry.get("series")),
            "venue": self.made["venue"].get(entry.get("venue")),
            "contact": self.made["contact"].get(entry.get("contact")),
            "image": self.made["image"].get(entry.get("image")),
            "first_published_at": self._published(starts),
        }

    def _days(self, entry) -> tuple[date, date]:
        if "starts" in entry:
            return entry["starts"], entry["ends"]
        starts = self.today + timedelta(days=entry["offset_days"])
        return starts, starts + timedelta(days=entry.get("length_days", 1) - 1)

    def _day(self, offset_days: int | None) -> date | None:
        return None if offset_days is None else self.today + timedelta(days=offset_days)

    def _published(self, day: date) -> datetime:
        """When the page of something on ``day`` may have gone public: then, or a week ago."""
        return timezone.make_aware(
            datetime.combine(min(day, self.today - timedelta(days=7)), time(9))
        )

    def _session(self, item, order) -> Session:
        session = Session(
            day=item["day"],
            starts=_time(item["starts"]),
            ends=_time(item["ends"]),
            kind=item["kind"],
            language=item.get("language", ""),
            sort_order=order,
            **_words(item, "title", "abstract", "room"),
        )
        session.people = [
            SessionPerson(
                person=self.made["person"][person["person"]],
                function=person.get("function", "speaker"),
                sort_order=position,
            )
            for position, person in enumerate(item.get("person", []))
        ]
        return session

    def _load_releases(self) -> None:
        for entry in self.data["press"]["release"]:
            released = self._released(entry)
            release = self._add(
                PressReleasePage,
                self.pages["press"],
                entry,
                released_at=released,
                first_published_at=released,
                dateline_on=entry.get("dateline_on", released.date()),
                contact=self.made["contact"].get(entry.get("contact")),
                image=self.made["image"].get(entry.get("image")),
                **_words(entry, "dateline_place"),
            )
            release.topics = [self.made["topic"][key] for key in entry.get("topics", [])]
            release.workshops = [
                ReleaseWorkshop(workshop=self.pages[key], sort_order=order)
                for order, key in enumerate(entry.get("workshops", []))
            ]
            release.boilerplates = [
                ReleaseBoilerplate(boilerplate=self.made["boilerplate"][key], sort_order=order)
                for order, key in enumerate(entry.get("boilerplates", []))
            ]
            release.updates = [
                ReleaseUpdate(
                    updated_on=item.get("on")
                    or self.today + timedelta(days=item.get("offset_days", item.get("offset", 0))),
                    sort_order=order,
                    **_words(item, "note"),
                )
                for order, item in enumerate(entry.get("update", []))
            ]

    def _released(self, entry) -> datetime:
        if "released" in entry:
            return timezone.make_aware(entry["released"])
        return timezone.make_aware(datetime.combine(self._day(entry["offset_days"]), time(9)))

    # Newsletter

    def _load_newsletter(self) -> None:
        data, topics = self.data["newsletter"], self.made["topic"]
        newsletter.load_subscribers(data, topics, self.today)
        draft = data["announcement"]
        quote = self._quote_value(draft["quote"])
        newsletter.load_draft(draft, self.pages[draft["page"]], topics, quote)


def _data(name: str) -> dict:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def _words(entry, *names: str, **renamed: str) -> dict[str, str]:
    """Columns per language for the words of ``entry``; ``renamed`` maps fields to other keys."""
    keys = {name: name for name in names} | renamed
    return {
        f"{field}_{language}": entry[key][language].strip()
        for field, key in keys.items()
        for language in languages.CODES
        if language in entry.get(key, {})
    }


def _time(value: str | time | None) -> time | None:
    return time.fromisoformat(value) if isinstance(value, str) else value


def _block_id(key: str, number: int, language: str) -> UUID:
    """The same block has derived ids in the translations (see docs/decisions)."""
    source = uuid5(NAMESPACE_URL, f"demo/{key}/{number}")
    return source if language == languages.DEFAULT else uuid5(source, language)
