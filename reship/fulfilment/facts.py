"""What a verb decides on: orders with their shipments, lines, holds and reshipments, as they are now.

Read by a number of statements that does not depend on how many orders there are, and written out as SQL, because these
are the statements that every deed begins with.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from django.db import connection

from reship.database.rows import Reader, among, as_list, for_update, prepared_cursor, read_by
from reship.inventory.ledger import Place
from reship.orders.history import Item
from reship.orders.models import (
    Hold,
    Order,
    Reshipment,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
)
from reship.orders.status import Parcel, derive_status

ORDERS = Reader(Order, alias="o")
_SHIPMENTS = Reader(Shipment, alias="s")
_LINES = Reader(ShipmentLine, alias="l")
_HOLDS = Reader(Hold, alias="h")
_RESHIPMENTS = Reader(Reshipment, alias="r")


@dataclass(slots=True)
class Usage:
    """What became of a line's units, counted beside it; stored from its first use on."""

    added_back: int = 0
    reshipped: int = 0
    waiting: int = 0
    is_stored: bool = False


@dataclass(slots=True)
class LineFacts:
    """A shipment line and what became of its units."""

    line: ShipmentLine
    usage: Usage = field(default_factory=Usage)

    @property
    def left_to_reship(self) -> int:
        return max(0, self.line.quantity - self.usage.reshipped)

    @property
    def left_to_add_back(self) -> int:
        return self.line.quantity - self.usage.added_back

    @property
    def allocated(self) -> int:
        """The units that a parcel which has not departed holds: all but those that wait, or were added back."""
        return self.left_to_add_back - self.usage.waiting

    @property
    def item(self) -> Item:
        return Item(self.line.sku, self.line.quantity)


@dataclass(slots=True)
class ShipmentFacts:
    """A shipment with its lines, its active holds, the record that made it, and the numbers that send it again."""

    shipment: Shipment
    lines: list[LineFacts] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    made_by: Reshipment | None = None
    reshipped_as: list[str] = field(default_factory=list)

    @property
    def units(self) -> list[LineFacts]:
        """The lines that still hold units; an edit leaves a line that it takes out with a quantity of 0."""
        return [line for line in self.lines if line.line.quantity]

    @property
    def is_superseded(self) -> bool:
        """Units of it were added back before it departed, so it can never go out."""
        return self.shipment.is_in_the_building and any(line.usage.added_back for line in self.lines)

    @property
    def waiting(self) -> list[Item]:
        """The units that wait for stock, by SKU."""
        return [Item(line.line.sku, line.usage.waiting) for line in self.lines if line.usage.waiting]

    @property
    def has_something_left(self) -> bool:
        return self.shipment.status != ShipmentStatus.CANCELLED and any(line.left_to_reship for line in self.lines)

    @property
    def is_reshipment_to_go(self) -> bool:
        return self.made_by is not None and self.shipment.is_in_the_building

    def place(self, line: LineFacts) -> Place:
        return Place(line.line.product_id, self.shipment.warehouse_id)


@dataclass(slots=True)
class OrderFacts:
    """An order with its shipments, oldest first, and the active holds on the whole of it."""

    order: Order
    shipments: list[ShipmentFacts] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)

    def shipment(self, number: str) -> ShipmentFacts | None:
        return next((facts for facts in self.shipments if facts.shipment.number == number), None)

    @property
    def places(self) -> list[Place]:
        return [facts.place(line) for facts in self.shipments for line in facts.lines]

    def status(self) -> str:
        return derive_status(
            (
                Parcel(facts.shipment.status, facts.made_by is not None, facts.is_superseded, bool(facts.holds))
                for facts in self.shipments
            ),
            order_is_held=bool(self.holds),
        )


def read_orders(orders: Sequence[Order], *, lock: bool) -> dict[int, OrderFacts]:
    """The facts of these orders of one client, by order id; with `lock`, their shipments are locked in id order."""
    if not orders:
        return {}
    client_id, ids = orders[0].client_id, [order.pk for order in orders]
    shipments = read_by(_SHIPMENTS, client_id, "order_id", ids, lock=lock)
    return _facts_of(orders, shipments, sources={shipment.pk for shipment in shipments})


