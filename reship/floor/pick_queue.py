"""The pick queue: what a packer may take off the shelves next, oldest first; and what may not be picked yet, and why.

Every block names its client and begins at the index of what has still to go, however much has gone. The conditions on
the status are written out twice, because an index that holds a part of a table is entered only by a statement that says
which part, in its own text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django_scopes import scopes_disabled

from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset
from reship.database.search import Sql
from reship.orders.models import Reshipment, Shipment

MOST_COUNTED = 5_000
"""So many open shipments are looked at to count what cannot be picked."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A shipment to pick, with its order, client and warehouse at hand; `reshipment` tells why, if it is one."""

    shipment: Shipment
    lines: int
    units: int
    reshipment: Reshipment | None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A part of the queue, and the places where the parts before and after it are to be had."""

    rows: tuple[QueueRow, ...]
    previous: Cursor | None
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many open shipments can be picked, and how many cannot, each for one reason; and those that are on their way.

    No more than `MOST_COUNTED` open ones are looked at; `has_more` says that there are others.
    """

    to_pick: int
    held: int
    waiting: int
    superseded: int
    picking: int
    packed: int
    has_more: bool


def pick_queue(
    *, client_ids: Sequence[int] | None, warehouse_id: int | None, limit: int, after: Cursor | None = None
) -> QueuePage:
    """What can be picked, of these clients, or of all when `client_ids` is None: for the fulfilment company only.

    Two statements; one more for the ids of all clients. Refuses `invalid_cursor`.
    """
    with scopes_disabled():
        ids = _client_ids(client_ids)
        found = _with_what_a_row_shows(_page_of_ids(ids, warehouse_id, limit=limit, after=after), after) if ids else []
        part = _OLDEST.part(found, limit=limit, after=after)
        records = {shipment.__dict__["made_by_id"] for shipment in part.rows} - {None}
        made = Reshipment.objects.filter(pk__in=sorted(records)).select_related("source")
        made_by = {reshipment.shipment_id: reshipment for reshipment in made}
    rows = [
        QueueRow(
            shipment,
            lines=shipment.__dict__["lines_to_pick"],
            units=shipment.__dict__["units_to_pick"] or 0,
            reshipment=made_by.get(shipment.pk),
        )
        for shipment in part.rows
    ]
    return QueuePage(tuple(rows), part.previous, part.next)


def oldest_to_pick(client_id: int, *, warehouse_id: int, limit: int) -> list[str]:
    """The numbers of one client's oldest shipments that can be picked in a warehouse now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT orders_shipment.number FROM orders_shipment WHERE orders_shipment.client_id = {int(client_id)} "
            f"AND {_can_be_picked(warehouse_id)} "
            f"ORDER BY orders_shipment.opened_at ASC, orders_shipment.id ASC LIMIT {int(limit)}"
        )
        return [number for (number,) in cursor.fetchall()]


def count_queue(*, client_ids: Sequence[int] | None, warehouse_id: int | None) -> QueueCounts:
    """How things stand with what has still to go. One statement; one more for the ids of all clients."""
    with scopes_disabled():
        ids = _client_ids(client_ids)
    if not ids:
        return QueueCounts(0, 0, 0, 0, 0, 0, has_more=False)
    of_clients = f"orders_shipment.client_id IN ({', '.join(map(str, ids))})"
    where = f" AND orders_shipment.warehouse_id = {int(warehouse_id)}" if warehouse_id is not None else ""
    looked_at = f"""
        SELECT CASE WHEN EXISTS ({_ADDED_BACK}) THEN 'superseded' WHEN EXISTS ({_HOLD}) THEN 'held'
            WHEN orders_shipment.waits_for_stock THEN 'waiting' ELSE 'to_pick' END AS reason
        FROM orders_shipment
        WHERE {of_clients} AND {_is_open(warehouse_id)} LIMIT {MOST_COUNTED + 1}
    """
    on_their_way = f"""
        SELECT orders_shipment.status, COUNT(*) FROM orders_shipment
        WHERE {of_clients} AND {_TO_GO} AND orders_shipment.status IN ('PICKING', 'PACKED'){where}
            AND NOT EXISTS ({_ADDED_BACK})
        GROUP BY orders_shipment.status
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT looked_at.reason, COUNT(*) FROM ({looked_at}) AS looked_at GROUP BY looked_at.reason "
            f"UNION ALL {on_their_way}"
        )
        counts = dict(cursor.fetchall())
    by_reason = {name: counts.get(name, 0) for name in ("to_pick", "held", "waiting", "superseded")}
    return QueueCounts(
        **by_reason,
        picking=counts.get("PICKING", 0),
        packed=counts.get("PACKED", 0),
        has_more=sum(by_reason.values()) > MOST_COUNTED,
    )


