"""A list of orders to re-ship: what a spreadsheet says instead of ticks in Manage Orders.

One row per item, or per order when all that is left of it shall go. Several rows of one parcel are one request.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from reship import intake
from reship.clients.reasons import Fault, Reason
from reship.errors import Refusal
from reship.fulfilment.reship_plan import AddBack, ReshipItem
from reship.imports.rows import in_line
from reship.imports.sheet import Row, check_columns, read_columns, read_rows
from reship.jobs.asking import JobOrder

COLUMNS = ("order", "shipment", "sku", "quantity", "reason", "add_back", "fault")
MOST_ROWS = 100_000
SEPARATORS = ",;\t"
TEMPLATE = "order,shipment,sku,quantity,reason,add_back,fault\r\n"
"""An empty list to fill in."""


def read_reship_list(path: Path, *, reasons: Sequence[Reason], may_be_packed: bool = True) -> list[JobOrder]:
    """The orders in the file, in the order of their first rows; cells may be separated by `,`, `;` or tabs.

    Only `order` is a must. Without a SKU, all that is left of the parcel goes. A reason is one of `reasons`, by its
    code or its label. Whether an order exists is not looked at. Refuses, each with the line: what `sheet.read_rows`
    refuses, `wrong_columns`, `too_many_rows`, `empty_file`, `invalid_text`, `invalid_quantity`, `invalid_reason`,
    `invalid_add_back`, `invalid_fault`, `duplicate_order`, `duplicate_item` and `rows_disagree`.
    """
    words = _Words.of(reasons)
    _check_columns(read_columns(path, separators=SEPARATORS, may_be_packed=may_be_packed))
    requests: dict[tuple[str, str], _Request] = {}
    for rows, row in enumerate(_rows(path, may_be_packed=may_be_packed), start=1):
        if rows > MOST_ROWS:
            raise Refusal(
                "too_many_rows",
                f"The list has more than {MOST_ROWS:,} rows. Split it into several.",
                line=row.line,
                most=MOST_ROWS,
            )
        order = _text(row, "order", longest=40, required=True)
        source = _text(row, "shipment", longest=60)
        request = requests.get((order, source))
        if request is None:
            requests[order, source] = request = _Request(row.line, JobOrder(order, source))
        request.add(row, words)
    if not requests:
        raise Refusal("empty_file", "The list names no order: there is no row below its first line.")
    return [request.whole() for request in requests.values()]


@dataclass(frozen=True, slots=True)
class _Words:
    """What a cell may say for a reason, and the codes that a refusal names."""

    codes: Mapping[str, str]
    known: list[str]

    @classmethod
    def of(cls, reasons: Sequence[Reason]) -> Self:
        # A code is meant before another reason's label.
        words = [(reason.label, reason.code) for reason in reversed(reasons)]
        words += [(reason.code, reason.code) for reason in reasons]
        return cls({word.casefold(): code for word, code in words}, [reason.code for reason in reasons])


@dataclass(slots=True)
class _Request:
    """What the rows of one order, or of one parcel that they name, have said so far."""

    first_line: int
    order: JobOrder
    items: list[ReshipItem] = field(default_factory=list)
    lines_of_skus: dict[str, int] = field(default_factory=dict)

    def whole(self) -> JobOrder:
        return replace(self.order, items=tuple(self.items)) if self.items else self.order

    def add(self, row: Row, words: _Words) -> None:
        self._add_item(row)
        self._add_reason(row, words)
        self._add_add_back(row)
        self._add_fault(row)

    def _add_item(self, row: Row) -> None:
        sku = _text(row, "sku", longest=60)
        if not sku and row.cells.get("quantity", "").strip():
            raise Refusal(
                "invalid_text",
                f"Line {row.line} has a quantity, but no SKU that it is of.",
                line=row.line,
                field="sku",
            )
        if row.line != self.first_line and not (sku and self.lines_of_skus):
            raise Refusal(
                "duplicate_order",
                f"Line {row.line}: {self._name} is in line {self.first_line} already. "
                "Several rows of one order must each name another SKU.",
                line=row.line,
                first_line=self.first_line,
                order=self.order.number,
            )
        if not sku:
            return
        if sku in self.lines_of_skus:
            raise Refusal(
                "duplicate_item",
                f"Line {row.line}: {sku} of {self._name} is in line {self.lines_of_skus[sku]} already.",
                line=row.line,
                first_line=self.lines_of_skus[sku],
                order=self.order.number,
                sku=sku,
            )
        try:
            quantity = intake.quantity(row.cells.get("quantity", ""), sku=sku)
        except Refusal as refusal:
            raise in_line(row.line, refusal) from refusal
        self.lines_of_skus[sku] = row.line
        self.items.append(ReshipItem(sku, quantity))

    def _add_reason(self, row: Row, words: _Words) -> None:
        given = row.cells.get("reason", "").strip()
        if not given:
            return
        reason = words.codes.get(given.casefold())
        if reason is None:
            raise Refusal(
                "invalid_reason",
                f"Line {row.line}: {intake.shown(given)} is no reason; it can be {', '.join(words.known)}.",
                line=row.line,
                given=intake.shown(given),
                known=[*words.known],
            )
        if self.order.reason not in (None, reason):
            raise self._disagrees(row, "reason", given, str(self.order.reason))
        self.order = replace(self.order, reason=reason)

    def _add_add_back(self, row: Row) -> None:
        given = row.cells.get("add_back", "").strip()
        if not given:
            return
        try:
            add_back = AddBack(given.casefold())
        except ValueError as error:
            known = [choice.value for choice in AddBack]
            raise Refusal(
                "invalid_add_back",
                f"Line {row.line}: add_back can be {', '.join(known)}, not {intake.shown(given)}.",
                line=row.line,
                given=intake.shown(given),
                known=known,
            ) from error
        if self.order.add_back not in (None, add_back):
            raise self._disagrees(row, "add_back", given, str(self.order.add_back))
        self.order = replace(self.order, add_back=add_back)

    def _add_fault(self, row: Row) -> None:
        given = row.cells.get("fault", "").strip()
        if not given:
            return
        fault = given.casefold()
        if fault not in set(Fault):
            known = [known.value for known in Fault]
            raise Refusal(
                "invalid_fault",
                f"Line {row.line}: fault can be {', '.join(known)}, not {intake.shown(given)}.",
                line=row.line,
                given=intake.shown(given),
                known=[*known],
            )
        if self.order.fault not in (None, fault):
            raise self._disagrees(row, "fault", given, str(self.order.fault))
        self.order = replace(self.order, fault=fault)

    def _disagrees(self, row: Row, name: str, given: str, before: str) -> Refusal:
        return Refusal(
            "rows_disagree",
            f"Line {row.line}: {name} is {intake.shown(given)}, but an earlier row of {self._name} says "
            f"{intake.shown(before)}.",
            line=row.line,
            first_line=self.first_line,
            field=name,
            given=intake.shown(given),
            before=intake.shown(before),
        )

    @property
    def _name(self) -> str:
        return self.order.source or f"order {self.order.number}"


def _check_columns(given: list[str]) -> None:
    try:
        check_columns([name.casefold() for name in given], required=COLUMNS[:1], optional=COLUMNS[1:])
    except Refusal as refusal:
        shown = [intake.shown(name) for name in given[:20]]
        raise Refusal(
            refusal.code,
            f"The first line must name the columns: order, and of {', '.join(COLUMNS[1:])} those that are needed. "
            f"It names {', '.join(shown)}.",
            line=1,
            expected=list(COLUMNS),
            given=shown,
        ) from refusal


def _rows(path: Path, *, may_be_packed: bool) -> Iterator[Row]:
    for row in read_rows(path, separators=SEPARATORS, may_be_packed=may_be_packed):
        if any(cell.strip() for cell in row.cells.values()):  # Spreadsheets keep rows that were emptied.
            yield Row(row.line, {name.casefold(): cell for name, cell in row.cells.items()})


def _text(row: Row, name: str, *, longest: int, required: bool = False) -> str:
    try:
        return intake.text(row.cells.get(name, ""), field=name, longest=longest, required=required)
    except Refusal as refusal:
        raise in_line(row.line, refusal) from refusal
