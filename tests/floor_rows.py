"""One row of each record of the warehouse floor, for tests of what every table has in common."""

from django_scopes import scope

from reship.catalog.models import Warehouse
from reship.clients.models import AccountEvent, Client
from reship.floor.models import (
    BatchShipment,
    Label,
    Manifest,
    ManifestShipment,
    PickBatch,
    PullTask,
    Question,
    QuestionKind,
    Scan,
    ScanOutcome,
    ScanPurpose,
    TrackingEvent,
)
from reship.orders.models import EvidencePhoto, Reshipment, ShipmentLine
from tests.world import World


def add_floor_rows(world: World, client: Client) -> None:
    """About the client's first shipment, and the first reshipment if there is one; written as they are, by no verb."""
    at, warehouse = world.later(), Warehouse.objects.get(code="MAIN")
    with scope(client=client.pk):
        line = ShipmentLine.objects.select_related("shipment").order_by("pk")[0]
        of = {"client": client, "shipment": line.shipment}
        batch = PickBatch.objects.create(
            client=client, number=1001, warehouse=warehouse, claimed_by="Pim", claimed_at=at
        )
        BatchShipment.objects.get_or_create(**of, defaults={"batch": batch})
        manifest = Manifest.objects.create(client=client, number=1001, warehouse=warehouse, made_by="Pim", made_at=at)
        ManifestShipment.objects.get_or_create(**of, defaults={"manifest": manifest})
        PullTask.objects.get_or_create(**of, defaults={"made_at": at})
        scanned = {"purpose": ScanPurpose.PACK, "outcome": ScanOutcome.GOOD, "sequence": 1001, "at": at}
        Scan.objects.create(**of, line=line, actor="Pim", **scanned)
        Label.objects.create(**of, reference="L-1001", carrier="sandbox", asked_by="Pim", asked_at=at, state="VOIDED")
        TrackingEvent.objects.create(**of, status="in_transit", at=at, received_at=at)
        asked = {"kind": QuestionKind.CHANGE, "text": "Blue?", "asked_by": "Dana", "asked_at": at}
        Question.objects.create(**of, order_id=line.shipment.order_id, **asked)
        reshipment = Reshipment.objects.order_by("pk").first()
        if reshipment is not None:
            photo = {"name": "a.jpg", "content": b"", "sha256": "0", "added_by": "Dana", "added_at": at}
            EvidencePhoto.objects.create(client=client, reshipment=reshipment, position=1, **photo)
    AccountEvent.objects.create(at=at, what="signed_in", client=client, actor="Dana")
