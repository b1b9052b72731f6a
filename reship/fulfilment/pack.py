"""Packing: the parcel is closed and has its label. It is still in the building.

Every unit has been scanned into it, or somebody who may vouches for it: then history says that it was packed by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.refusals import refuse_other_packer
from reship.fulfilment.step import require_free_to_go, require_status, take_steps
from reship.fulfilment.verify import VerifiedUnits, not_verified
from reship.orders.models import EventType, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class PackRequest:
    """A shipment to close, with the carrier and tracking number of its label. Empty means those that it has already.

    `by_hand` closes a parcel whose units were not all scanned, whoever works on it.
    """

    shipment: str
    carrier: str = ""
    tracking_number: str = ""
    by_hand: bool = False


def pack_shipments(
    requests: Sequence[PackRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Closes picked parcels.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `on_hold`, `units_added_back`, `waits_for_stock`,
    `working_on_it`, `not_verified`, `invalid_text`.
    """
    verified = VerifiedUnits()
    steps = [(request.shipment, partial(pack, request, verified)) for request in requests]
    return take_steps(steps, client=client, actor=actor, at=at)


def pack(
    request: PackRequest, verified: VerifiedUnits, desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts
) -> None:
    check_pack(facts, of_shipment)
    is_verified = check_contents(verified, desk, of_shipment, by_hand=request.by_hand)
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
        by_hand=not is_verified,
    )


def check_contents(verified: VerifiedUnits, desk: Desk, of_shipment: ShipmentFacts, *, by_hand: bool) -> bool:
    """Whether all units of a parcel were scanned into it; what is missing is refused, unless somebody vouches for it.

    Refuses `not_allowed`, `working_on_it`, `not_verified`.
    """
    lines = verified.lines(desk, of_shipment)
    is_verified = all(line.is_complete for line in lines)
    if by_hand:
        require(desk.actor, Right.PACK_BY_HAND)
        return is_verified
    refuse_other_packer(of_shipment, desk.actor)
    if not is_verified:
        raise not_verified(of_shipment.shipment.number, lines)
    return True


def check_pack(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.PICKING)
    require_free_to_go(facts, of_shipment)


def pack_shipment(request: PackRequest, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(pack_shipments([request], client=client, actor=actor, at=at))
