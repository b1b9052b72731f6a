"""A list of orders to re-ship, from a spreadsheet."""

from pathlib import Path
from typing import Any

import pytest

from reship.clients.reasons import BUILT_IN, Reason
from reship.errors import Refusal
from reship.fulfilment.reship_plan import AddBack, ReshipItem
from reship.imports.reship_list import TEMPLATE, read_reship_list
from reship.jobs.asking import JobOrder

HEADER = "order,shipment,sku,quantity,reason,add_back"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def test_rows_of_one_parcel_are_one_request(path: Path) -> None:
    path.write_text(
        f"{HEADER}\n1001,,MUG,2,lost,\n1002,1002-1,,,,\n1001,,CUP,1,,where_here\n1002,1002-R1,TEE,3,Damaged,no\n"
    )
    assert read_reship_list(path, reasons=BUILT_IN) == [
        JobOrder("1001", "", (ReshipItem("MUG", 2), ReshipItem("CUP", 1)), "lost", AddBack.WHERE_HERE),
        JobOrder("1002", "1002-1"),
        JobOrder("1002", "1002-R1", (ReshipItem("TEE", 3),), "damaged", AddBack.NO),
    ]


def test_reasons_are_those_of_the_client_by_code_or_label(path: Path) -> None:
    own = [Reason("broken", "Crushed"), Reason("crushed", "Not ours")]
    path.write_text("order,reason,fault\n1001,CRUSHED,\n1002,not ours,Carrier\n1003,Broken,\n")
    assert read_reship_list(path, reasons=own) == [
        JobOrder("1001", reason="crushed"),
        JobOrder("1002", reason="crushed", fault="carrier"),
        JobOrder("1003", reason="broken"),
    ]
    path.write_text("order,reason\n1001,lost\n")
    with pytest.raises(Refusal, match="it can be broken, crushed"):
        read_reship_list(path, reasons=own)


@pytest.mark.parametrize(
    "content",
    [
        "order\n1001\n1002\n",
        "\ufeffOrder;Reason\r\n1001;\r\n1002;\r\n;\r\n",
        "order\tsku\tquantity\n1001\t\t\n1002\t\t",
        '"order","shipment"\n" 1001 ",""\n"1002",""\n',
    ],
)
def test_it_reads_what_spreadsheets_write(path: Path, content: str) -> None:
    path.write_text(content, newline="")
    assert read_reship_list(path, reasons=BUILT_IN) == [JobOrder("1001"), JobOrder("1002")]


ROW = "1001,,MUG,2,lost,no"
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "empty": ("", "empty_file", {}),
    "no row": (TEMPLATE, "empty_file", {}),
    "wrong columns": ("number,sku\n1,MUG\n", "wrong_columns", {"given": ["“number”", "“sku”"], "line": 1}),
    "a column twice": ("order,Order\n1,2\n", "wrong_columns", {"line": 1}),
    "no order": (f"{HEADER}\n{ROW}\n,,MUG,1,,\n", "invalid_text", {"line": 3, "field": "order"}),
    "no quantity": (f"{HEADER}\n1001,,MUG,,,\n", "invalid_quantity", {"line": 2, "sku": "MUG"}),
    "a fraction": (f"{HEADER}\n1001,,MUG,1.5,,\n", "invalid_quantity", {"line": 2, "given": "“1.5”"}),
    "minus": (f"{HEADER}\n1001,,MUG,-1,,\n", "invalid_quantity", {"line": 2}),
    "2^70": (f"{HEADER}\n1001,,MUG,{2**70},,\n", "invalid_quantity", {"line": 2}),
    "a quantity of nothing": (f"{HEADER}\n1001,,,2,,\n", "invalid_text", {"line": 2, "field": "sku"}),
    "an unknown reason": (f"{HEADER}\n1001,,,,stolen,\n", "invalid_reason", {"line": 2, "given": "“stolen”"}),
    "an unknown add_back": (f"{HEADER}\n1001,,,,,maybe\n", "invalid_add_back", {"line": 2, "given": "“maybe”"}),
    "an order twice": ("order\n1001\n1002\n1001\n", "duplicate_order", {"line": 4, "first_line": 2, "order": "1001"}),
    "all of it and an item": (f"{HEADER}\n1001,,,,,\n{ROW}\n", "duplicate_order", {"line": 3, "first_line": 2}),
    "an item twice": (f"{HEADER}\n{ROW}\n{ROW}\n", "duplicate_item", {"line": 3, "first_line": 2, "sku": "MUG"}),
    "two reasons": (f"{HEADER}\n{ROW}\n1001,,CUP,1,damaged,\n", "rows_disagree", {"line": 3, "field": "reason"}),
    "two add-backs": (f"{HEADER}\n{ROW}\n1001,,CUP,1,,yes\n", "rows_disagree", {"line": 3, "field": "add_back"}),
    "an unknown fault": ("order,fault\n1001,nobody\n", "invalid_fault", {"line": 2, "given": "“nobody”"}),
    "two faults": (
        "order,sku,quantity,fault\n1,MUG,1,carrier\n1,CUP,1,merchant\n",
        "rows_disagree",
        {"line": 3, "field": "fault"},
    ),
    "NUL": (f"{HEADER}\n10\0 01,,,,,\n", "control_character", {"line": 2}),
    "too few cells": (f"{HEADER}\n1001,MUG\n", "malformed_csv", {"line": 2}),
}


@pytest.mark.parametrize(("content", "code", "figures"), CASES.values(), ids=CASES)
def test_a_list_that_cannot_be_meant_is_refused_with_its_line(
    path: Path, content: str, code: str, figures: dict[str, Any]
) -> None:
    path.write_text(content, newline="")
    with pytest.raises(Refusal) as refused:
        read_reship_list(path, reasons=BUILT_IN)
    assert refused.value.code == code
    assert refused.value.figures | figures == refused.value.figures


def test_a_list_that_is_far_too_long_is_not_read_to_its_end(path: Path) -> None:
    path.write_text("order\n" + "".join(f"{number}\n" for number in range(200_000)))
    with pytest.raises(Refusal) as refused:
        read_reship_list(path, reasons=BUILT_IN)
    assert (refused.value.code, refused.value.figures) == ("too_many_rows", {"line": 100_002, "most": 100_000})


def test_a_packed_file_is_only_read_where_it_may_be(path: Path) -> None:
    path.write_bytes(b"\x1f\x8b" + b"\0" * 20)
    with pytest.raises(Refusal) as refused:
        read_reship_list(path, reasons=BUILT_IN, may_be_packed=False)
    assert refused.value.code == "not_utf8"
