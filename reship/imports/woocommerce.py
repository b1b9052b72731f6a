"""Exports of WooCommerce's orders. WooCommerce itself exports none: these are the layouts of two plug-ins.

`Order Export & Order Import for WooCommerce` (WebToffee) has a row per order, with its items in cells of their own, or
a row per item; `Advanced Order Export For WooCommerce` (AlgolPlus) has a row per item. docs/import.md has the columns
that are read, what becomes of each order, and where these facts are from.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from reship import intake
from reship.errors import Refusal
from reship.imports.rows import Format, ReadOrder, said_of_order
from reship.imports.sheet import Row
from reship.imports.shop_cells import money, one_line, phone, postal_code, quantity, time
from reship.imports.shop_order import (
    ShopLine,
    ShopOrder,
    currency,
    no_order_data,
    order_number,
    paid_for_one,
    read_shop_order,
    unknown_status,
)
from reship.orders.addresses import Address

HAS_LEFT = frozenset({"completed", "shipped", "delivered"})
MAY_GO = frozenset({"processing"})
MUST_WAIT = frozenset({"on-hold"})
NOT_GOING = {
    "cancelled": "cancelled",
    "refunded": "refunded",
    "failed": "not_paid",
    "pending": "not_paid",
    "pending-payment": "not_paid",
    "checkout-draft": "not_paid",
    "draft": "not_paid",
    "trash": "cancelled",
}
"""Statuses with which nothing is sent, and as what that is left out."""

_LINE_ITEM = re.compile(r"line_item_[0-9]{1,4}", re.ASCII)
_ITEM = re.compile(
    r"name:(?P<name>.*?)\|product_id:[^|]*\|sku:(?P<sku>.*?)\|quantity:(?P<quantity>[^|]*)\|total:(?P<total>[^|]*)"
    r"(?:\|.*)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a plug-in calls what is read of an order; of several names, the first that says something counts.

    A part of an address has the side it is of in the place of `{}`.
    """

    number: str
    status: str
    placed: str
    left: tuple[str, ...]
    currency: str
    method: tuple[str, ...]
    email: tuple[str, ...]
    note: str
    refunds: str
    first_name: str
    last_name: str
    company: str
    street_1: tuple[str, ...]
    street_2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str
    sides: tuple[str, str]

    @property
    def of_order(self) -> tuple[str, ...]:
        plain = (
            self.status,
            self.placed,
            *self.left,
            self.currency,
            *self.method,
            *self.email,
            self.note,
            self.refunds,
        )
        parts = (self.first_name, self.last_name, self.company, *self.street_1, self.street_2, self.city)
        parts += (self.region, self.postal_code, self.country, self.phone)
        return (*plain, *(part.format(side) for side in self.sides for part in parts))

    @property
    def of_first_row(self) -> tuple[str, ...]:
        """What stands in a further row of an order only where its first row has it, too."""
        passed_over = {self.placed, self.note, self.refunds, *self.left, *self.email}
        return tuple(name for name in self.of_order if name not in passed_over)


_WEBTOFFEE = Columns(
    number="order_number",
    status="status",
    placed="order_date",
    left=("meta:_completed_date",),
    currency="order_currency",
    method=("shipping_method",),
    email=("customer_email", "billing_email"),
    note="customer_note",
    refunds="refund_items",
    first_name="{}_first_name",
    last_name="{}_last_name",
    company="{}_company",
    street_1=("{}_address_1",),
    street_2="{}_address_2",
    city="{}_city",
    region="{}_state",
    postal_code="{}_postcode",
    country="{}_country",
    phone="{}_phone",
    sides=("billing", "shipping"),
)
_ADVANCED = Columns(
    number="Order Number",
    status="Order Status",
    placed="Order Date",
    left=("Completed Date",),
    currency="Order Currency",
    method=("Shipping Method Title", "Shipping Method"),
    email=("Email (Billing)", "Customer Account Email Address"),
    note="Customer Note",
    refunds="Order Refund Amount",
    first_name="First Name ({})",
    last_name="Last Name ({})",
    company="Company ({})",
    street_1=("Address 1 ({})", "Address 1&2 ({})"),
    street_2="Address 2 ({})",
    city="City ({})",
    region="State Code ({})",
    postal_code="Postcode ({})",
    country="Country Code ({})",
    phone="Phone ({})",
    sides=("Billing", "Shipping"),
)