def read_orders_to_reship(orders: Sequence[Order], named: Iterable[str], *, lock: bool) -> dict[int, OrderFacts]:
    """The same, with those shipments only that a reship and the status after it depend on.

    They are the `named` sources; the original parcels that are in the building; whatever is on hold; and of what has
    left the latest with something left to reship. A reshipment that has still to go is none of them: it is meant only
    when it is named, and the order has one to go after any reship. So a reship costs the same however often something
    of its order was sent again before.
    """
    if not orders:
        return {}
    client_id, ids = orders[0].client_id, as_list([order.pk for order in orders])
    shipments = _SHIPMENTS.rows(
        _shipments_to_reship(connection.vendor, lock=lock),
        [
            client_id,
            *(client_id, ids, client_id),
            *(client_id, ids),
            *(client_id, ids, as_list(named)),
            *(client_id, client_id, client_id, client_id, client_id, ids),
        ],
    )
    return _facts_of(orders, shipments, sources=())


def name_reshipments(client_id: int, shipments: Iterable[ShipmentFacts]) -> None:
    """Looks up the numbers that send these shipments again, before those that were added on the desk since."""
    by_id = {of_shipment.shipment.pk: of_shipment for of_shipment in shipments}
    names: dict[int, list[str]] = {shipment_id: [] for shipment_id in by_id}
    with prepared_cursor() as cursor:
        cursor.execute(_numbers_of_reshipments(connection.vendor), [client_id, as_list(by_id)])
        for source_id, number in cursor.fetchall():
            names[source_id].append(number)
    for shipment_id, of_shipment in by_id.items():
        of_shipment.reshipped_as[:0] = names[shipment_id]


def _facts_of(
    orders: Sequence[Order], shipments: Sequence[Shipment], *, sources: Collection[int]
) -> dict[int, OrderFacts]:
    """Reshipments of the `sources` are named; of others `name_reshipments` does it when somebody asks."""
    client_id = orders[0].client_id
    facts = {order.pk: OrderFacts(order) for order in orders}
    by_shipment = {shipment.pk: ShipmentFacts(shipment) for shipment in shipments}
    for of_shipment in by_shipment.values():
        facts[of_shipment.shipment.order_id].shipments.append(of_shipment)
    with prepared_cursor() as cursor:
        cursor.execute(_lines_with_usage(connection.vendor), [client_id, as_list(by_shipment)])
        line_of = _LINES.loader()
        for *columns, added_back, reshipped, waiting in cursor.fetchall():
            line = LineFacts(line_of(columns))
            if added_back is not None:
                line.usage = Usage(added_back, reshipped, waiting, is_stored=True)
            by_shipment[line.line.shipment_id].lines.append(line)
    # Without locks, a shipment may have been opened since the shipments were read; it is not in this picture yet.
    for hold in read_by(_HOLDS, client_id, "order_id", facts, where='h."lifted_at" IS NULL'):
        held = by_shipment.get(hold.shipment_id) if hold.shipment_id else facts[hold.order_id]
        if held is not None:
            held.holds.append(hold)
    with prepared_cursor() as cursor:
        cursor.execute(_reshipments(connection.vendor), [client_id, as_list(by_shipment), as_list(sources)])
        reshipment_of = _RESHIPMENTS.loader()
        for *columns, number in cursor.fetchall():
            reshipment = reshipment_of(columns)
            if made := by_shipment.get(reshipment.shipment_id):
                made.made_by = reshipment
            if reshipment.cancelled_at is None and reshipment.source_id in sources:
                by_shipment[reshipment.source_id].reshipped_as.append(number)
    for of_order in facts.values():
        of_order.shipments.sort(key=lambda of_shipment: (of_shipment.shipment.opened_at, of_shipment.shipment.pk))
    return facts


def _one_line(sql: str) -> str:
    return " ".join(sql.split())


