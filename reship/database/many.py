"""Writes to many rows with one statement.

Django's `bulk_update` builds one CASE per row and column, whose cost grows with the square of the rows; `UPDATE … FROM`
a list of values does not, and both databases have it. Its `bulk_create` composes a statement value by value, which took
six times as long as the database takes to run it; here a column is prepared at once.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from reship.database.rows import pg_array, prepared_cursor
from reship.database.sqlite.base import most_variables

_PLAIN = (models.IntegerField, models.CharField, models.TextField, models.BooleanField, models.ForeignKey)
_STORED_AS_THEY_ARE = frozenset({int, str, bool, type(None)})


def insert_many(client_id: int, rows: Sequence[models.Model]) -> None:
    """Inserts rows of one model and one client, and gives them their ids. They may refer to rows that got theirs since.

    One statement on PostgreSQL; on SQLite one for as many rows as fit into its limit of values, which is thousands.
    """
    if not rows:
        return
    model = type(rows[0])
    for field in _references(model):
        for row in rows:
            if row.__dict__[field.attname] is None and (related := row._state.fields_cache.get(field.name)) is not None:
                assert related.pk is not None, f"{field.name} of {row!r} has no id yet"
                row.__dict__[field.attname] = related.pk
    columns = {field.attname: [row.__dict__[field.attname] for row in rows] for field in _columns(model)}
    for row, (row_id,) in zip(rows, insert_columns(model, client_id, columns, returning="id"), strict=True):
        row.__dict__["id"] = row_id
        row._state.adding = False
        row._state.db = DEFAULT_DB_ALIAS


def insert_columns(
    model: type[models.Model],
    client_id: int,
    columns: Mapping[str, Sequence[object]],
    *,
    returning: str = "",
    conflict: str = "",
) -> list[tuple[Any, ...]]:
    """Inserts rows given by their columns, as attribute names; those that are not named take the database's default.

    `conflict` and `returning` are what the statement says after the rows. Returns what it returns, in the rows' order.
    """
    clients = columns["client_id"]
    if not clients:
        return []
    assert set(clients) == {client_id}, f"rows of {model.__name__} for clients {set(clients)} and not {client_id}"
    here = connections[DEFAULT_DB_ALIAS]
    into = _into(model, tuple(columns), here.vendor)
    values = [_prepared(field, column, here) for field, column in zip(into.fields, columns.values(), strict=True)]
    after = f" ON CONFLICT {conflict}" if conflict else ""
    after += f" RETURNING {returning}" if returning else ""
    if here.vendor == "postgresql" and len(clients) > 1:
        return _insert_arrays(into, values, after)
    return _insert_rows(into, values, after)


class _Into(NamedTuple):
    """Where columns go, and as what."""

    sql: str
    fields: tuple["models.Field[Any, Any]", ...]
    types: tuple[str, ...]


@functools.cache
def _into(model: type[models.Model], names: tuple[str, ...], vendor: str) -> _Into:
    fields = tuple(_field(model, name) for name in names)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    types = tuple(_type_of(field, vendor) for field in fields)
    return _Into(f'INSERT INTO "{model._meta.db_table}" ({columns})', fields, types)


@functools.cache
def _columns(model: type[models.Model]) -> tuple["models.Field[Any, Any]", ...]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    assert not any(getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False) for field in fields)
    return tuple(fields)


@functools.cache
def _references(model: type[models.Model]) -> tuple["models.ForeignKey[Any, Any]", ...]:
    return tuple(field for field in _columns(model) if isinstance(field, models.ForeignKey))


def _prepared(field: "models.Field[Any, Any]", values: Sequence[Any], here: BaseDatabaseWrapper) -> Sequence[Any]:
    """The values as the driver, or an array, takes them."""
    if isinstance(field, _PLAIN) and _STORED_AS_THEY_ARE.issuperset(map(type, values)):
        return values
    if isinstance(field, models.JSONField):
        return [None if value is None else json.dumps(value, cls=field.encoder) for value in values]
    # Rows of one verb share most such values, above all their time; the rows keep them alive, so an id names one value.
    prepared: dict[int, Any] = {}
    for value in values:
        if id(value) not in prepared:
            stored = field.get_db_prep_save(value, here)
            # A choice is text of its own kind, which neither a driver nor an array knows.
            prepared[id(value)] = str(stored) if isinstance(stored, str) else stored
    return [prepared[id(value)] for value in values]


class _Given:
    """Columns of values as the source of a statement on PostgreSQL, each as a parameter.

    A column that has one value for all rows, as most have, is given as this value.
    """

    def __init__(self, types: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        self.expressions: list[str] = []
        self.constants: list[Any] = []
        self.lists: list[str] = []
        arrays: list[str] = []
        for number, (kind, column) in enumerate(zip(types, columns, strict=True)):
            is_last_chance = not arrays and number == len(columns) - 1
            if not is_last_chance and _is_constant(column):
                self.expressions.append(f"%s::{kind}")
                self.constants.append(column[0])
            else:
                self.expressions.append(f"given.v{number}")
                arrays.append(f"%s::{kind}[]")
                self.lists.append(pg_array(column))
        names = [expression.rpartition(".")[2] for expression in self.expressions if expression.startswith("given.")]
        self.source = f"unnest({', '.join(arrays)}) AS given({', '.join(names)})"


def _is_constant(column: Sequence[Any]) -> bool:
    first = column[0]
    return all(value is first or value == first for value in column)


def _insert_arrays(into: _Into, values: Sequence[Sequence[Any]], after: str) -> list[tuple[Any, ...]]:
    given = _Given(into.types, values)
    with prepared_cursor() as cursor:
        cursor.execute(
            f"{into.sql} SELECT {', '.join(given.expressions)} FROM {given.source}{after}",
            [*given.constants, *given.lists],
        )
        return cursor.fetchall() if "RETURNING" in after else []


def _insert_rows(into: _Into, values: Sequence[Sequence[Any]], after: str) -> list[tuple[Any, ...]]:
    rows = list(zip(*values, strict=True))
    row = f"({', '.join(['%s'] * len(values))})"
    at_once = most_variables() // len(values)
    returned: list[tuple[Any, ...]] = []
    with prepared_cursor() as cursor:
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            cursor.execute(
                f"{into.sql} VALUES {', '.join([row] * len(some))}{after}", [value for row in some for value in row]
            )
            if "RETURNING" in after:
                returned += cursor.fetchall()
    return returned


def insert_from(
    model: type[models.Model], rows: "models.QuerySet[Any, Any]", **columns: "models.expressions.Combinable"
) -> int:
    """Inserts a row for each row that a query finds, in one statement; answers how many.

    `columns` names each column and the query's expression for it. The others take their defaults in the database.
    """
    named = rows.order_by().annotate(**{f"new_{name}": expression for name, expression in columns.items()})
    try:
        query, values = named.values_list(*(f"new_{name}" for name in columns)).query.sql_with_params()
    except EmptyResultSet:
        return 0
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(model._meta.get_field(name).column)) for name in columns)  # type: ignore[union-attr]  # concrete fields have one
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {query}", values)
        return int(cursor.rowcount)


def update_many(
    model: type[models.Model], client_id: int, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Sets `columns` of rows that the caller has locked; each row is the id, then a value per column.

    One statement, whatever the number of rows; none without rows.
    """
    if not rows:
        return
    fields = [_field(model, name) for name in columns]
    ids, *given_columns = zip(*rows, strict=True)
    here = connections[DEFAULT_DB_ALIAS]
    prepared = [_prepared(field, column, here) for field, column in zip(fields, given_columns, strict=True)]
    table = f'"{model._meta.db_table}"'
    names = [f'"{field.column}"' for field in fields]
    if here.vendor == "sqlite":
        sets = ", ".join(f"{name} = json_extract(given.value, '$[{n}]')" for n, name in enumerate(names, start=1))
        # The plus keeps SQLite from walking through all rows of the client, once per given row: it takes the id.
        where = f"+{table}.client_id = %s AND {table}.id = json_extract(given.value, '$[0]')"
        sql = f"UPDATE {table} SET {sets} FROM json_each(%s) AS given WHERE {where}"
        arguments: list[Any] = [json.dumps(list(zip(ids, *prepared, strict=True))), client_id]
    elif len(rows) == 1:
        sets = ", ".join(f"{name} = %s" for name in names)
        sql = f"UPDATE {table} SET {sets} WHERE {table}.client_id = %s AND {table}.id = %s"
        arguments = [*(column[0] for column in prepared), client_id, ids[0]]
    else:
        given = _Given([*(_type_of(field, here.vendor) for field in fields), "bigint"], [*prepared, ids])
        sets = ", ".join(f"{name} = {value}" for name, value in zip(names, given.expressions, strict=False))
        where = f"{table}.client_id = %s AND {table}.id = {given.expressions[-1]}"
        sql = f"UPDATE {table} SET {sets} FROM {given.source} WHERE {where}"
        arguments = [*given.constants, *given.lists, client_id]
    with prepared_cursor() as cursor:
        # Only names of tables and columns are put in; every value is a parameter.
        cursor.execute(sql, arguments)
        assert cursor.rowcount == len(rows), f"{len(rows) - cursor.rowcount} rows of {table} were not there"


@functools.cache
def _type_of(field: "models.Field[Any, Any]", vendor: str) -> str:
    return str(field.db_type(connection)).split("(")[0]


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field
