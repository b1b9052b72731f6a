"""The file in its format, to be read from the front as often as needed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from reship import intake
from reship.errors import Refusal
from reship.imports.online_retail import ONLINE_RETAIL
from reship.imports.reship_csv import RESHIP
from reship.imports.rows import Format, ReadOrder, by_order, scattered_orders
from reship.imports.sheet import Row, check_columns, read_columns, read_rows

FORMATS = {known.name: known for known in (RESHIP, ONLINE_RETAIL)}
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file of orders for one client, known by its code.

    `as_departed`: the parcels left long ago, so their goods are received first and leave at the time of the order.
    Without it, the orders take stock that is there, and wait to be picked. `dry_run` writes nothing.
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

    def __init__(self, request: ImportRequest, progress: Progress) -> None:
        self.request = request
        self._path = request.file
        self._progress = progress
        columns = read_columns(self._path)
        self._stamp = self._changed_at
        self._format = _format(request.format, columns)
        check_columns(columns, required=self._format.required, optional=self._format.optional)
        self._scattered = scattered_orders(self._rows("Reading"), self._format.order_number)

    def orders(self, stage: str) -> Iterator[ReadOrder]:
        """Every order, once all its rows have come. Refuses `file_changed`, `scattered_orders`."""
        for number, rows in by_order(self._rows(stage), self._format.order_number, self._scattered):
            read = self._format.read_order(number, rows)
            if self.request.as_departed and read.order is not None:
                read = replace(read, order=replace(read.order, departed_at=read.order.placed_at))
            yield read

    def _rows(self, stage: str) -> Iterator[Row]:
        if self._changed_at != self._stamp:
            raise Refusal("file_changed", f"{self._path.name} was changed while it was read.", file=self._path.name)
        return read_rows(self._path, progress=lambda done, size: self._progress(stage, done, size))

    @property
    def _changed_at(self) -> tuple[int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size


def _format(name: str, columns: list[str]) -> Format:
    if name in FORMATS:
        return FORMATS[name]
    if name != AUTO:
        raise Refusal(
            "unknown_format",
            f"There is no format {intake.shown(name)}; known are {', '.join(FORMATS)}.",
            given=intake.shown(name),
            known=list(FORMATS),
        )
    # The one that more of the columns belong to says best what is wrong with the others.
    return max(FORMATS.values(), key=lambda known: len({*known.required, *known.optional} & {*columns}))
