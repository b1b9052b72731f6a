"""Counting: what lies on the shelf is told, and the ledger gets the difference with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.fulfilment.items import known_warehouse
from reship.fulfilment.once import once
from reship.fulfilment.scanned import clean_code, products_scanned, unknown_code
from reship.fulfilment.stock import Adjustment, adjust_stock
from reship.inventory.ledger import Place, levels_at


@dataclass(frozen=True, slots=True)
class Count:
    """Units of a product, by SKU or barcode, that somebody counted in a warehouse; 0 is a count, too."""

    code: str
    counted: int | str


@dataclass(frozen=True, slots=True)
class Counted:
    """A count and what the books had said; both in units."""

    sku: str
    counted: int
    before: int

    @property
    def change(self) -> int:
        return self.counted - self.before


@dataclass(frozen=True, slots=True)
class CountResult:
    counted: tuple[Counted, ...]
    replayed: bool


def count_stock(
    counts: Sequence[Count],
    *,
    warehouse: str,
    reason: str,
    key: str | None = None,
    client: Client,
    actor: Actor,
    at: datetime,
) -> CountResult:
    """Makes the books say what was counted, all of it or nothing; a count that agrees with them writes nothing.

    The difference is taken while the levels are locked, so what others do meanwhile is not counted away. Refuses
    `not_allowed`, `nothing_selected`, `duplicate_item`, `unknown_code`, `unknown_warehouse`, `invalid_quantity`,
    `invalid_text`, `reason_required`, `request_key_reused`, and `units_promised` below what is allocated.
    """

    def work() -> dict[str, Any]:
        require(actor, Right.ADJUST_STOCK)
        if not counts:
            raise Refusal("nothing_selected", "Count at least one product.")
        if not intake.text(reason, field="reason", longest=300):
            raise Refusal("reason_required", "Say why the count is corrected: a reason is required.")
        building = known_warehouse(warehouse)
        codes = [clean_code(count.code) for count in counts]
        products = products_scanned(codes)
        units: dict[Place, int] = {}
        skus: dict[Place, str] = {}
        for code, count in zip(codes, counts, strict=True):
            if code not in products:
                raise unknown_code(code)
            place = Place(products[code].pk, building.pk)
            if place in units:
                raise Refusal("duplicate_item", f"{products[code].sku} is counted twice.", sku=products[code].sku)
            units[place], skus[place] = _units(count.counted, products[code].sku), products[code].sku
        levels = levels_at(client.pk, units, lock=True)
        told = [Counted(skus[place], units[place], levels[place].on_hand if place in levels else 0) for place in units]
        changed = [one for one in told if one.change]
        adjustments = [Adjustment(one.sku, warehouse, one.change, reason) for one in changed]
        for outcome in adjust_stock(adjustments, client=client, actor=actor, at=at) if adjustments else ():
            result_of([outcome])
        return {"counted": [[one.sku, one.counted, one.before] for one in told]}

    asked = ["count", warehouse, reason, [[count.code, str(count.counted)] for count in counts]]
    answered = once(work, key=key, asked=asked, client=client, actor=actor, at=at)
    return CountResult(tuple(Counted(*one) for one in answered.answer["counted"]), answered.replayed)


def _units(given: int | str, sku: str) -> int:
    """A whole number from 0: nothing of it lies there."""
    text = str(given).strip(" \t")
    return 0 if text and set(text) == {"0"} and len(text) <= 10 else intake.quantity(given, sku=sku)
