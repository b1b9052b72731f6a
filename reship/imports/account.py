"""What became of every row of an imported file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from reship.errors import Figure, Refusal
from reship.fulfilment.place_order import why_held
from reship.imports.rows import ReadOrder

MOST_REFUSALS_SHOWN = 20
MOST_REFUSALS_KEPT = 100_000
MOST_HOLDS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RefusedOrder:
    """An order that was left out by a rule, with the line where it begins and the rows that it has in the file."""

    line: int
    rows: int
    number: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order that is held from its beginning on: the hold's kind, and why."""

    line: int
    number: str
    kind: str
    why: str


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
    noted: Counter[str] = field(default_factory=Counter)
    """Orders of which something within a row was changed or left off, by what."""
    refusals: list[RefusedOrder] = field(default_factory=list)
    """Orders that a rule refused."""
    holds: list[HeldOrder] = field(default_factory=list)
    """The first of the orders that are held; `orders_held` are all of them."""

    def read(self, orders: Iterable[ReadOrder]) -> None:
        """Counts the rows of orders that were read, and those that are left out whatever becomes of the rest."""
        for read in orders:
            self.rows_read += read.rows
            self.rows_left_out += read.left_out
            if read.cause:
                self.orders_left_out[read.cause] += 1
            if read.refusal is not None:
                self.place(read, read.refusal)

    def place(self, read: ReadOrder, refusal: Refusal | None) -> None:
        """Counts the other rows of an order: it was placed, or a rule refused it."""
        if refusal is None:
            self.orders_made += 1
            self.rows_imported += read.imported
            self.rows_merged += read.merged
            self.noted.update(read.noted.keys())
            if read.order is not None and read.order.hold and len(self.holds) < MOST_HOLDS_SHOWN:
                self.holds.append(HeldOrder(read.line, read.order.number, read.order.hold, why_held(read.order)))
            return
        self.orders_left_out[refusal.code] += 1
        self.rows_left_out[refusal.code] += read.rows_of_order
        # That it is there already is how a second run goes, and needs no list.
        if refusal.code != "order_exists" and len(self.refusals) < MOST_REFUSALS_KEPT:
            number = read.order.number if read.order else read.number
            # A copy: what was raised holds on to all that lay on the desk.
            kept = Refusal(refusal.code, refusal.message, **refusal.figures)
            self.refusals.append(RefusedOrder(read.line, read.rows, number, kept))

    @property
    def orders_held(self) -> int:
        return self.noted["payment_hold"] + self.noted["address_hold"]

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
            "noted": dict(sorted(self.noted.items())),
            "held": [
                {"line": held.line, "order": held.number, "hold": held.kind, "why": held.why} for held in self.holds
            ],
            "refusals": [
                {**refused.refusal.as_json(), "line": refused.line, "order": refused.number}
                for refused in self.refusals[:MOST_REFUSALS_SHOWN]
            ],
        }
