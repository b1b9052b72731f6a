"""An order as a shop tells it: lines that have left and lines that have not, and what becomes of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from reship import intake
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.imports.rows import ReadOrder, merged_lines
from reship.imports.shop_cells import LONGEST_NOTE, fitted, one_line
from reship.orders.addresses import Address
from reship.orders.models import HoldKind

LEFT_OUT = {
    "cancelled": "The order was cancelled in the shop before it left.",
    "needs_no_shipping": "Nothing of the order is shipped.",
    "no_item": "The order has no items.",
    "no_sku": "The items that left have no SKU.",
    "not_paid": "The order was not paid, and nothing of it left.",
    "refunded": "The order was refunded before it left.",
    "removed": "All items were taken out of the order.",
    "restocked": "The goods were put back in the shop, and nothing is to be sent.",
}
"""Why an order, or a row of it, is left out, and how that is told of a whole order."""

LEFT, TO_GO = 1, 2


@dataclass(frozen=True, slots=True)
class ShopLine:
    """An item of an order that is to be shipped, or was (`has_left`). Its price is what was paid for one of it."""

    line: int
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    has_left: bool


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """What a shop says of a whole order. `left_at` is when its goods left, as far as they did.

    `held` says why what is still to go has to wait for its payment, in the shop's words; empty when it may go. With
    `is_payment_unknown` the shop has no words for it.
    """

    number: str
    customer_name: str
    customer_email: str
    placed_at: datetime
    left_at: datetime
    currency: str
    method: str
    address: Address
    note: str
    held: str = ""
    is_payment_unknown: bool = False
    noted: Counter[str] = field(default_factory=Counter)


def read_shop_order(
    order: ShopOrder,
    lines: Sequence[ShopLine],
    *,
    first_line: int,
    rows: int,
    left_out: Counter[str],
    one_row: bool = False,
) -> ReadOrder:
    """The order to place, and what became of its rows; with `one_row`, all lines stand in a single one.

    A line without a SKU that has left is left out; one that is still to go refuses the order: `no_sku` with its line.
    """
    with_sku = [line for line in lines if line.sku]
    for line in lines:
        if line.sku:
            continue
        if not line.has_left:
            raise no_sku(line)
        left_out["no_sku"] += 1
    if one_row:
        return _read_row(order, with_sku, first_line, left_out)
    if not with_sku:
        cause = next(iter(left_out), "no_item")
        return ReadOrder(first_line, rows, None, left_out=+left_out, number=order.number, cause=cause)
    placed, merged = _placed(order, with_sku)
    return ReadOrder(first_line, rows, placed, merged, +left_out, number=order.number, noted=order.noted)


def _read_row(order: ShopOrder, lines: Sequence[ShopLine], first_line: int, left_out: Counter[str]) -> ReadOrder:
    """Items within the row that are left out are noted: the row itself is imported."""
    if not lines:
        cause = next(iter(left_out), "no_item")
        return ReadOrder(first_line, 1, None, left_out=Counter([cause]), number=order.number, cause=cause)
    placed, _ = _placed(order, lines)
    noted = order.noted + Counter({f"item_{cause}": count for cause, count in left_out.items()})
    return ReadOrder(first_line, 1, placed, number=order.number, noted=noted)


def _placed(order: ShopOrder, lines: Sequence[ShopLine]) -> tuple[NewOrder, int]:
    merged, count = merged_lines(
        NewLine(
            line.sku,
            line.quantity,
            line.unit_price,
            fitted(line.name, 300, order.noted),
            LEFT if line.has_left else TO_GO,
        )
        for line in lines
    )
    parcels = {line.parcel for line in merged}
    has_to_go = TO_GO in parcels
    hold = HoldKind.PAYMENT.value if order.held and has_to_go else ""
    if hold and order.is_payment_unknown:
        order.noted["no_payment_status"] += 1
    note = f"{order.held}\n{order.note}".strip() if hold else order.note
    placed = NewOrder(
        number=order.number,
        lines=merged,
        customer_name=order.customer_name,
        customer_email=order.customer_email,
        placed_at=order.placed_at,
        warehouse="",
        currency=order.currency,
        method=fitted(order.method, 60, order.noted),
        address=order.address,
        departed_at=order.left_at if LEFT in parcels else None,
        still_here=(TO_GO,) if parcels == {LEFT, TO_GO} else (),
        hold=hold,
        note=fitted(note, LONGEST_NOTE, order.noted),
    )
    return placed, count


def order_number(cell: str) -> str:
    """The number by which people ask for an order: `#1001` is 1001."""
    return intake.text(one_line(cell).removeprefix("'").removeprefix("#"), field="order number", longest=40)


def currency(given: str, noted: Counter[str]) -> str:
    """The shop's, or ISO 4217's code for none; that is noted."""
    if not given:
        noted["no_currency"] += 1
    return given or "XXX"


def paid_for_one(paid: Decimal, quantity: int) -> Decimal:
    """What one of so many cost, to four decimals."""
    return (max(paid, Decimal(0)) / quantity).quantize(Decimal("0.0001")) if quantity else Decimal(0)


def no_order_data(number: str, *, line: int, rows: int) -> Refusal:
    """For rows that say nothing of their order: its first row is in another file, and has the rest of it."""
    return Refusal(
        "no_order_data",
        f"Line {line}: of order {number}, only items are here: no payment, no currency, no address. Was the export "
        "split in the middle of the order? Put all rows of an order into one file.",
        line=line,
        order=number,
        rows=rows,
    )


def no_sku(line: ShopLine) -> Refusal:
    return Refusal(
        "no_sku",
        f"Line {line.line}: {intake.shown(line.name)} has still to be sent, and has no SKU.",
        line=line.line,
        name=intake.shown(line.name),
    )


def unknown_status(given: str, *, line: int, field: str, known: Sequence[str]) -> Refusal:
    return Refusal(
        "unknown_status",
        f"Line {line}: {field} is {intake.shown(given)}, which says nothing of what has left.",
        line=line,
        field=field,
        given=intake.shown(given),
        known=[*known],
    )
