"""The proof that the books are right: replays every ledger entry and compares it with what the documents say.

It reports and never repairs. Each check is one query over all clients, whose rows are the violations, so it stays flat
in memory; the same SQL runs on both databases, all of it on one snapshot, beside people who go on working.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection

from reship.database import append_only
from reship.database.rows import prepared_cursor
from reship.database.snapshot import one_snapshot


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that does not hold: the check's name, and a sentence with the figures."""

    check: str
    text: str


@dataclass(frozen=True, slots=True)
class _Check:
    """A query whose rows are violations, and the sentence that a row fills."""

    name: str
    query: str
    sentence: str


def audit(progress: Callable[[str], None] = lambda _: None) -> list[Violation]:
    """Every violation there is, over all clients; empty when the books are right. `progress` gets each check's name."""
    violations = []
    with one_snapshot():
        for check in _CHECKS:
            progress(check.name)
            violations += list(_violations(check))
    progress("append-only triggers")
    for name in append_only.missing(connection):
        violations.append(Violation("append_only", f"The trigger {name} is missing or switched off."))
    return violations


def _violations(check: _Check) -> Iterator[Violation]:
    with prepared_cursor() as cursor:
        cursor.execute(check.query)
        for row in cursor.fetchall():
            yield Violation(check.name, check.sentence.format(*row))


