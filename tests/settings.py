"""The portal's settings in an environment of the tests' own: nothing leaves it.

DATABASE_URL and REDIS_URL choose the services, as in production (``make test`` starts them).
"""

import atexit
import os
import shutil
import tempfile

folder = tempfile.mkdtemp(prefix="portal-tests-")
atexit.register(shutil.rmtree, folder, ignore_errors=True)
os.environ |= {
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "ANYMAIL": "MAILGUN_WEBHOOK_SIGNING_KEY=only-for-the-tests,WEBHOOK_SECRET=provider:secret",
    "BASE_URL": "http://localhost:8000",
    "DEBUG": "off",
    "EMAIL_BACKEND": "",
    "EMAIL_URL": "",
    "NEWSLETTER_BOUNCE_ADDRESS": "",
    "NEWSLETTER_BOUNCE_MAILBOX": "",
    "SECRET_KEY": "only-for-the-tests",
    "VAR_DIR": folder,
}

from portal.settings import *  # noqa: E402, F403 (they read the environment above)
from portal.settings import CACHES, DATABASES, STORAGES, VAR_DIR  # noqa: E402 (the same, by name)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# Workers have databases of their own beside one Redis: what one keeps there is not the others'.
CACHES["default"]["KEY_PREFIX"] = os.environ.get("PYTEST_XDIST_WORKER", "")
CELERY_BROKER_URL = "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.05}

IS_POSTGRESQL = DATABASES["default"]["ENGINE"].endswith("postgresql")
if not IS_POSTGRESQL:
    # A file, as in production, so that threads and processes meet the same locks; but not synced.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
