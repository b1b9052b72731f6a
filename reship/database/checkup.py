"""What `reship doctor` finds out about an installation."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import django
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

import reship
from reship.database import append_only, search
from reship.database.library import has_wal_reset_bug, sqlite_version
from reship.database.sqlite.base import journal_mode


@dataclass(frozen=True)
class Finding:
    """One thing that is in use, and what is wrong with it."""

    what: str
    value: str
    problems: list[str] = field(default_factory=list)


def check_up() -> Iterator[Finding]:
    """Versions, then the database from the outside in; ends early when it does not answer."""
    yield Finding("Reship", reship.__version__)
    yield Finding("Python", platform.python_version())
    yield Finding("Django", django.get_version())
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield Finding("database", database_url(), [f"the database does not answer: {error}".strip()])
        return
    yield Finding("database", database_url())
    yield _sqlite() if connection.vendor == "sqlite" else _postgresql()
    pending = _pending_migrations()
    problems = [f"{len(pending)} migrations are pending, {pending[0]} first: run `reship migrate`"] if pending else []
    yield Finding("migrations", f"{len(pending)} pending", problems)
    if not pending:
        missing = append_only.missing(connection)
        problems = [f"trigger {name} is missing: run `reship migrate`" for name in missing]
        yield Finding("append-only triggers", f"{len(missing)} missing", problems)
        missing = search.missing(connection)
        problems = [f"{name} is missing, so nothing can be searched: run `reship migrate`" for name in missing]
        yield Finding("search index", f"{len(missing)} parts missing", problems)


def check_folder(folder: Path) -> Finding:
    """Whether the installation's own folder can be written."""
    writable = os.access(folder, os.W_OK | os.X_OK)
    return Finding("folder", str(folder), [] if writable else [f"{folder} cannot be written"])


def database_url() -> str:
    """Where the data is, without the password."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    user = f"{settings['USER']}@" if settings["USER"] else ""
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{user}{quote(settings['HOST'] or '', safe='')}{port}/{settings['NAME']}"


def _sqlite() -> Finding:
    journal = journal_mode(connection.connection)
    buggy = has_wal_reset_bug(sqlite_version())
    version = ".".join(str(part) for part in sqlite_version())
    note = " (has the WAL-reset bug)" if buggy else ""
    problems = [f"SQLite {version} can corrupt a database with a write-ahead log"] if buggy and journal == "wal" else []
    return Finding("SQLite", f"{version}{note}, journal: {journal}", problems)


def _postgresql() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        durability = cursor.fetchone()
    is_durable = durability == ("on", "on")
    problems = [] if is_durable else ["fsync or synchronous_commit is not on: a crash can lose what was done"]
    return Finding("PostgreSQL", version, problems)


def _pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
