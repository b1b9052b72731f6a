"""From rows to orders: what the readable formats share."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from reship import intake
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.imports.sheet import Row

MOST_ROWS_HELD = 100_000


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """What the rows of one order came to; without an `order`, all of them are left out, or the order is refused.

    `number` is the order's, as far as it can be read. `cause` says why the order as a whole is left out, where the
    format tells that; `left_out` counts rows by cause, and `noted` what was changed within rows that are not left out.
    """

    line: int
    rows: int
    order: NewOrder | None
    merged: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    number: str = ""
    cause: str = ""
    refusal: Refusal | None = None
    noted: Counter[str] = field(default_factory=Counter)

    @property
    def rows_of_order(self) -> int:
        """Those that become part of the order, or are refused with it."""
        return self.rows - self.left_out.total()

    @property
    def imported(self) -> int:
        return self.rows_of_order - self.merged if self.order else 0


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that can be imported: its columns, which order a row belongs to, and what an order's rows say.

    Several layouts of one kind have the same name, and columns tell them apart. What a time without a zone means is for
    `read_order` to know, which is given the client's. `separators` may separate the cells.

    Files of shops (`of_shop`) have columns that nobody reads, cells of several lines, rows that leave out their order's
    number where it is that of the row before, and orders that cannot be read, which then stop no other; and they say
    themselves which parcels have left.
    """

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    order_number: Callable[[Row], str]
    read_order: Callable[[str, Sequence[Row], ZoneInfo], ReadOrder]
    separators: str = ","
    of_shop: bool = False
    more: re.Pattern[str] | None = None
    """Further columns that are read, by their names."""

    def reads(self, column: str) -> bool:
        return column in self.required or column in self.optional or bool(self.more and self.more.fullmatch(column))


def by_order(rows: Iterable[Row], kind: Format, scattered: Mapping[str, int]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each order together.

    Rows that follow each other are one part of an order. An order that stands in several parts is in `scattered`, with
    how many; its rows are held until the last part has come.
    """
    held: dict[str, list[Row]] = {}
    parts_seen: Counter[str] = Counter()
    for number, part in _parts(rows, kind):
        if number not in scattered:
            yield number, part
            continue
        held.setdefault(number, []).extend(part)
        parts_seen[number] += 1
        if parts_seen[number] == scattered[number]:
            yield number, held.pop(number)
        elif sum(map(len, held.values())) > MOST_ROWS_HELD:
            raise Refusal(
                "scattered_orders",
                f"The rows of too many orders do not stand together; see line {part[0].line}. "
                "Sort the file by order number.",
                line=part[0].line,
                held=MOST_ROWS_HELD,
            )


def scattered_orders(rows: Iterable[Row], kind: Format) -> dict[str, int]:
    """The orders whose rows do not stand together, and in how many parts they do."""
    seen: set[str] = set()
    scattered: dict[str, int] = {}
    for number, _ in _parts(rows, kind):
        if number in seen:
            scattered[number] = scattered.get(number, 1) + 1
        seen.add(number)
    return scattered


def _parts(rows: Iterable[Row], kind: Format) -> Iterator[tuple[str, list[Row]]]:
    part: list[Row] = []
    of_part = ""
    for row in rows:
        number = kind.order_number(row) or (of_part if kind.of_shop else "")
        if part and number != of_part:
            yield of_part, part
            part = []
        of_part = number
        part.append(row)
    if part:
        yield of_part, part


def said_of_order(rows: Sequence[Row], columns: Iterable[str]) -> dict[str, str]:
    """What the rows say of their whole order: each may repeat it or leave it empty, but not say something else.

    Refuses `rows_disagree` with both lines.
    """
    said = {name: rows[0].cells.get(name, "").strip() for name in columns}
    for row in rows[1:]:
        for name, before in said.items():
            given = row.cells.get(name, "").strip()
            if not given or given == before:
                continue
            if before:
                raise Refusal(
                    "rows_disagree",
                    f"Line {row.line}: {name} is {intake.shown(given)}, but an earlier row of the same order "
                    f"(line {rows[0].line}) says {intake.shown(before)}.",
                    line=row.line,
                    field=name,
                    given=intake.shown(given),
                    before=intake.shown(before),
                )
            said[name] = given
    return said


def merged_lines(lines: Iterable[NewLine]) -> tuple[tuple[NewLine, ...], int]:
    """One line per SKU, price and parcel, and how many were merged into an earlier one."""
    merged: dict[tuple[str, Decimal, int], NewLine] = {}
    count = 0
    for line in lines:
        key = (line.sku, Decimal(line.unit_price), line.parcel)
        same = merged.get(key)
        if same is None:
            merged[key] = line
            continue
        count += 1
        quantity = int(same.quantity) + int(line.quantity)
        merged[key] = NewLine(line.sku, quantity, line.unit_price, same.description or line.description, line.parcel)
    return tuple(merged.values()), count


def in_chunks(reads: Iterable[ReadOrder], *, orders: int, lines: int | None = None) -> Iterator[list[ReadOrder]]:
    """A few orders at a time: at most so many, and, unless one alone has more, of so many lines."""
    chunk: list[ReadOrder] = []
    in_chunk = 0
    for read in reads:
        of_order = len(read.order.lines) if read.order else 0
        is_full = len(chunk) == orders or (lines is not None and in_chunk + of_order > lines)
        if chunk and is_full:
            yield chunk
            chunk, in_chunk = [], 0
        chunk.append(read)
        in_chunk += of_order
    if chunk:
        yield chunk


def in_line(line: int, refusal: Refusal) -> Refusal:
    """The same refusal, saying where; one that says it already stays as it is."""
    if "line" in refusal.figures:
        return refusal
    return Refusal(refusal.code, f"Line {line}: {refusal.message}", line=line, **refusal.figures)