Items = Callable[[Row, bool], list[ShopLine]]
"""The items that a row names; the flag says whether they have left."""


def _items_in_cells(row: Row, has_left: bool) -> list[ShopLine]:
    """Items in cells such as `name:Mug|product_id:7|sku:MUG|quantity:2|total:19.00|sub_total:19.00`."""
    found = []
    for column, cell in row.cells.items():
        if not _LINE_ITEM.fullmatch(column) or not cell.strip():
            continue
        item = _ITEM.fullmatch(cell.strip())
        if item is None:
            raise Refusal(
                "malformed_item",
                f"Line {row.line}: {column} is {intake.shown(cell)}, in which no item can be told.",
                line=row.line,
                field=column,
                given=intake.shown(cell),
            )
        found.append(_item(row, item["sku"], item["name"], item["quantity"], item["total"], has_left=has_left))
    return found


def _item_of_row(row: Row, has_left: bool) -> list[ShopLine]:
    cells = row.cells
    item = _item(
        row, cells["item_sku"], cells["item_name"], cells["item_quantity"], cells["item_total"], has_left=has_left
    )
    return [item] if item.sku or item.name else []


def _advanced_item(row: Row, has_left: bool) -> list[ShopLine]:
    """What was refunded of it is not sent, and its cost is for one."""
    cells = row.cells
    sku, name = one_line(cells["SKU"]), one_line(cells.get("Item Name", "") or cells.get("Name", ""))
    if not sku and not name:
        return []
    given = cells.get("Quantity (- Refund)", "") or cells.get("Quantity", "")
    number = quantity(given or "0", line=row.line, sku=sku or name)
    price = money(cells.get("Item Cost", ""), line=row.line, field="Item Cost")
    return [ShopLine(row.line, sku, name, number, price, has_left)]


def _item(row: Row, sku: str, name: str, number: str, total: str, *, has_left: bool) -> ShopLine:
    sku, name = one_line(sku), one_line(name)
    units = quantity(number or "0", line=row.line, sku=sku or name)
    paid = money(total, line=row.line, field="total")
    return ShopLine(row.line, sku, name, units, paid_for_one(paid, units), has_left)


def _read_order(
    number: str, rows: Sequence[Row], zone: ZoneInfo, *, columns: Columns, items: Items, row_per_order: bool
) -> ReadOrder:
    number, first = order_number(number), rows[0]
    if not number:
        field = columns.number
        raise Refusal("invalid_text", f"Line {first.line}: {field} is required.", line=first.line, field=field)
    if row_per_order and len(rows) > 1:
        raise Refusal(
            "duplicate_order",
            f"Line {rows[1].line}: order {number} is in line {first.line} already.",
            line=rows[1].line,
            first_line=first.line,
            order=number,
        )
    said = said_of_order(rows, columns.of_order)
    if not any(said[name] for name in columns.of_first_row):
        raise no_order_data(number, line=first.line, rows=len(rows))
    noted: Counter[str] = Counter()
    status = _status(said, columns, first.line)
    lines, left_out = _lines(rows, items, status)
    placed_at = time(said[columns.placed], line=first.line, field=columns.placed, zone=zone)
    left_at = _first(said, columns.left)
    order = ShopOrder(
        number=number,
        customer_name=_name(said, columns, columns.sides[0])
        or _name(said, columns, columns.sides[1])
        or _first(said, columns.email)
        or "Guest",
        customer_email=_first(said, columns.email),
        placed_at=placed_at,
        left_at=time(left_at, line=first.line, field=columns.left[0], zone=zone) if left_at else placed_at,
        currency=currency(said[columns.currency], noted),
        method=_first(said, columns.method),
        address=_address(said, columns, noted),
        note=said[columns.note],
        held=_held(said, columns, status),
        noted=noted,
    )
    return read_shop_order(
        order, lines, first_line=first.line, rows=len(rows), left_out=left_out, one_row=row_per_order
    )


