"""Pull tasks: asked for when a parcel is superseded, void when it is not any more, binding once they are done."""

from collections.abc import Collection

from reship.floor.models import PullTask
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import ShipmentFacts
from reship.orders.models import ShipmentStatus


def ask_to_pull(desk: Desk, superseded: ShipmentFacts) -> None:
    """Asks for a parcel to be found, unpacked and put away, of which units were just added back.

    Goods that nobody took off the shelf yet need no finding: then only units that are left in the parcel do.
    """
    was_touched = superseded.shipment.status != ShipmentStatus.OPEN
    if was_touched or any(line.allocated for line in superseded.lines):
        desk.add(PullTask(client_id=desk.client.pk, shipment=superseded.shipment, made_at=desk.at))


def pull_tasks(shipment_ids: Collection[int]) -> dict[int, PullTask]:
    """The tasks of these shipments, done or not, by the shipment's id; in the scope of the client. One statement."""
    if not shipment_ids:
        return {}
    tasks = PullTask.objects.filter(shipment_id__in=sorted(shipment_ids), voided_at__isnull=True)
    return {task.shipment_id: task for task in tasks.order_by("pk")}
