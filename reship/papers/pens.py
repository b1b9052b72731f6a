"""What papers are drawn with: one drawing serves a PDF and a label printer."""

from enum import Enum
from typing import Protocol

from reship.papers.barcodes import Symbol
from reship.papers.lettering import Line


class Anchor(Enum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Pen(Protocol):
    """Draws on one page. Lengths are in points, from the top left corner of the page."""

    def letter(self, line: Line, x: float, top: float, *, anchor: Anchor = Anchor.LEFT) -> None:
        """From `x` on. The anchor is what stays in place when the pen's own letters are narrower than the line says."""

    def fill(self, x: float, top: float, width: float, height: float) -> None: ...

    def barcode(self, symbol: Symbol, x: float, top: float, *, module: float, height: float) -> None:
        """`module` is the width of the narrowest bar; a QR code is as high as it is wide."""
