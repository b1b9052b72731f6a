"""What shops and spreadsheets make of a cell, read back: money, times, phone numbers, postal codes, quantities."""

import re
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from reship import intake
from reship.errors import Refusal
from reship.orders.postal import rules_of

LONGEST_NOTE = 1_000
_TIME = re.compile(
    r"((?:19[7-9][0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?"
    r"(?: ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?",
    re.ASCII,
)
_PLAIN_MONEY = re.compile(r"[0-9]{1,9}\.[0-9]{2}", re.ASCII)
_MONEY = re.compile(r"-?[0-9][0-9., '’]*", re.ASCII)
_AROUND_MONEY = re.compile(r"^(-?)\s*(?:[A-Z]{0,3}\$|[€£¥]|[A-Z]{3})\s*|\s*(?:[A-Z]{0,3}\$|[€£¥]|[A-Z]{3})$")
_WHOLE = re.compile(r"([0-9]{1,10})(?:\.0+)?", re.ASCII)
_AS_FLOAT = re.compile(r"(\+?[0-9]+)\.0+", re.ASCII)
_SCIENTIFIC = re.compile(r"\+?([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})", re.ASCII)
_DIGITS = re.compile(r"([0-9]+)(-[0-9]+)?", re.ASCII)


def one_line(cell: str) -> str:
    """A cell as one line: what people paste has line ends, tabs and double spaces."""
    return " ".join(cell.split())


def fitted(cell: str, longest: int, noted: Counter[str]) -> str:
    """Text that need not be whole, cut where it is too long; that is noted."""
    if len(cell) <= longest:
        return cell
    noted["text_cut"] += 1
    return cell[: longest - 1].rstrip() + "…"


def money(cell: str, *, line: int, field: str) -> Decimal:
    """An amount to four decimals; nothing is zero. Separators of thousands and signs of currencies are passed over.

    Of two kinds of separator the last one is the decimal's. A single comma before exactly three digits separates
    thousands; a single dot never does. Refuses `invalid_price` with the line.
    """
    if _PLAIN_MONEY.fullmatch(cell):  # Nearly every one is.
        return Decimal(cell)
    text = one_line(cell).removeprefix("'")
    if not text:
        return Decimal(0)
    bare = _AROUND_MONEY.sub(r"\1", text)
    plain = _plain_decimal(bare) if _MONEY.fullmatch(bare) else ""
    try:
        amount = Decimal(plain).quantize(Decimal("0.0001"))
    except ArithmeticError as error:
        raise Refusal(
            "invalid_price",
            f"Line {line}: {field} is {intake.shown(cell)}, which is no amount.",
            line=line,
            field=field,
            given=intake.shown(cell),
        ) from error
    return amount


def _plain_decimal(text: str) -> str:
    bare = re.sub(r"[ '’]", "", text)
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return bare
    sign, decimals = bare[last], bare[last + 1 :]
    is_thousands = bare.count(sign) > 1 or (sign == "," and "." not in bare and len(decimals) == 3)
    digits = re.sub(r"[.,]", "", bare[:last])
    return f"{digits}{decimals}" if is_thousands else f"{digits}.{decimals or 0}"


def quantity(cell: str, *, line: int, sku: str) -> int:
    """Whole units from 0 to 1,000,000; a spreadsheet's `2.0` is 2. Refuses `invalid_quantity` with the line."""
    whole = _WHOLE.fullmatch(cell.strip())
    number = int(whole[1]) if whole else None
    if number is None or number > intake.LARGEST_QUANTITY:
        raise Refusal(
            "invalid_quantity",
            f"Line {line}: the quantity of {intake.named(sku)} must be a whole number up to 1,000,000, "
            f"not {intake.shown(cell)}.",
            line=line,
            sku=intake.shown(sku),
            given=intake.shown(cell),
            largest=intake.LARGEST_QUANTITY,
        )
    return number


def time(cell: str, *, line: int, field: str, zone: ZoneInfo) -> datetime:
    """A moment, in UTC: `2026-03-02 09:30:00 -0500` and the like; in `zone` when it names none itself.

    Refuses `invalid_time` with the line.
    """
    parts = _TIME.fullmatch(cell.strip())
    try:
        day, clock, offset = parts.groups() if parts else ("", None, None)
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{'Z' if offset == 'UTC' else offset or ''}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refusal(
            "invalid_time",
            f"Line {line}: {field} is {intake.shown(cell)}, which is no time like 2026-03-02 09:30:00 -0500.",
            line=line,
            field=field,
            given=intake.shown(cell),
        ) from error


def phone(cell: str, noted: Counter[str]) -> str:
    """A phone number. One that a spreadsheet rounded (`1.55512E+10`) has lost its digits: it is left off, and noted."""
    text = one_line(cell).removeprefix("'")
    as_float = _AS_FLOAT.fullmatch(text)
    if as_float:
        return as_float[1]
    rounded = _SCIENTIFIC.fullmatch(text)
    if rounded is None:
        return text
    first, decimals, exponent = rounded[1], rounded[2] or "", int(rounded[3])
    if len(decimals) == exponent:
        return first + decimals
    noted["phone_lost"] += 1
    return ""


def postal_code(cell: str, country: str, noted: Counter[str]) -> str:
    """A postal code without the apostrophe that keeps it text, and with the zeros that a spreadsheet took.

    Zeros are put back where the country's codes have a fixed length and the given one has not; that is noted.
    """
    text = one_line(cell).removeprefix("'")
    as_float = _AS_FLOAT.fullmatch(text)
    text = as_float[1] if as_float else text
    digits = _DIGITS.fullmatch(text)
    rule = rules_of(country.upper()).postal_code if digits and text else None
    if digits is None or rule is None or rule.fullmatch(text):
        return text
    for zeros in ("0", "00"):
        padded = zeros + text
        if rule.fullmatch(padded):
            noted["postal_code_padded"] += 1
            return padded
    return text
