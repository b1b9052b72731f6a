"""A verb's work for the API: done, or rehearsed for a dry run, and the desk as it was left."""

from collections.abc import Callable
from typing import TypeVar

from reship.api.caller import ApiRequest
from reship.api.reshipments import warehouse_codes
from reship.api.schemas import StockEffectTold
from reship.fulfilment.desk import Desk, at_desk, rehearse

T = TypeVar("T")


def do(work: Callable[[Desk], T], request: ApiRequest, *, dry_run: bool = False) -> tuple[T, Desk]:
    """What the work answers, and the desk: the orders on it are as they are stored now, or would be after the deed.

    A dry run locks nothing, writes nothing, and refuses what the deed would refuse. Refuses what `work` refuses.
    """
    desks: list[Desk] = []

    def seen(desk: Desk) -> T:
        desks.append(desk)
        return work(desk)

    if dry_run:
        outcome, _ = rehearse(
            seen, client=request.client, actor=request.actor, at=request.at, assumed=lambda places: {}
        )
        for facts in desks[-1].orders.values():
            facts.order.status = facts.status()
    else:
        outcome = at_desk(seen, client=request.client, actor=request.actor, at=request.at)
    # After a conflict with another transaction, the work was done again at a desk of its own.
    return outcome, desks[-1]


def stock_effects(desk: Desk) -> list[StockEffectTold]:
    """How the stock of the products on the desk was moved, or would be; inside the client's scope."""
    moves = desk.ledger.moves()
    if not moves:
        return []
    skus = {
        line.line.product_id: line.line.sku
        for facts in desk.orders.values()
        for of_shipment in facts.shipments
        for line in of_shipment.lines
    }
    codes = warehouse_codes({place.warehouse_id for place in moves})
    told = [StockEffectTold.of(skus[place.product_id], codes[place.warehouse_id], moves[place]) for place in moves]
    return sorted(told, key=lambda effect: (effect.sku, effect.warehouse))