def _status(said: Mapping[str, str], columns: Columns, line: int) -> str:
    """Its code; people of a shop in English read `On hold` for on-hold."""
    given = said[columns.status]
    status = "-".join(given.casefold().replace("_", " ").split()).removeprefix("wc-")
    known = {*HAS_LEFT, *MAY_GO, *MUST_WAIT, *NOT_GOING}
    if status not in known:
        raise unknown_status(given, line=line, field=columns.status, known=sorted(known))
    return status


def _lines(rows: Sequence[Row], items: Items, status: str) -> tuple[list[ShopLine], Counter[str]]:
    """The items that left or are to go, and how many were left out, by cause; a row without one counts as one."""
    lines: list[ShopLine] = []
    left_out: Counter[str] = Counter()
    for row in rows:
        found = items(row, status in HAS_LEFT)
        if not found:
            left_out["no_item"] += 1
        for line in found:
            cause = NOT_GOING.get(status, "") or ("" if line.quantity else "removed")
            if cause:
                left_out[cause] += 1
            else:
                lines.append(line)
    return lines, left_out


def _held(said: Mapping[str, str], columns: Columns, status: str) -> str:
    if status in MUST_WAIT:
        return "On hold in the shop."
    refunds = said[columns.refunds]
    return "Partially refunded in the shop." if refunds.strip("0.,-") else ""


def _first(said: Mapping[str, str], names: Sequence[str]) -> str:
    return next((one_line(said[name]) for name in names if said[name]), "")


def _name(said: Mapping[str, str], columns: Columns, side: str) -> str:
    return one_line(f"{said[columns.first_name.format(side)]} {said[columns.last_name.format(side)]}")


def _address(said: Mapping[str, str], columns: Columns, noted: Counter[str]) -> Address:
    """Where it goes: the billing address, unless another one is named."""
    billing, shipping = columns.sides
    named = (*columns.street_1, columns.city, columns.postal_code)
    side = shipping if any(said[part.format(shipping)] for part in named) else billing
    country = one_line(said[columns.country.format(side)])
    phones = (columns.phone.format(side), columns.phone.format(billing))
    return Address(
        recipient=_name(said, columns, side),
        company=one_line(said[columns.company.format(side)]),
        street_1=_first(said, [part.format(side) for part in columns.street_1]),
        street_2=one_line(said[columns.street_2.format(side)]),
        city=one_line(said[columns.city.format(side)]),
        region=one_line(said[columns.region.format(side)]),
        postal_code=postal_code(said[columns.postal_code.format(side)], country, noted),
        country=country,
        phone=phone(_first(said, phones), noted),
    )


def _layout(
    columns: Columns,
    items: Items,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    row_per_order: bool = False,
) -> Format:
    def number(row: Row) -> str:
        try:
            return order_number(row.cells[columns.number])
        except Refusal:
            return row.cells[columns.number]  # Refused where its order is read.

    def read(number: str, rows: Sequence[Row], zone: ZoneInfo) -> ReadOrder:
        return _read_order(number, rows, zone, columns=columns, items=items, row_per_order=row_per_order)

    must = (columns.number, columns.status, columns.placed, *required)
    return Format(
        name="woocommerce",
        required=must,
        optional=tuple(name for name in (*columns.of_order, *optional) if name not in must),
        order_number=number,
        read_order=read,
        separators=",;\t",
        of_shop=True,
        more=_LINE_ITEM if row_per_order else None,
    )


WOOCOMMERCE = (
    _layout(_WEBTOFFEE, _items_in_cells, required=("line_item_1",), row_per_order=True),
    _layout(_WEBTOFFEE, _item_of_row, required=("item_name", "item_sku", "item_quantity", "item_total")),
    _layout(
        _ADVANCED,
        _advanced_item,
        required=("SKU", "Quantity (- Refund)"),
        optional=("Item Name", "Name", "Quantity", "Item Cost"),
    ),
    _layout(_ADVANCED, _advanced_item, required=("SKU", "Quantity"), optional=("Item Name", "Name", "Item Cost")),
)
