"""Text becomes lines of signs from left to right, whatever the language and however hostile."""

import unicodedata

import pytest

from reship.papers.arabic import joined
from reship.papers.direction import as_seen, runs_from_right
from reship.papers.lettering import Line, cleaned, lettered
from reship.papers.typefaces import ARABIC, EAST_ASIAN, PLAIN, UNKNOWN, can_draw

pytestmark = pytest.mark.sqlite  # No database is asked.


def signs(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(run.signs for run in line.runs) for line in lines]


# Worked out with an implementation of UAX #9 that we do not ship; "אב" is drawn from the right, "12" never.
@pytest.mark.parametrize(
    ("line", "from_right", "seen"),
    [
        ("Mug 12", False, "Mug 12"),
        ("אבג", True, "גבא"),
        ("abc אב 12", False, "abc 12 בא"),
        ("רחוב הרצל 12, דירה 4", True, "4 הריד ,12 לצרה בוחר"),
        ("דנה (Dana) כהן", True, "ןהכ (Dana) הנד"),
        ("Dana (דנה) 12", False, "Dana (הנד) 12"),
        ("a (ב) (ג)", False, "a (ב) (ג)"),
        ("אב 1-2 50%", True, "50% 1-2 בא"),
        ("مع 12/3", True, "12/3 عم"),
        ("אב abc.", True, ".abc בא"),
        # Marks go before their letter, which moves the pen.
        ("\u05d3\u05b8\u05bc\u05d5\u05b4\u05d3", True, "\u05d3\u05b4\u05d5\u05bc\u05b8\u05d3"),
    ],
)
def test_signs_stand_as_a_reader_of_the_language_expects(line: str, from_right: bool, seen: str) -> None:
    assert as_seen(line, from_right=from_right) == seen


def test_the_first_letter_says_where_a_text_begins() -> None:
    assert [runs_from_right(text) for text in ("12 שלום", "12 Hello שלום", "«مرحبا»", "12", "")] == [
        True,
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("word", "shapes"),
    [
        ("محمد", "\ufee3\ufea4\ufee4\ufeaa"),
        ("سلام", "\ufeb3\ufefc\ufee1"),  # Lam and alef are one sign.
        ("لاہور", "\ufefb\ufba8\ufeee\ufead"),  # Lahore: a letter of Urdu.
        ("مُحَمَّد", "\ufee3\u064f\ufea4\u064e\ufee4\u0651\u064e\ufeaa"),  # Marks do not come between letters.
        ("می\u200cخ", "\ufee3\ufbfd\ufea5"),  # A joiner that says no.
        ("Ab ב", "Ab ב"),
    ],
)
def test_arabic_letters_take_the_shape_that_their_neighbours_ask_for(word: str, shapes: str) -> None:
    assert joined(unicodedata.normalize("NFC", word), can_draw=can_draw) == unicodedata.normalize("NFC", shapes)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("Dana\x00\x1b[31m\u202eDahl\u200b", "Dana[31mDahl"),
        ("two\r\nlines\tand   more ", "two lines and more"),
        ("Mug 📦", f"Mug {UNKNOWN}"),
        ("👩‍👩‍👧 family 👍🏽", f"{UNKNOWN} family {UNKNOWN}"),
        ("\ud800 \ue000 𝐁𝐨𝐥𝐝 ﬁne", f"{UNKNOWN} {UNKNOWN} Bold ﬁne"),
        ("नम", UNKNOWN * 2),
    ],
)
def test_what_cannot_be_drawn_is_dropped_when_invisible_and_replaced_when_not(given: str, text: str) -> None:
    assert cleaned(given) == text


def test_a_line_takes_each_sign_from_a_font_that_has_it() -> None:
    (line,) = lettered("Łódź 東京 서울 دبي", width=400, size=10)

    assert [run.typeface for run in line.runs if run.signs.strip()] == [PLAIN, EAST_ASIAN, EAST_ASIAN, ARABIC]


@pytest.mark.parametrize(
    "text", ["W" * 300, "word " * 60, "上海市" * 100, "كلمة طويلة " * 30, "파란색" * 100, "สวัสดี" * 50]
)
def test_long_text_is_carried_whole_by_lines_that_fit(text: str) -> None:
    lines = lettered(text, width=120, size=9)

    assert max(line.width for line in lines) <= 120
    drawn = "".join(signs(lines)).replace(" ", "")
    assert len(drawn) == len(joined(text, can_draw=can_draw).replace(" ", ""))


def test_text_shrinks_to_fit_and_ends_in_an_ellipsis_when_that_is_not_enough() -> None:
    shrunk = lettered("A name of some length", width=100, size=12, smallest=6, most_lines=1)
    cut = lettered("A name of some length" * 9, width=100, size=12, smallest=6, most_lines=2)

    assert (len(shrunk), signs(shrunk)) == (1, ["A name of some length"])
    assert 6 <= shrunk[0].size < 12
    assert (len(cut), cut[0].size, signs(cut)[1][-1]) == (2, 6, "…")
    assert max(line.width for line in cut) <= 100


def test_a_line_does_not_begin_with_a_closing_sign() -> None:
    lines = signs(lettered("東京都千代田区、丸の内。" * 4, width=60, size=10))

    assert [line[0] for line in lines if line[0] in "、。"] == []
