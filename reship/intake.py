"""The one gate for numbers and text that come from outside: forms, files, the command line.

Django's own parsing is too kind for stock: `IntegerField` takes `1_000`, full-width digits and `5.0`.
"""

import re
import unicodedata

from reship.errors import Refusal

LARGEST_QUANTITY = 1_000_000
_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)


def quantity(value: int | str, *, sku: str = "") -> int:
    """A quantity in whole units, 1 to 1,000,000, from ASCII digits only.

    Refuses `invalid_quantity` with the SKU and what was given.
    """
    if isinstance(value, str):
        text = value.strip(" \t")
        number = int(text) if _DIGITS.fullmatch(text) else None
    else:
        number = value if type(value) is int else None
    if number is None or not 1 <= number <= LARGEST_QUANTITY:
        about = f" of {sku}" if sku else ""
        raise Refusal(
            "invalid_quantity",
            f"The quantity{about} must be a whole number from 1 to 1,000,000, not {shown(value)}.",
            sku=sku,
            given=shown(value),
            smallest=1,
            largest=LARGEST_QUANTITY,
        )
    return number


def text(value: str, *, field: str, longest: int, required: bool = False, lines: bool = False) -> str:
    """Text in one Unicode normal form (NFC), without surrounding white space.

    `longest` is in characters; `lines` allows line feeds. Refuses `invalid_text` with the field for control
    characters, lone surrogates, text that is too long, and missing text where it is required.
    """
    cleaned = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    # Nearly all text is plain, and looking at each character takes a large file's time.
    for character in "" if cleaned.isprintable() else cleaned:
        allowed = character == "\n" and lines
        if unicodedata.category(character) in {"Cc", "Cs"} and not allowed:
            raise Refusal(
                "invalid_text",
                f"{field} contains a character that cannot be stored: U+{ord(character):04X}.",
                field=field,
                character=f"U+{ord(character):04X}",
            )
    if len(cleaned) > longest:
        raise Refusal(
            "invalid_text",
            f"{field} is {len(cleaned)} characters long; at most {longest} are stored.",
            field=field,
            length=len(cleaned),
            longest=longest,
        )
    if required and not cleaned:
        raise Refusal("invalid_text", f"{field} is required.", field=field)
    return cleaned


def can_be_stored(value: str) -> bool:
    """Whether a database takes the text at all, be it only to look for it: no NUL, no lone surrogate."""
    return value.isprintable() or not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


def named(value: str) -> str:
    """A name that nobody knows, as it was given; when it cannot be printed as it is, as `shown`."""
    return value if value and value.isprintable() and len(value) <= 60 else shown(value)


def shown(value: object) -> str:
    """What was given, short and printable, for a message."""
    printable = "".join(c if c.isprintable() else "?" for c in str(value)[:40])
    return f"“{printable}”" if printable else "nothing"
