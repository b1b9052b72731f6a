"""What a scanner reads: Code 128, or a QR code for what Code 128 cannot hold in the room that there is."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

QUIET = 10
"""White that a Code 128 needs on either side, in modules."""
QR_QUIET = 4


@dataclass(frozen=True, slots=True)
class Symbol:
    """A barcode in whole modules, without the white around it. Code 128 has one row, a QR code as many as columns."""

    value: str
    rows: tuple[tuple[bool, ...], ...]

    @property
    def is_matrix(self) -> bool:
        return len(self.rows) > 1

    @property
    def modules(self) -> int:
        return len(self.rows[0])

    def bars(self) -> Iterator[tuple[int, int, int]]:
        """What is black: row, first module, how many."""
        for row, modules in enumerate(self.rows):
            position = 0
            for black, group in groupby(modules):
                length = len(list(group))
                if black:
                    yield row, position, length
                position += length


def scannable(value: str) -> str:
    """The value without what a keyboard could not have typed."""
    return "".join(sign for sign in value if sign.isprintable())


@lru_cache(maxsize=500)
def code_128(value: str) -> Symbol | None:
    """None when the value holds something else than printable ASCII, or nothing."""
    if not value or not (value.isascii() and value.isprintable()):
        return None
    # These two bring most of ReportLab with them: half a second, which a program that draws nothing need not wait.
    from reportlab.graphics.barcode.code128 import Code128

    code = Code128(value, quiet=False)
    code.validate()
    code.encode()
    code.decompose()
    modules: list[bool] = []
    # ReportLab writes a bar or space of n modules as the nth letter, bars in capitals.
    for letter in code.decomposed:
        modules += [letter.isupper()] * (ord(letter.lower()) - ord("a") + 1)
    return Symbol(value, (tuple(modules),))


@lru_cache(maxsize=500)
def qr_code(value: str) -> Symbol:
    from reportlab.graphics.barcode.qrencoder import QR8bitByte, QRCode, QRErrorCorrectLevel

    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(QR8bitByte(value.encode()))
    code.make()
    return Symbol(value, tuple(tuple(bool(module) for module in row) for row in code.modules))
