"""Receiving at the dock: goods by scan or by list, all of them or none, once however often they are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reship import intake
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.many import update_many
from reship.errors import Refusal
from reship.fulfilment.once import once
from reship.fulfilment.scanned import LONGEST_CODE, clean_code, products_scanned, unknown_code
from reship.fulfilment.stock import Delivery, receive_stock
from reship.inventory.models import StockLevel

LONGEST_BIN = 40
MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Goods:
    """Units that arrived, by a SKU or barcode, and the bin that they are put into; an empty one changes nothing."""

    code: str
    quantity: int | str
    bin: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """One product after its goods were received, in units, and the waiting shipments that got some of them."""

    sku: str
    quantity: int
    on_hand: int
    available: int
    served: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was received together; `replayed` when the same request had been answered before."""

    received: tuple[Received, ...]
    replayed: bool

    @property
    def units(self) -> int:
        return sum(one.quantity for one in self.received)

    @property
    def served(self) -> list[str]:
        """The waiting shipments that got units, each once."""
        return list(dict.fromkeys(number for one in self.received for number in one.served))


def receive_goods(
    goods: Sequence[Goods],
    *,
    warehouse: str,
    reason: str = "",
    key: str | None = None,
    client: Client,
    actor: Actor,
    at: datetime,
) -> Receipt:
    """Puts goods on hand in one warehouse, all of them or none; `reason` is the delivery note, for the ledger.

    Refuses `nothing_selected`, `too_many_rows`, `invalid_text`, `unknown_code`, `request_key_reused`, and whatever
    `receive_stock` refuses; with several goods, naming the first line that cannot be.
    """
    if not goods:
        raise Refusal("nothing_selected", "Scan or list at least one product.")
    if len(goods) > MOST_LINES:
        raise Refusal(
            "too_many_rows",
            f"{len(goods)} lines are too many at once; at most {MOST_LINES} are taken.",
            given=len(goods),
            most=MOST_LINES,
        )

    def work() -> dict[str, Any]:
        codes = [_at_line(goods, position, lambda one: clean_code(one.code)) for position in range(len(goods))]
        bins = [_at_line(goods, position, _bin) for position in range(len(goods))]
        products = products_scanned(codes)
        for position, code in enumerate(codes):
            if code not in products:
                raise _named(goods, position, unknown_code(code))
        skus = [products[code].sku for code in codes]
        deliveries = [Delivery(sku, warehouse, one.quantity, reason) for sku, one in zip(skus, goods, strict=True)]
        received = []
        for position, moved in enumerate(receive_stock(deliveries, client=client, actor=actor, at=at)):
            if isinstance(moved, Refusal):
                raise _named(goods, position, moved)
            received.append(
                {
                    "sku": moved.sku,
                    "quantity": intake.quantity(goods[position].quantity),
                    "on_hand": moved.on_hand,
                    "available": moved.available,
                    "served": list(moved.served),
                }
            )
        _put_into(client, warehouse, {sku: given for sku, given in zip(skus, bins, strict=True) if given})
        return {"received": received}

    asked = ["receive", warehouse, reason, [[one.code, str(one.quantity), one.bin] for one in goods]]
    answered = once(work, key=key, asked=asked, client=client, actor=actor, at=at)
    return Receipt(
        tuple(
            Received(one["sku"], one["quantity"], one["on_hand"], one["available"], tuple(one["served"]))
            for one in answered.answer["received"]
        ),
        answered.replayed,
    )


def goods_of_text(text: str) -> list[Goods]:
    """A pasted or scanned list: a line each with code, quantity (1 without) and bin, split by tab, semicolon or comma.

    A code that is on several lines is received once for each.
    """
    found = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line.strip():
            continue
        split_at = next((mark for mark in "\t;," if mark in line), "\t")
        code, quantity, place, *_ = [*(part.strip() for part in line[: 4 * LONGEST_CODE].split(split_at)), "", ""]
        found.append(Goods(code, quantity or "1", place))
    return found


def _put_into(client: Client, warehouse: str, bins: Mapping[str, str]) -> None:
    """Keeps the bins of these SKUs; their levels are locked by what was just received."""
    if bins:
        levels = StockLevel.objects.filter(product__sku__in=sorted(bins), warehouse__code=warehouse)
        rows = [(pk, bins[sku]) for pk, sku in levels.values_list("pk", "product__sku")]
        update_many(StockLevel, client.pk, ["bin"], rows)


def _bin(one: Goods) -> str:
    return intake.text(one.bin, field="bin", longest=LONGEST_BIN)


def _at_line(goods: Sequence[Goods], position: int, check: Any) -> str:
    try:
        return str(check(goods[position]))
    except Refusal as refusal:
        raise _named(goods, position, refusal) from refusal


def _named(goods: Sequence[Goods], position: int, refusal: Refusal) -> Refusal:
    """The refusal with the line that it is about, when there are several."""
    if len(goods) == 1:
        return refusal
    return Refusal(refusal.code, f"Line {position + 1}: {refusal.message}", **{**refusal.figures, "line": position + 1})
