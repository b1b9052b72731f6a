"""Reship's own plain format: a row per order line, with addresses. docs/import.md describes it column by column."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from reship import intake
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.imports.rows import Format, ReadOrder, in_line, merged_lines, said_of_order
from reship.imports.sheet import Row
from reship.imports.times import read_time
from reship.orders.addresses import ADDRESS_FIELDS, Address

# What belongs to the whole order.
OF_THE_ORDER = ("placed_at", "customer_name", "customer_email", "method", "currency", *ADDRESS_FIELDS)
MOST_PARCELS = 99

_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)
_PARCEL = re.compile(r"[0-9]{1,2}", re.ASCII)


def _order_number(row: Row) -> str:
    number = unicodedata.normalize("NFC", row.cells["order_number"].strip())
    if not number:
        raise _required(row, "order_number")
    return number


def _read_order(number: str, rows: Sequence[Row], zone: ZoneInfo) -> ReadOrder:
    said = said_of_order(rows, OF_THE_ORDER)
    if not said["placed_at"]:
        raise _required(rows[0], "placed_at")
    if not said["customer_name"]:
        raise _required(rows[0], "customer_name")
    lines, merged = merged_lines(_line(row) for row in rows)
    order = NewOrder(
        number=number,
        lines=lines,
        customer_name=said["customer_name"],
        customer_email=said["customer_email"],
        placed_at=read_time(rows[0].line, said["placed_at"]),
        warehouse="",
        currency=said["currency"] or "EUR",
        method=said["method"],
        address=Address(**{name: said[name] for name in ADDRESS_FIELDS}),
    )
    return ReadOrder(rows[0].line, len(rows), order, merged)


def _line(row: Row) -> NewLine:
    cells = row.cells
    sku = cells["sku"].strip()
    if not sku:
        raise _required(row, "sku")
    try:
        quantity = intake.quantity(cells["quantity"], sku=sku)
    except Refusal as refusal:
        raise in_line(row.line, refusal) from refusal
    price = cells.get("unit_price", "").strip() or "0"
    if not _PRICE.fullmatch(price):
        raise Refusal(
            "invalid_price",
            f"Line {row.line}: {intake.shown(price)} is no price of {sku}; write it like 12.50.",
            line=row.line,
            sku=sku,
        )
    return NewLine(sku, quantity, Decimal(price), cells.get("description", "").strip(), _parcel(row))


def _parcel(row: Row) -> int:
    given = row.cells.get("parcel", "").strip() or "1"
    if not _PARCEL.fullmatch(given) or not int(given):
        raise Refusal(
            "invalid_parcel",
            f"Line {row.line}: parcel is a number from 1 to {MOST_PARCELS}, not {intake.shown(given)}.",
            line=row.line,
            given=intake.shown(given),
            largest=MOST_PARCELS,
        )
    return int(given)


def _required(row: Row, column: str) -> Refusal:
    return Refusal("invalid_text", f"Line {row.line}: {column} is required.", line=row.line, field=column)


RESHIP = Format(
    name="reship",
    required=("order_number", "placed_at", "customer_name", "sku", "quantity"),
    optional=(
        "customer_email",
        *ADDRESS_FIELDS,
        "method",
        "currency",
        "description",
        "unit_price",
        "parcel",
    ),
    order_number=_order_number,
    read_order=_read_order,
)
