"""Writes to many rows with one statement.

Django's `bulk_update` builds one CASE per row and column, whose cost grows with the square of the rows; `UPDATE … FROM`
a list of values does not, and both databases have it.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models


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
        types = [str(field.db_type(connection)).split("(")[0] for field in fields]
        names = ", ".join(["id", *(f"v{n}" for n in range(len(fields)))])
        arrays = ", ".join(["%s::bigint[]", *(f"%s::{kind}[]" for kind in types)])
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


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field
