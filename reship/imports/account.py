"""What became of every row of an imported file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from reship.errors import Figure, Refusal
from reship.imports.rows import ReadOrder

MOST_REFUSALS_SHOWN = 20


@dataclass(slots=True)
class Account:
    """Adds up to the file: rows read = imported + merged + left out, whatever the causes are.

    `imported` rows became an order line of their own, `merged` ones were added to an earlier line of the same order,
    SKU and price.
    """

    orders_made: int = 0
    products_made: int = 0
    rows_read: int = 0
    rows_imported: int = 0
    rows_merged: int = 0
    rows_left_out: Counter[str] = field(default_factory=Counter)
    orders_left_out: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)
    """The first orders that a rule refused, with the lines where they begin."""

    def read(self, orders: Iterable[ReadOrder]) -> None:
        """Counts the rows of orders that were read, and those that are left out whatever becomes of the rest."""
        for read in orders:
            self.rows_read += read.rows
            self.rows_left_out += read.left_out

    def place(self, read: ReadOrder, refusal: Refusal | None) -> None:
        """Counts the other rows of an order: it was placed, or a rule refused it."""
        if refusal is None:
            self.orders_made += 1
            self.rows_imported += read.imported
            self.rows_merged += read.merged
            return
        self.orders_left_out[refusal.code] += 1
        self.rows_left_out[refusal.code] += read.imported + read.merged
        # That it is there already is how a second run goes, and needs no list.
        if refusal.code != "order_exists" and len(self.refusals) < MOST_REFUSALS_SHOWN:
            self.refusals.append((read.line, refusal))

    @property
    def adds_up(self) -> bool:
        return self.rows_read == self.rows_imported + self.rows_merged + self.rows_left_out.total()

    def as_json(self) -> dict[str, Figure]:
        return {
            "orders_made": self.orders_made,
            "orders_left_out": dict(sorted((+self.orders_left_out).items())),
            "products_made": self.products_made,
            "rows": {
                "read": self.rows_read,
                "imported": self.rows_imported,
                "merged": self.rows_merged,
                "left_out": dict(sorted((+self.rows_left_out).items())),
            },
            "refusals": [{"line": line, **refusal.as_json()} for line, refusal in self.refusals],
        }
