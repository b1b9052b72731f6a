"""Shopify's export of orders: a row per item, in which what belongs to the order stands in its first row.

docs/import.md has the columns that are read, what becomes of each order and row, and where these facts are from.
"""

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

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

_ADDRESS = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
OF_THE_ORDER = (
    *("Email", "Financial Status", "Fulfillment Status", "Fulfilled at", "Currency", "Shipping Method", "Created at"),
    *(f"{side} {part}" for side in ("Billing", "Shipping") for part in _ADDRESS),
    *("Notes", "Cancelled at", "Phone"),
)
OF_FIRST_ROW = tuple(name for name in OF_THE_ORDER if name not in {"Email", "Created at", "Phone", "Notes"})
"""What stands in no further row of an order, so that rows without any of it are not the whole of one."""

NOT_GOING = {"refunded": "refunded", "voided": "not_paid"}
"""Financial statuses with which nothing is sent any more, and as what that is left out."""
MAY_GO = frozenset({"paid", "authorized"})
MUST_WAIT = frozenset({"pending", "partially_paid", "expired", "partially_refunded"})
HAS_LEFT = frozenset({"fulfilled"})
HAS_NOT_LEFT = frozenset({"", "unfulfilled", "pending", "on_hold", "scheduled", "open", "in_progress"})
PUT_BACK = "restocked"
IN_PART = "partial"


def _number(row: Row) -> str:
    try:
        return order_number(row.cells["Name"])
    except Refusal:
        return row.cells["Name"]  # Refused where its order is read.


def _read_order(number: str, rows: Sequence[Row], zone: ZoneInfo) -> ReadOrder:
    number = order_number(number)
    first = rows[0]
    if not number:
        raise Refusal("invalid_text", f"Line {first.line}: Name is required.", line=first.line, field="Name")
    said = said_of_order(rows, OF_THE_ORDER)
    if not any(said[name] for name in OF_FIRST_ROW):
        raise no_order_data(number, line=first.line, rows=len(rows))
    noted: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    payment = _payment(said, first.line)
    lines = []
    for row in rows:
        line = _line(row)
        cause = _why_left_out(row, line, said, payment)
        if cause:
            left_out[cause] += 1
        else:
            lines.append(line)
    placed_at = time(said["Created at"], line=first.line, field="Created at", zone=zone)
    left_at = said["Fulfilled at"]
    order = ShopOrder(
        number=number,
        customer_name=one_line(said["Billing Name"] or said["Shipping Name"] or said["Email"]) or "Guest",
        customer_email=one_line(said["Email"]),
        placed_at=placed_at,
        left_at=time(left_at, line=first.line, field="Fulfilled at", zone=zone) if left_at else placed_at,
        currency=currency(said["Currency"], noted),
        method=one_line(said["Shipping Method"]),
        address=_address(said, noted),
        note=said["Notes"],
        held=_held(payment),
        is_payment_unknown=not payment,
        noted=noted,
    )
    return read_shop_order(order, lines, first_line=first.line, rows=len(rows), left_out=left_out)


def _payment(said: dict[str, str], line: int) -> str:
    payment = said["Financial Status"].casefold().replace(" ", "_")
    known = {*MAY_GO, *MUST_WAIT, *NOT_GOING}
    if payment and payment not in known:
        raise unknown_status(said["Financial Status"], line=line, field="Financial Status", known=sorted(known))
    return payment


def _held(payment: str) -> str:
    """Shopify tells of each order whether it is paid, free ones too. What is not told is not paid."""
    if not payment:
        return "The file does not say whether it is paid."
    return f"Payment in the shop: {payment.replace('_', ' ')}." if payment in MUST_WAIT else ""


def _line(row: Row) -> ShopLine:
    cells = row.cells
    sku, name = one_line(cells["Lineitem sku"]), one_line(cells["Lineitem name"])
    number = quantity(cells["Lineitem quantity"] or "0", line=row.line, sku=sku or name)
    price = money(cells["Lineitem price"], line=row.line, field="Lineitem price")
    discount = money(cells.get("Lineitem discount", ""), line=row.line, field="Lineitem discount")
    return ShopLine(
        line=row.line,
        sku=sku,
        name=name,
        quantity=number,
        unit_price=paid_for_one(price * number - discount, number) if discount else price,
        has_left=cells["Lineitem fulfillment status"].strip().casefold() in HAS_LEFT,
    )


def _why_left_out(row: Row, line: ShopLine, said: dict[str, str], payment: str) -> str:
    """The cause, or nothing for goods that left, or are to go. Refuses `unknown_status`, `left_in_part`."""
    if not (line.name or line.sku):
        return "no_item"
    if not line.quantity:
        return "removed"
    if row.cells["Lineitem requires shipping"].strip().casefold() == "false":
        return "needs_no_shipping"
    if line.has_left:
        return ""
    status = row.cells["Lineitem fulfillment status"].strip().casefold().replace(" ", "_")
    if status == IN_PART:
        raise Refusal(
            "left_in_part",
            f"Line {line.line}: of {line.quantity} × {line.sku or line.name}, some have left; the file does not say "
            "how many.",
            line=line.line,
            sku=line.sku,
            quantity=line.quantity,
        )
    if status == PUT_BACK or said["Fulfillment Status"].casefold() == PUT_BACK:
        return "restocked"
    if status not in HAS_NOT_LEFT:
        known = sorted({*HAS_LEFT, *HAS_NOT_LEFT, PUT_BACK, IN_PART} - {""})
        raise unknown_status(status, line=line.line, field="Lineitem fulfillment status", known=known)
    return "cancelled" if said["Cancelled at"] else NOT_GOING.get(payment, "")


def _address(said: dict[str, str], noted: Counter[str]) -> Address:
    """Where it goes; an order that names nowhere, as one over the counter, has only the billing address."""
    is_named = any(said[f"Shipping {part}"] for part in ("Name", "Street", "Address1", "City", "Zip", "Country"))
    cells = {part: one_line(said[f"{'Shipping' if is_named else 'Billing'} {part}"]) for part in _ADDRESS}
    return Address(
        recipient=cells["Name"],
        company=cells["Company"],
        # Street is both lines of the address in one.
        street_1=cells["Address1"] or ("" if cells["Address2"] else cells["Street"]),
        street_2=cells["Address2"],
        city=cells["City"],
        region=cells["Province"],
        postal_code=postal_code(cells["Zip"], cells["Country"], noted),
        country=cells["Country"],
        phone=phone(cells["Phone"] or said["Phone"], noted),
    )


SHOPIFY = Format(
    name="shopify",
    required=(
        *("Name", "Financial Status", "Fulfillment Status", "Created at", "Currency", "Cancelled at"),
        *("Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku"),
        *("Lineitem requires shipping", "Lineitem fulfillment status", "Shipping Name", "Shipping Country"),
    ),
    optional=("Lineitem discount", *OF_THE_ORDER),
    order_number=_number,
    read_order=_read_order,
    separators=",;\t",
    of_shop=True,
)
