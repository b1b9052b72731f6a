"""The settings of one installation: what differs comes from the environment, everything else is decided here."""

import os
import secrets
import sys
from pathlib import Path
from typing import Any, Literal

import dj_database_url
import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from structlog.typing import Processor

PROJECT_FOLDER = Path(__file__).resolve().parent.parent.parent


class Environment(BaseSettings):
    """What an installation may set; each has a default with which one person on one machine can work."""

    model_config = SettingsConfigDict(env_prefix="RESHIP_", extra="ignore", populate_by_name=True)

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    var: Path = PROJECT_FOLDER / "var"
    """Where what belongs to this installation alone is kept: database, key, collected static files."""
    secret_key: str = ""
    allowed_hosts: str = "localhost,127.0.0.1,[::1]"
    https: bool = False
    """Set when people reach the portal by https: cookies are then never sent without it."""
    proxies: int = Field(default=0, ge=0, le=9)
    """How many reverse proxies of ours a request comes through: each adds the address that it was asked from."""
    demo: bool = False
    """Set by `reship demo`: the sign-in page then offers its people with one click, without a password."""
    log_level: str = "WARNING"
    statement_timeout: str | None = None
    sandbox_carrier: bool = False
    """Offers labels of a carrier that does not exist, to try everything with; the demo always does."""
    easypost_key: str = ""
    """Labels and tracking through EasyPost; needs the extra `easypost`."""
    easypost_url: str = ""
    """Where it is reached when not at its library's own address."""
    carrier_timeout_seconds: float = 20.0
    tracking_poll_minutes: float = 60.0
    """How long a worker waits before it asks the carriers again; 0 is never."""
    shop_poll_minutes: float = 15.0
    """How long a worker waits before it asks a shop again for what its webhooks did not bring; 0 is never."""
    senders: dict[str, dict[str, str]] = {}
    """What labels say where a parcel comes from, by the warehouse's code: an address, part by part, as JSON."""
    outgoing_allowed: str = ""
    """Networks to which webhooks and shops' adapters may speak although they are not public, http too, with commas."""
    two_step_required_of: Literal["nobody", "company", "everybody"] = "nobody"
    """Whose sign-in needs a second step: who has not set one up yet is led there and sees nothing else."""


environment = Environment()
VAR = environment.var.resolve()
VAR.mkdir(mode=0o700, parents=True, exist_ok=True)  # Customers' addresses will be in it.


def _kept_secret_key() -> str:
    """Made at the first start and readable by this user only.

    Losing it signs everybody out, and makes phones useless for two-step sign-in; recovery codes still work.
    """
    path = VAR / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(key := secrets.token_urlsafe(50))
    return key


SECRET_KEY = environment.secret_key or _kept_secret_key()
DEBUG = False
DEMO = environment.demo
TWO_STEP_REQUIRED_OF = environment.two_step_required_of
ALLOWED_HOSTS = environment.allowed_hosts.split(",")
SANDBOX_CARRIER = environment.sandbox_carrier or environment.demo
EASYPOST_KEY = environment.easypost_key
EASYPOST_URL = environment.easypost_url
CARRIER_TIMEOUT_SECONDS = environment.carrier_timeout_seconds
TRACKING_POLL_MINUTES = environment.tracking_poll_minutes
SHOP_POLL_MINUTES = environment.shop_poll_minutes
SENDERS = environment.senders
OUTGOING_ALLOWED = [network.strip() for network in environment.outgoing_allowed.split(",") if network.strip()]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "django_countries",
    "django_structlog",
    # From the bottom up: `clients` migrates first.
    "reship.clients",
    "reship.catalog",
    "reship.orders",
    "reship.inventory",
    "reship.floor",
    "reship.fulfilment",
    "reship.jobs",
    "reship.webhooks",
    "reship.channels",
    "reship.web",
    "reship.cli",
]

PROXIES = environment.proxies
MIDDLEWARE = [
    "reship.config.proxies.BehindProxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "reship.config.headers.StrictHeaders",
    "reship.api.lane.ApiLane",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "reship.web.access.Access",
]

ROOT_URLCONF = "reship.config.urls"
WSGI_APPLICATION = "reship.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database(url: str) -> dict[str, Any]:
    """The database that a URL names, on the backend of ours that fits."""
    database: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    kind = database["ENGINE"].rpartition(".")[2]
    if kind == "sqlite3":
        database["ENGINE"] = "reship.database.sqlite"
    elif kind.startswith("postgresql"):
        database["ENGINE"] = "reship.database.postgresql"
        if environment.statement_timeout is not None:
            database.setdefault("OPTIONS", {})["session"] = {"statement_timeout": environment.statement_timeout}
    return database


DATABASES = {"default": _database(environment.database_url or f"sqlite:///{VAR / 'reship.sqlite3'}")}
# A request is not a transaction: each verb opens its own, and a page that only reads takes no lock.
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Of the database, because a count of failed sign-ins must hold for all processes. `reship migrate` makes the table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "reship_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "clients.User"
AUTHENTICATION_BACKENDS = ["reship.clients.authentication.EmailAndPassword"]
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600
"""In seconds, how long an invitation is good for."""
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# A window posts three fields a line, and real orders have more than a thousand lines.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Lists are read line by line, from the disk, and are no larger than they need to be.
FILE_UPLOAD_HANDLERS = ["reship.web.uploads.CappedUploadHandler"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
# Our own room's files and no library's: every file that is served is in the repository.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STATICFILES_DIRS = [PROJECT_FOLDER / "reship" / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # A hash of its content in each name, so that a browser may keep it for ever and never shows an old one.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_ENGINE = "reship.clients.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = environment.https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = environment.https
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if environment.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.https else None
X_FRAME_OPTIONS = "DENY"

# Logs are for whoever runs the installation and go to standard error: standard output belongs to a command's answer.
_level_of_requests = environment.log_level if environment.log_level in {"DEBUG", "INFO"} else "ERROR"
_in_the_end: list[Processor] = (
    [structlog.dev.ConsoleRenderer()]
    if sys.stderr.isatty()
    else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
)
_every_line: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_every_line,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _every_line,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_in_the_end,
            ],
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.log_level},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": environment.log_level},
        # What visitors get wrong is not worth a line, unless one asks for INFO.
        "django.request": {"level": _level_of_requests},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django_structlog": {"level": _level_of_requests},
    },
}
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # Asking who it was would cost every page a query.
