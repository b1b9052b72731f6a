"""The pieces that a paper is put together from. Each knows its height before it is drawn. Lengths are in points."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from reship.papers.barcodes import QR_QUIET, QUIET, Symbol, code_128, qr_code, scannable
from reship.papers.direction import runs_from_right
from reship.papers.lettering import LEADING, Line, lettered
from reship.papers.pens import Anchor, Pen

DOT = 72 / 203
"""A dot of a common label printer. Bars of whole dots come out of it as wide as they should be."""


class Block(Protocol):
    @property
    def height(self) -> float: ...

    def draw(self, pen: Pen, x: float, top: float) -> None: ...


class Align(Enum):
    START = "start"  # Where reading begins: at the right for Hebrew and Arabic.
    LEFT = "left"
    RIGHT = "right"
    CENTRE = "centre"


_ANCHORS = {
    Align.START: Anchor.LEFT,
    Align.LEFT: Anchor.LEFT,
    Align.CENTRE: Anchor.CENTRE,
    Align.RIGHT: Anchor.RIGHT,
}


def _shift(anchor: Anchor, space: float) -> float:
    """How far to the right something begins that leaves so much space."""
    return {Anchor.LEFT: 0.0, Anchor.CENTRE: space / 2, Anchor.RIGHT: space}[anchor]


@dataclass(frozen=True, slots=True)
class Words:
    lines: tuple[Line, ...]
    width: float
    align: Align = Align.START

    @property
    def height(self) -> float:
        return sum(line.size * LEADING for line in self.lines)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        for line in self.lines:
            anchor = _ANCHORS[self.align]
            if self.align is Align.START and line.from_right:
                anchor = Anchor.RIGHT
            pen.letter(line, x + _shift(anchor, self.width - line.width), top, anchor=anchor)
            top += line.size * LEADING


def words(
    text: str,
    *,
    width: float,
    size: float,
    bold: bool = False,
    align: Align = Align.START,
    smallest: float = 0,
    most_lines: int = 0,
) -> Words:
    return Words(
        lettered(text, width=width, size=size, bold=bold, smallest=smallest, most_lines=most_lines), width, align
    )


@dataclass(frozen=True, slots=True)
class Barcode:
    """A symbol in a width that holds the white that it needs too. `room` is the height of a Code 128.

    At the left or right it stands at the very edge: what is beside it leaves `QUIET` modules white, 11 points at most.
    """

    symbol: Symbol
    module: float
    room: float
    width: float
    align: Align = Align.START

    @property
    def height(self) -> float:
        return (self.symbol.modules + 2 * QR_QUIET) * self.module if self.symbol.is_matrix else self.room

    def draw(self, pen: Pen, x: float, top: float) -> None:
        shift = _shift(_ANCHORS[self.align], self.width - self.symbol.modules * self.module)
        above = QR_QUIET * self.module if self.symbol.is_matrix else 0
        pen.barcode(self.symbol, x + shift, top + above, module=self.module, height=self.room)


def barcode(value: str, *, width: float, height: float, widest: int = 4, align: Align = Align.LEFT) -> Block:
    """A Code 128 of the value; a QR code when the value is no ASCII or would need bars thinner than two dots.

    Bars are as wide as there is room for, `widest` dots at most. Nothing for an empty value.
    """
    value = scannable(value)
    symbol = code_128(value)
    if symbol:
        dots = min(int(width / ((symbol.modules + 2 * QUIET) * DOT)), widest)
        if dots >= 2:
            return Barcode(symbol, dots * DOT, height, width, align)
    if not value or len(value.encode()) > 600:
        return NOTHING
    symbol = qr_code(value)
    dots = max(min(int(max(height, 45) / ((symbol.modules + 2 * QR_QUIET) * DOT)), 6), 2)
    return Barcode(symbol, dots * DOT, height, width, align)


@dataclass(frozen=True, slots=True)
class Stack:
    """One block below the other."""

    blocks: tuple[Block, ...]
    gap: float = 0

    @property
    def height(self) -> float:
        heights = [block.height for block in self.blocks if block.height]
        return sum(heights) + self.gap * max(len(heights) - 1, 0)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        for block in self.blocks:
            block.draw(pen, x, top)
            top += block.height + (self.gap if block.height else 0)


NOTHING = Stack(())


@dataclass(frozen=True, slots=True)
class Beside:
    """Blocks next to each other, each at its distance from the left, `padding` above and below."""

    cells: tuple[tuple[float, Block], ...]
    padding: float = 0

    @property
    def height(self) -> float:
        return max((block.height for _, block in self.cells), default=0) + 2 * self.padding

    def draw(self, pen: Pen, x: float, top: float) -> None:
        for distance, block in self.cells:
            block.draw(pen, x + distance, top + self.padding)


@dataclass(frozen=True, slots=True)
class Rule:
    width: float
    thickness: float = 0.5

    @property
    def height(self) -> float:
        return self.thickness

    def draw(self, pen: Pen, x: float, top: float) -> None:
        pen.fill(x, top, self.width, self.thickness)


@dataclass(frozen=True, slots=True)
class Gap:
    height: float

    def draw(self, pen: Pen, x: float, top: float) -> None:
        """Nothing is drawn."""


@dataclass(frozen=True, slots=True)
class Framed:
    """A block in a frame, `padding` inside it. Without a block, a box to tick."""

    width: float
    block: Block = NOTHING
    padding: float = 4
    thickness: float = 1
    least_height: float = 0

    @property
    def height(self) -> float:
        return max(self.block.height + 2 * self.padding, self.least_height)

    def draw(self, pen: Pen, x: float, top: float) -> None:
        height, thickness = self.height, self.thickness
        pen.fill(x, top, self.width, thickness)
        pen.fill(x, top + height - thickness, self.width, thickness)
        pen.fill(x, top, thickness, height)
        pen.fill(x + self.width - thickness, top, thickness, height)
        self.block.draw(pen, x + self.padding, top + self.padding)


def stacked(*blocks: Block, gap: float = 0) -> Stack:
    return Stack(blocks, gap)


def paragraphs(texts: Sequence[str], *, width: float, size: float, align: Align = Align.LEFT) -> Stack:
    """Each text in as many lines as it needs."""
    return Stack(tuple(words(text, width=width, size=size, align=align) for text in texts if text))


def side_of(address: Sequence[str]) -> Align:
    """Where all lines of an address begin: a Latin country below an Arabic street stands with it at the right."""
    return Align.RIGHT if runs_from_right("".join(address)) else Align.LEFT
