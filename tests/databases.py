"""The databases that tests run on: one template per run, and as many quick copies of it as tests need.

Append-only tables refuse DELETE and TRUNCATE, so a test that really commits cannot clean up behind itself: it gets a
database of its own. On PostgreSQL, whose superuser can make triggers rest, the next test gets the same one, emptied.
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
    """To make a copy takes a quarter of a second, so one that a test has done with is emptied for the next.

    One whose tables, triggers, first rows or statistics are no longer the template's is dropped instead.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._server = PostgreSQL()
        self._left: list[RealDatabase] = []
        self._as_migrated: tuple[dict[str, list[str]], list[tuple[int, int]]] | None = None

    def open(self) -> None:
        self._server.__enter__()

    def close(self) -> None:
        self._server.__exit__(None, None, None)

    def empty(self, name: str) -> RealDatabase:
        self._execute(f'CREATE DATABASE "{name}"')
        return RealDatabase(name, self._server.url(name))

    def copy(self, source: RealDatabase) -> RealDatabase:
        while self._left:
            database = self._left.pop()
            if self._is_emptied(database, source):
                return database
            self._execute(f'DROP DATABASE "{database.name}" WITH (FORCE)')
        name = f"copy{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source.name}"')
        return RealDatabase(name, self._server.url(name))

    def drop(self, database: RealDatabase) -> None:
        # Whoever is still connected would write into what is another test's by then.
        self._execute(
            f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{database.name}'"
        )
        self._left.append(database)

    def _is_emptied(self, database: RealDatabase, source: RealDatabase) -> bool:
        """Whether it is again what a new copy of `source` would be."""
        if self._as_migrated is None:
            with psycopg.connect(source.url, autocommit=True) as connection:
                self._as_migrated = _first_rows(connection), _shape(connection)
        with psycopg.connect(database.url) as connection:
            # Triggers and references rest: append-only tables refuse to be emptied by anybody else.
            connection.execute("SET session_replication_role = replica")
            first_rows, _ = self._as_migrated
            for (name,) in connection.execute(_USED_TABLES).fetchall():
                if name not in first_rows:
                    connection.execute(f'DELETE FROM "{name}"'.encode())
            connection.execute(_SEQUENCES_FROM_ONE, [list(first_rows)])
            return (_first_rows(connection), _shape(connection)) == self._as_migrated

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


_OURS = "relnamespace = 'public'::regnamespace"
_USED_TABLES = f"SELECT relname FROM pg_class WHERE relkind = 'r' AND {_OURS} AND pg_relation_size(oid) > 0 ORDER BY 1"
_SEQUENCES_FROM_ONE = """
SELECT setval(pg_sequence.seqrelid, seqstart, false) FROM pg_sequence
JOIN pg_depend ON objid = seqrelid AND deptype = 'a' JOIN pg_class ON pg_class.oid = refobjid
WHERE NOT relname = ANY (%s)
"""
_CATALOGS = (
    *("pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_index", "pg_namespace", "pg_proc", "pg_rewrite"),
    *("pg_sequence", "pg_statistic", "pg_trigger", "pg_type"),
)
_SHAPE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in _CATALOGS)


def _shape(connection: psycopg.Connection) -> list[tuple[int, int]]:
    """How many lines each catalog has, and which transaction wrote the last: changes with all of the schema."""
    return connection.execute(_SHAPE).fetchall()


def _first_rows(connection: psycopg.Connection) -> dict[str, list[str]]:
    """All rows, by table: those that the migrations wrote."""
    rows = {
        name: connection.execute(f'SELECT * FROM "{name}"'.encode()).fetchall()
        for (name,) in connection.execute(_USED_TABLES).fetchall()
    }
    return {name: sorted(map(str, of_table)) for name, of_table in rows.items() if of_table}


def databases_of_this_run() -> Databases:
    return PostgresqlDatabases() if KIND == "postgresql" else SqliteDatabases()


def migrated(databases: Databases, name: str) -> RealDatabase:
    """A new database with every table and trigger and no row."""
    database = databases.empty(name)
    with database.in_use():
        call_command("migrate", verbosity=0, interactive=False)
    return database
