"""Refusals that more than one verb raises, in the same words and with the same figures."""

from reship.clients.access import Actor
from reship.errors import Figure, Refusal
from reship.fulfilment.facts import LineFacts, ShipmentFacts
from reship.orders.models import ShipmentStatus


def already_reshipped(source: ShipmentFacts, line: LineFacts, asked: int) -> Refusal:
    left = f"{line.left_to_reship} left, {asked} asked for" if line.left_to_reship else "nothing is left"
    return Refusal(
        "already_reshipped",
        f"{line.usage.reshipped} of {line.line.quantity} × {line.line.sku} of {source.shipment.number} are already "
        f"sent again by {', '.join(source.reshipped_as)}; {left}.",
        shipment=source.shipment.number,
        sku=line.line.sku,
        shipped=line.line.quantity,
        reshipped=line.usage.reshipped,
        left=line.left_to_reship,
        asked=asked,
        reshipments=list(source.reshipped_as),
    )


def already_added_back(of_shipment: ShipmentFacts, line: LineFacts, asked: int) -> Refusal:
    """Each unit comes back once, whether by a reship's add-back or by restocking."""
    return Refusal(
        "already_added_back",
        f"{line.usage.added_back} of {line.line.quantity} × {line.line.sku} of {of_shipment.shipment.number} are "
        f"already back in stock; {line.left_to_add_back} left, {asked} asked for.",
        shipment=of_shipment.shipment.number,
        sku=line.line.sku,
        shipped=line.line.quantity,
        added_back=line.usage.added_back,
        left=line.left_to_add_back,
        asked=asked,
    )


def not_enough_available(sku: str, *, asked: int, available: int, **figures: Figure) -> Refusal:
    return Refusal(
        "not_enough_available",
        f"{asked} × {sku} were asked for; {available} available.",
        sku=sku,
        asked=asked,
        available=available,
        **figures,
    )


def refuse_other_packer(of_shipment: ShipmentFacts, actor: Actor) -> None:
    """Refuses `working_on_it`, with who and since when, to everybody but whoever picks the parcel."""
    shipment = of_shipment.shipment
    if shipment.picker_id is None or shipment.picker_id == actor.user_id:
        return
    assert shipment.picking_at is not None
    raise Refusal(
        "working_on_it",
        f"{shipment.picked_by} has been working on {shipment.number} since {shipment.picking_at:%Y-%m-%d %H:%M} UTC.",
        shipment=shipment.number,
        picked_by=shipment.picked_by,
        since=shipment.picking_at.isoformat(),
    )


def refuse_client_once_picking(of_shipment: ShipmentFacts, actor: Actor) -> None:
    """Refuses `picking_started` to the client's people, with who is working on the parcel and since when."""
    shipment = of_shipment.shipment
    if actor.is_of_company or shipment.status not in {ShipmentStatus.PICKING, ShipmentStatus.PACKED}:
        return
    assert shipment.picking_at is not None
    raise Refusal(
        "picking_started",
        f"{shipment.picked_by} has been working on {shipment.number} since {shipment.picking_at:%Y-%m-%d %H:%M} UTC.",
        shipment=shipment.number,
        status=shipment.status,
        picked_by=shipment.picked_by,
        since=shipment.picking_at.isoformat(),
    )
