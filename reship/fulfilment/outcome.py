"""What became of a parcel after it left: delivered, lost, or returned to the building."""

from collections.abc import Sequence
from datetime import datetime

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.late_arrival import hold_what_sends_it_again
from reship.fulfilment.step import require_status, take_steps
from reship.orders.models import EventType, Shipment, ShipmentStatus


def mark_delivered(numbers: Sequence[str], *, client: Client, actor: Actor, at: datetime) -> list[Shipment | Refusal]:
    """A parcel on its way, or one believed lost, arrived. Reshipments of it that are still here are held.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`.
    """

    def deliver(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
        check_delivered(facts, of_shipment)
        record_delivery(desk, facts, of_shipment, at=desk.at)

    return take_steps([(number, deliver) for number in numbers], client=client, actor=actor, at=at)


def mark_lost(numbers: Sequence[str], *, client: Client, actor: Actor, at: datetime) -> list[Shipment | Refusal]:
    """A parcel on its way will not arrive. Refuses `shipment_not_found`, `not_allowed`, `wrong_status`."""

    def lose(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
        check_lost(facts, of_shipment)
        record_loss(desk, facts, of_shipment, at=desk.at)

    return take_steps([(number, lose) for number in numbers], client=client, actor=actor, at=at)


def mark_returned(numbers: Sequence[str], *, client: Client, actor: Actor, at: datetime) -> list[Shipment | Refusal]:
    """A parcel that had left is back in the building. Its goods are not in stock before they are put away.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`.
    """

    def receive(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
        check_returned(facts, of_shipment)
        record_return(desk, facts, of_shipment, at=desk.at)

    return take_steps([(number, receive) for number in numbers], client=client, actor=actor, at=at)


def record_delivery(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts, *, at: datetime) -> None:
    """A parcel arrived; whoever calls has checked that it can have. What sends it again and is still here is held."""
    desk.change(of_shipment.shipment, status=ShipmentStatus.DELIVERED, delivered_at=at)
    desk.history.record(EventType.SHIPMENT_DELIVERED, facts.order, shipment=of_shipment.shipment, at=at)
    hold_what_sends_it_again(desk, facts, of_shipment)


def record_loss(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts, *, at: datetime) -> None:
    desk.change(of_shipment.shipment, status=ShipmentStatus.LOST, lost_at=at)
    desk.history.record(EventType.SHIPMENT_LOST, facts.order, shipment=of_shipment.shipment, at=at)


def record_return(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts, *, at: datetime) -> None:
    desk.change(of_shipment.shipment, status=ShipmentStatus.RETURNED, returned_at=at)
    desk.history.record(EventType.SHIPMENT_RETURNED, facts.order, shipment=of_shipment.shipment, at=at)


def check_delivered(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.DEPARTED, ShipmentStatus.LOST)


def check_lost(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.DEPARTED)


def check_returned(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.DEPARTED, ShipmentStatus.DELIVERED, ShipmentStatus.LOST)


def mark_shipment(number: str, status: ShipmentStatus, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    """One parcel's outcome: DELIVERED, LOST or RETURNED."""
    verb = {
        ShipmentStatus.DELIVERED: mark_delivered,
        ShipmentStatus.LOST: mark_lost,
        ShipmentStatus.RETURNED: mark_returned,
    }[status]
    return result_of(verb([number], client=client, actor=actor, at=at))
