"""Which way text runs: from the order of reading to the order in which signs stand on paper, from left to right.

The Unicode Bidirectional Algorithm (UAX #9) for one line, without its control characters: the papers drop those, so a
line has one level of embedding, and what is left of the rules is W1 to W7, N0 to N2, I1, I2 and L1 to L4.
"""

import unicodedata
from collections.abc import Iterator

_BRACKETS = dict(zip("([{（［｛「『【〈《", ")]}）］｝」』】〉》", strict=True))
_MIRRORED = {
    sign: other for pair in (*_BRACKETS.items(), *("<>", "«»", "‹›", "≤≥")) for sign, other in (pair, pair[::-1])
}
_STRONG = {"L", "R"}
_NEUTRAL = {"B", "S", "WS", "ON", "BN"}


def runs_from_right(text: str) -> bool:
    """Whether the first letter of the text is one of a script that runs from right to left."""
    for sign in text:
        kind = unicodedata.bidirectional(sign)
        if kind in {"L", "R", "AL"}:
            return kind != "L"
    return False


def as_seen(line: str, *, from_right: bool) -> str:
    """A line's signs from left to right. Marks stay with the letter that they belong to, brackets are mirrored."""
    if line.isascii() and not from_right:
        return line
    units = list(_units(line))
    levels = _levels([unit[0] for unit in units], from_right=from_right)
    units = [
        # The fonts set a mark of Hebrew or Arabic where the pen stands: it goes before its letter, which moves the pen.
        unit[:0:-1] + _MIRRORED.get(unit[0], unit[0]) if level % 2 else unit
        for unit, level in zip(units, levels, strict=True)
    ]
    order = list(range(len(units)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return "".join(units[position] for position in order)


def _units(line: str) -> Iterator[str]:
    """Each sign together with the marks behind it."""
    unit = ""
    for sign in line:
        if unit and unicodedata.bidirectional(sign) != "NSM":
            yield unit
            unit = ""
        unit += sign
    if unit:
        yield unit


def _levels(signs: list[str], *, from_right: bool) -> list[int]:
    base = 1 if from_right else 0
    outside = "R" if from_right else "L"
    given = [unicodedata.bidirectional(sign) or "L" for sign in signs]
    kinds = _weak(given, outside)
    _brackets(signs, kinds, outside)
    _neutral(kinds, outside)
    rise = {"L": base, "R": 1, "EN": 2, "AN": 2} if base == 0 else {"L": 2, "R": 1, "EN": 2, "AN": 2}
    levels = [rise[kind] for kind in kinds]
    for position in range(len(signs) - 1, -1, -1):
        if given[position] not in {"WS", "S", "B"}:
            break
        levels[position] = base
    return levels


def _weak(given: list[str], outside: str) -> list[str]:
    """W1 to W7: what numbers and the signs around them count as."""
    kinds = _numbers_of_arabic(given, outside)
    for position in range(1, len(kinds) - 1):
        around = {kinds[position - 1], kinds[position + 1]}
        if (kinds[position] in {"ES", "CS"} and around == {"EN"}) or (kinds[position] == "CS" and around == {"AN"}):
            kinds[position] = kinds[position - 1]
    for start, end in _stretches(kinds, {"ET", "BN"}):
        if "EN" in kinds[max(start - 1, 0) : start] + kinds[end : end + 1]:
            kinds[start:end] = ["EN"] * (end - start)
    strong = outside
    for position, kind in enumerate(kinds):
        if kind in _STRONG:
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[position] = "L"
        elif kind in {"ES", "ET", "CS"}:
            kinds[position] = "ON"
    return kinds


def _numbers_of_arabic(given: list[str], outside: str) -> list[str]:
    """W1 to W3: marks are of what they stand on, and digits behind an Arabic letter are Arabic ones."""
    kinds: list[str] = []
    strong = outside
    for kind in given:
        if kind == "NSM":
            kind = kinds[-1] if kinds else outside
        if kind in {"L", "R", "AL"}:
            strong = kind
        kinds.append("AN" if kind == "EN" and strong == "AL" else kind)
    return ["R" if kind == "AL" else kind for kind in kinds]


def _brackets(signs: list[str], kinds: list[str], outside: str) -> None:
    """N0: a pair of brackets runs as what it encloses, or as what stands before it."""
    for opening, closing in _pairs(signs, kinds):
        inside = {_strength(kind) for kind in kinds[opening + 1 : closing]} & _STRONG
        if not inside:
            continue
        direction = outside
        if outside not in inside:
            before = (_strength(kind) for kind in reversed(kinds[:opening]))
            direction = next((kind for kind in before if kind in _STRONG), outside)
        kinds[opening] = kinds[closing] = direction


def _pairs(signs: list[str], kinds: list[str]) -> list[tuple[int, int]]:
    closings = set(_BRACKETS.values())
    pairs: list[tuple[int, int]] = []
    open_ones: list[tuple[str, int]] = []
    for position, sign in enumerate(signs):
        if kinds[position] != "ON":
            continue
        if sign in _BRACKETS:
            open_ones.append((_BRACKETS[sign], position))
        elif sign in closings:
            for depth in range(len(open_ones) - 1, -1, -1):
                if open_ones[depth][0] == sign:
                    pairs.append((open_ones[depth][1], position))
                    del open_ones[depth:]
                    break
    return sorted(pairs)


def _neutral(kinds: list[str], outside: str) -> None:
    """N1 and N2: spaces and signs run as what stands on both sides of them, or as the line does."""
    for start, end in _stretches(kinds, _NEUTRAL):
        before = _strength(kinds[start - 1]) if start else outside
        after = _strength(kinds[end]) if end < len(kinds) else outside
        kinds[start:end] = [before if before == after else outside] * (end - start)


def _strength(kind: str) -> str:
    return "R" if kind in {"EN", "AN"} else kind


def _stretches(kinds: list[str], wanted: set[str]) -> list[tuple[int, int]]:
    """Where kinds that are wanted stand next to each other: from, and up to but without."""
    stretches: list[tuple[int, int]] = []
    start = 0
    while start < len(kinds):
        end = start
        while end < len(kinds) and kinds[end] in wanted:
            end += 1
        if end > start:
            stretches.append((start, end))
        start = end + 1
    return stretches
