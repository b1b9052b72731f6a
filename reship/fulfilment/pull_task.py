"""Pull tasks: asked for when a parcel is superseded, void when it is not any more, binding once somebody unpacks it."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef

from reship.floor.models import PullTask, Scan, ScanOutcome, ScanPurpose
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
    scans = Scan.objects.filter(
        client_id=OuterRef("client_id"), shipment_id=OuterRef("shipment_id"), purpose=ScanPurpose.PULL
    )
    tasks = PullTask.objects.filter(shipment_id__in=sorted(shipment_ids), voided_at__isnull=True)
    found = tasks.annotate(is_begun=Exists(scans.filter(outcome=ScanOutcome.GOOD)))
    return {task.shipment_id: task for task in found.order_by("pk")}


def is_binding(task: PullTask) -> bool:
    """Whether the parcel of a task from `pull_tasks` is put away, or somebody has begun to: it cannot go out then."""
    is_begun: bool = task.__dict__["is_begun"]
    return is_begun or task.done_at is not None
