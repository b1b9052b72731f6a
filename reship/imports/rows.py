"""From rows to orders: what the readable formats share."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.imports.sheet import Row

MOST_ROWS_HELD = 100_000


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """What the rows of one order came to; without an `order`, all of them are left out."""

    line: int
    rows: int
    order: NewOrder | None
    merged: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def imported(self) -> int:
        return len(self.order.lines) if self.order else 0


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that can be imported: its columns, which order a row belongs to, and what an order's rows say."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    order_number: Callable[[Row], str]
    read_order: Callable[[str, Sequence[Row]], ReadOrder]


def by_order(
    rows: Iterable[Row], order_number: Callable[[Row], str], scattered: Mapping[str, int]
) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each order together.

    Rows that follow each other are one part of an order. An order that stands in several parts is in `scattered`, with
    how many; its rows are held until the last part has come.
    """
    held: dict[str, list[Row]] = {}
    parts_seen: Counter[str] = Counter()
    for number, part in _parts(rows, order_number):
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


def scattered_orders(rows: Iterable[Row], order_number: Callable[[Row], str]) -> dict[str, int]:
    """The orders whose rows do not stand together, and in how many parts they do."""
    seen: set[str] = set()
    scattered: dict[str, int] = {}
    for number, _ in _parts(rows, order_number):
        if number in seen:
            scattered[number] = scattered.get(number, 1) + 1
        seen.add(number)
    return scattered


def _parts(rows: Iterable[Row], order_number: Callable[[Row], str]) -> Iterator[tuple[str, list[Row]]]:
    part: list[Row] = []
    of_part = ""
    for row in rows:
        number = order_number(row)
        if part and number != of_part:
            yield of_part, part
            part = []
        of_part = number
        part.append(row)
    if part:
        yield of_part, part


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
        is_full = len(chunk) == orders or (lines is not None and in_chunk + read.imported > lines)
        if chunk and is_full:
            yield chunk
            chunk, in_chunk = [], 0
        chunk.append(read)
        in_chunk += read.imported
    if chunk:
        yield chunk


def in_line(line: int, refusal: Refusal) -> Refusal:
    """The same refusal, saying where."""
    return Refusal(refusal.code, f"Line {line}: {refusal.message}", line=line, **refusal.figures)
