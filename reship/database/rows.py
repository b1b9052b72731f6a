"""Reads of rows by lists of keys, with one text of SQL for any number of keys.

Django composes such a statement anew each time, and writes each key into it: that took longer than the database needed
to answer. Here a text is composed once, a list of keys is one value, and PostgreSQL keeps the plan.
"""

import functools
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.base import ModelState

from reship.database.postgresql.base import DatabaseWrapper as PostgreSQL

Row = TypeVar("Row", bound=models.Model)
Converter = Callable[[Any], Any]


class Reader(Generic[Row]):
    """Reads rows of one model. `select` is for its columns, which come first in each row of a statement."""

    def __init__(self, model: type[Row], *, alias: str) -> None:
        self.model = model
        self.alias = alias
        fields = model._meta.concrete_fields
        self._names = [field.attname for field in fields]
        self.width = len(fields)
        self.columns = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.table = f'"{model._meta.db_table}" {alias}'

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """The rows of a statement that selects this reader's columns and no other."""
        with prepared_cursor() as cursor:
            cursor.execute(sql, values)
            return list(map(self.loader(), cursor.fetchall()))

    def loader(self) -> Callable[[Sequence[Any]], Row]:
        """Makes an instance of a row that was found, as `from_db` does, without Django's constructor."""
        model, names = self.model, self._names
        converters = _converters(model, connections[DEFAULT_DB_ALIAS].vendor)

        def load(found: Sequence[Any]) -> Row:
            row = model.__new__(model)
            state = ModelState()
            state.adding = False
            state.db = DEFAULT_DB_ALIAS
            columns = row.__dict__
            columns["_state"] = state
            columns.update(zip(names, found, strict=False))
            for name, convert in converters:
                columns[name] = convert(columns[name])
            return row

        return load


def new_row(model: type[Row], **values: Any) -> Row:
    """An instance that is still to be written, with the defaults of what is not named; it may refer to others by name.

    Django's constructor does the same, and took a third of a bulk reship.
    """
    row = model.__new__(model)
    state = ModelState()
    columns = row.__dict__
    columns["_state"] = state
    columns.update(_defaults(model))
    references = _references(model)
    for name, value in values.items():
        if name in references:
            state.fields_cache[name] = value
            columns[references[name]] = value.pk
        else:
            columns[name] = value
    return row


@functools.cache
def _defaults(model: type[models.Model]) -> dict[str, Any]:
    fields = model._meta.concrete_fields
    assert not any(callable(field.default) for field in fields if field.has_default()), f"defaults of {model.__name__}"
    return {field.attname: field.get_default() for field in fields}


@functools.cache
def _references(model: type[models.Model]) -> dict[str, str]:
    return {field.name: field.attname for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)}


def read_by(
    reader: Reader[Row],
    client_id: int,
    column: str,
    keys: Collection[int] | Collection[str],
    *,
    where: str = "",
    order_by: str = "id",
    lock: bool = False,
) -> list[Row]:
    """The rows of one client whose `column` is among `keys`, in one statement; `where` narrows them further.

    With `lock` they are locked as they are found, so by their ids unless told otherwise.
    """
    values = [client_id, as_list(keys)]
    return reader.rows(_statement(connection.vendor, reader, column, where, order_by, lock), values)


@functools.cache
def _statement(vendor: str, reader: Reader[Any], column: str, where: str, order_by: str, lock: bool) -> str:
    alias = reader.alias
    kind = "text" if isinstance(reader.model._meta.get_field(column), models.CharField) else "bigint"
    narrowed = f" AND {where}" if where else ""
    order = ", ".join(f'{alias}."{name}" ASC' for name in order_by.split(", "))
    return (
        f'SELECT {reader.columns} FROM {reader.table} WHERE {alias}."client_id" = %s'
        f" AND {among(f'{alias}.{chr(34)}{column}{chr(34)}', kind)}{narrowed} ORDER BY {order}{for_update(lock=lock)}"
    )


def among(expression: str, kind: str) -> str:
    """SQL: the expression is among a list that is given as one value, made by `as_list`. `kind` is bigint or text."""
    if connection.vendor == "postgresql":
        return f"{expression} = ANY(%s::{kind}[])"
    return f"{expression} IN (SELECT value FROM json_each(%s))"


def as_list(keys: Iterable[int] | Iterable[str]) -> str:
    """Keys as the one value that `among` takes."""
    listed = list(keys)
    return pg_array(listed) if connection.vendor == "postgresql" else json.dumps(listed)


def pg_array(values: Iterable[object]) -> str:
    """A literal of a PostgreSQL array. psycopg's own way to it took ten times as long."""
    return f"{{{','.join([_PARTS[type(value)](value) for value in values])}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_PARTS: dict[type, Callable[[Any], str]] = {
    int: str,
    str: _quoted,
    bool: lambda value: "t" if value else "f",
    datetime: lambda value: f'"{value.isoformat()}"',
    Decimal: str,
    type(None): lambda value: "NULL",
}


def for_update(*, lock: bool) -> str:
    """Locks rows against other writers; SQLite locks the whole database when a transaction begins."""
    return " FOR NO KEY UPDATE" if lock and connection.vendor == "postgresql" else ""


def prepared_cursor() -> CursorWrapper:
    """A cursor for statements whose text does not change: PostgreSQL parses and plans them once a connection."""
    here = connections[DEFAULT_DB_ALIAS]
    return here.prepared_cursor() if isinstance(here, PostgreSQL) else here.cursor()


@functools.cache
def _converters(model: type[models.Model], vendor: str) -> tuple[tuple[str, Converter], ...]:
    """What turns a column's value into the field's, where the driver does not: times and decimals on SQLite, JSON."""
    found: list[tuple[str, Converter]] = []
    for field in model._meta.concrete_fields:
        expression = field.get_col(model._meta.db_table)
        converters = [*connection.ops.get_db_converters(expression), *field.get_db_converters(connection)]
        found += [(field.attname, functools.partial(_converted, convert, expression)) for convert in converters]
    return tuple(found)


def _converted(convert: Callable[..., Any], expression: Any, value: Any) -> Any:
    return convert(value, expression, connection)
