"""The portal's settings, with what a test must not share or wait for replaced."""

import atexit
import os
import shutil
import tempfile

# A folder of this run's own: two runs at a time, one per database, must not share a key or static files.
_folder = tempfile.mkdtemp(prefix="reship-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["RESHIP_VAR"] = _folder

from reship.config.settings import *  # noqa: E402, F403
from reship.config.settings import STATIC_ROOT, STORAGES  # noqa: E402

_kind = os.environ.get("RESHIP_TEST_DATABASE", "sqlite")

_OPTIONS = {
    "sqlite": {"synchronous": "OFF"},
    # A test is one long transaction, which may think as long as it likes.
    "postgresql": {"session": {"idle_in_transaction_session_timeout": "0"}},
}
# `tests/databases.py` fills in the rest when the first test asks for a database.
DATABASES = {
    "default": {
        "ENGINE": f"reship.database.{_kind}",
        "NAME": "not-made-yet.sqlite3",
        "OPTIONS": _OPTIONS[_kind],
    }
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT.mkdir(exist_ok=True)
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
