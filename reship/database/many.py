"""Writes to many rows with one statement.

Django's `bulk_update` builds one CASE per row and column, whose cost grows with the square of the rows; `UPDATE … FROM`
a list of values does not, and both databases have it. Its `bulk_create` composes a statement value by value, which took
six times as long as the database takes to run it; here a column is prepared at once.
"""

import functools
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from reship.database.sqlite.base import most_variables

_STORED_AS_THEY_ARE = frozenset({int, str, bool, type(None)})


class _Column(NamedTuple):
    """A column to insert; `is_plain` when whole numbers, text and truth need no preparation for it."""

    field: "models.Field[Any, Any]"
    is_plain: bool


def insert_many(client_id: int, rows: Sequence[models.Model]) -> None:
    """Inserts rows of one model and one client, and gives them their ids. They may refer to rows that got theirs since.

    One statement on PostgreSQL; on SQLite one for as many rows as fit into its limit of values, which is thousands.
    """
    if not rows:
        return
    model = type(rows[0])
    columns = _columns(model)
    values = [_values(rows, column) for column in columns]
    clients = values[[column.field.attname for column in columns].index("client_id")]
    assert set(clients) == {client_id}, f"rows of {model.__name__} for clients {set(clients)} and not {client_id}"
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(column.field.column)) for column in columns)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({names})"
    ids = _insert_arrays(into, columns, values) if connection.vendor == "postgresql" else _insert_rows(into, values)
    for row, row_id in zip(rows, ids, strict=True):
        row.pk = row_id
        row._state.adding = False
        row._state.db = connection.alias


@functools.cache
def _columns(model: type[models.Model]) -> tuple[_Column, ...]:
    plain = (models.IntegerField, models.CharField, models.TextField, models.BooleanField, models.ForeignKey)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    assert not any(getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False) for field in fields)
    return tuple(_Column(field, isinstance(field, plain)) for field in fields)


def _values(rows: Sequence[models.Model], column: _Column) -> list[Any]:
    field = column.field
    if isinstance(field, models.ForeignKey):
        for row in rows:
            related = row._state.fields_cache.get(field.name)
            if related is not None and row.__dict__[field.attname] is None:
                assert related.pk is not None, f"{field.name} of {row!r} has no id yet"
                row.__dict__[field.attname] = related.pk
    values = [row.__dict__[field.attname] for row in rows]
    if column.is_plain and _STORED_AS_THEY_ARE.issuperset(map(type, values)):
        return values
    # Rows of one verb share most such values, above all their time; the rows keep them alive, so an id names one value.
    prepared: dict[int, Any] = {}
    for value in values:
        if id(value) not in prepared:
            prepared[id(value)] = field.get_db_prep_save(value, connection)
    return [prepared[id(value)] for value in values]


def _insert_arrays(into: str, columns: Sequence[_Column], values: Sequence[list[Any]]) -> list[int]:
    arrays = ", ".join(f"%s::{_array_of(column.field)}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"{into} SELECT * FROM unnest({arrays}) RETURNING id", values)
        return [row_id for (row_id,) in cursor.fetchall()]


def _insert_rows(into: str, values: Sequence[list[Any]]) -> list[int]:
    rows = list(zip(*values, strict=True))
    row = f"({', '.join(['%s'] * len(values))})"
    at_once = most_variables() // len(values)
    ids: list[int] = []
    with connection.cursor() as cursor:
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            cursor.execute(
                f"{into} VALUES {', '.join([row] * len(some))} RETURNING id", [value for row in some for value in row]
            )
            ids += [row_id for (row_id,) in cursor.fetchall()]
    return ids


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
    prepared = [
        [
            row[0],
            *(field.get_db_prep_save(value, connection) for field, value in zip(fields, row[1:], strict=True)),
        ]
        for row in rows
    ]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    if connection.vendor == "postgresql":
        names = ", ".join(["id", *(f"v{n}" for n in range(len(fields)))])
        arrays = ", ".join(["%s::bigint[]", *(f"%s::{_array_of(field)}" for field in fields)])
        source = f"unnest({arrays}) AS given({names})"
        sets = ", ".join(f"{quote(str(field.column))} = given.v{n}" for n, field in enumerate(fields))
        arguments: list[Any] = [list(column) for column in zip(*prepared, strict=True)]
    else:
        source = "json_each(%s) AS given"
        sets = ", ".join(
            f"{quote(str(field.column))} = json_extract(given.value, '$[{n}]')"
            for n, field in enumerate(fields, start=1)
        )
        arguments = [json.dumps(prepared)]
    key, same_client = "given.id", f"{table}.client_id = %s"
    if connection.vendor == "sqlite":
        # The plus keeps SQLite from walking through all rows of the client, once per given row: it takes the id.
        key, same_client = "json_extract(given.value, '$[0]')", f"+{table}.client_id = %s"
    with connection.cursor() as cursor:
        # Only names of tables and columns are put in; every value is a parameter.
        cursor.execute(
            f"UPDATE {table} SET {sets} FROM {source} WHERE {same_client} AND {table}.id = {key}",
            [*arguments, client_id],
        )
        assert cursor.rowcount == len(rows), f"{len(rows) - cursor.rowcount} rows of {table} were not there"


def _array_of(field: "models.Field[Any, Any]") -> str:
    return f"{str(field.db_type(connection)).split('(')[0]}[]"


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field
