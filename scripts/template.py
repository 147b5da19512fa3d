"""An empty, migrated SQLite database beside the installation, for a first start without waiting.

``python -m scripts.template`` makes it, unless it is there. It is named after what it was made
from: other migrations or other packages never meet it.
"""

import hashlib
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from scripts.processes import ROOT

FOLDER = ROOT / ".venv"


def template() -> Path:
    """Where the template for the code as it stands is, or would be."""
    sources = [ROOT / "requirements.txt", *sorted(ROOT.glob("*/migrations/*.py"))]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources))
    return FOLDER / f"portal-template-{digest.hexdigest()[:16]}.sqlite3"


def copy_template(database: Path) -> None:
    """Begin ``database`` as a copy of the template, if there is one and the database is new."""
    if database.exists() or not template().is_file():
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    draft = database.with_suffix(f".{os.getpid()}")
    draft.write_bytes(template().read_bytes())
    with suppress(FileExistsError):
        os.link(draft, database)  # unlike a rename, never replaces what was made meanwhile
    draft.unlink()


def make_template(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        os.environ |= {
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SECRET_KEY": "only-to-migrate",
            "VAR_DIR": folder,
        }
        import django  # noqa: PLC0415 (only where there is something to do)
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        draft = Path(folder, "template.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(draft)])  # one whole file, with no log beside it
        connection.close()
        for old in FOLDER.glob("portal-template-*"):
            old.unlink()
        draft.replace(target)


def main() -> None:
    target = template()
    if target.is_file():
        return
    print("Preparing an empty database", flush=True)
    done = threading.Event()

    def tell() -> None:
        seconds = 0
        while not done.wait(2):
            seconds += 2
            print(f"  ... {seconds} s", flush=True)

    threading.Thread(target=tell, daemon=True).start()
    make_template(target)
    done.set()


if __name__ == "__main__":
    main()
