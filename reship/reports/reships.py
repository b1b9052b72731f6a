"""Reports → Reships: how often items are sent again, why, whose fault it was, and what it cost.

Reshipments belong to the day on which they were made, and cancelled ones are only counted. The rate is reshipments per
100 orders that were placed in the same days: what was placed is known at once and never changes, while departures come
days later. docs/reports.md tells what each figure means.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from reship.clients.models import Client
from reship.clients.reasons import fault_label
from reship.database.snapshot import one_snapshot
from reship.reports.period import Period, Span, Step


@dataclass(frozen=True, slots=True)
class Cost:
    """What reshipments cost in one currency: goods that left the stock for them, labels, and the operator's fee."""

    currency: str
    goods: Decimal
    label: Decimal
    fee: Decimal

    @property
    def total(self) -> Decimal:
        return self.goods + self.label + self.fee


@dataclass(frozen=True, slots=True)
class Group:
    """Reshipments that have something in common. `costs` has one entry per currency: they are never added up.

    `client` is a code where the name means something within one client only, as a SKU does.
    """

    name: str
    reshipments: int
    units: int
    costs: tuple[Cost, ...]
    client: str = ""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What happened in a day, week or month: orders placed, reshipments made, and those of them that were cancelled."""

    span: Span
    orders: int
    reshipments: int
    cancelled: int

    @property
    def rate(self) -> Decimal | None:
        return rate_of(self.reshipments, self.orders)


@dataclass(frozen=True, slots=True)
class ReshipReport:
    """`packers` is None where the names of the company's people are not shown."""

    period: Period
    step: Step
    steps: tuple[StepFigures, ...]
    all: Group
    reasons: tuple[Group, ...]
    faults: tuple[Group, ...]
    skus: tuple[Group, ...]
    carriers: tuple[Group, ...]
    packers: tuple[Group, ...] | None
    clients: tuple[Group, ...]

    @property
    def orders(self) -> int:
        return sum(step.orders for step in self.steps)

    @property
    def cancelled(self) -> int:
        return sum(step.cancelled for step in self.steps)

    @property
    def rate(self) -> Decimal | None:
        return rate_of(self.all.reshipments, self.orders)

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(cost.currency for cost in self.all.costs)


def rate_of(reshipments: int, orders: int) -> Decimal | None:
    """Reshipments per 100 orders, with two decimals; None where no order was placed."""
    return (Decimal(100 * reshipments) / orders).quantize(Decimal("0.01")) if orders else None


def reship_report(
    clients: Sequence[Client], period: Period, *, step: Step | None = None, names_packers: bool = False
) -> ReshipReport:
    """The report about these clients, in three statements that see the same moment. The usual step, if none is given.

    Refuses `invalid_period` when there would be too many steps.
    """
    step = step or period.usual_step
    spans = period.cut(step)
    known = {client.pk: client for client in clients}
    if not known:
        return _from_rows([StepFigures(span, 0, 0, 0) for span in spans], [], [], known, period, step, names_packers)
    with one_snapshot(is_patient=False):
        steps = _steps(list(known), period, spans)
        reshipments = [_Reshipments(*row) for row in _rows(_RESHIPMENTS, list(known), period)]
        goods = [_Goods(*row) for row in _rows(_GOODS, list(known), period)]
    return _from_rows(steps, reshipments, goods, known, period, step, names_packers)


class _Kind(NamedTuple):
    """What reshipments have in common that are counted together: carrier and packer are those of the source."""

    client_id: int
    label: str
    fault: str
    carrier: str
    packer: str


class _Reshipments(NamedTuple):
    """Reshipments of one kind whose labels were paid for in one currency; empty without a label."""

    client_id: int
    label: str
    fault: str
    carrier: str
    packer: str
    label_currency: str
    reshipments: int
    label_cost: object
    fee: object


class _Goods(NamedTuple):
    """Units that reshipments of one kind send, or else those of one SKU that reshipments of all kinds send.

    `goods` is the cost of those for which none came back. Only the rows of a SKU count `reshipments`.
    """

    client_id: int
    label: str
    fault: str
    carrier: str
    packer: str
    sku: str
    reshipments: int
    units: int
    goods: object


