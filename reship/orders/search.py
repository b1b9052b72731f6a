"""Sets of orders that an index finds: by what somebody typed, by an active hold, by a reshipment that counts.

Each way to find orders is asked in two forms. `ids` enters an index and gives the orders that are found, which is right
while these are few. `holds` asks it of the one order at hand, which is right when so many are found that a walk down
the list soon meets enough of them. Every block names its client, so that its index can be entered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from reship.database.search import Sql, of_clients, orders_containing, parts_of, text_contains, whole_spellings
from reship.orders.models import HoldKind

MOST_OF_FEW = 3_000
"""Up to so many orders are looked up one by one and sorted; a walk past as many of the list takes as long."""

_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find orders: the SELECT of their ids, and the condition on a row of orders_order."""

    ids: Sql
    holds: Sql


@dataclass(frozen=True, slots=True)
class Criterion:
    """What an order must meet: any of these ways finds it."""

    ways: tuple[Way, ...]

    def as_set(self) -> Sql:
        """The ids of all orders that meet it, in one SELECT."""
        return _joined(" UNION ALL ", [way.ids for way in self.ways])


def found_by(search: str, client_ids: Sequence[int]) -> Criterion:
    """What somebody typed, without surrounding spaces: see `OrderFilter.search`."""
    return Criterion(tuple(_Search(search, list(client_ids)).ways()))


def on_hold(kind: HoldKind | None, client_ids: Sequence[int]) -> Criterion:
    """An active hold, of this kind or of any."""
    active = (
        Sql(' AND "lifted_at" IS NULL') if kind is None else Sql(' AND "lifted_at" IS NULL AND "kind" = %s', (kind,))
    )
    return Criterion((_way("orders_hold", active, list(client_ids)),))


def reshipped(client_ids: Sequence[int]) -> Criterion:
    """A reshipment that was not cancelled."""
    return Criterion((_way("orders_reshipment", Sql(' AND "cancelled_at" IS NULL'), list(client_ids)),))


def few_found_by(criteria: Sequence[Criterion]) -> list[list[list[int] | None]]:
    """Per criterion and way the ids of the orders that it finds, or None where there are more than `MOST_OF_FEW`.

    One statement, which reads no more than it answers.
    """
    ways = [way for criterion in criteria for way in criterion.ways]
    found: list[list[int]] = [[] for _ in ways]
    limited = [
        Sql(f"SELECT {number} AS way, found.* FROM ({way.ids.text} LIMIT {MOST_OF_FEW + 1}) AS found", way.ids.values)
        for number, way in enumerate(ways)
    ]
    statement = _joined(" UNION ALL ", limited)
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.values)
        for way, order_id in cursor.fetchall():
            found[way].append(order_id)
    answers = iter([None if len(ids) > MOST_OF_FEW else ids for ids in found])
    return [[next(answers) for _ in criterion.ways] for criterion in criteria]


class _Search:
    """The ways in which a typed text finds orders."""

    def __init__(self, search: str, client_ids: list[int]) -> None:
        self._search = search
        self._client_ids = client_ids
        self._scope = of_clients(client_ids)
        self._own = _own_client(client_ids)
        self._spelled = tuple(whole_spellings(search))
        self._any_spelling = f"IN ({', '.join(['%s'] * len(self._spelled))})"

    def ways(self) -> list[Way]:
        return [*self._by_number(), *self._by_sku(), *self._by_shipment(), *self._by_customer()]

    def _by_number(self) -> list[Way]:
        """The whole number or its beginning: a range, because the column is compared by bytes."""
        within = '"orders_order"."number" >= %s AND "orders_order"."number" < %s'
        return [
            Way(
                Sql(f'SELECT "id" AS order_id FROM "orders_order" WHERE {self._scope} AND {within}', ends),
                Sql(within, ends),
            )
            for ends in ((start, start + _LAST_CHARACTER) for start in self._spelled)
        ]

    def _by_sku(self) -> list[Way]:
        swapped_in = (
            f'AND l."sku" {self._any_spelling} AND l."order_line_id" IS NULL AND l."quantity" > 0 '
            'AND s."client_id" = l."client_id" AND s."id" = l."shipment_id"'
        )
        both = 'FROM "orders_shipmentline" l, "orders_shipment" s'
        return [
            _way("orders_orderline", Sql(f' AND "sku" {self._any_spelling}', self._spelled), self._client_ids),
            # A SKU that was swapped in while the shipment was open stands in no line of the order.
            Way(
                Sql(f'SELECT s."order_id" {both} WHERE l.{self._scope} {swapped_in}', self._spelled),
                Sql(
                    f'EXISTS (SELECT 1 {both} WHERE s."client_id" {self._own} '
                    f'AND s."order_id" = "orders_order"."id" {swapped_in})',
                    self._spelled,
                ),
            ),
        ]

    def _by_shipment(self) -> list[Way]:
        number = Sql(f' AND "number" {self._any_spelling}', self._spelled)
        # The condition of the partial index, word by word, or SQLite would not take it.
        tracking = Sql(f' AND "tracking_number" {self._any_spelling} AND NOT ("tracking_number" = \'\')', self._spelled)
        return [_way("orders_shipment", number, self._client_ids), _way("orders_shipment", tracking, self._client_ids)]

    def _by_customer(self) -> list[Way]:
        parts = parts_of(self._search)
        if not parts:
            return []
        contains = text_contains(parts, vendor=connection.vendor)
        return [
            Way(
                orders_containing(parts, client_ids=self._client_ids, vendor=connection.vendor),
                _one(
                    f'"orders_customertext" WHERE "client_id" {self._own}',
                    Sql(f" AND {contains.text}", contains.values),
                ),
            )
        ]


def _way(table: str, condition: Sql, client_ids: list[int]) -> Way:
    """By the rows of a table that has a column for the order."""
    return Way(
        Sql(f'SELECT "order_id" FROM "{table}" WHERE {of_clients(client_ids)}{condition.text}', condition.values),
        _one(f'"{table}" WHERE "client_id" {_own_client(client_ids)}', condition),
    )


def _one(rows: str, condition: Sql) -> Sql:
    text = f'EXISTS (SELECT 1 FROM {rows} AND "order_id" = "orders_order"."id"{condition.text})'
    return Sql(text, condition.values)


def _own_client(client_ids: list[int]) -> str:
    """Compares with the client of the order at hand, by its literal id where there is but one."""
    return f"= {client_ids[0]:d}" if len(client_ids) == 1 else '= "orders_order"."client_id"'


def _joined(separator: str, pieces: Sequence[Sql]) -> Sql:
    return Sql(
        separator.join(piece.text for piece in pieces), tuple(value for piece in pieces for value in piece.values)
    )
