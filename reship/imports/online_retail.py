"""Invoices of an online wholesaler, as in D. Chen's "Online Retail" (UCI Machine Learning Repository, 2015).

An invoice is an order. The file knows no names, no addresses and no parcels, and none are invented. docs/import.md says
what is left out and why.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from reship import intake
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.imports.rows import Format, ReadOrder, in_line, merged_lines
from reship.imports.sheet import Row
from reship.orders.addresses import Address

# Postage, carriage, discounts, fees, bad debt, samples, vouchers, and what was typed in by hand: nothing that lies on a
# shelf.
NOT_GOODS = frozenset({"AMAZONFEE", "B", "BANK CHARGES", "C2", "CRUK", "D", "DOT", "M", "POST", "S"})
NOT_GOODS_PREFIX = "GIFT_"

# Those that do not name one country stay empty: Channel Islands, European Community, Unspecified.
COUNTRIES = {
    "": "",
    "Australia": "AU",
    "Austria": "AT",
    "Bahrain": "BH",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Channel Islands": "",
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Denmark": "DK",
    "EIRE": "IE",
    "European Community": "",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Iceland": "IS",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Malta": "MT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "RSA": "ZA",
    "Saudi Arabia": "SA",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
    "Unspecified": "",
}

_NUMBER = re.compile(r"([0-9]+)\.0+", re.ASCII)
_QUANTITY = re.compile(r"-?[0-9]{1,7}", re.ASCII)
_PRICE = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)


def _invoice(row: Row) -> str:
    number = unicodedata.normalize("NFC", _unfloated(row.cells["InvoiceNo"]))
    if not number:
        raise Refusal("invalid_text", f"Line {row.line}: InvoiceNo is required.", line=row.line, field="InvoiceNo")
    return number


def _unfloated(cell: str) -> str:
    """Spreadsheets turn a number such as 17850 into 17850.0."""
    text = cell.strip()
    as_float = _NUMBER.fullmatch(text)
    return as_float[1] if as_float else text


def _read_order(number: str, rows: Sequence[Row], zone: ZoneInfo) -> ReadOrder:
    first = rows[0]
    goods: list[tuple[Row, NewLine]] = []
    left_out: Counter[str] = Counter()
    for row in rows:
        line = _line(row)
        cause = _why_left_out(number, line)
        if cause:
            left_out[cause] += 1
        else:
            goods.append((row, line))
    customer = _unfloated(first.cells["CustomerID"])
    if not customer and not any(line.unit_price for _, line in goods):
        # Found in a corner, booked back, wrongly coded: units that turned up, sold to nobody for nothing.
        left_out["stock_correction"] += len(goods)
        goods = []
    if not goods:
        return ReadOrder(first.line, len(rows), None, left_out=+left_out)
    lines, merged = merged_lines(line for _, line in goods)
    name = f"Customer {customer}" if customer else "Guest"
    order = NewOrder(
        number=number,
        lines=lines,
        customer_name=name,
        placed_at=_time(first),
        warehouse="",
        currency="GBP",
        address=Address(recipient=name, country=_country(first)),
    )
    return ReadOrder(first.line, len(rows), order, merged, left_out)


def _why_left_out(invoice: str, line: NewLine) -> str:
    """The cause, or nothing for goods that were sold."""
    code = line.sku.upper()
    if invoice.upper().startswith("C"):
        return "cancellation"
    if code in NOT_GOODS or code.startswith(NOT_GOODS_PREFIX):
        return "not_goods"
    if int(line.quantity) <= 0:
        return "quantity_not_positive"
    if Decimal(line.unit_price) < 0:
        return "negative_price"
    return ""


def _line(row: Row) -> NewLine:
    cells = row.cells
    quantity, price = cells["Quantity"].strip(), cells["UnitPrice"].strip()
    sku = _unfloated(cells["StockCode"])
    if not sku:
        raise Refusal("invalid_text", f"Line {row.line}: StockCode is required.", line=row.line, field="StockCode")
    if not _QUANTITY.fullmatch(quantity) or int(quantity) > intake.LARGEST_QUANTITY:
        raise in_line(row.line, _refused_quantity(quantity, sku))
    if not _PRICE.fullmatch(price):
        raise Refusal(
            "invalid_price",
            f"Line {row.line}: {intake.shown(price)} is no price of {sku}.",
            line=row.line,
            sku=sku,
        )
    return NewLine(sku, int(quantity), Decimal(price), cells["Description"].strip())


def _refused_quantity(given: str, sku: str) -> Refusal:
    return Refusal(
        "invalid_quantity",
        f"The quantity of {sku} must be a whole number up to 1,000,000, not {intake.shown(given)}.",
        sku=sku,
        given=intake.shown(given),
        largest=intake.LARGEST_QUANTITY,
    )


def _time(row: Row) -> datetime:
    """The file names no time zone; its times are kept as UTC."""
    given = row.cells["InvoiceDate"].strip()
    try:
        # Python reads more spellings than this file has, such as weeks.
        return datetime.fromisoformat(given if _TIME.fullmatch(given) else "").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refusal(
            "invalid_time",
            f"Line {row.line}: {intake.shown(given)} is no time like 2010-12-01 08:26:00.",
            line=row.line,
            given=intake.shown(given),
        ) from error


def _country(row: Row) -> str:
    given = row.cells["Country"].strip()
    if given not in COUNTRIES:
        raise Refusal(
            "unknown_country",
            f"Line {row.line}: {intake.shown(given)} is no country that this format knows.",
            line=row.line,
            given=intake.shown(given),
        )
    return COUNTRIES[given]


ONLINE_RETAIL = Format(
    name="online-retail",
    required=(
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ),
    optional=(),
    order_number=_invoice,
    read_order=_read_order,
)
