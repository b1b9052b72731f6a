"""Text as it goes on paper: cleaned, joined, cut into lines that fit, each from left to right in runs of one font.

Nothing is refused and nothing is cut without a sign: control characters are dropped, what no font has becomes
`UNKNOWN`, what is too long is set smaller, and what is then still too long ends in an ellipsis.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from reship.papers.arabic import ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER, joined
from reship.papers.direction import as_seen, runs_from_right
from reship.papers.typefaces import UNKNOWN, can_draw, drawable, typeface_of, width_of

LEADING = 1.25
"""From one line to the next, in sizes: DejaVu's ascent and descent take 1.16."""

_JOINERS = {ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER}
# One picture made of several: what is joined to the first, its colour of skin, its way of being shown.
_OF_A_PICTURE = re.compile("(?<=.)(?:\u200d[\u2600-\u27bf\U0001f000-\U0001faff]|[\U0001f3fb-\U0001f3ff\ufe00-\ufe0f])")
_NEVER_FIRST = set("、。，．・：；？！）］｝」』】〉》〕’”ーっッゃャゅュょョ,.;:!?)]}")


@dataclass(frozen=True, slots=True)
class Run:
    """Signs of one font, from left to right. `width` in points."""

    typeface: str
    signs: str
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text of one size in points, which begins at its left end, or at its right end when `from_right`."""

    runs: tuple[Run, ...]
    size: float
    from_right: bool

    @property
    def width(self) -> float:
        return sum(run.width for run in self.runs)


def cleaned(text: str) -> str:
    """One line of signs that can be drawn, in the order of reading. Keeps joiners, which Arabic needs."""
    one_line = " ".join(unicodedata.normalize("NFC", text).split())
    if one_line.isascii() and one_line.isprintable():
        return one_line
    signs: list[str] = []
    for sign in _OF_A_PICTURE.sub("", one_line):
        category = unicodedata.category(sign)
        if sign in _JOINERS:
            signs.append(sign)
        elif category in {"Cs", "Co", "Cn"}:
            signs.append(UNKNOWN)
        elif category not in {"Cc", "Cf"} and not "\U000e0100" <= sign <= "\U000e01ef":
            signs.append(drawable(sign))
    return " ".join("".join(signs).split())


def lettered(
    text: str, *, width: float, size: float, bold: bool = False, smallest: float = 0, most_lines: int = 0
) -> tuple[Line, ...]:
    """The text in lines no wider than `width`; lengths are in points.

    With `most_lines`, the size goes down to `smallest` until the text fits into so many lines; text that does not fit
    even then ends in an ellipsis.
    """
    return _lettered(text, width, size, bold, smallest or size, most_lines)


@lru_cache(maxsize=2_000)
def _lettered(text: str, width: float, size: float, bold: bool, smallest: float, most_lines: int) -> tuple[Line, ...]:
    signs = joined(cleaned(text), can_draw=can_draw)
    from_right = runs_from_right(signs)
    lines = _cut(signs, width / size, bold)
    while most_lines and len(lines) > most_lines and size > smallest:
        size = max(size - 0.5, smallest)
        lines = _cut(signs, width / size, bold)
    if most_lines and len(lines) > most_lines:
        lines = [*lines[: most_lines - 1], _with_ellipsis(lines[most_lines - 1], width / size, bold)]
    return tuple(
        Line(tuple(_runs(as_seen(line, from_right=from_right), size, bold)), size, from_right) for line in lines
    )


def _runs(signs: str, size: float, bold: bool) -> Iterator[Run]:
    for typeface, group in groupby(signs, key=lambda sign: typeface_of(sign, bold=bold)):
        run = "".join(group)
        yield Run(typeface, run, width_of(run, typeface, size))


def _cut(signs: str, width: float, bold: bool) -> list[str]:
    """Lines of at most this width, in sizes. A piece that is wider than a line is cut between signs."""
    lines: list[str] = []
    line, taken = "", 0.0
    for piece in _pieces(signs):
        wide = _wide(piece, bold)
        if taken + _wide(piece.rstrip(" "), bold) <= width:
            line, taken = line + piece, taken + wide
            continue
        if line:
            lines.append(line.rstrip(" "))
        line, taken = "", 0.0
        for sign in piece:
            wide = _wide(sign, bold)
            if line and sign != " " and not _is_mark(sign) and taken + wide > width:
                lines.append(line)
                line, taken = "", 0.0
            line, taken = line + sign, taken + wide
    return [*lines, line.rstrip(" ")] if line.strip(" ") else lines


def _pieces(signs: str) -> Iterator[str]:
    """What stays together: words with the spaces behind them, up to a hyphen or slash; each East Asian sign alone."""
    piece = ""
    for sign in signs:
        if piece and _may_begin(sign, after=piece[-1]):
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece


def _may_begin(sign: str, *, after: str) -> bool:
    if sign == " " or sign in _NEVER_FIRST or _is_mark(sign):
        return False
    return after in " -/" or _stands_alone(sign) or _stands_alone(after)


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) in {"Mn", "Me"}


def _stands_alone(sign: str) -> bool:
    # Korean has spaces between its words, but its readers are used to lines that end within one.
    return unicodedata.east_asian_width(sign) in {"W", "F"}


def _wide(signs: str, bold: bool) -> float:
    """In sizes."""
    return sum(_width_of_one(sign, bold) for sign in signs)


@lru_cache(maxsize=50_000)
def _width_of_one(sign: str, bold: bool) -> float:
    return width_of(sign, typeface_of(sign, bold=bold), 1)


def _with_ellipsis(line: str, width: float, bold: bool) -> str:
    while line and _wide(line + "…", bold) > width:
        line = line[:-1]
    return line.rstrip(" ") + "…"
