"""Cells as shops and spreadsheets write them."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from reship.imports.shop_cells import fitted, money, phone, postal_code, time
from tests.world import refused


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("", "0"),
        ("12", "12"),
        ("12.5", "12.5"),
        ("12,50", "12.5"),
        ("1,234.50", "1234.5"),
        ("1.234,50", "1234.5"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("1,234,567", "1234567"),
        ("1 234,50", "1234.5"),
        ("1'234.50", "1234.5"),
        ("$12.50", "12.5"),
        ("CA$1,200.00", "1200"),
        ("12,50 €", "12.5"),
        ("EUR 12", "12"),
        ("-3.20", "-3.2"),
        ("'9.99", "9.99"),
    ],
)
def test_money_with_separators_and_signs_is_an_amount(cell: str, amount: str) -> None:
    assert money(cell, line=2, field="Total") == Decimal(amount)


@pytest.mark.parametrize("cell", ["free", "1-2", "NaN", "1e5", "١٢", "--1", "$", "1" * 40])
def test_what_is_no_amount_is_refused_with_its_line(cell: str) -> None:
    with refused("invalid_price", line=2, field="Total", given=f"“{cell[:40]}”"):
        money(cell, line=2, field="Total")


@pytest.mark.parametrize(
    ("cell", "number", "is_lost"),
    [
        ("'+1555-0100", "+1555-0100", False),
        ("15555550100.0", "15555550100", False),
        ("1.5555550100E+10", "15555550100", False),
        ("1,5555550100e+10", "15555550100", False),
        ("1.55512E+10", "", True),
        ("(555)\t0100", "(555) 0100", False),
    ],
)
def test_a_phone_number_that_became_a_number_is_one_again_or_is_lost(cell: str, number: str, is_lost: bool) -> None:
    noted: Counter[str] = Counter()
    assert (phone(cell, noted), bool(noted["phone_lost"])) == (number, is_lost)


@pytest.mark.parametrize(
    ("cell", "country", "code", "is_padded"),
    [
        ("'02138", "US", "02138", False),
        ("2138", "us", "02138", True),
        ("2138.0", "US", "02138", True),
        ("501", "US", "00501", True),
        ("2138-1234", "US", "02138-1234", True),
        ("4109", "DE", "04109", True),
        ("4109", "AT", "4109", False),
        ("2138", "", "2138", False),
        ("12", "US", "12", False),
        ("SW1A 1AA", "GB", "SW1A 1AA", False),
    ],
)
def test_a_postal_code_has_its_zeros_again_where_its_country_needs_them(
    cell: str, country: str, code: str, is_padded: bool
) -> None:
    noted: Counter[str] = Counter()
    assert (postal_code(cell, country, noted), bool(noted["postal_code_padded"])) == (code, is_padded)


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("2026-02-01 10:00:00 -0500", 15),
        ("2026-02-01T10:00:00+01:00", 9),
        ("2026-02-01 10:00:00 UTC", 10),
        ("2026-02-01 10:00", 9),
    ],
)
def test_a_time_has_its_own_zone_or_the_clients(cell: str, hour: int) -> None:
    found = time(cell, line=2, field="Created at", zone=ZoneInfo("Europe/Berlin"))
    assert found == datetime(2026, 2, 1, hour, 0, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["", "02/01/2026 10:00", "2026-02-30", "2026-02-01 25:00", "2026-02-01 10:00 +9999"])
def test_what_is_no_time_is_refused_with_its_line(cell: str) -> None:
    given = f"“{cell}”" if cell else "nothing"
    with refused("invalid_time", line=2, field="Created at", given=given):
        time(cell, line=2, field="Created at", zone=ZoneInfo("UTC"))


def test_text_that_need_not_be_whole_is_cut_and_noted() -> None:
    noted: Counter[str] = Counter()
    assert (fitted("x" * 20, 10, noted), fitted("short", 10, noted), noted) == ("x" * 9 + "…", "short", {"text_cut": 1})
