"""Finding orders: what the list of every door asks.

Every block of a query names its client, sub-queries too, so that it runs down an index that begins with the client.
Pages are found by the place where the last one ended, never by counting rows. docs/decisions/0011-search.md tells how a
page is found, and why in this way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django_scopes import scopes_disabled

from reship import intake
from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset
from reship.database.search import Sql
from reship.database.search import of_clients as in_clients
from reship.orders.models import HoldKind, Order, OrderStatus, Reshipment, ShipmentStatus
from reship.orders.search import Criterion, few_found_by, found_by, on_hold, reshipped

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

    `search` is an order or shipment number, or the beginning of an order number; a SKU; a tracking number; or words of
    the customer's name and e-mail address, all of which must occur. Large and small letters are the same, for words
    accents too. A word of three characters or more is found anywhere in the text, a shorter one where a word begins,
    and one without a letter or digit is passed over. No character stands for others.

    `on_hold` asks for a hold of any kind, `hold` for one kind. `reshipped` asks whether a reshipment was made that
    still counts. `placed_from` is included, `placed_before` is not.
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
class LatestShipment:
    """The shipment of an order that was opened last."""

    number: str
    status: ShipmentStatus


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order with what a list shows of it: units ordered, latest shipment, active holds, reshipments that count."""

    order: Order
    units: int
    latest_shipment: LatestShipment | None
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

    At most `limit` rows, in one statement; in two with a search, or a filter that asks for a hold or a reshipment; one
    more for the ids of all clients. Refuses `invalid_cursor`, `invalid_text`.
    """
    keyset = _KEYSETS[wanted.sort]
    with scopes_disabled():
        narrowed = _Narrowed(wanted, _client_ids(client_ids))
        ids = narrowed.page(keyset, limit=limit, after=after)
        if ids is None:
            return OrderPage((), None, None)
        rows = _with_what_a_row_shows(_with_ids(ids, narrowed.client_ids), narrowed.client_ids)
        part = keyset.part(list(rows.order_by(*keyset.order(after))), limit=limit, after=after)
        return OrderPage(tuple(_row(order) for order in part.rows), part.previous, part.next)


def matching_orders(wanted: OrderFilter, client_id: int) -> QuerySet[Order]:
    """Every order of one client that fits, unsorted: for set-based work such as INSERT … SELECT of "all that match".

    May be evaluated outside the client's scope: every block names the client already. Refuses `invalid_text`.
    """
    with scopes_disabled():
        return _matching(wanted, [client_id])


def count_orders(wanted: OrderFilter, *, client_ids: Sequence[int] | None, limit: int = 10_000) -> int:
    """How many orders fit, counted no further than `limit` + 1, so that a large client costs no more than that.

    Of these clients, or of all when `client_ids` is None. Refuses `invalid_text`.
    """
    return count_each([(wanted, client_ids)], limit=limit)[0]


def count_each(questions: Sequence[tuple[OrderFilter, Sequence[int] | None]], *, limit: int = 10_000) -> list[int]:
    """`count_orders` of many filters, each with its clients, in one statement. Refuses `invalid_text`.

    What several filters search for, such as the tabs of a list that is searched, is found once.
    """
    sets: dict[Criterion, str] = {}

    def named(criterion: Criterion) -> Sql:
        name = sets.setdefault(criterion, f"found_{len(sets)}")
        return Sql(f"SELECT order_id FROM {name}")

    with scopes_disabled():
        asked = [(wanted, _client_ids(client_ids)) for wanted, client_ids in questions]
        counted = [
            _compiled(_matching(wanted, ids, named).values("pk")[: limit + 1]) if ids else _NOTHING
            for wanted, ids in asked
        ]
    found = [(name, criterion.as_set()) for criterion, name in sets.items()]
    once = ", ".join(f"{name}(order_id) AS MATERIALIZED ({sql.text})" for name, sql in found)
    selects = ", ".join(f"(SELECT COUNT(*) FROM ({sql.text}) AS matching)" for sql in counted)
    values = [value for sql in (*(sql for _, sql in found), *counted) for value in sql.values]
    with connection.cursor() as cursor:
        cursor.execute(f"{f'WITH {once} ' if once else ''}SELECT {selects}", values)
        return list(cursor.fetchone())


_NOTHING = Sql("SELECT 1 WHERE 1 = 0")

_KEYSETS = {
    OrderSort.NEWEST: Keyset("-placed", "placed_at", datetime, is_descending=True),
    OrderSort.OLDEST: Keyset("placed", "placed_at", datetime),
    OrderSort.NUMBER: Keyset("number", "number", str),
    OrderSort.NUMBER_DOWN: Keyset("-number", "number", str, is_descending=True),
}


def _client_ids(given: Sequence[int] | None) -> list[int]:
    """An index that begins with the client is entered once per client, so all of them are named."""
    return sorted(set(Client.objects.values_list("pk", flat=True) if given is None else given))


def _criteria(wanted: OrderFilter, client_ids: list[int]) -> list[Criterion]:
    criteria = []
    if search := intake.text(wanted.search, field="search", longest=LONGEST_SEARCH):
        criteria.append(found_by(search, client_ids))
    if wanted.on_hold or wanted.hold is not None:
        criteria.append(on_hold(wanted.hold, client_ids))
    if wanted.reshipped:
        criteria.append(reshipped(client_ids))
    return criteria


def _plainly_narrowed(orders: QuerySet[Order], wanted: OrderFilter, client: "int | OuterRef") -> QuerySet[Order]:
    """By the columns of the order, and by what it must not have."""
    if wanted.status is not None:
        orders = orders.filter(status=wanted.status)
    if wanted.placed_from is not None:
        orders = orders.filter(placed_at__gte=wanted.placed_from)
    if wanted.placed_before is not None:
        orders = orders.filter(placed_at__lt=wanted.placed_before)
    if wanted.reshipped is False:
        made = Reshipment.objects.filter(client_id=client, order_id=OuterRef("pk"), cancelled_at__isnull=True)
        orders = orders.filter(~Exists(made))
    return orders


def _matching(
    wanted: OrderFilter, client_ids: list[int], as_set: Callable[[Criterion], Sql] = Criterion.as_set
) -> QuerySet[Order]:
    """All that match, as sets: the database chooses where to begin."""
    orders = _plainly_narrowed(_of(client_ids), wanted, _client_of_order(client_ids)).order_by()
    for criterion in _criteria(wanted, client_ids):
        found = as_set(criterion)
        orders = orders.filter(pk__in=RawSQL(found.text, found.values))
    return orders


class _Narrowed:
    """A filter of the list of some clients, and the way to one page of it."""

    def __init__(self, wanted: OrderFilter, client_ids: list[int]) -> None:
        self.client_ids = client_ids
        self._wanted = wanted
        self._criteria = _criteria(wanted, client_ids)

    def page(self, keyset: Keyset, *, limit: int, after: Cursor | None) -> Sql | None:
        """The SELECT of the ids of one page's orders, one more than `limit`; None when there is none.

        What finds few orders is where the database begins, and it sorts these. Otherwise it walks down the list, past
        what does not fit. With several clients it would have to walk to the first that fits of each, so there it sorts
        whatever is found; without a criterion, each list ends where the page does.
        """
        if not self.client_ids:
            return None
        few: set[int] | None = None
        remaining: list[Sql] = []
        found = few_found_by(self._criteria) if self._criteria else []
        for criterion, found_by_way in zip(self._criteria, found, strict=True):
            complete = [ids for ids in found_by_way if ids is not None]
            if len(complete) == len(found_by_way):
                met = {order_id for ids in complete for order_id in ids}
                few = met if few is None else few & met
            else:
                remaining.append(_any_of(criterion, found_by_way))
        if few is not None:
            return self._entered(keyset, limit, after, [_is_one_of(few), *remaining], by_index=False) if few else None
        if len(self.client_ids) == 1:
            return self._entered(keyset, limit, after, remaining)
        if not self._criteria:
            return self._first_of_each(keyset, limit, after)
        sets = [criterion.as_set() for criterion in self._criteria]
        conditions = [Sql(f'"orders_order"."id" IN ({found.text})', found.values) for found in sets]
        return self._entered(keyset, limit, after, conditions, by_index=False)

    def _entered(
        self, keyset: Keyset, limit: int, after: Cursor | None, conditions: Sequence[Sql], *, by_index: bool = True
    ) -> Sql:
        narrowed = _plainly_narrowed(_of(self.client_ids), self._wanted, _client_of_order(self.client_ids))
        narrowed = _meeting(narrowed, conditions)
        return _compiled(keyset.enter(narrowed, limit=limit, after=after, by_index=by_index).values("pk"))

    def _first_of_each(self, keyset: Keyset, limit: int, after: Cursor | None) -> Sql:
        """A page of each client's list, by its index, and of these rows the first: however many clients there are."""
        each = keyset.enter(self._of_client_at_hand(), limit=limit, after=after)
        clients = f"of_client.id IN ({', '.join(map(str, self.client_ids))})"
        first = keyset.sql_order(after, limit=limit)
        if connection.vendor == "postgresql":
            sql = _compiled(each.values("pk", keyset.column))
            lists = f"clients_client of_client CROSS JOIN LATERAL ({sql.text}) AS o(id, {keyset.column})"
            return Sql(f"SELECT o.id FROM {lists} WHERE {clients} {first}", sql.values)
        # SQLite has no LATERAL, but looks the rows of an IN up for each row of the table before it.
        sql = _compiled(each.values("pk"))
        lists = "clients_client of_client CROSS JOIN orders_order o"
        return Sql(f"SELECT o.id FROM {lists} WHERE {clients} AND o.id IN ({sql.text}) {first}", sql.values)

    def _of_client_at_hand(self) -> QuerySet[Order]:
        orders = Order.objects.filter(client_id=RawSQL("of_client.id", ()))
        return _plainly_narrowed(orders, self._wanted, OuterRef("client_id"))


