"""The packing slip: what the customer finds on top of the goods. It never says what anything costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reship.papers.blocks import NOTHING, Align, Beside, Block, Gap, barcode, paragraphs, side_of, stacked, words
from reship.papers.sheets import (
    BODY,
    LARGE,
    SMALL,
    TITLE,
    WIDTH,
    Sheets,
    counted,
    number,
    table_head,
    table_row,
)


@dataclass(frozen=True, slots=True)
class SlipLine:
    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PackingSlip:
    """`recipient` is the address as it is written, line by line; `message` is what the merchant says to customers."""

    shipment: str
    order: str
    merchant: str
    recipient: Sequence[str]
    lines: Sequence[SlipLine]
    is_replacement: bool = False
    method: str = ""
    packed_on: date | None = None
    message: str = ""


_SKU, _ITEM, _QUANTITY = 0.0, 150.0, WIDTH - 60
_SKU_WIDTH, _ITEM_WIDTH, _QUANTITY_WIDTH = 142.0, _QUANTITY - 150 - 8, 60.0


def packing_slip(slip: PackingSlip) -> bytes:
    """As a PDF."""
    sheets = Sheets(title=f"Packing slip {slip.shipment}")
    sheets.place(_head(slip), gap=18)
    sheets.place(_recipient(slip), gap=18)
    sheets.repeat(
        table_head(
            (
                (_SKU, _SKU_WIDTH, "SKU"),
                (_ITEM, _ITEM_WIDTH, "Item"),
                (_QUANTITY, _QUANTITY_WIDTH, "Quantity"),
            ),
            at_right="Quantity",
        )
    )
    for line in slip.lines:
        sheets.place(_line(line))
    sheets.repeat(None)
    units = sum(line.quantity for line in slip.lines)
    sheets.place(
        Gap(6), words(f"{counted(units, 'unit')} in this parcel", width=WIDTH, size=BODY, align=Align.RIGHT), gap=14
    )
    if slip.message:
        sheets.place(words(slip.message, width=WIDTH, size=BODY, smallest=7, most_lines=40))
    return sheets.pdf()


def _head(slip: PackingSlip) -> Block:
    about = f"Replacement for order {slip.order}" if slip.is_replacement else f"Order {slip.order}"
    left = stacked(
        words(slip.merchant, width=290, size=TITLE, bold=True, align=Align.LEFT, smallest=10, most_lines=3),
        Gap(6),
        words("Packing slip", width=290, size=BODY),
        words(about, width=290, size=LARGE + 2, bold=True, smallest=8, most_lines=3),
    )
    right = stacked(
        barcode(slip.shipment, width=WIDTH - 300, height=46, align=Align.RIGHT),
        words(slip.shipment, width=WIDTH - 300, size=LARGE, bold=True, align=Align.RIGHT, smallest=7, most_lines=2),
        gap=3,
    )
    return Beside(((0, left), (300, right)))


def _recipient(slip: PackingSlip) -> Block:
    left = stacked(
        words("Ship to", width=290, size=SMALL, bold=True),
        paragraphs(slip.recipient, width=290, size=BODY + 1, align=side_of(slip.recipient)),
        gap=2,
    )
    facts = [
        f"Method: {slip.method}" if slip.method else "",
        f"Packed: {slip.packed_on:%Y-%m-%d}" if slip.packed_on else "",
    ]
    return Beside(((0, left), (300, paragraphs(facts, width=WIDTH - 300, size=BODY) if any(facts) else NOTHING)))


def _line(line: SlipLine) -> Block:
    return table_row(
        (
            (_SKU, words(line.sku, width=_SKU_WIDTH, size=BODY, smallest=6, most_lines=3)),
            (_ITEM, words(line.name, width=_ITEM_WIDTH, size=BODY, smallest=7, most_lines=20)),
            (_QUANTITY, number(line.quantity, width=_QUANTITY_WIDTH)),
        )
    )
