"""The pick list of a batch: what to fetch from which bin, parcel by parcel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reship.papers.blocks import NOTHING, Align, Beside, Block, Framed, Gap, barcode, paragraphs, stacked, words
from reship.papers.sheets import (
    BODY,
    LARGE,
    SMALL,
    TITLE,
    WIDTH,
    Sheets,
    counted,
    moment,
    number,
    table_head,
    table_row,
    tick_box,
)


@dataclass(frozen=True, slots=True)
class PickLine:
    """So many units of one product. `barcode` is what a scanner finds on it; without one, the SKU is printed as one."""

    sku: str
    name: str
    quantity: int
    bin: str = ""
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class PickShipment:
    """One parcel. `why` is the reason of a reshipment in words, and empty for any other."""

    number: str
    lines: Sequence[PickLine]
    is_reshipment: bool = False
    why: str = ""
    method: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class PickList:
    """`at` is when the batch was claimed; its time is printed in the zone that it has."""

    batch: str
    warehouse: str
    at: datetime
    shipments: Sequence[PickShipment]
    picker: str = ""
    client: str = ""


_TICK, _BIN, _CODE, _ITEM, _QUANTITY = 2.0, 24.0, 97.0, 277.0, WIDTH - 42
_BIN_WIDTH, _CODE_WIDTH, _ITEM_WIDTH, _QUANTITY_WIDTH = 62.0, 172.0, _QUANTITY - 277 - 6, 38.0


def pick_list(batch: PickList) -> bytes:
    """As a PDF."""
    sheets = Sheets(title=f"Pick list {batch.batch}")
    sheets.place(_head(batch), gap=8)
    sheets.repeat(
        table_head(
            (
                (_BIN, _BIN_WIDTH, "Bin"),
                (_CODE, _CODE_WIDTH, "SKU"),
                (_ITEM, _ITEM_WIDTH, "Item"),
                (_QUANTITY, _QUANTITY_WIDTH, "Quantity"),
            ),
            at_right="Quantity",
        )
    )
    for shipment in batch.shipments:
        first, *others = [_line(line) for line in shipment.lines] or [NOTHING]
        sheets.group(None)
        sheets.place(_shipment(shipment), first)
        sheets.group(_continued(shipment))
        for line in others:
            sheets.place(line)
    return sheets.pdf()


def _head(batch: PickList) -> Block:
    units = sum(line.quantity for shipment in batch.shipments for line in shipment.lines)
    left = stacked(
        words("Pick list", width=250, size=BODY),
        words(batch.batch, width=250, size=TITLE, bold=True, smallest=9, most_lines=2),
        Gap(4),
        paragraphs(
            [
                f"Warehouse: {batch.warehouse}",
                f"Client: {batch.client}" if batch.client else "",
                f"Picked by: {batch.picker}" if batch.picker else "",
                moment(batch.at),
                f"{counted(len(batch.shipments), 'shipment')}, {counted(units, 'unit')}",
            ],
            width=250,
            size=BODY,
        ),
    )
    return Beside(((0, left), (260, barcode(batch.batch, width=WIDTH - 260, height=46, align=Align.RIGHT))))


def _shipment(shipment: PickShipment) -> Block:
    about = " · ".join(part for part in (shipment.client, shipment.method) if part)
    left = stacked(
        words(shipment.number, width=250, size=LARGE, bold=True, smallest=7, most_lines=2),
        words(about, width=250, size=SMALL, align=Align.LEFT) if about else NOTHING,
        _reshipment(shipment) if shipment.is_reshipment else NOTHING,
        gap=2,
    )
    return Beside(
        ((0, left), (_ITEM, barcode(shipment.number, width=WIDTH - _ITEM, height=20, widest=3, align=Align.RIGHT))),
        padding=5,
    )


def _continued(shipment: PickShipment) -> Block:
    text = f"{shipment.number}, continued"
    return Beside(((0, words(text, width=WIDTH, size=BODY, bold=True, smallest=6, most_lines=2)),), padding=5)


def _reshipment(shipment: PickShipment) -> Block:
    why = f"Reshipment: {shipment.why}" if shipment.why else "Reshipment"
    return Framed(256, words(why, width=244, size=BODY, bold=True, smallest=7, most_lines=6), padding=3, thickness=1.2)


def _line(line: PickLine) -> Block:
    code = stacked(
        words(line.sku, width=_CODE_WIDTH, size=BODY, bold=True, smallest=6, most_lines=3),
        barcode(line.barcode or line.sku, width=_CODE_WIDTH, height=18, widest=3),
        words(line.barcode, width=_CODE_WIDTH, size=SMALL, smallest=5, most_lines=2)
        if line.barcode not in {"", line.sku}
        else NOTHING,
        gap=1.5,
    )
    return table_row(
        (
            (_TICK, tick_box()),
            (_BIN, words(line.bin, width=_BIN_WIDTH, size=LARGE, bold=True, smallest=7, most_lines=3)),
            (_CODE, code),
            (_ITEM, words(line.name, width=_ITEM_WIDTH, size=BODY, smallest=7, most_lines=20)),
            (_QUANTITY, number(line.quantity, width=_QUANTITY_WIDTH)),
        )
    )
