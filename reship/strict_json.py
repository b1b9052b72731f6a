"""The one gate for JSON from outside: the body of a request, a shop's webhook, another system's answer.

Python's own parser takes NaN and Infinity, keeps the last of two equal keys without a word, gives up on deep nesting
with a RecursionError and on 5,000-digit numbers with a ValueError, and lets through text that no database stores.
What means the same to every reader of JSON gets in here, and nothing else.
"""

import json
import math
import re
from typing import Never

from reship.errors import Refusal

DEEPEST = 32
SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**63 - 1
# No number that anybody means is longer; and reading a number takes more than its length in time.
LONGEST_NUMBER = 40
# One step per token whatever the text is: the repeats are possessive, so an unclosed string is read once.
_TOKEN = re.compile(
    r"""
    "(?P<text>(?:[^"\\]++|\\.)*+)"(?P<colon>[ \t\n\r]*+:)?
    | (?P<unclosed>")
    | (?P<open>[\[{])
    | (?P<close>[\]}])
    | (?P<number>-?[0-9]++(?P<fraction>\.[0-9]++)?(?P<exponent>[eE][+-]?[0-9]++)?)
    | (?P<constant>-?Infinity|NaN)
    """,
    re.VERBOSE | re.DOTALL,
)


def parse(body: bytes, *, largest: int = 1_000_000) -> object:
    """What the body says, in dict, list, str, int, float, bool and None.

    `largest` is in bytes; beyond it `body_too_large`. Refuses `invalid_json` with the offset in bytes: no UTF-8, a byte
    order mark, what is no JSON, NaN and Infinity, a key twice in one object, integers outside 64 bits, numbers
    of more than 40 characters, more than 32 levels, and text with NUL or half a character (a lone surrogate).
    """
    if len(body) > largest:
        raise Refusal(
            "body_too_large",
            f"The body has {len(body):,} bytes; at most {largest:,} are read.",
            size=len(body),
            largest=largest,
        )
    text = _decoded(body)
    _check_tokens(text)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        _refuse(text, error.pos, error.msg[0].lower() + error.msg[1:])


def _decoded(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(
            "invalid_json", f"The body is no UTF-8 at byte {error.start}.", offset=error.start, why="no UTF-8"
        ) from None
    if text.startswith("\ufeff"):
        _refuse(text, 0, "a byte order mark")
    return text


def _check_tokens(text: str) -> None:
    """Everything that the grammar of JSON lets through and we do not; the grammar itself is checked afterwards."""
    # The keys of each object that is open at this place; an open list has none.
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        kind, at = token.lastgroup, token.start()
        if kind in ("text", "colon"):
            value = _checked_text(text, at, token["text"])
            if kind == "colon" and keys:
                if value in keys[-1]:
                    _refuse(text, at, "a key twice in one object")
                keys[-1].add(value)
        elif kind == "open":
            if len(keys) == DEEPEST:
                _refuse(text, at, f"more than {DEEPEST} levels")
            keys.append(set())
        elif kind == "close":
            if keys:
                keys.pop()
        elif kind == "constant":
            _refuse(text, at, f"{token[0]}, which is no number in JSON")
        elif kind == "unclosed":
            _refuse(text, at, "a string that does not end")
        else:
            _check_number(text, at, token)


def _checked_text(text: str, at: int, raw: str) -> str:
    if "\\" not in raw:
        # A lone surrogate cannot come in UTF-8, and the grammar has no control characters outside of escapes.
        return raw
    try:
        value = str(json.loads(f'"{raw}"'))
    except json.JSONDecodeError as error:
        _refuse(text, at + error.pos, error.msg[0].lower() + error.msg[1:])
    for character in value:
        if character == "\0":
            _refuse(text, at, "a NUL character")
        if "\ud800" <= character <= "\udfff":
            _refuse(text, at, "half a character (a lone surrogate)")
    return value


def _check_number(text: str, at: int, token: re.Match[str]) -> None:
    number = token["number"]
    if len(number) > LONGEST_NUMBER:
        _refuse(text, at, f"a number of {len(number)} characters; at most {LONGEST_NUMBER}")
    if token["fraction"] is None and token["exponent"] is None:
        if not SMALLEST_INTEGER <= int(number) <= LARGEST_INTEGER:
            _refuse(text, at, "an integer that does not fit 64 bits")
    elif not math.isfinite(float(number)):
        _refuse(text, at, "a number that is too large")


def _refuse(text: str, at: int, why: str) -> Never:
    offset = len(text[:at].encode("utf-8"))
    raise Refusal(
        "invalid_json", f"The body is not JSON that can be read at byte {offset}: {why}.", offset=offset, why=why
    )
