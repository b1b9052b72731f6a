"""Rows that were made once, and are put down as they were in as many databases as want them, with their keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.sql import InsertQuery


@dataclass(frozen=True)
class KeptRows:
    """Statements, each with its values."""

    inserts: list[tuple[str, Any]]

    @classmethod
    def of_this_database(cls) -> Self:
        """All rows that there are now in our own tables."""
        ours = [model for model in apps.get_models() if model.__module__.startswith("reship.")]
        stored: dict[type[Model], list[Model]] = {model: list(QuerySet(model).order_by("pk")) for model in ours}
        inserts = [_insert(row) for rows in stored.values() for row in rows]
        if connection.vendor == "postgresql":
            # All at once, and every sequence goes on after the last key that is taken.
            compose: Callable[[str, Any], str] = connection.ops.compose_sql  # type: ignore[attr-defined] # PostgreSQL's.
            texts = [compose(sql, values) for sql, values in inserts]
            texts += [_advance(model, rows[-1]) for model, rows in stored.items() if rows and _has_sequence(model)]
            inserts = [("; ".join(texts), None)]
        return cls(inserts)

    def put_down(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for sql, values in self.inserts:
                cursor.execute(sql, values)


def _insert(row: Model) -> tuple[str, Any]:
    query = InsertQuery(type(row))
    query.insert_values([field for field in row._meta.concrete_fields if not field.generated], [row], raw=True)
    ((sql, values),) = query.get_compiler(connection=connection).as_sql()
    return sql, values


def _has_sequence(model: type[Model]) -> bool:
    return model._meta.auto_field is not None


def _advance(model: type[Model], last: Model) -> str:
    return f"SELECT setval('{model._meta.db_table}_{model._meta.pk.column}_seq', {last.pk})"
