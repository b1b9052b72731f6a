"""What the SQL of the bench needs to be written once for both databases."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection, models

from reship.database.sqlite.base import Database


@dataclass(frozen=True)
class Dialect:
    """The few words in which the two databases differ."""

    is_postgresql: bool

    def moment(self, epoch: str) -> str:
        """Seconds since 1970 as a stored time; NULL stays NULL."""
        return f"to_timestamp({epoch})" if self.is_postgresql else f"datetime({epoch}, 'unixepoch')"

    def json(self, text: str) -> str:
        """Text that is JSON as a stored value of a JSON column."""
        return f"({text})::jsonb" if self.is_postgresql else f"({text})"

    @property
    def false(self) -> str:
        return "FALSE" if self.is_postgresql else "0"

    @property
    def true(self) -> str:
        return "TRUE" if self.is_postgresql else "1"

    @property
    def no_bytes(self) -> str:
        return "''::bytea" if self.is_postgresql else "x''"

    def series(self, first: str, last: str) -> str:
        """A table `series(n)` of whole numbers, both ends included, to stand in FROM."""
        if self.is_postgresql:
            return f"generate_series({first}::bigint, {last}::bigint) AS series(n)"
        return (
            f"(WITH RECURSIVE counting(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM counting WHERE n < {last}) "
            f"SELECT n FROM counting) AS series"
        )


def dialect() -> Dialect:
    return Dialect(connection.vendor == "postgresql")


def insert_into(model: type[models.Model], columns: Mapping[str, str], rest: str) -> str:
    """`INSERT INTO … SELECT … <rest>`; a column that is not named gets the model's default.

    So a column that is added to the schema with a default does not break what is written here.
    """
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    unknown = columns.keys() - fields.keys()
    assert not unknown, f"{model.__name__} has no {sorted(unknown)}"
    values = {
        name: columns.get(name) or _default(field)
        for name, field in fields.items()
        if name in columns or not field.primary_key
    }
    names = ", ".join(f'"{name}"' for name in values)
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values.values())} {rest}"


def _default(field: "models.Field[Any, Any]") -> str:
    if field.null:
        return "NULL"
    value = field.get_default()
    assert value is not None, f"{field} has no default and is not given"
    if isinstance(value, bool):
        return dialect().true if value else dialect().false
    if isinstance(value, bytes):
        return dialect().no_bytes
    return str(value) if isinstance(value, int) else "'{}'".format(str(value).replace("'", "''"))


Values = dict[str, object]


class Plain:
    """A connection without Django, in which hand-made SQL is run: parameters are written `:name`.

    It has the settings of Reship's own connections, so that both pay the same for safety.
    """

    def __init__(self, url_settings: Mapping[str, Any]) -> None:
        self.is_postgresql = connection.vendor == "postgresql"
        self._connection: Any
        if self.is_postgresql:
            given = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
            parameters = {name: url_settings[key] for name, key in given.items() if url_settings[key]}
            self._connection = psycopg.connect(**parameters, autocommit=True)
            self._connection.execute("SET timezone TO 'UTC'")
            self.backend: int | None = self._connection.info.backend_pid
        else:
            self._connection = Database.connect(url_settings["NAME"], isolation_level=None, timeout=30)
            for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "synchronous = FULL"):
                self._connection.execute(f"PRAGMA {pragma}")
            self.backend = None

    def begin(self) -> None:
        self._connection.execute("BEGIN" if self.is_postgresql else "BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def execute(self, query: str, values: Values | None = None) -> int:
        """The number of rows that the statement wrote."""
        return int(self._run(query, values).rowcount)

    def rows(self, query: str, values: Values | None = None) -> list[Sequence[Any]]:
        found: list[Sequence[Any]] = self._run(query, values).fetchall()
        return found

    def _run(self, query: str, values: Values | None) -> Any:
        return self._connection.execute(_named(query) if self.is_postgresql else query, values or {})

    def close(self) -> None:
        self._connection.close()


@functools.cache
def _named(query: str) -> str:
    return re.sub(r"(?<![:\w]):([a-z]\w*)", r"%(\1)s", query.replace("%", "%%"))
