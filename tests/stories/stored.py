"""What the database itself holds, byte for byte, read past models and scopes."""

import hashlib
from collections.abc import Sequence

from django.apps import apps
from django.db import connection

from reship.clients.models import Session

_OURS = ("clients", "catalog", "orders", "inventory", "floor", "fulfilment")


def bytes_of_shipment(number: str) -> str:
    """A hash over a shipment's row, with its label and tracking, and over the rows of its lines.

    On PostgreSQL it also changes when a row was only written again with the same content.
    """
    row = _rows("orders_shipment", "number = %s", [number])
    assert len(row) == 1, f"there are {len(row)} shipments {number}"
    lines = _rows("orders_shipmentline", "shipment_id = (SELECT id FROM orders_shipment WHERE number = %s)", [number])
    assert lines, f"{number} has no line"
    return _hash([*row, *lines])


def everything() -> dict[str, str]:
    """A hash over every row of each of Reship's tables; but for sessions, which note when they were used."""
    models = [model for app in _OURS for model in apps.get_app_config(app).get_models() if model is not Session]
    return {model._meta.db_table: _hash(_rows(model._meta.db_table, "1 = 1", [])) for model in models}


def _rows(table: str, where: str, values: Sequence[str]) -> list[str]:
    written_by = "xmin::text, " if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {written_by}{table}.* FROM {table} WHERE {where} ORDER BY id", list(values))
        return [repr(row) for row in cursor.fetchall()]


def _hash(rows: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
