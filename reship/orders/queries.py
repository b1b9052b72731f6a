"""Finding orders: what the list of every door asks.

Every block of a query names its client, sub-queries too, so that it runs down an index that begins with the client.
Pages are found by the place where the last one ended, never by counting rows.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Sum
from django_scopes import scope, scopes_disabled

from reship import intake
from reship.database.keyset import Cursor, Keyset
from reship.database.search import part_spellings, whole_spellings
from reship.orders.models import Hold, HoldKind, Order, OrderLine, OrderStatus, Reshipment, Shipment, ShipmentLine

Row = TypeVar("Row", bound=Model)

LONGEST_SEARCH = 200


class OrderSort(StrEnum):
    """The orders of a list for which there is an index."""

    NEWEST = "-placed"
    OLDEST = "placed"
    NUMBER = "number"
    NUMBER_DOWN = "-number"


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders, and in which order. What is left out does not narrow the list.

    `search` is an order or shipment number, or the start of an order number; a part of the customer's name or e-mail
    address; a SKU; a tracking number. `on_hold` asks for a hold of any kind, `hold` for one kind. `reshipped` asks
    whether a reshipment was made that still counts. `placed_from` is included, `placed_before` is not.
    """

    search: str = ""
    status: OrderStatus | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    on_hold: bool = False
    hold: HoldKind | None = None
    reshipped: bool | None = None
    sort: OrderSort = OrderSort.NEWEST


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order with what a list shows of it: units ordered, latest shipment, active holds, reshipments that count."""

    order: Order
    units: int
    latest_shipment: Shipment | None
    holds: tuple[HoldKind, ...]
    reshipments: int


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A part of a list, and the places where the parts before and after it are to be had."""

    rows: tuple[OrderRow, ...]
    previous: Cursor | None
    next: Cursor | None


def find_orders(
    wanted: OrderFilter, *, client_ids: Sequence[int] | None, limit: int, after: Cursor | None = None
) -> OrderPage:
    """The orders of these clients, or of all of them when `client_ids` is None: for the fulfilment company only.

    At most `limit` rows; always the same number of statements. Refuses `invalid_cursor`, `invalid_text`.
    """
    if client_ids is not None and len(set(client_ids)) == 1:
        with scope(client=client_ids[0]):
            return _page(Order.objects.all(), wanted, limit, after, across_clients=False)
    with scopes_disabled():
        orders = Order.objects.all() if client_ids is None else Order.objects.filter(client_id__in=sorted(client_ids))
        return _page(orders, wanted, limit, after, across_clients=True)


def matching_orders(wanted: OrderFilter, client_id: int) -> QuerySet[Order]:
    """Every order of one client that fits, unsorted: for set-based work such as INSERT … SELECT of "all that match".

    May be evaluated outside the client's scope: every block names the client already. Refuses `invalid_text`.
    """
    with scope(client=client_id):
        return _narrowed(Order.objects.all(), wanted, across_clients=False).order_by()


def count_orders(wanted: OrderFilter, *, client_ids: Sequence[int] | None, limit: int = 10_000) -> int:
    """How many orders fit, counted no further than `limit` + 1, so that a large client costs no more than that.

    Of these clients, or of all when `client_ids` is None. Refuses `invalid_text`.
    """
    with scopes_disabled():
        orders = Order.objects.all() if client_ids is None else Order.objects.filter(client_id__in=sorted(client_ids))
        return _narrowed(orders, wanted, across_clients=True).order_by()[: limit + 1].count()


def _page(
    orders: QuerySet[Order], wanted: OrderFilter, limit: int, after: Cursor | None, *, across_clients: bool
) -> OrderPage:
    narrowed = _narrowed(orders, wanted, across_clients=across_clients).select_related("client")
    part = _KEYSETS[wanted.sort].part_of(narrowed, limit=limit, after=after)
    return OrderPage(_rows(part.rows), part.previous, part.next)


