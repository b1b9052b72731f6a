"""The parcels of a job's orders: the latest of each is sent again, or all that have something left."""

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from reship.database.many import insert_from
from reship.jobs.models import ItemState, Job, JobItem
from reship.orders.models import IN_THE_BUILDING, LineUsage, Reshipment, Shipment, ShipmentLine, ShipmentStatus


def parcels_with_something_left() -> QuerySet[Shipment]:
    """The shipments of which something is left to reship, but for reshipments that have still to go.

    Inside the client's scope.
    """
    reshipped = LineUsage.objects.filter(line_id=OuterRef("pk")).values("reshipped")
    left = ShipmentLine.objects.filter(
        shipment_id=OuterRef("pk"),
        quantity__gt=Coalesce(Subquery(reshipped), 0, output_field=IntegerField()),
    )
    to_go = Exists(Reshipment.objects.filter(shipment_id=OuterRef("pk")))
    parcels = Shipment.objects.filter(Exists(left)).exclude(status=ShipmentStatus.CANCELLED)
    return parcels.exclude(to_go, status__in=sorted(IN_THE_BUILDING))


def other_parcels(numbers: list[str]) -> dict[str, int]:
    """How many parcels with something left these orders have besides the one that a reship means by default."""
    counted = (
        parcels_with_something_left()
        .filter(order__number__in=numbers)
        .values("order__number")
        .annotate(parcels=Count("pk"))
        .filter(parcels__gte=2)
        .order_by()
    )
    return {number: parcels - 1 for number, parcels in counted.values_list("order__number", "parcels")}


def name_all_parcels(job: Job) -> None:
    """Puts an item for each parcel in the place of orders that have several with something left, set-based.

    What a file asks for an order stays as it is, and so does an order that was left out. The caller holds the job's
    lock, and starts the dry run again.
    """
    whole_orders = JobItem.objects.filter(job_id=job.pk, source="", asked__isnull=True, state=ItemState.PENDING)
    parcels = parcels_with_something_left().filter(order__number__in=whole_orders.values("order_number"))
    several = parcels.values("order_id").annotate(parcels=Count("pk")).filter(parcels__gte=2).order_by()
    insert_from(
        JobItem,
        parcels.filter(order_id__in=several.values("order_id")),
        client_id=Value(job.client_id),
        job_id=Value(job.pk),
        position=Window(RowNumber(), order_by=[F("order__placed_at"), F("order_id"), F("opened_at"), F("pk")])
        + Value(job.last_position),
        order_number=F("order__number"),
        source=F("number"),
    )
    whole_orders.filter(order_number__in=_named_here(job).values("order_number")).delete()
    _count(job)


def name_latest_parcels(job: Job) -> None:
    """Undoes `name_all_parcels`. An order stays left out if each of its parcels was."""
    named = _named_here(job)
    of_order = named.filter(order_number=OuterRef("order_number"))
    insert_from(
        JobItem,
        named.filter(~Exists(of_order.filter(position__lt=OuterRef("position")))),
        client_id=Value(job.client_id),
        job_id=Value(job.pk),
        position=Window(RowNumber(), order_by=[F("position")]) + Value(job.last_position),
        order_number=F("order_number"),
        state=Case(
            When(Exists(of_order.filter(state=ItemState.PENDING)), then=Value(ItemState.PENDING)),
            default=Value(ItemState.LEFT_OUT),
        ),
    )
    named.delete()
    _count(job)


def _named_here(job: Job) -> QuerySet[JobItem]:
    """The items that `name_all_parcels` made; those whose parcel somebody named have something in `asked`."""
    return JobItem.objects.filter(job_id=job.pk, asked__isnull=True).exclude(source="")


def _count(job: Job) -> None:
    items = JobItem.objects.filter(job_id=job.pk)
    job.submitted = items.exclude(state=ItemState.LEFT_OUT).count()
    job.last_position = items.aggregate(last=Max("position"))["last"] or 0
