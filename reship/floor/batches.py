"""What a packer has claimed, and what is to be fetched for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django_scopes import scope, scopes_disabled

from reship.clients.models import Client
from reship.floor.models import BatchShipment, PickBatch
from reship.inventory.models import StockLevel
from reship.orders.models import Reshipment, Shipment, ShipmentLine, ShipmentStatus

MOST_IN_WORK = 500


@dataclass(frozen=True, slots=True)
class InWork:
    """A shipment in picking, with its order, client and warehouse at hand; `batch` is None when it is in none."""

    shipment: Shipment
    batch: int | None


@dataclass(frozen=True, slots=True)
class ToFetch:
    """Units of one product for one shipment, and the bin where they lie, if it has one."""

    line: ShipmentLine
    bin: str


def in_work_of(user_id: int, *, client_ids: Sequence[int]) -> list[InWork]:
    """What one packer is picking, oldest first, at most `MOST_IN_WORK` shipments; two statements."""
    with scopes_disabled():
        shipments = list(
            Shipment.objects.filter(client_id__in=sorted(client_ids), status=ShipmentStatus.PICKING, picker_id=user_id)
            .select_related("order", "client", "warehouse")
            .order_by("picking_at", "opened_at", "pk")[:MOST_IN_WORK]
        )
        members = BatchShipment.objects.filter(
            client_id__in=sorted({shipment.client_id for shipment in shipments}),
            shipment_id__in=[shipment.pk for shipment in shipments],
        )
        batches = dict(members.values_list("shipment_id", "batch__number"))
    return [InWork(shipment, batches.get(shipment.pk)) for shipment in shipments]


def batch_numbered(client: Client, number: int) -> PickBatch:
    """Raises `PickBatch.DoesNotExist`."""
    with scope(client=client.pk):
        return PickBatch.objects.select_related("warehouse", "client").get(number=number)


def shipments_of(batch: PickBatch) -> list[Shipment]:
    """All that was claimed in it, oldest first, with their orders; one statement."""
    with scope(client=batch.client_id):
        members = BatchShipment.objects.filter(batch_id=batch.pk).select_related("shipment__order")
        return [member.shipment for member in members.order_by("shipment__opened_at", "shipment_id")]


def to_fetch(client: Client, shipments: Sequence[Shipment]) -> list[ToFetch]:
    """What these shipments of one client need, in the order of a walk: by bin, then by SKU; two statements."""
    warehouses = {shipment.pk: shipment.warehouse_id for shipment in shipments}
    with scope(client=client.pk):
        lines = list(
            ShipmentLine.objects.filter(shipment_id__in=sorted(warehouses), quantity__gt=0).select_related("product")
        )
        levels = StockLevel.objects.filter(
            product_id__in=sorted({line.product_id for line in lines}),
            warehouse_id__in=sorted(set(warehouses.values())),
        )
        bins = {(product, at): place for product, at, place in levels.values_list("product_id", "warehouse_id", "bin")}
    found = [ToFetch(line, bins.get((line.product_id, warehouses[line.shipment_id]), "")) for line in lines]
    # What lies in no known bin comes last: it has to be looked for.
    return sorted(found, key=lambda fetch: (not fetch.bin, fetch.bin, fetch.line.sku, fetch.line.shipment_id))


def reshipments_among(client: Client, shipments: Sequence[Shipment]) -> dict[int, Reshipment]:
    """The records that made them, by the shipment's id; one statement."""
    with scope(client=client.pk):
        made = Reshipment.objects.filter(shipment_id__in=[shipment.pk for shipment in shipments])
        return {reshipment.shipment_id: reshipment for reshipment in made}