_KEYSETS = {
    OrderSort.NEWEST: Keyset("-placed", "placed_at", datetime, is_descending=True),
    OrderSort.OLDEST: Keyset("placed", "placed_at", datetime),
    OrderSort.NUMBER: Keyset("number", "number", str),
    OrderSort.NUMBER_DOWN: Keyset("-number", "number", str, is_descending=True),
}


def _narrowed(orders: QuerySet[Order], wanted: OrderFilter, *, across_clients: bool) -> QuerySet[Order]:
    def of_order(rows: QuerySet[Row]) -> QuerySet[Row]:
        """Rows of the order at hand. Inside one client's scope they name that client; else the order's own."""
        rows = rows.filter(client_id=OuterRef("client_id")) if across_clients else rows
        return rows.filter(order_id=OuterRef("pk"))

    if wanted.status is not None:
        orders = orders.filter(status=wanted.status)
    if wanted.placed_from is not None:
        orders = orders.filter(placed_at__gte=wanted.placed_from)
    if wanted.placed_before is not None:
        orders = orders.filter(placed_at__lt=wanted.placed_before)
    if wanted.on_hold or wanted.hold is not None:
        holds = of_order(Hold.objects.filter(lifted_at__isnull=True))
        orders = orders.filter(Exists(holds if wanted.hold is None else holds.filter(kind=wanted.hold)))
    if wanted.reshipped is not None:
        made = Exists(of_order(Reshipment.objects.filter(cancelled_at__isnull=True)))
        orders = orders.filter(made if wanted.reshipped else ~made)
    search = intake.text(wanted.search, field="search", longest=LONGEST_SEARCH)
    return orders.filter(pk__in=_ids_found_by(search)) if search else orders


def _ids_found_by(search: str) -> QuerySet[Order, Any]:
    """One block per index, put together by UNION: an OR over them would leave the database a walk over all orders."""
    spelled = whole_spellings(search)
    parts = Q(number__in=spelled) | Q(number__startswith=search)
    for spelling in part_spellings(search):
        parts |= Q(customer_name__icontains=spelling) | Q(customer_email__icontains=spelling)
    return (
        Order.objects.filter(parts)
        .values("pk")
        .union(
            OrderLine.objects.filter(sku__in=spelled).values("order_id"),
            # A SKU that was swapped in while the shipment was open stands in no line of the order.
            ShipmentLine.objects.filter(sku__in=spelled, order_line__isnull=True, quantity__gt=0).values(
                "shipment__order_id"
            ),
            Shipment.objects.filter(number__in=spelled).values("order_id"),
            Shipment.objects.filter(tracking_number__in=spelled).exclude(tracking_number="").values("order_id"),
            all=True,
        )
    )


def _rows(orders: Sequence[Order]) -> tuple[OrderRow, ...]:
    ids = [order.pk for order in orders]
    of_clients = sorted({order.client_id for order in orders})

    def of_page(rows: QuerySet[Row]) -> QuerySet[Row]:
        return rows.filter(client_id__in=of_clients, order_id__in=ids)

    counted = of_page(OrderLine.objects.all()).values("order_id").annotate(units=Sum("quantity")).order_by()
    units = dict(counted.values_list("order_id", "units"))
    latest = {shipment.order_id: shipment for shipment in of_page(Shipment.objects.all()).order_by("opened_at", "pk")}
    holds: defaultdict[int, set[str]] = defaultdict(set)
    for order_id, kind in of_page(Hold.objects.filter(lifted_at__isnull=True)).values_list("order_id", "kind"):
        holds[order_id].add(kind)
    made = Counter(of_page(Reshipment.objects.filter(cancelled_at__isnull=True)).values_list("order_id", flat=True))
    return tuple(
        OrderRow(
            order=order,
            units=units.get(order.pk, 0),
            latest_shipment=latest.get(order.pk),
            holds=tuple(kind for kind in HoldKind if kind in holds[order.pk]),
            reshipments=made[order.pk],
        )
        for order in orders
    )
