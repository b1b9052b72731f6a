"""The file in its format, to be read from the front as often as needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from reship import intake
from reship.errors import Refusal
from reship.fulfilment.place_order import NewOrder, clean_order
from reship.imports.held import held
from reship.imports.online_retail import ONLINE_RETAIL
from reship.imports.reship_csv import RESHIP
from reship.imports.rows import Format, ReadOrder, by_order, in_line, scattered_orders
from reship.imports.sheet import Row, check_columns, read_columns, read_rows
from reship.imports.shopify import SHOPIFY
from reship.imports.woocommerce import WOOCOMMERCE

LAYOUTS: tuple[Format, ...] = (RESHIP, ONLINE_RETAIL, SHOPIFY, *WOOCOMMERCE)
FORMATS = tuple(dict.fromkeys(layout.name for layout in LAYOUTS))
AUTO = "auto"
UTC = ZoneInfo("UTC")
_SEPARATORS = ",;\t"
_LEAST_SHARE = 0.4
"""With less of the columns that a format needs, a file is not meant to be of it."""
MOST_COLUMNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file of orders for one client, known by its code.

    `as_departed`: the parcels left long ago, so their goods are received first and leave at the time of the order.
    Without it, the orders take stock that is there, and wait to be picked; but for those of which a shop says that they
    left. `dry_run` writes nothing.
    """

    file: Path
    client: str
    format: str = AUTO
    create_client: bool = False
    create_products: bool = False
    as_departed: bool = False
    dry_run: bool = False


class Progress(Protocol):
    """Told what is being done, and how many bytes of the file, of how many, that has got through."""

    def __call__(self, stage: str, done: int, size: int) -> None: ...


class Source:
    """Opens the file, tells its format, and finds the orders whose rows stand apart.

    Refuses `unknown_format`, `wrong_columns`, and what `read_rows` refuses.
    """

    def __init__(
        self, request: ImportRequest, progress: Progress, *, zone: ZoneInfo = UTC, may_be_packed: bool = True
    ) -> None:
        """`zone` is what a time means that names none."""
        self.request = request
        self._path = request.file
        self._progress = progress
        self._zone = zone
        self._may_be_packed = may_be_packed
        columns = read_columns(self._path, separators=_SEPARATORS, may_be_packed=may_be_packed)
        self._stamp = self._changed_at
        self.format = kind = _format(request.format, columns)
        columns = read_columns(self._path, separators=kind.separators, may_be_packed=may_be_packed)
        if kind.of_shop:
            columns = [name for name in columns if kind.reads(name)]
            check_columns(columns, required=kind.required, optional=columns, of=f" of the format {kind.name}")
        else:
            check_columns(columns, required=kind.required, optional=kind.optional, of=f" of the format {kind.name}")
        self._scattered = scattered_orders(self._rows("Reading"), kind)

    @property
    def brings_goods(self) -> bool:
        """Whether orders may have left before, so that their goods come and go with them."""
        return self.request.as_departed or self.format.of_shop

    def orders(self, stage: str) -> Iterator[ReadOrder]:
        """Every order, once all its rows have come. Refuses `file_changed`, `scattered_orders`.

        An order of a shop that cannot be read is among them, with its refusal.
        """
        for number, rows in by_order(self._rows(stage), self.format, self._scattered):
            read = self._read_of_shop(number, rows) if self.format.of_shop else self._read(number, rows)
            if read.order is not None:
                read = _departed(read, read.order) if self.request.as_departed else held(read, read.order)
            yield read

    def _read(self, number: str, rows: Sequence[Row]) -> ReadOrder:
        return self.format.read_order(number, rows, self._zone)

    def _read_of_shop(self, number: str, rows: Sequence[Row]) -> ReadOrder:
        try:
            read = self._read(number, rows)
            return replace(read, order=clean_order(read.order)) if read.order else read
        except Refusal as refusal:
            line = rows[0].line
            return ReadOrder(line, len(rows), None, number=number, refusal=in_line(line, refusal))

    def _rows(self, stage: str) -> Iterator[Row]:
        if self._changed_at != self._stamp:
            raise Refusal("file_changed", f"{self._path.name} was changed while it was read.", file=self._path.name)
        return read_rows(
            self._path,
            separators=self.format.separators,
            may_be_packed=self._may_be_packed,
            reads=self.format.reads,
            has_long_cells=self.format.of_shop,
            progress=lambda done, size: self._progress(stage, done, size),
        )

    @property
    def _changed_at(self) -> tuple[int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size


def _departed(read: ReadOrder, order: NewOrder) -> ReadOrder:
    departed_at = order.departed_at or order.placed_at
    return replace(read, order=replace(order, departed_at=departed_at, still_here=(), hold=""))


def _format(name: str, columns: list[str]) -> Format:
    layouts = [layout for layout in LAYOUTS if name in (AUTO, layout.name)]
    if not layouts:
        raise Refusal(
            "unknown_format",
            f"There is no format {intake.shown(name)}; known are {', '.join(FORMATS)}.",
            given=intake.shown(name),
            known=list(FORMATS),
        )
    # The one that more of the columns belong to, and that misses fewer, says best what is wrong with the others.
    best = max(
        layouts,
        key=lambda layout: (sum(map(layout.reads, {*columns})), -len({*layout.required} - {*columns})),
    )
    if name == AUTO and len({*best.required} & {*columns}) < len(best.required) * _LEAST_SHARE:
        raise _no_format(columns)
    return best


def _no_format(columns: Sequence[str]) -> Refusal:
    needs: dict[str, list[str]] = {}
    for layout in LAYOUTS:
        needs.setdefault(layout.name, []).append(", ".join(layout.required))
    said = " ".join(f"{name} needs {'; or '.join(wanted)}." for name, wanted in needs.items())
    return Refusal(
        "wrong_columns",
        f"The columns fit no format. The first line must name those of one: {said}",
        line=1,
        given=[intake.shown(column) for column in columns[:MOST_COLUMNS_SHOWN]],
        known=[*FORMATS],
    )