@cache
def _lines_with_usage(vendor: str) -> str:
    return _one_line(f"""
        SELECT {_LINES.columns}, u.added_back, u.reshipped, u.waiting
        FROM {_LINES.table}
        LEFT JOIN orders_lineusage u ON u.client_id = l.client_id AND u.line_id = l.id
        WHERE l.client_id = %s AND {among("l.shipment_id", "bigint")}
        ORDER BY l.shipment_id, l.position
    """)


@cache
def _reshipments(vendor: str) -> str:
    """Those that made the shipments, and those that send something of the sources, each with its own number."""
    return _one_line(f"""
        SELECT {_RESHIPMENTS.columns}, s.number
        FROM {_RESHIPMENTS.table}
        JOIN orders_shipment s ON s.client_id = r.client_id AND s.id = r.shipment_id
        WHERE r.client_id = %s AND ({among("r.shipment_id", "bigint")}
            OR ({among("r.source_id", "bigint")} AND r.cancelled_at IS NULL))
        ORDER BY r.id
    """)


@cache
def _numbers_of_reshipments(vendor: str) -> str:
    return _one_line(f"""
        SELECT r.source_id, s.number
        FROM orders_reshipment r
        JOIN orders_shipment s ON s.client_id = r.client_id AND s.id = r.shipment_id
        WHERE r.client_id = %s AND {among("r.source_id", "bigint")} AND r.cancelled_at IS NULL
        ORDER BY r.id
    """)


@cache
def _shipments_to_reship(vendor: str, *, lock: bool) -> str:
    # Of a client that PostgreSQL knows nothing of yet, it expects one shipment, and would look through all that are
    # meant for each that there is. An array is made once, and then looked up by the key.
    one_of, end = ("= ANY(ARRAY(", "))") if vendor == "postgresql" else ("IN (", ")")
    return _one_line(f"""
        SELECT {_SHIPMENTS.columns}
        FROM {_SHIPMENTS.table}
        WHERE s.client_id = %s AND s.id {one_of}
            SELECT b.id FROM orders_shipment b
            WHERE b.client_id = %s AND {among("b.order_id", "bigint")} AND b.status IN ('OPEN', 'PICKING', 'PACKED')
                AND (
                    SELECT r.id FROM orders_reshipment r WHERE r.client_id = %s AND r.shipment_id = b.id LIMIT 1
                ) IS NULL
            UNION ALL
            SELECT h.shipment_id FROM orders_hold h
            WHERE h.client_id = %s AND {among("h.order_id", "bigint")} AND h.lifted_at IS NULL
                AND h.shipment_id IS NOT NULL
            UNION ALL
            SELECT n.id FROM orders_shipment n
            WHERE n.client_id = %s AND {among("n.order_id", "bigint")} AND {among("n.number", "text")}
            UNION ALL
            SELECT COALESCE(({_LATEST_WITH_SOMETHING_LEFT}), ({_LATEST_THAT_LEFT}), ({_LATEST})) FROM orders_order o
            WHERE o.client_id = %s AND {among("o.id", "bigint")}
        {end}
        ORDER BY s.id ASC{for_update(lock=lock)}
    """)


_LATEST_WITH_SOMETHING_LEFT = """
    SELECT g.id FROM orders_shipment g
    WHERE g.client_id = %s AND g.order_id = o.id AND g.departed_at IS NOT NULL AND EXISTS (
        SELECT 1 FROM orders_shipmentline l
        LEFT JOIN orders_lineusage u ON u.client_id = l.client_id AND u.line_id = l.id
        WHERE l.client_id = %s AND l.shipment_id = g.id AND l.quantity > COALESCE(u.reshipped, 0)
    )
    ORDER BY g.opened_at DESC, g.id DESC LIMIT 1
"""
_LATEST = """
    SELECT g.id FROM orders_shipment g
    WHERE g.client_id = %s AND g.order_id = o.id AND g.status <> 'CANCELLED'
    ORDER BY g.opened_at DESC, g.id DESC LIMIT 1
"""
_LATEST_THAT_LEFT = """
    SELECT g.id FROM orders_shipment g
    WHERE g.client_id = %s AND g.order_id = o.id AND g.departed_at IS NOT NULL
    ORDER BY g.opened_at DESC, g.id DESC LIMIT 1
"""