_CHECKS = (
    _Check(
        "balance_is_sum_of_entries",
        """
        SELECT c.code, p.sku, l.on_hand, l.allocated, COALESCE(SUM(e.on_hand_change), 0),
               COALESCE(SUM(e.allocated_change), 0)
        FROM inventory_stocklevel l
        JOIN clients_client c ON c.id = l.client_id
        JOIN catalog_product p ON p.client_id = l.client_id AND p.id = l.product_id
        LEFT JOIN inventory_ledgerentry e ON e.client_id = l.client_id AND e.level_id = l.id
        GROUP BY l.client_id, l.id, c.code, p.sku, l.on_hand, l.allocated, l.sequence
        HAVING l.on_hand <> COALESCE(SUM(e.on_hand_change), 0)
            OR l.allocated <> COALESCE(SUM(e.allocated_change), 0)
            OR l.sequence <> COUNT(e.id)
        """,
        "{0}/{1}: on hand {2}, allocated {3}, but its entries sum up to {4} and {5}.",
    ),
    _Check(
        "balances_chain",
        """
        SELECT client, level_id, sequence, before_on_hand, on_hand_change, on_hand_after,
               before_allocated, allocated_change, allocated_after
        FROM (
            SELECT c.code AS client, e.level_id, e.sequence, e.on_hand_change, e.on_hand_after,
                   e.allocated_change, e.allocated_after,
                   COALESCE(LAG(e.on_hand_after) OVER w, 0) AS before_on_hand,
                   COALESCE(LAG(e.allocated_after) OVER w, 0) AS before_allocated,
                   COALESCE(LAG(e.sequence) OVER w, 0) AS before_sequence
            FROM inventory_ledgerentry e JOIN clients_client c ON c.id = e.client_id
            WINDOW w AS (PARTITION BY e.client_id, e.level_id ORDER BY e.sequence)
        ) AS chained
        WHERE on_hand_after <> before_on_hand + on_hand_change
           OR allocated_after <> before_allocated + allocated_change
           OR sequence <> before_sequence + 1
           OR on_hand_after < 0 OR allocated_after < 0 OR allocated_after > on_hand_after
        """,
        "{0}: entry {2} of level {1} does not follow: on hand {3} {4:+d} = {5}, allocated {6} {7:+d} = {8}.",
    ),
    _Check(
        "effect_of_kind",
        """
        SELECT c.code, e.level_id, e.sequence, e.kind, e.on_hand_change, e.allocated_change
        FROM inventory_ledgerentry e JOIN clients_client c ON c.id = e.client_id
        WHERE NOT CASE e.kind
            WHEN 'RECEIVED' THEN e.on_hand_change > 0 AND e.allocated_change = 0
            WHEN 'RESTOCKED' THEN e.on_hand_change > 0 AND e.allocated_change = 0
            WHEN 'ALLOCATED' THEN e.on_hand_change = 0 AND e.allocated_change > 0
            WHEN 'ADD_BACK_UNDONE' THEN e.on_hand_change = 0 AND e.allocated_change > 0
            WHEN 'RELEASED' THEN e.on_hand_change = 0 AND e.allocated_change < 0
            WHEN 'ADDED_BACK' THEN e.on_hand_change = 0 AND e.allocated_change < 0
            WHEN 'SHIPPED' THEN e.on_hand_change < 0 AND e.allocated_change = e.on_hand_change
            WHEN 'ADJUSTED' THEN e.on_hand_change <> 0 AND e.allocated_change = 0
            ELSE FALSE END
        """,
        "{0}: entry {2} of level {1} is {3} but changes on hand by {4} and allocated by {5}.",
    ),
    _Check(
        "allocated_is_what_shipments_hold",
        """
        SELECT c.code, p.sku, w.code, l.allocated, COALESCE(held.units, 0)
        FROM inventory_stocklevel l
        JOIN clients_client c ON c.id = l.client_id
        JOIN catalog_product p ON p.client_id = l.client_id AND p.id = l.product_id
        JOIN catalog_warehouse w ON w.id = l.warehouse_id
        LEFT JOIN (
            SELECT s.client_id, n.product_id, s.warehouse_id,
                   SUM(n.quantity - COALESCE(u.added_back, 0) - COALESCE(u.waiting, 0)) AS units
            FROM orders_shipment s
            JOIN orders_shipmentline n ON n.client_id = s.client_id AND n.shipment_id = s.id
            LEFT JOIN orders_lineusage u ON u.client_id = n.client_id AND u.line_id = n.id
            WHERE s.status IN ('OPEN', 'PICKING', 'PACKED')
            GROUP BY s.client_id, n.product_id, s.warehouse_id
        ) AS held
          ON held.client_id = l.client_id AND held.product_id = l.product_id AND held.warehouse_id = l.warehouse_id
        WHERE l.allocated <> COALESCE(held.units, 0)
        """,
        "{0}/{1} in {2}: {3} allocated, but shipments that have not departed hold {4}.",
    ),
    _Check(
        "units_of_a_line",
        """
        SELECT c.code, s.number, n.sku, s.status, n.quantity, COALESCE(e.allocated, 0), COALESCE(e.shipped, 0),
               COALESCE(e.back, 0), COALESCE(u.added_back, 0)
        FROM orders_shipmentline n
        JOIN orders_shipment s ON s.client_id = n.client_id AND s.id = n.shipment_id
        JOIN clients_client c ON c.id = n.client_id
        LEFT JOIN orders_lineusage u ON u.client_id = n.client_id AND u.line_id = n.id
        LEFT JOIN (
            SELECT client_id, shipment_line_id,
                   SUM(allocated_change) AS allocated,
                   SUM(CASE WHEN kind = 'SHIPPED' THEN -on_hand_change ELSE 0 END) AS shipped,
                   SUM(CASE WHEN kind IN ('ADDED_BACK', 'ADD_BACK_UNDONE') THEN -allocated_change
                            WHEN kind IN ('RESTOCKED', 'ADJUSTED') THEN on_hand_change ELSE 0 END) AS back
            FROM inventory_ledgerentry WHERE shipment_line_id IS NOT NULL GROUP BY client_id, shipment_line_id
        ) AS e ON e.client_id = n.client_id AND e.shipment_line_id = n.id
        WHERE COALESCE(e.back, 0) <> COALESCE(u.added_back, 0)
           OR COALESCE(e.back, 0) < 0 OR COALESCE(e.back, 0) > n.quantity
           OR COALESCE(e.shipped, 0) <> CASE WHEN s.departed_at IS NULL THEN 0 ELSE n.quantity END
           OR COALESCE(e.allocated, 0) <>
              CASE WHEN s.status IN ('OPEN', 'PICKING', 'PACKED')
                   THEN n.quantity - COALESCE(u.added_back, 0) - COALESCE(u.waiting, 0) ELSE 0 END
        """,
        "{0}: {1} ({3}) has {4} × {2}; by the ledger {5} are allocated to it, {6} departed and {7} came back "
        "(counted beside the line: {8}).",
    ),
    _Check(
        "waits_for_stock",
        """
        SELECT c.code, s.number, s.status, COALESCE(SUM(u.waiting), 0)
        FROM orders_shipment s
        JOIN clients_client c ON c.id = s.client_id
        LEFT JOIN orders_shipmentline n ON n.client_id = s.client_id AND n.shipment_id = s.id
        LEFT JOIN orders_lineusage u ON u.client_id = n.client_id AND u.line_id = n.id
        GROUP BY s.client_id, s.id, c.code, s.number, s.status, s.waits_for_stock
        HAVING s.waits_for_stock <> (COALESCE(SUM(u.waiting), 0) > 0)
            OR (COALESCE(SUM(u.waiting), 0) > 0 AND s.status <> 'OPEN')
        """,
        "{0}: {1} ({2}) has {3} units that wait for stock, which does not fit what is stored of it.",
    ),
    _Check(
        "pulled_parcels_hold_nothing",
        """
        SELECT c.code, s.number, SUM(n.quantity - COALESCE(u.added_back, 0))
        FROM floor_pulltask t
        JOIN orders_shipment s ON s.client_id = t.client_id AND s.id = t.shipment_id
        JOIN clients_client c ON c.id = s.client_id
        JOIN orders_shipmentline n ON n.client_id = s.client_id AND n.shipment_id = s.id
        LEFT JOIN orders_lineusage u ON u.client_id = n.client_id AND u.line_id = n.id
        WHERE t.done_at IS NOT NULL AND t.voided_at IS NULL AND s.status <> 'CANCELLED'
        GROUP BY s.client_id, s.id, c.code, s.number HAVING SUM(n.quantity - COALESCE(u.added_back, 0)) <> 0
        """,
        "{0}: {1} was pulled and put away, but {2} units are still allocated to it.",
    ),
    _Check(
        "parcels_of_a_manifest_have_left",
        """
        SELECT c.code, m.number, s.number, s.status
        FROM floor_manifestshipment t
        JOIN floor_manifest m ON m.client_id = t.client_id AND m.id = t.manifest_id
        JOIN orders_shipment s ON s.client_id = t.client_id AND s.id = t.shipment_id
        JOIN clients_client c ON c.id = s.client_id
        WHERE s.departed_at IS NULL
        """,
        "{0}: manifest {1} names {2}, which is {3} and has not left.",
    ),
    _Check(
        "departed_once",
        """
        SELECT c.code, e.shipment_line_id, COUNT(*)
        FROM inventory_ledgerentry e JOIN clients_client c ON c.id = e.client_id
        WHERE e.kind = 'SHIPPED'
        GROUP BY e.client_id, c.code, e.shipment_line_id HAVING COUNT(*) > 1 OR e.shipment_line_id IS NULL
        """,
        "{0}: shipment line {1} departed {2} times.",
    ),
    _Check(
        "times_match_status",
        """
        SELECT c.code, s.number, s.status
        FROM orders_shipment s JOIN clients_client c ON c.id = s.client_id
        WHERE (s.departed_at IS NOT NULL) = (s.status IN ('OPEN', 'PICKING', 'PACKED') OR s.status = 'CANCELLED')
        """,
        "{0}: {1} is {2}, which does not fit the time of its departure.",
    ),
    _Check(
        "reshipped_is_sum_of_reshipments",
        """
        SELECT c.code, s.number, n.sku, COALESCE(u.reshipped, 0), COALESCE(r.units, 0), COALESCE(u.added_back, 0),
               COALESCE(r.back, 0)
        FROM orders_shipmentline n
        JOIN orders_shipment s ON s.client_id = n.client_id AND s.id = n.shipment_id
        JOIN clients_client c ON c.id = n.client_id
        LEFT JOIN orders_lineusage u ON u.client_id = n.client_id AND u.line_id = n.id
        LEFT JOIN (
            SELECT t.client_id, t.source_line_id, SUM(t.quantity) AS units, SUM(t.added_back) AS back
            FROM orders_reshipmentline t
            JOIN orders_reshipment r ON r.client_id = t.client_id AND r.id = t.reshipment_id
            WHERE r.cancelled_at IS NULL
            GROUP BY t.client_id, t.source_line_id
        ) AS r ON r.client_id = n.client_id AND r.source_line_id = n.id
        WHERE COALESCE(u.reshipped, 0) <> COALESCE(r.units, 0) OR COALESCE(u.added_back, 0) < COALESCE(r.back, 0)
           OR (u.id IS NOT NULL AND u.quantity <> n.quantity)
        """,
        "{0}: {1} counts {3} × {2} as reshipped and {5} as back; its active reshipments send {4} and added back {6}.",
    ),
    _Check(
        "one_event_per_reshipment",
        """
        SELECT c.code, s.number, COUNT(e.id)
        FROM orders_reshipment r
        JOIN orders_shipment s ON s.client_id = r.client_id AND s.id = r.shipment_id
        JOIN clients_client c ON c.id = r.client_id
        LEFT JOIN orders_orderevent e
          ON e.client_id = r.client_id AND e.reshipment_id = r.id AND e.type = 'order.reshipped'
        GROUP BY r.client_id, r.id, c.code, s.number HAVING COUNT(e.id) <> 1
        """,
        "{0}: reshipment {1} has {2} events.",
    ),
    _Check(
        "history_has_no_gap",
        """
        SELECT c.code, o.number, o.events_written, COUNT(e.id), COALESCE(MAX(e.sequence), 0)
        FROM orders_order o
        JOIN clients_client c ON c.id = o.client_id
        LEFT JOIN orders_orderevent e ON e.client_id = o.client_id AND e.order_id = o.id
        GROUP BY o.client_id, o.id, c.code, o.number, o.events_written
        HAVING o.events_written <> COUNT(e.id) OR o.events_written <> COALESCE(MAX(e.sequence), 0)
        """,
        "{0}: order {1} counts {2} events; there are {3}, the last numbered {4}.",
    ),
    _Check(
        "reshipments_are_counted",
        """
        SELECT c.code, o.number, o.reshipments_made, COUNT(r.id)
        FROM orders_order o
        JOIN clients_client c ON c.id = o.client_id
        LEFT JOIN orders_reshipment r ON r.client_id = o.client_id AND r.order_id = o.id
        GROUP BY o.client_id, o.id, c.code, o.number, o.reshipments_made HAVING o.reshipments_made <> COUNT(r.id)
        """,
        "{0}: order {1} counts {2} reshipments; there are {3}.",
    ),
    _Check(
        "order_status",
        """
        SELECT client, number, status, derived FROM (
            SELECT c.code AS client, o.number, o.status,
                   CASE
                     WHEN SUM(to_go) > 0 AND (MAX(order_held) > 0 OR SUM(to_go * held) > 0) THEN 'ON_HOLD'
                     WHEN SUM(to_go * reshipment) > 0 THEN 'RESHIPPING'
                     WHEN SUM(to_go) > 0 THEN 'AWAITING'
                     WHEN SUM(cancelled) = COUNT(*) THEN 'CANCELLED'
                     WHEN SUM(has_left) = 0 THEN 'AWAITING'
                     ELSE 'FULFILLED' END AS derived
            FROM (
                SELECT s.client_id, s.order_id,
                       CASE WHEN s.status = 'CANCELLED' THEN 1 ELSE 0 END AS cancelled,
                       CASE WHEN s.departed_at IS NOT NULL THEN 1 ELSE 0 END AS has_left,
                       CASE WHEN s.status IN ('OPEN', 'PICKING', 'PACKED') AND NOT EXISTS (
                           SELECT 1 FROM orders_shipmentline n
                           JOIN orders_lineusage u ON u.client_id = n.client_id AND u.line_id = n.id
                           WHERE n.client_id = s.client_id AND n.shipment_id = s.id AND u.added_back > 0
                       ) THEN 1 ELSE 0 END AS to_go,
                       CASE WHEN EXISTS (
                           SELECT 1 FROM orders_reshipment r WHERE r.client_id = s.client_id AND r.shipment_id = s.id
                       ) THEN 1 ELSE 0 END AS reshipment,
                       CASE WHEN EXISTS (
                           SELECT 1 FROM orders_hold h
                           WHERE h.client_id = s.client_id AND h.shipment_id = s.id AND h.lifted_at IS NULL
                       ) THEN 1 ELSE 0 END AS held,
                       CASE WHEN EXISTS (
                           SELECT 1 FROM orders_hold h WHERE h.client_id = s.client_id AND h.order_id = s.order_id
                             AND h.shipment_id IS NULL AND h.lifted_at IS NULL
                       ) THEN 1 ELSE 0 END AS order_held
                FROM orders_shipment s
            ) AS parcels
            JOIN orders_order o ON o.client_id = parcels.client_id AND o.id = parcels.order_id
            JOIN clients_client c ON c.id = o.client_id
            GROUP BY o.client_id, o.id, c.code, o.number, o.status
        ) AS orders WHERE status <> derived
        """,
        "{0}: order {1} is stored as {2} but its shipments and holds make it {3}.",
    ),
)
