"""Restocking: the goods of a returned parcel are put away and can be sold again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts
from reship.fulfilment.items import chosen_items
from reship.fulfilment.refusals import already_added_back
from reship.fulfilment.step import require_status, take_steps
from reship.inventory.models import EntryKind
from reship.orders.history import Item, items_as_facts
from reship.orders.models import EventType, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class RestockRequest:
    """A returned shipment whose goods go back on the shelf; without `items`, all that has not come back yet."""

    shipment: str
    items: tuple[Item, ...] | None = None


def restock_shipments(
    requests: Sequence[RestockRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Puts units of returned parcels on hand again.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `nothing_selected`, `unknown_item`,
    `invalid_quantity`, `duplicate_item`, and `already_added_back`: each unit comes back once.
    """
    steps = [(request.shipment, partial(_restock, request)) for request in requests]
    return take_steps(steps, client=client, actor=actor, at=at)


def check_restock(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.RETURNED)
    if not any(line.left_to_add_back for line in of_shipment.units):
        raise already_added_back(of_shipment, of_shipment.units[0], of_shipment.units[0].line.quantity)


def restock_shipment(request: RestockRequest, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(restock_shipments([request], client=client, actor=actor, at=at))


def _restock(request: RestockRequest, desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    check_restock(facts, of_shipment)
    chosen = _chosen(of_shipment, request)
    for line, quantity in chosen:
        desk.ledger.record(EntryKind.RESTOCKED, of_shipment.place(line), quantity, line=line.line)
        desk.use(line, added_back=quantity)
    desk.history.record(
        EventType.SHIPMENT_RESTOCKED,
        facts.order,
        shipment=of_shipment.shipment,
        items=items_as_facts(Item(line.line.sku, quantity) for line, quantity in chosen),
    )


def _chosen(of_shipment: ShipmentFacts, request: RestockRequest) -> list[tuple[LineFacts, int]]:
    if request.items is None:
        return [(line, line.left_to_add_back) for line in of_shipment.units if line.left_to_add_back]
    chosen = chosen_items(of_shipment, ((item.sku, item.quantity) for item in request.items))
    for line, quantity in chosen:
        if quantity > line.left_to_add_back:
            raise already_added_back(of_shipment, line, quantity)
    return chosen
