"""Picking, packing and departing in one go, for whoever has no scanner: the parcel is on the truck already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.fulfilment.depart import record_departure
from reship.fulfilment.desk import Desk, at_desk, shipment_not_found
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.pack import PackRequest, pack
from reship.fulfilment.pick import pick
from reship.fulfilment.step import require_free_to_go, require_status
from reship.fulfilment.verify import VerifiedUnits
from reship.orders.models import IN_THE_BUILDING, Departure, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class ShipRequest:
    """A shipment of an order to send off, from whichever step it is at; without a number, the latest that may go."""

    order_number: str
    shipment: str | None = None
    tracking_number: str = ""


def ship_shipments(
    requests: Sequence[ShipRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Takes every step that is left up to departure with each shipment, in one transaction; it is packed by hand.

    Refuses `order_not_found`, `not_allowed`, `shipment_not_found`, `no_shipment`, `wrong_status`, `on_hold`,
    `units_added_back`, `waits_for_stock`, `invalid_text`.
    """

    def work(desk: Desk) -> list[Shipment | Refusal]:
        desk.open_orders(request.order_number for request in requests)
        desk.lock_stock()
        return desk.each(requests, lambda request: _ship(desk, request))

    return at_desk(work, client=client, actor=actor, at=at)


def ship_shipment(request: ShipRequest, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(ship_shipments([request], client=client, actor=actor, at=at))


def _ship(desk: Desk, request: ShipRequest) -> Shipment:
    facts = desk.order(request.order_number)
    require(desk.actor, Right.WAREHOUSE_WORK)
    of_shipment = _to_go(facts, request.shipment)
    shipment = of_shipment.shipment
    # Whatever may be refused is, before the first step changes anything.
    require_status(of_shipment, ShipmentStatus.OPEN, ShipmentStatus.PICKING, ShipmentStatus.PACKED)
    require_free_to_go(facts, of_shipment)
    if shipment.status != ShipmentStatus.PACKED:
        require(desk.actor, Right.PACK_BY_HAND)
    tracking_number = intake.text(request.tracking_number, field="tracking number", longest=80)
    if shipment.status == ShipmentStatus.OPEN:
        pick(desk, facts, of_shipment)
    if shipment.status == ShipmentStatus.PICKING:
        label = PackRequest(shipment.number, tracking_number=tracking_number, by_hand=True)
        pack(label, VerifiedUnits(), desk, facts, of_shipment)
    elif tracking_number:
        desk.change(shipment, tracking_number=tracking_number)
    record_departure(desk, facts, of_shipment, how=Departure.HAND, departed_at=desk.at)
    desk.touch(facts)
    return shipment


def _to_go(facts: OrderFacts, number: str | None) -> ShipmentFacts:
    """The shipment that is meant; if none may go, the latest one, whose refusal says why."""
    if number is not None:
        named = facts.shipment(number)
        if named is None:
            raise shipment_not_found(number)
        return named
    if not facts.shipments:
        raise Refusal("no_shipment", f"Order {facts.order.number} has no shipment to send.", order=facts.order.number)
    in_the_building = [of for of in facts.shipments if of.shipment.status in IN_THE_BUILDING]
    free = [
        of for of in in_the_building if not (facts.holds or of.holds or of.is_superseded or of.shipment.waits_for_stock)
    ]
    return [*facts.shipments, *in_the_building, *free][-1]
