"""Finding orders: what the list of every door asks.

Every block of a query names its client, sub-queries too, so that it runs down an index that begins with the client.
Pages are found by the place where the last one ended, never by counting rows.
"""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Sum
from django_scopes import scope, scopes_disabled

from reship import intake
from reship.errors import Refusal
from reship.orders.models import Hold, HoldKind, Order, OrderLine, OrderStatus, Reshipment, Shipment, ShipmentLine

Row = TypeVar("Row", bound=Model)

LONGEST_SEARCH = 200
_LARGEST_ID = 2**63 - 1


class OrderSort(StrEnum):
    """The orders of a list for which there is an index."""

    NEWEST = "-placed"
    OLDEST = "placed"
    NUMBER = "number"
    NUMBER_DOWN = "-number"

    @property
    def is_by_number(self) -> bool:
        return self in {OrderSort.NUMBER, OrderSort.NUMBER_DOWN}

    @property
    def is_descending(self) -> bool:
        return self in {OrderSort.NEWEST, OrderSort.NUMBER_DOWN}


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
class Cursor:
    """A place in a sorted list: an order, and whether what comes before or after it is wanted."""

    sort: OrderSort
    value: datetime | str
    order_id: int
    is_backwards: bool = False

    @classmethod
    def at(cls, order: Order, sort: OrderSort, *, is_backwards: bool = False) -> Self:
        return cls(sort, order.number if sort.is_by_number else order.placed_at, order.pk, is_backwards)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Refuses `invalid_cursor` for what `as_text` never wrote."""
        try:
            sort, value, order_id, is_backwards = json.loads(base64.urlsafe_b64decode(f"{text[:500]}=="))
            return cls(OrderSort(sort), _sort_value(OrderSort(sort), value), _row_id(order_id), bool(is_backwards))
        except (ValueError, TypeError, RecursionError, Refusal) as error:
            raise Refusal("invalid_cursor", "This is no page of the list. Start again from its first page.") from error

    def as_text(self) -> str:
        value = self.value if isinstance(self.value, str) else self.value.isoformat()
        parts = json.dumps([self.sort, value, self.order_id, self.is_backwards], separators=(",", ":"))
        return base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")


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


def _row_id(value: object) -> int:
    if type(value) is not int or not 0 < value <= _LARGEST_ID:
        raise ValueError
    return value


def _sort_value(sort: OrderSort, value: object) -> datetime | str:
    if not isinstance(value, str):
        raise TypeError
    if sort.is_by_number:
        # The same gate that numbers come in by: PostgreSQL takes no NUL, and no database half a character.
        return intake.text(value, field="cursor", longest=40)
    at = datetime.fromisoformat(value)
    if at.tzinfo is None or not 1900 < at.year < 2200:
        raise ValueError
    return at


def find_orders(
    wanted: OrderFilter, *, client_ids: Sequence[int] | None, limit: int, after: Cursor | None = None
) -> OrderPage:
    """The orders of these clients, or of all of them when `client_ids` is None: for the fulfilment company only.

    At most `limit` rows; always the same number of statements. Refuses `invalid_cursor`, `invalid_text`.
    """
    if after is not None and after.sort != wanted.sort:
        raise Refusal("invalid_cursor", "This is no page of the list in this order. Start again from its first page.")
    if client_ids is not None and len(set(client_ids)) == 1:
        with scope(client=client_ids[0]):
            return _page(Order.objects.all(), wanted, limit, after, across_clients=False)
    with scopes_disabled():
        orders = Order.objects.all() if client_ids is None else Order.objects.filter(client_id__in=sorted(client_ids))
        return _page(orders, wanted, limit, after, across_clients=True)


def _page(
    orders: QuerySet[Order], wanted: OrderFilter, limit: int, after: Cursor | None, *, across_clients: bool
) -> OrderPage:
    narrowed = _narrowed(orders, wanted, across_clients=across_clients)
    is_backwards = after is not None and after.is_backwards
    found = list(_in_order(narrowed, wanted.sort, after).select_related("client")[: limit + 1])
    has_more = len(found) > limit
    found = found[:limit]
    if is_backwards:
        found.reverse()
    before_it = has_more if is_backwards else after is not None
    after_it = is_backwards or has_more
    return OrderPage(
        rows=_rows(found),
        previous=Cursor.at(found[0], wanted.sort, is_backwards=True) if found and before_it else None,
        next=Cursor.at(found[-1], wanted.sort) if found and after_it else None,
    )


def _in_order(orders: QuerySet[Order], sort: OrderSort, after: Cursor | None) -> QuerySet[Order]:
    column = "number" if sort.is_by_number else "placed_at"
    is_descending = sort.is_descending != (after is not None and after.is_backwards)
    if after is not None:
        beyond = "lt" if is_descending else "gt"
        # The first condition alone lets the index be entered at the right place; the second is for ties.
        orders = orders.filter(
            Q(**{f"{column}__{beyond}e": after.value}),
            Q(**{f"{column}__{beyond}": after.value}) | Q(**{column: after.value, f"pk__{beyond}": after.order_id}),
        )
    sign = "-" if is_descending else ""
    return orders.order_by(f"{sign}{column}", f"{sign}pk")


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
    spelled = sorted({search, search.upper(), search.lower()})
    parts = Q(number__in=spelled) | Q(number__startswith=search)
    for spelling in _spellings_of_a_part(search):
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


def _spellings_of_a_part(search: str) -> list[str]:
    """SQLite tells Å from å, where it does not tell A from a; PostgreSQL tells neither."""
    return [search] if search.isascii() else sorted({search, search.lower(), search.upper(), search.title()})


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
