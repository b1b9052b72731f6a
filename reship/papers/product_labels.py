"""Barcodes to stick on products that have none: a sheet of 24 labels of 63.5 by 33.9 mm on A4."""

from collections.abc import Sequence
from dataclasses import dataclass

from reship.papers.blocks import NOTHING, Align, Block, barcode, stacked, words
from reship.papers.pdf import Placed, pdf
from reship.papers.sheets import A4

_MILLIMETRE = 72 / 25.4
_ACROSS, _DOWN = 3, 8
LABELS_A_SHEET = _ACROSS * _DOWN
_WIDTH, _HEIGHT, _GAP = 63.5 * _MILLIMETRE, 33.9 * _MILLIMETRE, 2.5 * _MILLIMETRE
_LEFT = (A4[0] - _ACROSS * _WIDTH - (_ACROSS - 1) * _GAP) / 2
_TOP = (A4[1] - _DOWN * _HEIGHT) / 2
_INSIDE = 7.0


@dataclass(frozen=True, slots=True)
class ProductLabel:
    """The same label `copies` times. Without a barcode the SKU is printed as one."""

    sku: str
    name: str
    barcode: str = ""
    copies: int = 1


def product_labels(labels: Sequence[ProductLabel]) -> bytes:
    """As a PDF. Labels fill a sheet row by row; with none to print, the sheet is empty."""
    blocks = [block for label in labels for block in [_label(label)] * max(label.copies, 0)]
    starts = range(0, len(blocks), LABELS_A_SHEET)
    sheets = [blocks[start : start + LABELS_A_SHEET] for start in starts] or [[]]
    return pdf([[_at(*place) for place in enumerate(sheet)] for sheet in sheets], size=A4, title="Product labels")


def _at(position: int, block: Block) -> Placed:
    row, column = divmod(position, _ACROSS)
    return block, _LEFT + column * (_WIDTH + _GAP) + _INSIDE, _TOP + row * _HEIGHT + _INSIDE


def _label(label: ProductLabel) -> Block:
    width = _WIDTH - 2 * _INSIDE
    return stacked(
        words(label.name, width=width, size=8, smallest=5, most_lines=2),
        barcode(label.barcode or label.sku, width=width, height=30, widest=3, align=Align.CENTRE),
        words(label.barcode, width=width, size=7, align=Align.CENTRE, smallest=5, most_lines=1)
        if label.barcode not in {"", label.sku}
        else NOTHING,
        words(label.sku, width=width, size=9, bold=True, align=Align.CENTRE, smallest=5, most_lines=1),
        gap=1.5,
    )
