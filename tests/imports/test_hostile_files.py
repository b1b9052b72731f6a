"""A file that is not what it seems is refused with the line, and leaves no trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scopes_disabled

from reship.catalog.models import Product
from reship.errors import Refusal
from reship.imports.sheet import LONGEST_LINE
from reship.inventory.models import LedgerEntry
from reship.orders.models import Order
from tests.imports.files import RESHIP_HEADER, Importer, packed, reship_csv, retail_csv
from tests.imports.shops import MUGS, order, shopify
from tests.world import World

GOOD = "1,2026-03-02,Jane,MUG,1,1"
RETAIL = "1,85123A,HEART,1,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def written() -> tuple[int, int, int]:
    with scopes_disabled():
        return Order.objects.count(), Product.objects.count(), LedgerEntry.objects.count()


# What is wrong; the file; the refusal's code and some of its figures.
CASES: dict[str, tuple[str | bytes, str, dict[str, Any]]] = {
    "empty": ("", "empty_file", {}),
    "only empty lines": ("\n\n", "empty_file", {}),
    "utf-16": (reship_csv(GOOD).encode("utf-16"), "not_utf8", {"line": 1, "offset": 0, "byte": "0xff"}),
    "latin-1": (
        reship_csv(GOOD, "2,2026-03-02,Renée,MUG,1,1").encode("latin-1"),
        "not_utf8",
        {"line": 3, "offset": 103, "byte": "0xe9"},
    ),
    "cut in a character": (f"{RESHIP_HEADER}\n2,2026-03-02,Ren".encode() + b"\xc3", "not_utf8", {"line": 2}),
    "nul": (reship_csv(GOOD, "2,2026-03-02,Ja\0ne,MUG,1,1"), "control_character", {"line": 3, "character": "U+0000"}),
    "escape": (reship_csv("2,2026-03-02,\x1b[31mJane,MUG,1,1"), "control_character", {"line": 2, "position": 14}),
    "c1 control": (reship_csv("2,2026-03-02,\x85Jane,MUG,1,1"), "control_character", {"character": "U+0085"}),
    "old mac line ends": (reship_csv(GOOD, GOOD).replace("\n", "\r"), "control_character", {"character": "U+000D"}),
    "tab inside": (reship_csv(GOOD, "2,2026-03-02,Ja\tne,MUG,1,1"), "invalid_text", {"line": 3}),
    "one unclosed quote": (reship_csv(GOOD, '2,2026-03-02,"Jane,MUG,1,1', GOOD), "malformed_csv", {"line": 3}),
    "an unclosed quote at the end": (reship_csv(GOOD, '2,2026-03-02,"Jane'), "malformed_csv", {"line": 3}),
    "an unclosed quote that a later one closes": (
        reship_csv('1,2026-03-02,"Jane,MUG,1,1', '2,2026-03-02,"Joe",MUG,1,1'),
        "malformed_csv",
        {"line": 2},
    ),
    "an unclosed quote before very much": (
        reship_csv(GOOD, '2,2026-03-02,"Jane,MUG,1,1', *[GOOD] * 9_000),
        "malformed_csv",
        {"line": 3},
    ),
    "a line break in a cell": (reship_csv('1,2026-03-02,"Ja\nne",MUG,1,1'), "malformed_csv", {"line": 2}),
    "text after a quote": (reship_csv('1,2026-03-02,"Jane"x,MUG,1,1'), "malformed_csv", {"line": 2}),
    "too few cells": (reship_csv(GOOD, "2,2026-03-02,Jane"), "malformed_csv", {"line": 3, "cells": 3, "columns": 6}),
    "too many cells": (reship_csv(GOOD, f"{GOOD},"), "malformed_csv", {"line": 3, "cells": 7, "columns": 6}),
    "a line without end": (reship_csv(f"1,2026-03-02,{'x' * LONGEST_LINE},MUG,1,1"), "line_too_long", {"line": 2}),
    "missing columns": (
        "order_number,sku\n1,MUG\n",
        "wrong_columns",
        {"missing": ["placed_at", "customer_name", "quantity"]},
    ),
    "unknown column": (reship_csv(GOOD).replace("unit_price", "price"), "wrong_columns", {"unknown": ["price"]}),
    "a column twice": (reship_csv(GOOD).replace("unit_price", "sku"), "wrong_columns", {"twice": ["sku"]}),
    "semicolons": (reship_csv(GOOD).replace(",", ";"), "wrong_columns", {"line": 1}),
    "no header": (f"{GOOD}\n", "wrong_columns", {"line": 1}),
    "a workbook": (b"PK\x03\x04\x14\x00\x06\x00", "not_csv", {"line": 1}),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not_csv", {"line": 1}),
    "of no format": ("order-id,sku,x\n1,MUG,new\n", "wrong_columns", {"given": ["“order-id”", "“sku”", "“x”"]}),
    "not even text": (bytes(range(256)), "control_character", {"line": 1}),
    "no order number": (
        reship_csv(GOOD, " ,2026-03-02,Jane,MUG,1,1"),
        "invalid_text",
        {"line": 3, "field": "order_number"},
    ),
    "a slash in the number": (reship_csv("1/2,2026-03-02,Jane,MUG,1,1"), "invalid_text", {"line": 2}),
    "a long number": (reship_csv(f"{'1' * 41},2026-03-02,Jane,MUG,1,1"), "invalid_text", {"line": 2, "length": 41}),
    "no time": (reship_csv("1,,Jane,MUG,1,1"), "invalid_text", {"line": 2, "field": "placed_at"}),
    "no customer": (reship_csv("1,2026-03-02, ,MUG,1,1"), "invalid_text", {"line": 2, "field": "customer_name"}),
    "no SKU": (reship_csv("1,2026-03-02,Jane,,1,1"), "invalid_text", {"line": 2, "field": "sku"}),
    "a long SKU": (reship_csv(f"1,2026-03-02,Jane,{'M' * 61},1,1"), "invalid_text", {"line": 2, "length": 61}),
    "american time": (reship_csv("1,12/1/2010 8:26,Jane,MUG,1,1"), "invalid_time", {"line": 2}),
    "week time": (reship_csv("1,2026-W10-1,Jane,MUG,1,1"), "invalid_time", {"line": 2}),
    "30 February": (reship_csv("1,2026-02-30,Jane,MUG,1,1"), "invalid_time", {"line": 2}),
    "the year 1": (reship_csv("1,0001-01-01T00:00+14:00,Jane,MUG,1,1"), "invalid_time", {"line": 2}),
    "price with a comma": (reship_csv('1,2026-03-02,Jane,MUG,1,"1,5"'), "invalid_price", {"line": 2}),
    "negative price": (reship_csv("1,2026-03-02,Jane,MUG,1,-1"), "invalid_price", {"line": 2}),
    "price in words": (reship_csv("1,2026-03-02,Jane,MUG,1,NaN"), "invalid_price", {"line": 2}),
    "price too exact": (reship_csv("1,2026-03-02,Jane,MUG,1,0.00001"), "invalid_price", {"line": 2}),
    "rows that disagree": (
        reship_csv(GOOD, "1,2026-03-02,Joe,CUP,1,1"),
        "rows_disagree",
        {"line": 3, "field": "customer_name", "given": "“Joe”", "before": "“Jane”"},
    ),
    "more in one order than there can be": (
        reship_csv(*["1,2026-03-02,Jane,MUG,900000,1"] * 2),
        "invalid_quantity",
        {"line": 2},
    ),
    "retail: quantity": (retail_csv(RETAIL, RETAIL.replace(",1,", ",1.5,")), "invalid_quantity", {"line": 3}),
    "retail: huge quantity": (retail_csv(RETAIL.replace(",1,", ",1000001,")), "invalid_quantity", {"line": 2}),
    "retail: price": (retail_csv(RETAIL.replace("2.55", "free")), "invalid_price", {"line": 2}),
    "retail: time": (retail_csv(RETAIL.replace("2010-12-01", "12/1/2010")), "invalid_time", {"line": 2}),
    "retail: country": (retail_csv(RETAIL.replace("United Kingdom", "Narnia")), "unknown_country", {"line": 2}),
    "retail: no invoice": (retail_csv(RETAIL[1:]), "invalid_text", {"line": 2, "field": "InvoiceNo"}),
    "retail: no product": (retail_csv(RETAIL.replace("85123A", "")), "invalid_text", {"line": 2, "field": "StockCode"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_with_its_place_and_nothing_is_written(importer: Importer, case: str) -> None:
    content, code, figures = CASES[case]
    before = written()
    refusal = importer.refusal(content)
    assert (refusal.code, {name: refusal.figures.get(name) for name in figures}) == (code, figures), refusal
    assert "line" not in figures or f"ine {figures['line']}" in refusal.message or figures["line"] == 1
    assert written() == before


NOTED = shopify(*order("#1", MUGS, Notes="Ring"), *order("#2", MUGS, Notes="Please"))
SHOPS: dict[str, tuple[str | bytes, str, dict[str, Any]]] = {
    "a quote that a later row closes": (NOTED.replace("Ring", '"Ring'), "malformed_csv", {"line": 2}),
    "a quote that nothing closes": (NOTED.replace("Please", '"Please'), "malformed_csv", {"line": 3}),
    "a quote that an empty cell carries on": (
        NOTED.replace("Ring", '"Ring').replace("Please", '""') + NOTED,
        "malformed_csv",
        {"line": 2},
    ),
    "a note of very many lines": (NOTED.replace("Ring", '"' + "x\n" * 600 + '"'), "malformed_csv", {"line": 2}),
    "a note without end": (NOTED.replace("Ring", '"' + ("x" * 9_999 + "\n") * 11 + '"'), "malformed_csv", {"line": 2}),
    "a nul in a note": (NOTED.replace("Ring", '"Ring\nt\0wice"'), "control_character", {"line": 3}),
    "latin-1 in a note": (NOTED.replace("Ring", "Léa").encode("latin-1"), "not_utf8", {"line": 2, "byte": "0xe9"}),
    "a column twice": (NOTED.replace("Accepts Marketing", "Name"), "wrong_columns", {"twice": ["Name"]}),
    "a column less": (NOTED.replace("Lineitem sku", "Lineitem SKU"), "wrong_columns", {"missing": ["Lineitem sku"]}),
    "too many cells": (NOTED.replace("Ring", "Ring,"), "malformed_csv", {"line": 2, "cells": 80, "columns": 79}),
}


@pytest.mark.parametrize("case", SHOPS)
def test_a_file_of_a_shop_is_as_strict_where_cells_hold_line_ends(importer: Importer, case: str) -> None:
    content, code, figures = SHOPS[case]
    before = written()
    refusal = importer.refusal(content)
    assert (refusal.code, {name: refusal.figures.get(name) for name in figures}) == (code, figures), refusal
    assert written() == before


QUANTITIES = ["0", "-1", "1000000000", "1.5", "NaN", "", "²", "１２", "1_000", "1e3"]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_quantity_that_is_none_is_refused_with_its_line(importer: Importer, quantity: str) -> None:
    refusal = importer.refusal(reship_csv(GOOD, f"2,2026-03-02,Jane,MUG,{quantity},1"))
    assert (refusal.code, refusal.figures["line"], refusal.figures["sku"]) == ("invalid_quantity", 3, "MUG")


def cut_short(content: bytes) -> bytes:
    return content[:-20]


def damaged(content: bytes) -> bytes:
    return content[:40] + b"????" + content[44:]


@pytest.mark.parametrize("name", ["orders.csv.gz", "orders.csv.xz"])
@pytest.mark.parametrize(
    "damage", [lambda content: content[:-20], lambda content: content[:40] + b"????" + content[44:]]
)
def test_a_packed_file_that_is_cut_short_or_damaged_is_refused(
    importer: Importer, name: str, damage: Callable[[bytes], bytes]
) -> None:
    lines = [f"{number},2026-03-02,Jane {number * 7919 % 1000},MUG,1,1" for number in range(3_000)]
    content = damage(packed(reship_csv(*lines).encode(), name))
    before = written()
    # The name says nothing: what is in the file does.
    refusal = importer.refusal(content, name="orders.csv")
    assert (refusal.code, written()) == ("file_damaged", before)


def test_a_file_that_is_not_there_or_no_file_is_refused(importer: Importer, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name, code in (("missing.csv", "file_not_found"), ("folder.csv", "file_unreadable")):
        with pytest.raises(Refusal) as refused:
            importer.read(tmp_path / name)
        assert refused.value.code == code


def test_a_file_may_be_plain_or_packed_with_a_byte_order_mark_and_windows_line_ends(
    importer: Importer, world: World
) -> None:
    for number, name in enumerate(("1.csv", "2.csv.gz", "3.csv.xz"), start=1):
        text = "\ufeff" + reship_csv(f"{number},2026-03-02,Renée,MUG,1,1", "").replace("\n", "\r\n")
        assert importer(text, name=name).orders_made == 1
    assert world.facts("3").order.customer_name == "Renée"
