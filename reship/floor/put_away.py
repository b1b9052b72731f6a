"""What has to be put away: superseded parcels to pull, returned parcels to inspect, and whose a scanned parcel is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django_scopes import scopes_disabled

from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset, Part
from reship.floor.models import PullTask, Scan, ScanOutcome, ScanPurpose
from reship.orders.models import LineUsage, Reshipment, Shipment, ShipmentLine, ShipmentStatus


@dataclass(frozen=True, slots=True)
class PullRow:
    """A parcel to pull: what is in it, how much of it was put away already, and what goes out in its stead."""

    task: PullTask
    units: int
    scanned: int
    superseded_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PullPage:
    rows: tuple[PullRow, ...]
    previous: Cursor | None
    next: Cursor | None


def open_pull_tasks(*, client_ids: Sequence[int] | None, limit: int, after: Cursor | None = None) -> PullPage:
    """The tasks that are to do, oldest first, of these clients, or of all when None: for the company only.

    At most four statements; one more for all clients. Refuses `invalid_cursor`.
    """
    with scopes_disabled():
        open_ones = PullTask.objects.filter(
            client_id__in=_ids(client_ids), done_at__isnull=True, voided_at__isnull=True
        )
        related = open_ones.select_related("shipment__order", "shipment__warehouse", "client")
        part = _OLDEST.part_of(related, limit=limit, after=after)
        parcels = [task.shipment_id for task in part.rows]
        clients = sorted({task.client_id for task in part.rows})
        units: Counter[int] = Counter()
        lines = ShipmentLine.objects.filter(client_id__in=clients, shipment_id__in=parcels)
        for shipment_id, quantity in lines.values_list("shipment_id", "quantity"):
            units[shipment_id] += quantity
        scanned: Counter[int] = Counter()
        scans = Scan.objects.filter(client_id__in=clients, shipment_id__in=parcels, purpose=ScanPurpose.PULL)
        for shipment_id, quantity in scans.filter(outcome=ScanOutcome.GOOD).values_list("shipment_id", "quantity"):
            scanned[shipment_id] += quantity
        sent: dict[int, list[str]] = {}
        made = Reshipment.objects.filter(client_id__in=clients, source_id__in=parcels, cancelled_at__isnull=True)
        for source_id, number in made.order_by("pk").values_list("source_id", "shipment__number"):
            sent.setdefault(source_id, []).append(number)
    rows = tuple(
        PullRow(task, _in_it(task.shipment, units), scanned[task.shipment_id], tuple(sent.get(task.shipment_id, ())))
        for task in part.rows
    )
    return PullPage(rows, part.previous, part.next)


def returned_parcels(*, client_ids: Sequence[int] | None, limit: int, after: Cursor | None = None) -> Part[Shipment]:
    """The parcels that came back and have units that nobody has inspected, the one that waits longest first.

    Of these clients, or of all when None: for the company only. One statement. Refuses `invalid_cursor`.
    """
    with scopes_disabled():
        usage = LineUsage.objects.filter(client_id=OuterRef("client_id"), line_id=OuterRef("pk")).values("added_back")
        lines = ShipmentLine.objects.filter(client_id=OuterRef("client_id"), shipment_id=OuterRef("pk"))
        left = lines.filter(quantity__gt=Coalesce(Subquery(usage), 0))
        returned = Shipment.objects.filter(_IS_RETURNED, Exists(left))
        # All clients are not named: SQLite would enter an index once for each of them, and not the one of the returned.
        of_clients = returned if client_ids is None else returned.filter(client_id__in=sorted(set(client_ids)))
        related = of_clients.select_related("order", "client", "warehouse")
        return _LONGEST_BACK.part_of(related, limit=limit, after=after)


def parcels_with(code: str, *, client_ids: Sequence[int] | None) -> list[Shipment]:
    """The shipments with this number, or if there is none with this tracking number, of these clients or of all.

    A number is one client's own, so several clients may have it; each shipment has its client. At most two statements;
    one more for all clients.
    """
    with scopes_disabled():
        shipments = Shipment.objects.filter(client_id__in=_ids(client_ids)).select_related("client")
        numbered = list(shipments.filter(number=code).order_by("pk")[:20])
        tracked = shipments.filter(~Q(tracking_number=""), tracking_number=code)
        return numbered or list(tracked.order_by(F("opened_at").desc(), "pk")[:20])


# In the index's own words, or SQLite would not take it.
_IS_RETURNED = RawSQL("orders_shipment.status = 'RETURNED'", (), output_field=BooleanField())
_OLDEST = Keyset("oldest", "made_at", datetime)
_LONGEST_BACK = Keyset("returned", "returned_at", datetime)


def _in_it(shipment: Shipment, units: Counter[int]) -> int:
    """What nobody has begun to pick lies on its shelf still."""
    return 0 if shipment.status == ShipmentStatus.OPEN else units[shipment.pk]


def _ids(client_ids: Sequence[int] | None) -> list[int]:
    """An index that begins with the client is entered once per client, so all of them are named."""
    return sorted(set(Client.objects.values_list("pk", flat=True) if client_ids is None else client_ids))
