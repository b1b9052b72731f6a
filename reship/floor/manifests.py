"""What leaves with whom: the manifests, their parcels, and the packed parcels that still stand at the dock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django_scopes import scope, scopes_disabled

from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset, Part
from reship.floor.models import Manifest, ManifestShipment, PullTask
from reship.orders.models import Hold, LineUsage, Shipment, ShipmentLine


@dataclass(frozen=True, slots=True)
class PackedParcel:
    """A packed parcel at the dock; `stopped` says in a few words why it may not go, empty when it may."""

    shipment: Shipment
    units: int
    stopped: str


@dataclass(frozen=True, slots=True)
class PackedPage:
    rows: tuple[PackedParcel, ...]
    previous: Cursor | None
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class LoadedParcel:
    """A parcel of a manifest, with the units that are in it."""

    shipment: Shipment
    units: int


def find_manifests(*, client_ids: Sequence[int] | None, limit: int, after: Cursor | None = None) -> Part[Manifest]:
    """Manifests, newest first, of these clients, or of all when `client_ids` is None: for the company only.

    One statement. Each has its client and warehouse at hand, and `parcels`, how many it has. Refuses `invalid_cursor`.
    """
    with scopes_disabled():
        manifests = Manifest.objects.all() if client_ids is None else Manifest.objects.filter(client_id__in=client_ids)
        return _NEWEST.part_of(_counted(manifests), limit=limit, after=after)


def manifest_numbered(client: Client, number: int) -> Manifest:
    """Raises `Manifest.DoesNotExist`. One statement, as above."""
    with scope(client=client.pk):
        return _counted(Manifest.objects.filter(number=number)).get()


def loaded_parcels(manifest: Manifest, *, latest: int | None = None) -> list[LoadedParcel]:
    """Its parcels in the order in which they left; or its `latest` ones, the last one first. One statement."""
    with scope(client=manifest.client_id):
        units = ShipmentLine.objects.filter(client_id=OuterRef("client_id"), shipment_id=OuterRef("shipment_id"))
        summed = units.order_by().values("shipment_id").annotate(units=Sum("quantity")).values("units")
        rows = ManifestShipment.objects.filter(manifest_id=manifest.pk).select_related("shipment__order")
        counted = rows.annotate(units=Coalesce(Subquery(summed), 0))
        ordered = counted.order_by("pk") if latest is None else counted.order_by("-pk")[:latest]
        return [LoadedParcel(row.shipment, row.__dict__["units"]) for row in ordered]


def packed_parcels(
    client: Client, *, warehouse_id: int, carrier: str = "", limit: int, after: Cursor | None = None
) -> PackedPage:
    """The client's packed parcels in a warehouse, oldest first; with a carrier, those whose label is of no other.

    At most four statements. Refuses `invalid_cursor`.
    """
    with scope(client=client.pk):
        # A parcel that was pulled stays packed in the books, but it stands nowhere any more.
        pulled = PullTask.objects.filter(client_id=OuterRef("client_id"), shipment_id=OuterRef("pk"))
        is_pulled = Exists(pulled.filter(done_at__isnull=False, voided_at__isnull=True))
        packed = Shipment.objects.filter(_IS_PACKED, ~is_pulled, warehouse_id=warehouse_id)
        if carrier:
            packed = packed.filter(carrier__in=["", carrier])
        part = _OLDEST.part_of(packed.select_related("order"), limit=limit, after=after)
        ids = [shipment.pk for shipment in part.rows]
        held = _held(part.rows)
        added_back = LineUsage.objects.filter(line__shipment_id__in=ids, added_back__gt=0)
        superseded = set(added_back.values_list("line__shipment_id", flat=True))
        lines = ShipmentLine.objects.filter(shipment_id__in=ids).order_by().values_list("shipment_id")
        units = dict(lines.annotate(units=Sum("quantity")))
    rows = tuple(
        PackedParcel(
            shipment,
            units.get(shipment.pk, 0),
            "superseded" if shipment.pk in superseded else "on hold" if shipment.pk in held else "",
        )
        for shipment in part.rows
    )
    return PackedPage(rows, part.previous, part.next)


# With the words of the index of what has still to go, or SQLite would not take it.
_IS_PACKED = RawSQL(
    "orders_shipment.status IN ('OPEN', 'PICKING', 'PACKED') AND orders_shipment.status = 'PACKED'",
    (),
    output_field=BooleanField(),
)
_NEWEST = Keyset("newest", "made_at", datetime, is_descending=True)
_OLDEST = Keyset("oldest", "opened_at", datetime)


def _counted(manifests: "QuerySet[Manifest]") -> "QuerySet[Manifest]":
    parcels = ManifestShipment.objects.filter(client_id=OuterRef("client_id"), manifest_id=OuterRef("pk"))
    counted = parcels.order_by().values("manifest_id").annotate(parcels=Count("pk")).values("parcels")
    return manifests.annotate(parcels=Coalesce(Subquery(counted), 0)).select_related("client", "warehouse")


def _held(shipments: Sequence[Shipment]) -> set[int]:
    """Those of these shipments that a hold stops, be it on the whole order."""
    holds = Hold.objects.filter(order_id__in=[shipment.order_id for shipment in shipments], lifted_at__isnull=True)
    places: set[tuple[int, int | None]] = set(holds.values_list("order_id", "shipment_id"))
    return {
        shipment.pk
        for shipment in shipments
        if (shipment.order_id, None) in places or (shipment.order_id, shipment.pk) in places
    }
