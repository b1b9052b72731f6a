"""The pen that draws PDFs. Equal drawings give equal bytes."""

from collections.abc import Sequence
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from reship.papers.barcodes import Symbol
from reship.papers.blocks import Block
from reship.papers.lettering import Line, cleaned
from reship.papers.pens import Anchor
from reship.papers.typefaces import load

ASCENT = 0.95
"""From the top of a line to what its letters stand on, in sizes."""


class PdfPen:
    """Draws on the canvas' present page, whose height is in points."""

    def __init__(self, canvas: Canvas, height: float) -> None:
        self._canvas = canvas
        self._height = height

    def letter(self, line: Line, x: float, top: float, *, anchor: Anchor = Anchor.LEFT) -> None:
        baseline = self._height - top - line.size * ASCENT
        for run in line.runs:
            load(run.typeface)
            self._canvas.setFont(run.typeface, line.size)
            self._canvas.drawString(x, baseline, run.signs)
            x += run.width

    def fill(self, x: float, top: float, width: float, height: float) -> None:
        self._canvas.rect(x, self._height - top - height, width, height, stroke=0, fill=1)

    def barcode(self, symbol: Symbol, x: float, top: float, *, module: float, height: float) -> None:
        tall = module if symbol.is_matrix else height
        path = self._canvas.beginPath()
        for row, first, modules in symbol.bars():
            path.rect(x + first * module, self._height - top - row * module - tall, modules * module, tall)
        self._canvas.drawPath(path, stroke=0, fill=1)


Placed = tuple[Block, float, float]
"""A block with its distances from the left and from the top of the page."""


def pdf(pages: Sequence[Sequence[Placed]], *, size: tuple[float, float], title: str) -> bytes:
    """A PDF of these pages, all of one size in points."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=size, pageCompression=1, invariant=1, initialFontName="Helvetica")
    canvas.setTitle(cleaned(title))
    canvas.setProducer("Reship")
    for page in pages:
        pen = PdfPen(canvas, size[1])
        for block, x, top in page:
            block.draw(pen, x, top)
        canvas.showPage()
    canvas.save()
    return file.getvalue()