def _meeting(orders: QuerySet[Order], conditions: Sequence[Sql]) -> QuerySet[Order]:
    for condition in conditions:
        orders = orders.filter(RawSQL(condition.text, condition.values, output_field=BooleanField()))
    return orders


def _of(client_ids: list[int]) -> QuerySet[Order]:
    if len(client_ids) == 1:
        return Order.objects.filter(client_id=client_ids[0])
    return Order.objects.filter(client_id__in=client_ids)


def _with_ids(ids: Sql, client_ids: list[int]) -> QuerySet[Order]:
    if connection.vendor == "postgresql":
        return _of(client_ids).filter(pk__in=RawSQL(ids.text, ids.values))
    # The plus keeps SQLite from walking through all orders of the client for these few: it takes the ids.
    of_clients = RawSQL(f'+"orders_order".{in_clients(client_ids)}', (), output_field=BooleanField())
    return Order.objects.filter(of_clients, pk__in=RawSQL(ids.text, ids.values))


def _client_of_order(client_ids: list[int]) -> "int | OuterRef":
    return client_ids[0] if len(client_ids) == 1 else OuterRef("client_id")


def _any_of(criterion: Criterion, found: Sequence[list[int] | None]) -> Sql:
    """As a condition on one order: the orders that a way found, if they are few; or what that way asks."""
    conditions = [
        way.holds if ids is None else _is_one_of(set(ids))
        for way, ids in zip(criterion.ways, found, strict=True)
        if ids != []
    ]
    text = " OR ".join(f"({condition.text})" for condition in conditions)
    return Sql(f"({text})", tuple(value for condition in conditions for value in condition.values))


