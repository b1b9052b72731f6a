"""Keeping a scan: each is on record, good or not, in the order in which they came."""

from reship.database.many import insert_many
from reship.floor.models import Scan, ScanOutcome, ScanPurpose
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import LineFacts, ShipmentFacts


def keep_scan(
    desk: Desk,
    of_shipment: ShipmentFacts,
    line: LineFacts | None,
    *,
    purpose: ScanPurpose,
    outcome: ScanOutcome,
    code: str = "",
    quantity: int = 1,
) -> None:
    """Writes the next scan of a parcel, whose order is locked; `line` is what the code means, if anything."""
    shipment = of_shipment.shipment
    last = Scan.objects.filter(shipment=shipment).order_by("-sequence").values_list("sequence", flat=True).first()
    scan = Scan(
        client_id=desk.client.pk,
        shipment=shipment,
        line=line.line if line else None,
        purpose=purpose,
        outcome=outcome,
        code=code,
        quantity=quantity,
        sequence=(last or 0) + 1,
        actor=desk.actor.name,
        user_id=desk.actor.user_id,
        at=desk.at,
    )
    insert_many(desk.client.pk, [scan])
