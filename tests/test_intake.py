"""The one gate for numbers and text from outside."""

import pytest

from reship import intake
from reship.errors import Refusal


@pytest.mark.parametrize(("given", "meant"), [("1", 1), (" 12\t", 12), ("007", 7), (1_000_000, 1_000_000), (3, 3)])
def test_a_quantity_is_a_whole_number_in_ascii_digits(given: int | str, meant: int) -> None:
    assert intake.quantity(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        *("0", "-1", "1000000000", "1.5", "5.0", "NaN", "Infinity", "", " ", "²", "１２", "٣", "1_000", "1,000", "+1"),
        *("1e3", "0x10", "1\n", "1\x00", "9" * 5000, 0, -1, 1_000_001, 2**70, 1.0, True, None),
    ],
)
def test_anything_else_is_no_quantity(given: int | str) -> None:
    with pytest.raises(Refusal) as refusal:
        intake.quantity(given, sku="MUG")
    assert refusal.value.code == "invalid_quantity"
    assert refusal.value.figures["sku"] == "MUG"


def test_text_is_kept_in_one_normal_form() -> None:
    assert intake.text("  cafe\u0301 ", field="name", longest=10) == "caf\u00e9"


@pytest.mark.parametrize("given", ["a\x00b", "a\x07b", "a\ud800b", "a\nb", "x" * 11, "a\x85b"])
def test_text_that_cannot_be_stored_is_refused_with_its_field(given: str) -> None:
    with pytest.raises(Refusal) as refusal:
        intake.text(given, field="name", longest=10)
    assert (refusal.value.code, refusal.value.figures["field"]) == ("invalid_text", "name")


def test_text_in_lines_may_have_line_feeds_and_nothing_else_of_that_kind() -> None:
    assert intake.text("a\r\nb\nc", field="note", longest=10, lines=True) == "a\nb\nc"
    with pytest.raises(Refusal):
        intake.text("a\rb\x0b", field="note", longest=10, lines=True)


def test_required_text_is_asked_for() -> None:
    with pytest.raises(Refusal) as refusal:
        intake.text(" \t ", field="name", longest=10, required=True)
    assert refusal.value.message == "name is required."


def test_what_is_shown_of_an_input_is_short_and_printable() -> None:
    assert intake.shown("<b>\x00" + "x" * 100) == "“<b>?" + "x" * 36 + "”"
    assert intake.shown("") == "nothing"