def _is_one_of(order_ids: set[int]) -> Sql:
    return Sql(f'"orders_order"."id" IN ({", ".join(map(str, sorted(order_ids)))})')


def _compiled(rows: QuerySet[Order, Any]) -> Sql:
    """As text, so that an inner query keeps the name of its table, which the pieces of `search.py` mention."""
    text, values = rows.query.sql_with_params()
    return Sql(text, tuple(values))


def _with_what_a_row_shows(orders: QuerySet[Order], client_ids: list[int]) -> QuerySet[Order]:
    """Asked of the page's orders only, each by an index: the cost is that of the page, whatever lies around it."""
    client = f"= {client_ids[0]:d}" if len(client_ids) == 1 else '= "orders_order"."client_id"'
    own = f'"client_id" {client} AND "order_id" = "orders_order"."id"'
    kinds = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    shown = {
        "units_ordered": f'SUM("quantity") FROM "orders_orderline" WHERE {own}',
        "latest": f"""
            "status" || ' ' || "number" FROM "orders_shipment" WHERE {own} ORDER BY "opened_at" DESC, "id" DESC LIMIT 1
        """,
        "kinds_of_hold": f"""{kinds}("kind", ' ') FROM "orders_hold" WHERE {own} AND "lifted_at" IS NULL""",
        "times_reshipped": f'COUNT(*) FROM "orders_reshipment" WHERE {own} AND "cancelled_at" IS NULL',
    }
    return orders.select_related("client").annotate(
        **{name: RawSQL(f"SELECT {select.strip()}", ()) for name, select in shown.items()}
    )


def _row(order: Order) -> OrderRow:
    shown = order.__dict__
    status, _, number = (shown["latest"] or "").partition(" ")
    holds = (shown["kinds_of_hold"] or "").split()
    return OrderRow(
        order=order,
        units=shown["units_ordered"] or 0,
        latest_shipment=LatestShipment(number, ShipmentStatus(status)) if number else None,
        holds=tuple(kind for kind in HoldKind if kind in holds),
        reshipments=shown["times_reshipped"],
    )
