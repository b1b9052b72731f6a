"""Rows about pages that ask a question of many rows: Reports → Reships, and the pick queue."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from bench.data import CLIENTS, FIRST_PLACED, OPERATOR, SPAN, client_code, email_of
from bench.measure import Duel, in_turn, median
from bench.pages import MOST_MS_A_PAGE, PAGE, counted
from bench.scene import BIGGEST, Scene
from bench.sql import Values
from bench.table import Row, duel_row

TIMES_SQL = 3
"""A page that asks a question may cost what every page may, and the query so many times."""
_SHIPMENT = re.compile(r"data-open>(\d+-R?\d+)</a>")


@dataclass(frozen=True)
class Report:
    """A report by its days; `client` is the SQL of whose rows it is about."""

    name: str
    first: datetime
    last: datetime
    email: str
    client: str

    @property
    def address(self) -> str:
        return f"made_from={self.first.date()}&made_to={self.last.date()}"

    @property
    def values(self) -> Values:
        after = self.last + timedelta(days=1)
        return {"from": str(self.first.date()), "before": str(after.date())}


def report_rows(scene: Scene) -> list[Row]:
    """A month of the biggest client, two years of it, and two years of all."""
    begin = datetime.fromtimestamp(FIRST_PLACED, tz=UTC)
    middle, end = begin + timedelta(seconds=SPAN // 2), begin + timedelta(seconds=SPAN + 30 * 86_400)
    person, one = email_of(BIGGEST, 1), f"= {BIGGEST}"
    everybody = f"IN ({', '.join(map(str, range(1, CLIENTS + 1)))})"
    reports = (
        Report("report_month", middle - timedelta(days=15), middle + timedelta(days=14), person, one),
        Report("report_two_years", begin, end, person, one),
        Report("report_all_clients", begin, end, OPERATOR, everybody),
    )
    return [_report_row(scene, report) for report in reports]


def _report_row(scene: Scene, report: Report) -> Row:
    visitor = scene.visitor(report.email)
    statements = _by_hand(report)
    in_file = csv.DictReader(visitor.get(f"/reports/reships.csv?table=reasons&{report.address}").text.splitlines())
    told = Counter({line["reason"]: int(line["reshipments"]) for line in in_file})
    found: Counter[str] = Counter()
    for label, *_, number in scene.plain.rows(statements[-2], report.values):
        found[label] += number
    assert told == found, f"{report.name}: the page and the query find other reshipments"
    assert told or scene.sizes.is_quick, f"{report.name} finds nothing"
    address = f"/reports/reships/?{report.address}"
    with counted() as count:
        visitor.get(address)
    duel = in_turn(
        lambda: visitor.get(address),
        lambda: [scene.plain.rows(statement, report.values) for statement in statements],
        rounds=scene.sizes.rounds(20),
        warm_up=scene.sizes.rounds(3),
        watches=scene.watches,
        tick=lambda: scene.tick(report.name),
    )
    row = _row(report.name, scene, duel)
    row.figures.update(statements=count(), reshipments=found.total())
    return row


def _by_hand(report: Report) -> Sequence[str]:
    """Each table read once, from where its index says, and nothing but sums."""
    month = "date_trunc('month', {0})" if connection.vendor == "postgresql" else "strftime('%Y-%m', {0})"
    over_time = "SELECT {1}, COUNT(*) FROM {2} WHERE client_id {0} AND {3} >= :from AND {3} < :before{4} GROUP BY 1"
    tables = (("orders_order", "placed_at", ""), ("orders_reshipment", "made_at", " AND cancelled_at IS NULL"))
    made = f"""
        WITH made AS (
            SELECT r.client_id, r.id, r.shipment_id, r.reason_label, r.fault, r.fee, s.carrier, s.picked_by
            FROM orders_reshipment r JOIN orders_shipment s ON s.client_id = r.client_id AND s.id = r.source_id
            WHERE r.client_id {report.client} AND r.made_at >= :from AND r.made_at < :before
              AND r.cancelled_at IS NULL
        )
    """
    lines = """
        FROM made m
        JOIN orders_shipmentline n ON n.client_id = m.client_id AND n.shipment_id = m.shipment_id
        JOIN catalog_product p ON p.client_id = n.client_id AND p.id = n.product_id
    """
    groups = f"""
        {made}, goods AS (
            SELECT m.id, SUM(n.quantity) AS units, SUM(n.quantity * p.unit_cost) AS cost {lines} GROUP BY m.id
        )
        SELECT m.reason_label, m.fault, m.carrier, m.picked_by, m.client_id, SUM(g.units), SUM(g.cost), SUM(m.fee),
               SUM(l.cost), COUNT(*)
        FROM made m JOIN goods g ON g.id = m.id
        LEFT JOIN floor_label l ON l.client_id = m.client_id AND l.shipment_id = m.shipment_id
             AND l.state IN ('ASKED', 'BOUGHT') AND l.state = 'BOUGHT'
        GROUP BY m.reason_label, m.fault, m.carrier, m.picked_by, m.client_id
    """
    skus = f"""
        {made} SELECT m.client_id, n.sku, COUNT(*), SUM(n.quantity), SUM(n.quantity * p.unit_cost) {lines}
        GROUP BY m.client_id, n.sku
    """
    steps = [
        over_time.format(report.client, month.format(column), table, column, more) for table, column, more in tables
    ]
    return (*steps, groups, skus)


def queue_row(scene: Scene) -> Row:
    """The pick queue of the biggest client, oldest first, with how many cannot be picked."""
    visitor = scene.visitor(OPERATOR)
    address = f"/warehouse/pick-queue/?client={client_code(BIGGEST)}&warehouse=MAIN"
    values: Values = {"client": BIGGEST}
    shown = _SHIPMENT.findall(visitor.get(address).text)
    assert shown == [number for number, *_ in scene.plain.rows(_QUEUE, values)[:PAGE]], "the queue holds others"
    with counted() as count:
        visitor.get(address)
    duel = in_turn(
        lambda: visitor.get(address),
        lambda: [scene.plain.rows(statement, values) for statement in (_QUEUE, _COUNTS)],
        rounds=scene.sizes.rounds(40),
        warm_up=scene.sizes.rounds(5),
        watches=scene.watches,
        tick=lambda: scene.tick("pick_queue"),
    )
    row = _row("pick_queue", scene, duel)
    row.figures.update(statements=count(), shipments=len(shown))
    return row


def _row(name: str, scene: Scene, duel: Duel) -> Row:
    most = MOST_MS_A_PAGE + TIMES_SQL * median([sample.cpu for sample in duel.hand_made])
    return duel_row(name, scene.kind, duel, unit="ms CPU a page", most=most)


_OPEN = (
    "s.client_id = :client AND s.status IN ('OPEN', 'PICKING', 'PACKED') AND s.status = 'OPEN' AND s.warehouse_id = 1"
)
_HELD = """
    EXISTS (SELECT 1 FROM orders_hold h WHERE h.client_id = :client AND h.order_id = s.order_id
            AND h.lifted_at IS NULL AND (h.shipment_id IS NULL OR h.shipment_id = s.id))