_OLDEST = Keyset("oldest", "opened_at", datetime)
_TO_GO = "orders_shipment.status IN ('OPEN', 'PICKING', 'PACKED')"
_HOLD = """
    SELECT 1 FROM orders_hold h
    WHERE h.client_id = orders_shipment.client_id AND h.order_id = orders_shipment.order_id AND h.lifted_at IS NULL
    AND (h.shipment_id IS NULL OR h.shipment_id = orders_shipment.id)
"""
_ADDED_BACK = """
    SELECT 1 FROM orders_shipmentline l
    JOIN orders_lineusage u ON u.client_id = l.client_id AND u.line_id = l.id
    WHERE l.client_id = orders_shipment.client_id AND l.shipment_id = orders_shipment.id AND u.added_back > 0
"""


def _is_open(warehouse_id: int | None) -> str:
    """SQL: the shipment at hand is open, in this warehouse or in any."""
    where = f" AND orders_shipment.warehouse_id = {int(warehouse_id)}" if warehouse_id is not None else ""
    return f"{_TO_GO} AND orders_shipment.status = 'OPEN'{where}"


def _can_be_picked(warehouse_id: int | None) -> str:
    free = f"NOT orders_shipment.waits_for_stock AND NOT EXISTS ({_HOLD}) AND NOT EXISTS ({_ADDED_BACK})"
    return f"{_is_open(warehouse_id)} AND {free}"


def _client_ids(given: Sequence[int] | None) -> list[int]:
    """An index that begins with the client is entered once per client, so all of them are named."""
    return sorted(set(Client.objects.values_list("pk", flat=True) if given is None else given))


def _page_of_ids(client_ids: list[int], warehouse_id: int | None, *, limit: int, after: Cursor | None) -> Sql:
    """The ids of one page: the first of each client's queue, by its index, and of these the first."""
    condition = RawSQL(
        f"orders_shipment.client_id = of_client.id AND {_can_be_picked(warehouse_id)}", (), output_field=BooleanField()
    )
    each = _OLDEST.enter(Shipment.objects.filter(condition), limit=limit, after=after)
    clients = f"of_client.id IN ({', '.join(map(str, client_ids))})"
    first = _OLDEST.sql_order(after, limit=limit)
    if connection.vendor == "postgresql":
        text, values = each.values("pk", "opened_at").query.sql_with_params()
        lists = f"clients_client of_client CROSS JOIN LATERAL ({text}) AS o(id, opened_at)"
        return Sql(f"SELECT o.id FROM {lists} WHERE {clients} {first}", tuple(values))
    # SQLite has no LATERAL, but looks the rows of an IN up for each row of the table before it.
    text, values = each.values("pk").query.sql_with_params()
    lists = "clients_client of_client CROSS JOIN orders_shipment o"
    return Sql(f"SELECT o.id FROM {lists} WHERE {clients} AND o.id IN ({text}) {first}", tuple(values))


def _with_what_a_row_shows(ids: Sql, after: Cursor | None) -> list[Shipment]:
    of_shipment = "l.client_id = orders_shipment.client_id AND l.shipment_id = orders_shipment.id AND l.quantity > 0"
    shown = {
        "lines_to_pick": RawSQL(f"SELECT COUNT(*) FROM orders_shipmentline l WHERE {of_shipment}", ()),
        "made_by_id": RawSQL(
            "SELECT r.id FROM orders_reshipment r "
            "WHERE r.client_id = orders_shipment.client_id AND r.shipment_id = orders_shipment.id",
            (),
        ),
        "units_to_pick": RawSQL(f"SELECT SUM(l.quantity) FROM orders_shipmentline l WHERE {of_shipment}", ()),
    }
    rows = Shipment.objects.filter(pk__in=RawSQL(ids.text, ids.values)).annotate(**shown)
    return list(rows.select_related("order", "client", "warehouse").order_by(*_OLDEST.order(after)))
