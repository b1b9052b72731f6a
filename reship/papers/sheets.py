"""Sheets of office paper that fill from the top down, with a table's head on each page and "page 2 of 3" below.

The measures hold for A4 and, printed in its true size, for Letter: that is wider, and shorter by 25 points at either
end when a printer centres the page.
"""

from collections.abc import Sequence
from datetime import datetime

from reship.papers.blocks import Align, Beside, Block, Framed, Rule, Words, stacked, words
from reship.papers.pdf import Placed, pdf

A4 = (595.28, 841.89)
SIDE = 42.0
END = 46.0
"""From the edge of the page to where anything is printed, at the sides and at the top and bottom."""
WIDTH = A4[0] - 2 * SIDE
_FOOTER = 16.0
_BOTTOM = A4[1] - END - _FOOTER

SMALL, BODY, LARGE, TITLE = 7.5, 9.0, 12.0, 19.0


class Sheets:
    """Places blocks; a block is never torn, and one that does not fit begins the next page."""

    def __init__(self, *, title: str) -> None:
        self._title = title
        self._pages: list[list[Placed]] = [[]]
        self._top = END
        self._head: Block | None = None
        self._continued: Block | None = None

    def place(self, *blocks: Block, gap: float = 0, least_below: float = 0) -> None:
        """These blocks on one page, and a page that has room for `least_below` points after them."""
        height = sum(block.height for block in blocks)
        if self._pages[-1] and self._top + height + least_below > _BOTTOM:
            self.new_page()
        for block in blocks:
            self._put(block)
        self._top += gap

    def repeat(self, head: Block | None) -> None:
        """Begins a table with this head, which is repeated at the top of each further page; None ends the table."""
        self._head = self._continued = None
        if head:
            # A head is never left alone at the bottom.
            self.place(head, least_below=60)
        self._head = head

    def group(self, continued: Block | None) -> None:
        """Begins rows that belong together: a further page says so below the table's head. None ends them."""
        self._continued = continued

    def new_page(self) -> None:
        self._pages.append([])
        self._top = END
        for block in (self._head, self._continued):
            if block:
                self._put(block)

    def _put(self, block: Block) -> None:
        self._pages[-1].append((block, SIDE, self._top))
        self._top += block.height

    def pdf(self) -> bytes:
        pages = len(self._pages)
        return pdf(
            [
                [*blocks, (_footer(f"page {page} of {pages}", self._title), SIDE, _BOTTOM + 4)]
                for page, blocks in enumerate(self._pages, 1)
            ],
            size=A4,
            title=self._title,
        )


def _footer(page: str, title: str) -> Block:
    return stacked(
        Rule(WIDTH, 0.3),
        Beside(
            (
                (0, words(title, width=WIDTH - 100, size=SMALL, most_lines=1)),
                (WIDTH - 90, words(page, width=90, size=SMALL, align=Align.RIGHT)),
            ),
            padding=2,
        ),
    )


def table_row(cells: Sequence[tuple[float, Block]]) -> Block:
    """A row with a thin line below it."""
    return stacked(Beside(tuple(cells), padding=3.5), Rule(WIDTH, 0.3))


def table_head(titles: Sequence[tuple[float, float, str]], *, at_right: str = "") -> Block:
    """Titles with their distance from the left and their width; the title `at_right` ends its column."""
    cells = tuple(
        (x, words(title, width=width, size=SMALL, bold=True, align=Align.RIGHT if title == at_right else Align.START))
        for x, width, title in titles
    )
    return stacked(Beside(cells, padding=3), Rule(WIDTH, 1))


def tick_box(size: float = 12) -> Block:
    return Framed(size, thickness=0.8, padding=0, least_height=size)


def number(quantity: int, *, width: float, size: float = LARGE) -> Words:
    return words(f"{quantity:,}", width=width, size=size, bold=True, align=Align.RIGHT, smallest=6, most_lines=1)


def counted(count: int, noun: str) -> str:
    """ "1 parcel", "1,200 parcels"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def moment(at: datetime) -> str:
    """To the minute, with its zone when it has one."""
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".strip()
