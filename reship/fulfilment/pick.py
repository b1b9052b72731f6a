"""Picking: a packer takes an open shipment's goods off the shelves. From here on clients cannot edit or hold it."""

from collections.abc import Sequence
from datetime import datetime

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.step import require_free_to_go, require_status, take_steps
from reship.orders.models import EventType, Shipment, ShipmentStatus


def pick_shipments(numbers: Sequence[str], *, client: Client, actor: Actor, at: datetime) -> list[Shipment | Refusal]:
    """Starts picking, of each shipment by itself; `claim_batch` starts it for many that are picked in one round.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `on_hold`, `units_added_back`, `waits_for_stock`.
    """
    return take_steps([(number, pick) for number in numbers], client=client, actor=actor, at=at)


def pick_shipment(number: str, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(pick_shipments([number], client=client, actor=actor, at=at))


def check_pick(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.OPEN)
    require_free_to_go(facts, of_shipment)


def pick(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts, *, batch: int | None = None) -> None:
    """`batch` is the number of the batch in which it is picked, if it is one."""
    check_pick(facts, of_shipment)
    desk.change(
        of_shipment.shipment,
        status=ShipmentStatus.PICKING,
        picking_at=desk.at,
        picked_by=desk.actor.name,
        picker_id=desk.actor.user_id,
    )
    desk.history.record(EventType.SHIPMENT_PICKING, facts.order, shipment=of_shipment.shipment, batch=batch)
