"""Taking a parcel over: another packer goes on with what somebody has begun, and history says so."""

from datetime import datetime

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.step import require_free_to_go, require_status, take_steps
from reship.orders.models import EventType, Shipment, ShipmentStatus


def take_over(number: str, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    """Makes the actor the one who works on a parcel in picking. What was scanned stays verified.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `on_hold`, `units_added_back`, `waits_for_stock`, and
    `nobody_to_take_over_from` when the actor works on it already.
    """
    return result_of(take_steps([(number, _take)], client=client, actor=actor, at=at))


def _take(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    shipment, actor = of_shipment.shipment, desk.actor
    require_status(of_shipment, ShipmentStatus.PICKING)
    require_free_to_go(facts, of_shipment)
    if actor.user_id is None or shipment.picker_id == actor.user_id:
        raise Refusal(
            "nobody_to_take_over_from",
            f"{shipment.picked_by} works on {shipment.number}: there is nobody to take it over from.",
            shipment=shipment.number,
            picked_by=shipment.picked_by,
        )
    before = shipment.picked_by
    desk.change(shipment, picked_by=actor.name, picker_id=actor.user_id)
    desk.history.record(EventType.SHIPMENT_TAKEN_OVER, facts.order, shipment=shipment, before=before)
