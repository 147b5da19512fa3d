"""The translation catalogues: collect what is to be translated, compile what has been.

``python -m scripts.catalogues compile`` needs no gettext on the machine, ``collect`` does.
"""

import os
import subprocess
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def catalogues(root: Path = ROOT) -> list[Path]:
    return sorted((root / "locale").glob("*/LC_MESSAGES/*.po"))


def compile_catalogues(root: Path = ROOT) -> list[Path]:
    """Write each catalogue that is newer than its compiled form; return those written."""
    written = []
    for source in catalogues(root):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file)
        draft = target.with_suffix(f".{os.getpid()}.tmp")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(target)
        written.append(target)
    return written


def collect(root: Path = ROOT) -> None:
    """Bring the catalogues under ``root`` up to date with its sources. Needs xgettext."""
    command = [sys.executable, "-m", "django", "makemessages", "--all", "--no-obsolete"]
    command += ["--add-location", "file"]
    for folder in (".venv", "docs", "node_modules", "tests", "var"):
        command += ["--ignore", f"{folder}/*"]
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    match sys.argv[1:]:
        case ["collect"]:
            collect()
        case ["compile"]:
            for path in compile_catalogues():
                print(f"Compiled {path.relative_to(ROOT)}")
        case _:
            sys.exit("usage: python -m scripts.catalogues collect|compile")


if __name__ == "__main__":
    main()
