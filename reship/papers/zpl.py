"""The pen that writes ZPL II, the language of label printers, at 203 dots per inch.

Barcodes and plain Latin text are the printer's own work. Its fonts differ from printer to printer beyond Latin-1, so
any other line goes to it as a picture, made with the fonts that the papers carry. Nothing in a text can become a
command.
"""

from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from reship.papers.barcodes import Symbol
from reship.papers.blocks import DOT
from reship.papers.lettering import Line
from reship.papers.pdf import ASCENT, Placed
from reship.papers.pens import Anchor
from reship.papers.typefaces import FILES

# ^ and ~ begin commands, _ begins a code of ^FH. A backslash, an escape in a field with ^FB, is drawn as a picture.
_ESCAPED = set("^~_")
_JUSTIFIED = {Anchor.CENTRE: "C", Anchor.RIGHT: "R"}
# In a Code 128 field > changes the subset, in some modes of some printers.
_NOT_FOR_THE_PRINTER = _ESCAPED | {">", "\\"}


class ZplPen:
    """Collects the commands of one label."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def letter(self, line: Line, x: float, top: float, *, anchor: Anchor = Anchor.LEFT) -> None:
        text = "".join(run.signs for run in line.runs)
        if not text.strip():
            return
        if all((" " <= sign <= "~" and sign != "\\") or "\xa1" <= sign <= "\xff" for sign in text):
            # The printer's own font is narrower than ours, so a line that fits in ours fits.
            high = _dots(line.size * 1.1)
            block = "" if anchor is Anchor.LEFT else f"^FB{_dots(line.width)},1,0,{_JUSTIFIED[anchor]}"
            self._at(x, top + 0.05 * line.size, f"^A0N,{high},{high}{block}^FH_^FD{escaped(text)}")
        else:
            self._at(x, top, _graphic(_picture(line)))

    def fill(self, x: float, top: float, width: float, height: float) -> None:
        wide, high = max(_dots(width), 1), max(_dots(height), 1)
        self._at(x, top, f"^GB{wide},{high},{min(wide, high)}")

    def barcode(self, symbol: Symbol, x: float, top: float, *, module: float, height: float) -> None:
        dots = max(_dots(module), 1)
        if symbol.is_matrix or _NOT_FOR_THE_PRINTER & set(symbol.value):
            tall = dots if symbol.is_matrix else _dots(height)
            self._at(x, top, _graphic(_bars(symbol, dots, tall)))
        else:
            self._at(x, top, f"^BY{dots}^BCN,{_dots(height)},N,N,N,A^FD{symbol.value}")

    def _at(self, x: float, top: float, field: str) -> None:
        self.commands.append(f"^FO{max(_dots(x), 0)},{max(_dots(top), 0)}{field}^FS")


def zpl(blocks: Sequence[Placed], *, size: tuple[float, float]) -> str:
    """One label of this size in points."""
    pen = ZplPen()
    for block, x, top in blocks:
        block.draw(pen, x, top)
    head = f"^XA^CI28^PW{_dots(size[0])}^LL{_dots(size[1])}^LH0,0"
    return "\n".join([head, *pen.commands, "^XZ"]) + "\n"


def escaped(text: str) -> str:
    """For a field with ^FH_: what could begin a command as the code of its byte."""
    return "".join(f"_{ord(sign):02X}" if sign in _ESCAPED else sign for sign in text)


def _dots(points: float) -> int:
    return round(points / DOT)


def _picture(line: Line) -> Image.Image:
    image = Image.new("1", (_dots(line.width) + 2, _dots(line.size * 1.25)), 0)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    x = 0.0
    for run in line.runs:
        font = _font(run.typeface, _dots(line.size))
        draw.text((_dots(x), _dots(line.size * ASCENT)), run.signs, fill=1, font=font, anchor="ls")
        x += run.width
    return image


@lru_cache(maxsize=100)
def _font(typeface: str, dots: int) -> ImageFont.FreeTypeFont:
    # Letters come joined and in the order in which they stand; a layout engine would turn them round once more.
    return ImageFont.truetype(str(FILES[typeface]), dots, layout_engine=ImageFont.Layout.BASIC)


def _bars(symbol: Symbol, dots: int, tall: int) -> Image.Image:
    image = Image.new("1", (symbol.modules * dots, len(symbol.rows) * tall), 0)
    draw = ImageDraw.Draw(image)
    for row, first, modules in symbol.bars():
        draw.rectangle((first * dots, row * tall, (first + modules) * dots - 1, (row + 1) * tall - 1), fill=1)
    return image


def _graphic(image: Image.Image) -> str:
    """As a field of hexadecimal digits, a set bit for a black dot."""
    bits = image.tobytes()
    per_row = (image.width + 7) // 8
    return f"^GFA,{len(bits)},{len(bits)},{per_row},{bits.hex().upper()}"
