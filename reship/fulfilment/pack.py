"""Packing: the parcel is closed and has its label. It is still in the building."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from reship import intake
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.step import require_free_to_go, require_status, take_steps
from reship.orders.models import EventType, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class PackRequest:
    """A shipment to close, with the carrier and tracking number of its label. Empty means those that it has already."""

    shipment: str
    carrier: str = ""
    tracking_number: str = ""


def pack_shipments(
    requests: Sequence[PackRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Closes picked parcels.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `on_hold`, `units_added_back`, `invalid_text`.
    """
    steps = [(request.shipment, partial(pack, request)) for request in requests]
    return take_steps(steps, client=client, actor=actor, at=at)


def pack(request: PackRequest, desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    check_pack(facts, of_shipment)
    carrier = intake.text(request.carrier, field="carrier", longest=60)
    tracking_number = intake.text(request.tracking_number, field="tracking number", longest=80)
    desk.change(
        of_shipment.shipment,
        status=ShipmentStatus.PACKED,
        packed_at=desk.at,
        carrier=carrier or of_shipment.shipment.carrier,
        tracking_number=tracking_number or of_shipment.shipment.tracking_number,
    )
    desk.history.record(
        EventType.SHIPMENT_PACKED,
        facts.order,
        shipment=of_shipment.shipment,
        tracking_number=of_shipment.shipment.tracking_number,
    )


def check_pack(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.PICKING)
    require_free_to_go(facts, of_shipment)


def pack_shipment(request: PackRequest, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(pack_shipments([request], client=client, actor=actor, at=at))
