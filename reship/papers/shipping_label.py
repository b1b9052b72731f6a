"""The house's own shipping label, 4 by 6 inches, for parcels whose carrier gives none: a PDF, or ZPL for printers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reship.papers.blocks import (
    NOTHING,
    Align,
    Beside,
    Block,
    Framed,
    Gap,
    Rule,
    Stack,
    barcode,
    side_of,
    stacked,
    words,
)
from reship.papers.lettering import LEADING
from reship.papers.pdf import Placed, pdf
from reship.papers.zpl import zpl

LABEL = (288.0, 432.0)
"""4 by 6 inches, in points."""
_EDGE = 12.0
_WIDTH = LABEL[0] - 2 * _EDGE


@dataclass(frozen=True, slots=True)
class ShippingLabel:
    """`sender` and `recipient` are addresses as they are written, line by line."""

    shipment: str
    order: str
    sender: Sequence[str]
    recipient: Sequence[str]
    method: str = ""
    carrier: str = ""
    tracking_number: str = ""
    packed_on: date | None = None


def shipping_label(*labels: ShippingLabel) -> bytes:
    """As a PDF, a page for each."""
    title = "Shipping label " + ", ".join(label.shipment for label in labels)
    return pdf([_placed(label) for label in labels], size=LABEL, title=title)


def shipping_label_zpl(*labels: ShippingLabel) -> str:
    """For printers of 203 dots per inch that understand ZPL II; to be sent as UTF-8."""
    return "".join(zpl(_placed(label), size=LABEL) for label in labels)


def _placed(label: ShippingLabel) -> list[Placed]:
    """The codes take the room that they need at the bottom, the recipient gets what is left."""
    top, codes = _sender(label), _codes(label)
    codes_from = LABEL[1] - _EDGE - codes.height
    recipient_from = _EDGE + top.height
    recipient = stacked(
        words("Ship to", width=_WIDTH, size=7, bold=True),
        Gap(2),
        _address(label.recipient, width=_WIDTH - 6, height=codes_from - recipient_from - 16, largest=17, smallest=5.5),
    )
    return [(top, _EDGE, _EDGE), (recipient, _EDGE, recipient_from + 4), (codes, _EDGE, codes_from)]


def _sender(label: ShippingLabel) -> Block:
    by = " ".join(part for part in (label.carrier, label.method) if part)
    facts = stacked(
        Framed(100, words(by, width=88, size=12, bold=True, align=Align.CENTRE, smallest=6, most_lines=4), padding=6)
        if by
        else NOTHING,
        words(f"{label.packed_on:%Y-%m-%d}", width=100, size=7, align=Align.RIGHT) if label.packed_on else NOTHING,
        gap=3,
    )
    sender = stacked(
        words("From", width=155, size=6, bold=True),
        _address(label.sender, width=155, height=56, largest=8, smallest=5),
    )
    return stacked(Beside(((0, sender), (_WIDTH - 100, facts))), Gap(5), Rule(_WIDTH, 1.5))


def _codes(label: ShippingLabel) -> Block:
    order = words(f"Order {label.order}", width=_WIDTH, size=8, align=Align.CENTRE, smallest=5, most_lines=2)
    return stacked(
        *(_code("Tracking number", label.tracking_number, height=58) if label.tracking_number else ()),
        *_code("Shipment", label.shipment, height=50),
        order,
    )


def _code(what: str, value: str, *, height: float) -> tuple[Block, ...]:
    return (
        Rule(_WIDTH, 1.5),
        Gap(4),
        words(what, width=_WIDTH, size=6, bold=True),
        Gap(2),
        barcode(value, width=_WIDTH, height=height, align=Align.CENTRE),
        Gap(2),
        words(value, width=_WIDTH, size=12, bold=True, align=Align.CENTRE, smallest=6, most_lines=2),
        Gap(5),
    )


def _address(lines: Sequence[str], *, width: float, height: float, largest: float, smallest: float) -> Stack:
    """The address as large as fits into this room. If it does not fit at its smallest, the longest lines give way."""
    lines = [line for line in lines if line]
    align = side_of(lines)
    size = largest
    while size > smallest:
        block = Stack(
            tuple(
                words(line, width=width, size=size, bold=not position, align=align)
                for position, line in enumerate(lines)
            )
        )
        if block.height <= height:
            return block
        size -= 0.5
    if len(lines) > 9:
        lines = [*lines[:8], ", ".join(lines[8:])]
    needed = [len(words(line, width=width, size=smallest).lines) for line in lines]
    while max(needed, default=1) > 1 and sum(needed) * smallest * LEADING > height:
        needed[needed.index(max(needed))] -= 1
    return Stack(
        tuple(
            words(line, width=width, size=smallest, most_lines=most, align=align)
            for line, most in zip(lines, needed, strict=True)
        )
    )
