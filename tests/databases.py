"""The databases that tests run on: one template per run, and as many quick copies of it as tests need.

Append-only tables refuse DELETE and TRUNCATE, so a test that really commits cannot clean up behind itself: it gets a
database of its own and throws it away.
"""

import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dj_database_url
import psycopg
from django.core.management import call_command
from django.db import connections

from tests.postgres import PostgreSQL

# The two that the suite runs on: `sqlite` or `postgresql`.
KIND = os.environ.get("RESHIP_TEST_DATABASE", "sqlite")


@dataclass(frozen=True)
class RealDatabase:
    """A committed, migrated database that threads and other processes can open."""

    name: str
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """For another process that is to use this database, such as `reship` itself."""
        return os.environ | {"DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": "reship.config.settings"}

    @contextlib.contextmanager
    def in_use(self) -> Iterator["RealDatabase"]:
        """Django's default connection leads here, in every thread that opens one."""
        target: dict[str, Any] = connections.settings["default"]
        before = dict(target)
        connections["default"].close()
        parsed = dj_database_url.parse(self.url)
        target.update({key: parsed[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
        try:
            yield self
        finally:
            connections["default"].close()
            target.update({key: before[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})


class Databases(Protocol):
    """Makes, copies and drops databases of one kind."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def empty(self, name: str) -> RealDatabase: ...
    def copy(self, source: RealDatabase) -> RealDatabase: ...
    def drop(self, database: RealDatabase) -> None: ...


class SqliteDatabases:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def open(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="reship-sqlite-"))

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def empty(self, name: str) -> RealDatabase:
        path = self._folder / f"{name}.sqlite3"
        return RealDatabase(str(path), f"sqlite:///{path}")

    def copy(self, source: RealDatabase) -> RealDatabase:
        """The file alone is whole: whoever closes a database last writes its log into it."""
        copy = self.empty(f"copy{next(self._numbers)}")
        shutil.copyfile(source.name, copy.name)
        return copy

    def drop(self, database: RealDatabase) -> None:
        for file in self._folder.glob(f"{Path(database.name).name}*"):
            file.unlink()


class PostgresqlDatabases:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._server = PostgreSQL()

    def open(self) -> None:
        self._server.__enter__()

    def close(self) -> None:
        self._server.__exit__(None, None, None)

    def empty(self, name: str) -> RealDatabase:
        self._execute(f'CREATE DATABASE "{name}"')
        return RealDatabase(name, self._server.url(name))

    def copy(self, source: RealDatabase) -> RealDatabase:
        name = f"copy{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source.name}"')
        return RealDatabase(name, self._server.url(name))

    def drop(self, database: RealDatabase) -> None:
        self._execute(f'DROP DATABASE "{database.name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def databases_of_this_run() -> Databases:
    return PostgresqlDatabases() if KIND == "postgresql" else SqliteDatabases()


def migrated(databases: Databases, name: str) -> RealDatabase:
    """A new database with every table and trigger and no row."""
    database = databases.empty(name)
    with database.in_use():
        call_command("migrate", verbosity=0, interactive=False)
    return database