@dataclass(slots=True)
class _Sum:
    """A group while it is added up; `costs` are goods, label and fee by currency."""

    client: str = ""
    reshipments: int = 0
    units: int = 0
    costs: defaultdict[str, list[Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    )

    def add_reshipments(self, row: _Reshipments, currency: str) -> None:
        self.reshipments += row.reshipments
        self.costs[row.label_currency or currency][1] += _amount(row.label_cost)
        self.costs[currency][2] += _amount(row.fee)

    def add_goods(self, row: _Goods, currency: str) -> None:
        self.units += row.units
        self.costs[currency][0] += _amount(row.goods)

    def group(self, name: str) -> Group:
        costs = [Cost(currency, *amounts) for currency, amounts in sorted(self.costs.items())]
        return Group(name, self.reshipments, self.units, tuple(cost for cost in costs if _is_some(cost)), self.client)


def _from_rows(
    steps: Iterable[StepFigures],
    reshipments: Sequence[_Reshipments],
    goods: Sequence[_Goods],
    clients: Mapping[int, Client],
    period: Period,
    step: Step,
    names_packers: bool,
) -> ReshipReport:
    of_kinds = [row for row in goods if not row.sku]

    def grouped(name_of: Callable[[_Kind], str]) -> tuple[Group, ...]:
        sums: defaultdict[str, _Sum] = defaultdict(_Sum)
        for made in reshipments:
            sums[name_of(_Kind(*made[:5]))].add_reshipments(made, clients[made.client_id].currency)
        for sent in of_kinds:
            sums[name_of(_Kind(*sent[:5]))].add_goods(sent, clients[sent.client_id].currency)
        return _sorted([sums[name].group(name) for name in sums])

    return ReshipReport(
        period=period,
        step=step,
        steps=tuple(steps),
        all=next(iter(grouped(lambda _: "All")), Group("All", 0, 0, ())),
        reasons=grouped(lambda kind: kind.label or "No reason given"),
        faults=grouped(lambda kind: fault_label(kind.fault) or "Nobody named"),
        skus=_of_skus([row for row in goods if row.sku], clients),
        carriers=grouped(lambda kind: kind.carrier or "No carrier named"),
        packers=grouped(lambda kind: kind.packer or "Not picked when it was sent again") if names_packers else None,
        clients=grouped(lambda kind: f"{clients[kind.client_id].name} ({clients[kind.client_id].code})"),
    )


def _of_skus(goods: Sequence[_Goods], clients: Mapping[int, Client]) -> tuple[Group, ...]:
    """By SKU within its client. Labels and fees are of whole parcels, so that only goods are named."""
    groups = []
    for row in goods:
        client = clients[row.client_id]
        total = _Sum(client.code, row.reshipments)
        total.add_goods(row, client.currency)
        groups.append(total.group(row.sku))
    return _sorted(groups)


def _sorted(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: (-group.reshipments, -group.units, group.name, group.client)))


def _is_some(cost: Cost) -> bool:
    return bool(cost.goods or cost.label or cost.fee)


def _amount(summed: object) -> Decimal:
    """SQLite adds decimals up as floats; what is stored has four decimals at most."""
    return Decimal(str(summed)).quantize(Decimal("0.0001"))


def _steps(client_ids: Sequence[int], period: Period, spans: Sequence[Span]) -> list[StepFigures]:
    """Counted per step by the indexes, so that no row's day has to be looked at."""
    values: list[int | str] = []
    for number, span in enumerate(spans):
        first, before = period.moments_of(span)
        values += [number, _moment(first), _moment(before)]
    moment = "CAST(%s AS timestamptz)" if connection.vendor == "postgresql" else "%s"
    steps = ", ".join([f"(%s, {moment}, {moment})"] * len(spans))
    with connection.cursor() as cursor:
        cursor.execute(_STEPS.replace(":steps", steps).replace(":clients", _in(client_ids)), values)
        counted = sorted(cursor.fetchall())
    return [StepFigures(spans[number], *counts) for number, *counts in counted]


