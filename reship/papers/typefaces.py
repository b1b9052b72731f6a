"""The fonts that the papers carry, and which of them draws a sign.

They come with Reship, because a bare machine has none: DejaVu Sans for Latin, Greek, Cyrillic, Armenian, Georgian and
Hebrew, Noto Sans for Arabic and Thai, Droid Sans Fallback for Chinese, Japanese and Korean. `fonts.lock` says where
they are from.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
ARABIC, ARABIC_BOLD = "NotoSansArabic", "NotoSansArabic-Bold"
THAI, EAST_ASIAN = "NotoSansThai", "DroidSansFallback"
FILES = {
    PLAIN: FONTS / "dejavu" / "DejaVuSans.ttf",
    BOLD: FONTS / "dejavu" / "DejaVuSans-Bold.ttf",
    ARABIC: FONTS / "noto" / "NotoSansArabic-Regular.ttf",
    ARABIC_BOLD: FONTS / "noto" / "NotoSansArabic-Bold.ttf",
    THAI: FONTS / "noto" / "NotoSansThai-Regular.ttf",
    EAST_ASIAN: FONTS / "droid" / "DroidSansFallback.ttf",
}
UNKNOWN = "\ufffd"
"""Stands for a sign that no font has, so that the reader sees that something is missing."""

_ARABIC_BLOCKS = ((0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC))

_loading = Lock()
_loaded: dict[str, TTFont] = {}


def typeface_of(sign: str, *, bold: bool) -> str:
    """The name of the font that draws this sign, a bold one if there is one. "" when none does."""
    return _typeface_of(ord(sign), bold)


@lru_cache(maxsize=50_000)
def _typeface_of(code: int, bold: bool) -> str:
    # DejaVu has most of Arabic, but not the letters of Urdu; a word in two fonts would not join.
    of_arabic = any(first <= code <= last for first, last in _ARABIC_BLOCKS)
    plain, strong = (ARABIC, ARABIC_BOLD) if of_arabic else (PLAIN, BOLD)
    names = (strong, plain) if bold else (plain,)
    return next((name for name in (*names, THAI, EAST_ASIAN) if code in _signs(name)), "")


def can_draw(sign: str) -> bool:
    """Whether one of the fonts has it. Several signs: whether they have each."""
    return all(typeface_of(each, bold=False) for each in sign)


def drawable(sign: str) -> str:
    """The sign, or what Unicode calls its plain equivalent, or `UNKNOWN`: signs that can be drawn."""
    if can_draw(sign):
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    return plain if can_draw(plain) else UNKNOWN


def width_of(signs: str, typeface: str, size: float) -> float:
    """In points, like the size."""
    width: float = _font(typeface).stringWidth(signs, size)
    return width


def load(typeface: str) -> None:
    """Makes the font known to ReportLab."""
    _font(typeface)


def _signs(typeface: str) -> dict[int, int]:
    signs: dict[int, int] = _font(typeface).face.charToGlyph
    return signs


def _font(typeface: str) -> TTFont:
    """Read when it is first needed: most papers need no East Asian one, which takes longest."""
    if typeface not in _loaded:
        # A second font of the same name would number its signs anew in the middle of another thread's document.
        with _loading:
            if typeface not in _loaded:
                font = TTFont(typeface, str(FILES[typeface]))
                pdfmetrics.registerFont(font)
                _loaded[typeface] = font
    return _loaded[typeface]
