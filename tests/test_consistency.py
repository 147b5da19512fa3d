"""House rules that no linter knows."""

import ast
import re
import shutil
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from portal.settings import env
from scripts.catalogues import catalogues, collect

ROOT = Path(settings.BASE_DIR)
APPS = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
CODES = [code for code, _name in settings.LANGUAGES]
NOT_OURS = {".git", ".venv", "node_modules", "var", "__pycache__"}

# Where a language is the subject: how each one writes dates and numbers, and which ones there are.
MAY_NAME_LANGUAGES = ("pages/formats/", "portal/settings.py")


def sources(*suffixes: str, below: Path = ROOT) -> list[Path]:
    paths = (path for path in below.rglob("*") if path.suffix in suffixes and path.is_file())
    return sorted(p for p in paths if not NOT_OURS & set(p.relative_to(ROOT).parts))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_env_example_has_every_variable() -> None:
    text = (ROOT / ".env.example").read_text()

    assert re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE) == sorted(env.scheme)


def test_readme_table_has_every_variable() -> None:
    text = (ROOT / "README.md").read_text()

    assert re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE) == sorted(env.scheme)


def test_every_language_but_the_source_has_a_catalogue() -> None:
    translated = {path.parts[-3] for path in catalogues()}

    assert translated == set(CODES) - {settings.LANGUAGE_CODE}


@pytest.mark.parametrize("path", catalogues(), ids=name)
def test_catalogue_is_complete(path: Path) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file)

    missing = [m.id for m in catalogue if m.id and not all(strings(m.string))]
    fuzzy = [m.id for m in catalogue if m.id and m.fuzzy]
    broken = [(m.id, [str(e) for e in errors]) for m, errors in catalogue.check()]
    assert (missing, fuzzy, list(catalogue.obsolete), broken) == ([], [], [], [])


def strings(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


@pytest.mark.usefixtures("needs_gettext")
@pytest.mark.sqlite_only
def test_catalogues_follow_the_sources(tmp_path: Path) -> None:
    for path in [*sources(".py", ".html", ".txt"), *catalogues()]:
        copy = tmp_path / name(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)

    collect(tmp_path)

    collected = [(c.relative_to(tmp_path), messages(c)) for c in catalogues(tmp_path)]
    assert collected == [(c.relative_to(ROOT), messages(c)) for c in catalogues()]


def messages(path: Path) -> list[tuple[object, str | None]]:
    """What a catalogue translates; the places where it is said may change without it."""
    with path.open("rb") as file:
        return sorted(((m.id, m.context) for m in read_po(file) if m.id), key=repr)


def test_python_names_no_language() -> None:
    """Code loops over ``settings.LANGUAGES``: a third language is a setting, not a search."""
    codes = "|".join(CODES)
    literal = re.compile(rf"({codes})|.*_({codes})|/({codes})/.*")
    found = [
        f"{name(path)}:{node.lineno} {node.value!r}"
        for app in APPS
        for path in sources(".py", below=ROOT / app)
        if not name(path).startswith(MAY_NAME_LANGUAGES) and "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and literal.fullmatch(node.value)
    ]

    assert found == []


def test_templates_name_no_language() -> None:
    literal = re.compile(rf"""lang="({"|".join(CODES)})"|_({"|".join(CODES)})\b""")
    found = [
        f"{name(path)}: {match.group()}"
        for path in sources(".html", ".txt", ".xml")
        if "templates" in path.parts
        for match in literal.finditer(path.read_text())
    ]

    assert found == []


def test_locks_have_hashes_and_name_no_host() -> None:
    for lock in (path for path in sources(".txt") if path.name.startswith("requirements")):
        text = lock.read_text()
        requirements = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)

        assert re.findall(r"://|^-|@ ", text, re.MULTILINE) == []
        assert [r for r in requirements if "==" not in r or "--hash=sha256:" not in r] == []


def test_development_lock_contains_the_runtime_lock() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[a-z].*==[^\\]*", (ROOT / lock).read_text(), re.MULTILINE))

    assert pins("requirements.txt") - pins("requirements-dev.txt") == set()


def test_nothing_is_left_for_later() -> None:
    mark = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X)\b")
    found = [
        name(path)
        for path in sources(".css", ".html", ".js", ".md", ".py", ".toml", ".txt", ".yaml")
        if mark.search(path.read_text())
    ]

    assert found == []