def _rows(sql: str, client_ids: Sequence[int], period: Period) -> list[tuple[Any, ...]]:
    values = [_moment(period.begins_at), _moment(period.ends_before)]
    with connection.cursor() as cursor:
        cursor.execute(sql.replace(":made", _MADE).replace(":clients", _in(client_ids)), values)
        return list(cursor.fetchall())


def _in(client_ids: Sequence[int]) -> str:
    """Ids of our own, which need no quoting; one stands as one, so that a query of one client says so."""
    if len(client_ids) == 1:
        return f"= {client_ids[0]:d}"
    return f"IN ({', '.join(f'{client_id:d}' for client_id in client_ids)})"


def _moment(at: datetime) -> str:
    """As it is stored."""
    return str(connection.ops.adapt_datetimefield_value(at))


_STEPS = """
    WITH step(n, first, before) AS (VALUES :steps)
    SELECT n,
        (SELECT COUNT(*) FROM orders_order o
         WHERE o.client_id :clients AND o.placed_at >= step.first AND o.placed_at < step.before),
        (SELECT COUNT(*) FROM orders_reshipment r
         WHERE r.client_id :clients AND r.made_at >= step.first AND r.made_at < step.before
           AND r.cancelled_at IS NULL),
        (SELECT COUNT(r.cancelled_at) FROM orders_reshipment r
         WHERE r.client_id :clients AND r.made_at >= step.first AND r.made_at < step.before)
    FROM step
"""
_MADE = """
    made AS (
        SELECT r.client_id, r.id, r.shipment_id, r.fee, r.fault, s.carrier, s.picked_by AS packer,
               CASE WHEN r.reason_label = '' THEN r.reason ELSE r.reason_label END AS label
        FROM orders_reshipment r
        JOIN orders_shipment s ON s.client_id = r.client_id AND s.id = r.source_id
        WHERE r.client_id :clients AND r.made_at >= %s AND r.made_at < %s AND r.cancelled_at IS NULL
    )
"""
# The states twice: SQLite takes a partial index only for a condition that it finds word for word.
_RESHIPMENTS = """
    WITH :made
    SELECT m.client_id, m.label, m.fault, m.carrier, m.packer, COALESCE(l.currency, ''), COUNT(*),
           COALESCE(SUM(l.cost), 0), SUM(m.fee)
    FROM made m
    LEFT JOIN floor_label l ON l.client_id = m.client_id AND l.shipment_id = m.shipment_id
         AND l.state IN ('ASKED', 'BOUGHT') AND l.state = 'BOUGHT'
    GROUP BY m.client_id, m.label, m.fault, m.carrier, m.packer, COALESCE(l.currency, '')
"""
_GOODS = """
    WITH :made, moved AS (
        SELECT m.client_id, m.id, m.label, m.fault, m.carrier, m.packer, n.sku, n.product_id,
               n.quantity AS units, n.quantity AS gone
        FROM made m
        JOIN orders_shipmentline n ON n.client_id = m.client_id AND n.shipment_id = m.shipment_id
        WHERE n.quantity > 0
        UNION ALL
        SELECT m.client_id, NULL, m.label, m.fault, m.carrier, m.packer, n.sku, n.product_id, 0, -b.added_back
        FROM made m
        JOIN orders_reshipmentline b ON b.client_id = m.client_id AND b.reshipment_id = m.id
        JOIN orders_shipmentline n ON n.client_id = b.client_id AND n.id = b.source_line_id
        WHERE b.added_back > 0
    ), priced AS (
        SELECT v.*, v.gone * p.unit_cost AS goods
        FROM moved v
        JOIN catalog_product p ON p.client_id = v.client_id AND p.id = v.product_id
    )
    SELECT client_id, label, fault, carrier, packer, '', 0, SUM(units), SUM(goods)
    FROM priced GROUP BY client_id, label, fault, carrier, packer
    UNION ALL
    SELECT client_id, '', '', '', '', sku, COUNT(DISTINCT id), SUM(units), SUM(goods)
    FROM priced GROUP BY client_id, sku
"""
