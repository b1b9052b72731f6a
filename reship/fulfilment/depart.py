"""Departing: the truck has the parcel. Its units leave on hand, each exactly once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.step import require_free_to_go, require_status, take_steps
from reship.inventory.models import EntryKind
from reship.orders.history import items_as_facts
from reship.orders.models import Departure, EventType, Shipment, ShipmentStatus


def depart_shipments(
    numbers: Sequence[str], *, how: Departure, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Records that packed parcels left the warehouse, and how that is known.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `on_hold`, `units_added_back`.
    """

    def depart(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
        check_depart(facts, of_shipment)
        record_departure(desk, facts, of_shipment, how=how, departed_at=desk.at)

    return take_steps([(number, depart) for number in numbers], client=client, actor=actor, at=at)


def check_depart(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.PACKED)
    require_free_to_go(facts, of_shipment)


def depart_shipment(number: str, *, how: Departure, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(depart_shipments([number], how=how, client=client, actor=actor, at=at))


def record_departure(
    desk: Desk,
    facts: OrderFacts,
    of_shipment: ShipmentFacts,
    *,
    how: Departure,
    departed_at: datetime,
    manifest: int | None = None,
) -> None:
    """Moves a shipment's units off the shelves; whoever calls has checked that they may go.

    `manifest` is the number of the one that it leaves with, if it does.
    """
    shipment = of_shipment.shipment
    on_manifest: dict[str, Any] = {} if manifest is None else {"manifest": manifest}
    for line in of_shipment.units:
        desk.ledger.record(
            EntryKind.SHIPPED,
            of_shipment.place(line),
            line.line.quantity,
            line=line.line,
            reshipment=of_shipment.made_by,
        )
    desk.change(shipment, status=ShipmentStatus.DEPARTED, departed_at=departed_at, departure=how)
    desk.history.record(
        EventType.SHIPMENT_DEPARTED,
        facts.order,
        shipment=shipment,
        at=departed_at,
        how=how.label,
        tracking_number=shipment.tracking_number,
        items=items_as_facts(line.item for line in of_shipment.units),
        **on_manifest,
    )