"""
_ADDED_BACK = """
    EXISTS (SELECT 1 FROM orders_shipmentline n JOIN orders_lineusage u ON u.client_id = :client AND u.line_id = n.id
            WHERE n.client_id = :client AND n.shipment_id = s.id AND u.added_back > 0)
"""
_OF_SHIPMENT = "FROM orders_shipmentline n WHERE n.client_id = :client AND n.shipment_id = s.id AND n.quantity > 0"
_QUEUE = f"""
    SELECT s.number, s.opened_at, s.method, s.country, o.number, o.placed_at, r.reason_label, f.number,
           (SELECT COUNT(*) {_OF_SHIPMENT}), (SELECT SUM(n.quantity) {_OF_SHIPMENT})
    FROM orders_shipment s
    JOIN orders_order o ON o.client_id = :client AND o.id = s.order_id
    LEFT JOIN orders_reshipment r ON r.client_id = :client AND r.shipment_id = s.id
    LEFT JOIN orders_shipment f ON f.client_id = :client AND f.id = r.source_id
    WHERE {_OPEN} AND NOT s.waits_for_stock AND NOT {_HELD} AND NOT {_ADDED_BACK}
    ORDER BY s.opened_at, s.id LIMIT {PAGE + 1}
"""
_COUNTS = f"""
    SELECT c.why, COUNT(*) FROM (
        SELECT CASE WHEN {_ADDED_BACK} THEN 'superseded' WHEN {_HELD} THEN 'held' WHEN s.waits_for_stock THEN 'waiting'
               ELSE 'to_pick' END AS why
        FROM orders_shipment s WHERE {_OPEN} LIMIT 5001
    ) AS c GROUP BY c.why
"""
