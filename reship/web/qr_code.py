"""A QR code as one path of an inline SVG, which the content security policy lets through."""

from dataclasses import dataclass

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

_QUIET = 4
"""Modules of white around the code, which readers need to find it."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """`size` is the side in modules, with the white around; `path` fills the dark ones."""

    size: int
    path: str


def qr_code(text: str) -> QrCode:
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    count = code.getModuleCount()
    dark = (
        f"M{column + _QUIET} {row + _QUIET}h1v1h-1z"
        for row in range(count)
        for column in range(count)
        if code.isDark(row, column)
    )
    return QrCode(count + 2 * _QUIET, "".join(dark))
