"""Arabic letters joined: each letter takes the shape that its neighbours ask for, as a code point of its own.

PDF and a bitmap draw code points one by one, so the shape has to be one. Unicode has such code points (Arabic
Presentation Forms) for Arabic, Persian, Urdu and their neighbours, and says itself which letter each belongs to. What
has none there keeps its plain shape.
"""

import unicodedata
from collections.abc import Callable
from enum import Enum
from functools import lru_cache

ZERO_WIDTH_NON_JOINER, ZERO_WIDTH_JOINER = "\u200c", "\u200d"
_TATWEEL = "\u0640"


class Shape(Enum):
    """Where a letter stands in its word."""

    ISOLATED = "<isolated>"
    INITIAL = "<initial>"
    MEDIAL = "<medial>"
    FINAL = "<final>"


def joined(text: str, *, can_draw: Callable[[str], bool]) -> str:
    """The text, still in the order of reading, with its Arabic letters in shape and without joiners.

    A shape that cannot be drawn is not taken. Lam and alef become the one sign that they are written as.
    """
    letters = list(text)
    drawn: list[str] = []
    position = 0
    before = False  # Whether the letter before reaches out to this one.
    while position < len(letters):
        letter = letters[position]
        if _is_mark(letter):
            drawn.append(letter)
            position += 1
            continue
        following = _next_letter(letters, position)
        pair = letter + letters[following] if following < len(letters) else ""
        if pair in _shapes():
            marks = letters[position + 1 : following]
            drawn += [_drawable(pair, _shape(before=before, after=False), can_draw), *marks]
            position, before = following + 1, False
            continue
        after = _reaches_on(letter) and following < len(letters) and _reaches_back(letters[following])
        drawn.append(_drawable(letter, _shape(before=before and _reaches_back(letter), after=after), can_draw))
        position, before = position + 1, _reaches_on(letter)
    return "".join(letter for letter in drawn if letter not in {ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER})


def _shape(*, before: bool, after: bool) -> Shape:
    if before:
        return Shape.MEDIAL if after else Shape.FINAL
    return Shape.INITIAL if after else Shape.ISOLATED


def _drawable(letters: str, shape: Shape, can_draw: Callable[[str], bool]) -> str:
    form = _shapes().get(letters, {}).get(shape, letters)
    return form if can_draw(form) else letters


def _next_letter(letters: list[str], position: int) -> int:
    """The position of the next letter after the marks, or the end."""
    position += 1
    while position < len(letters) and _is_mark(letters[position]):
        position += 1
    return position


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) in {"Mn", "Me"}


def _reaches_on(letter: str) -> bool:
    return letter in {_TATWEEL, ZERO_WIDTH_JOINER} or Shape.INITIAL in _shapes().get(letter, {})


def _reaches_back(letter: str) -> bool:
    return letter in {_TATWEEL, ZERO_WIDTH_JOINER} or Shape.FINAL in _shapes().get(letter, {})


@lru_cache(maxsize=1)
def _shapes() -> dict[str, dict[Shape, str]]:
    """The shapes of each letter, and of lam with each alef, from Unicode's own table."""
    known = {shape.value: shape for shape in Shape}
    shapes: dict[str, dict[Shape, str]] = {}
    for code in (*range(0xFB50, 0xFC00), *range(0xFE80, 0xFEFD)):
        kind, *codes = unicodedata.decomposition(chr(code)).split() or [""]
        letters = "".join(chr(int(part, 16)) for part in codes)
        if kind in known and (len(letters) == 1 or letters in {"لآ", "لأ", "لإ", "لا"}):
            shapes.setdefault(letters, {})[known[kind]] = chr(code)
    return shapes
