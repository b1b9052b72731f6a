"""Where the bench keeps its data: databases of its own, each copied from a template that is built once."""

import contextlib
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
import psycopg
from django.core.management import call_command
from django.db import connection, connections

from tests.postgres import PostgreSQL

PROJECT = Path(__file__).resolve().parent.parent

# What a small server would be set to. Everything that makes commits safe is on, as it comes.
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "effective_cache_size": "6GB",
    "maintenance_work_mem": "512MB",
    "random_page_cost": "1.1",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
}


TEMPLATES = "reship_bench_"
"""How the names of all databases begin that the bench builds and copies."""


class Unusable(Exception):
    """A database that the bench will not touch, in one sentence."""


@dataclass(frozen=True)
class Database:
    """A database of the bench's own."""

    name: str
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """For another process that is to use it, such as `reship serve`."""
        return os.environ | {"DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": "reship.config.settings"}

    @contextlib.contextmanager
    def in_use(self) -> Iterator["Database"]:
        """Django's default connection leads here."""
        connections["default"].close()
        before = connections.settings["default"]
        parsed = dj_database_url.parse(self.url, conn_max_age=600, conn_health_checks=True)
        kind = "sqlite" if parsed["ENGINE"].endswith("sqlite3") else "postgresql"
        connections.settings["default"] = {**before, **parsed, "ENGINE": f"reship.database.{kind}"}
        connections.settings["default"].setdefault("OPTIONS", {})
        del connections["default"]
        try:
            yield self
        finally:
            connections["default"].close()
            connections.settings["default"] = before
            del connections["default"]


class Place(Protocol):
    """Makes and copies databases of one kind."""

    kind: str

    def names(self, beginning: str) -> list[str]: ...
    def named(self, name: str) -> Database: ...
    def make(self, name: str) -> Database: ...
    def copy(self, source: Database) -> Database: ...
    def rename(self, database: Database, name: str) -> Database: ...
    def drop(self, database: Database) -> None: ...


class SqlitePlace:
    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)

    def names(self, beginning: str) -> list[str]:
        return [file.stem for file in self._folder.glob(f"{beginning}*.sqlite3")]

    def named(self, name: str) -> Database:
        path = self._folder / f"{name}.sqlite3"
        return Database(str(path), f"sqlite:///{path}")

    def make(self, name: str) -> Database:
        self.drop(self.named(name))
        return self.named(name)

    def copy(self, source: Database) -> Database:
        """The file alone is whole: whoever closes a database last writes its log into it."""
        copy = self.make(f"{TEMPLATES}run{os.getpid()}_{next(self._numbers)}")
        shutil.copyfile(source.name, copy.name)
        return copy

    def rename(self, database: Database, name: str) -> Database:
        renamed = self.named(name)
        Path(database.name).rename(renamed.name)
        self.drop(database)  # What lay beside it under its old name.
        return renamed

    def drop(self, database: Database) -> None:
        for file in self._folder.glob(f"{Path(database.name).name}*"):
            file.unlink()


class PostgresqlPlace:
    kind = "postgresql"

    def __init__(self, url: Callable[[str], str], maintenance: str) -> None:
        self._url = url
        self._maintenance = maintenance
        self._numbers = itertools.count(1)

    def names(self, beginning: str) -> list[str]:
        with psycopg.connect(self._maintenance) as connection:
            found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [beginning])
            return [name for (name,) in found.fetchall()]

    def named(self, name: str) -> Database:
        return Database(name, self._url(name))

    def make(self, name: str) -> Database:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
        return self.named(name)

    def copy(self, source: Database) -> Database:
        name = f"{TEMPLATES}run{os.getpid()}_{next(self._numbers)}"
        # Files are copied as they are: through the log it would take four times as long.
        strategy = "STRATEGY FILE_COPY" if self._version() >= 150_000 else ""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source.name}" {strategy}', "CHECKPOINT")
        return self.named(name)

    def rename(self, database: Database, name: str) -> Database:
        self._execute(f'ALTER DATABASE "{database.name}" RENAME TO "{name}"')
        return self.named(name)

    def drop(self, database: Database) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')

    def _version(self) -> int:
        with psycopg.connect(self._maintenance) as connection:
            return connection.info.server_version

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self._maintenance, autocommit=True) as connection:
            for statement in statements:
                with (
                    contextlib.suppress(psycopg.errors.InsufficientPrivilege)
                    if statement == "CHECKPOINT"
                    else (contextlib.nullcontext())
                ):
                    connection.execute(statement.encode())


Opener = Callable[[], contextlib.AbstractContextManager[Place]]
"""What has to be held open while a place is used."""


@contextlib.contextmanager
def own_places(kinds: list[str], keep: Path | None, *, is_quick: bool) -> Iterator[dict[str, Opener]]:
    """Openers of places by kind, in `keep`, or in a folder that goes with the run.

    A quick one measures nothing, so its server is a test's, which waits for no disk.
    """
    temporary = None if keep else Path(tempfile.mkdtemp(prefix="reship-bench-"))
    folder = keep or temporary
    assert folder is not None
    folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def sqlite() -> Iterator[Place]:
        yield SqlitePlace(folder / "sqlite")

    @contextlib.contextmanager
    def postgresql() -> Iterator[Place]:
        data = keep / "postgresql" if keep else None
        with PostgreSQL(settings=None if is_quick else SETTINGS, data=data) as server:
            yield PostgresqlPlace(server.url, server.url("postgres"))

    openers: dict[str, Opener] = {"sqlite": sqlite, "postgresql": postgresql}
    try:
        yield {kind: openers[kind] for kind in kinds}
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def place_at(url: str) -> Iterator[Place]:
    """The server, or the folder, that a URL names. Refuses a database that holds orders."""
    refuse_used(url)
    if url.startswith("sqlite"):
        path = Path(dj_database_url.parse(url)["NAME"])
        yield SqlitePlace(path.parent / f"{path.name}-bench")
        return
    parts = urlsplit(url)
    yield PostgresqlPlace(lambda name: urlunsplit(parts._replace(path=f"/{name}")), url)


def refuse_used(url: str) -> None:
    """Refuses a database with orders in it: what is measured here is written there."""
    if url.startswith("sqlite") and not Path(dj_database_url.parse(url)["NAME"]).exists():
        return
    with Database("given", url).in_use():
        if "orders_order" not in connection.introspection.table_names():
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM orders_order LIMIT 1")
            if cursor.fetchone() is not None:
                raise Unusable("this database holds orders: the bench writes to its own ones only, so name another")


def migrated(place: Place, name: str) -> Database:
    """A new database with every table and trigger and no row."""
    database = place.make(name)
    with database.in_use():
        call_command("migrate", verbosity=0, interactive=False)
    return database


def template_name(orders: int) -> tuple[str, str]:
    """How the names of all templates of so many orders begin, and how the one of this schema ends.

    So one that was built from another schema, or by another version of the builder, is never taken for it.
    """
    digest = hashlib.sha256()
    beside = ("reship/database/append_only.py", "reship/database/search.py", "bench/data.py", "bench/sql.py")
    for source in [*sorted(PROJECT.glob("reship/*/migrations/*.py")), *(PROJECT / name for name in beside)]:
        digest.update(source.read_bytes())
    return f"{TEMPLATES}{orders}_", digest.hexdigest()[:8]
