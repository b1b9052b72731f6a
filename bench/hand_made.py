"""The best SQL that we could write by hand for the same deed on the same tables: what Reship is measured against.

It takes the same locks and writes the same rows, with both balances after each ledger entry, and lets the database's
constraints refuse what must not be. It explains no refusal: that is the part of Reship's work that it is spared.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.sql import Plain, Values, insert_into
from reship.clients.reasons import Reason
from reship.fulfilment.models import RequestKey
from reship.inventory.models import LedgerEntry
from reship.orders.addresses import ADDRESS_FIELDS
from reship.orders.models import LineUsage, OrderEvent, Reshipment, ReshipmentLine, Shipment, ShipmentLine

_TO_GO = "('OPEN', 'PICKING', 'PACKED')"
_KEPT = ("order_id", "source_id", "warehouse_id", "method", *ADDRESS_FIELDS)


@dataclass(frozen=True)
class Asked:
    """Who asks for what: the numbers of orders to be sent again whole, and why."""

    client_id: int
    numbers: Sequence[str]
    reason: Reason
    actor: str
    user_id: int | None
    at: datetime
    key: str = ""
    job_id: int | None = None
    job_number: int | None = None

    def values(self, *, is_postgresql: bool) -> Values:
        numbers: object = list(self.numbers) if is_postgresql else json.dumps(list(self.numbers))
        at: object = self.at if is_postgresql else self.at.replace(tzinfo=None).isoformat(" ")
        hashed = hashlib.sha256(json.dumps(self.numbers).encode()).hexdigest()
        return {
            "client": self.client_id,
            "numbers": numbers,
            "reason": self.reason.code,
            "reason_label": self.reason.label,
            "fault": str(self.reason.fault),
            "actor": self.actor,
            "user": self.user_id,
            "at": at,
            "key": self.key,
            "hash": hashed,
            "job": self.job_id,
            "job_number": self.job_number,
        }


class HandMade:
    """Sends orders again, many or one, in one transaction."""

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._numbers = (
            "unnest(:numbers::text[]) WITH ORDINALITY AS given(number, k)"
            if plain.is_postgresql
            else "(SELECT value AS number, key + 1 AS k FROM json_each(:numbers)) AS given"
        )
        self._source = _source(self._numbers, is_postgresql=plain.is_postgresql)
        self._line = _line(is_postgresql=plain.is_postgresql)
        # Whoever writes anything of an order holds its lock, so this one protects all that is read of it afterwards.
        self._lock = (
            f"SELECT COUNT(*) FROM (SELECT o.id FROM orders_order o JOIN {self._numbers} ON given.number = o.number "
            "WHERE o.client_id = :client ORDER BY o.id FOR NO KEY UPDATE OF o) AS locked"
        )
        self._many = self._in_steps(is_job=True)
        self._one = self._at_once() if plain.is_postgresql else self._in_steps(is_job=False)
        self._make_tables()

    def reship(self, asked: Asked) -> None:
        """One transaction: the orders' locks in the order of their ids, then everything that a reship writes."""
        plain, values = self._plain, asked.values(is_postgresql=self._plain.is_postgresql)
        plain.begin()
        if plain.is_postgresql:
            plain.rows(self._lock, values)
        for statement in self._one if asked.job_id is None else self._many:
            plain.execute(statement, values)
        plain.commit()

    def _make_tables(self) -> None:
        """Temporary ones, for what is read in the first steps and written in the others."""
        plain = self._plain
        tables = (("source", self._source, _SOURCE_COLUMNS), ("line", self._line, _LINE_COLUMNS))
        for name, query, columns in tables:
            if plain.is_postgresql:
                given = query.replace(":numbers", "'{}'").replace(":client", "0")
                plain.execute(f"CREATE TEMP TABLE {name} ON COMMIT DELETE ROWS AS {given} WITH NO DATA")
            else:
                plain.execute(f"CREATE TEMP TABLE {name} ({', '.join(columns)})")
        # Or SQLite walks through all of them for each item of a job.
        index = "source_by_number" if plain.is_postgresql else "temp.source_by_number"
        plain.execute(f"CREATE UNIQUE INDEX {index} ON source (number)")

    def _in_steps(self, *, is_job: bool) -> list[str]:
        """A statement per table, so that each is planned when it is known how many rows there are."""
        filled = [f"INSERT INTO source {self._source}", f"INSERT INTO line {self._line}"]
        writes = _writes(is_postgresql=self._plain.is_postgresql, is_job=is_job)
        emptied = [] if self._plain.is_postgresql else ["DELETE FROM source", "DELETE FROM line"]
        return [*filled, *writes, *emptied]

    def _at_once(self) -> list[str]:
        """One statement for all of it, which saves one order the way there and back; SQLite cannot write in a WITH."""
        writes = _writes(is_postgresql=True, is_job=False)
        written = ", ".join(f"written_{number} AS ({write})" for number, write in enumerate(writes[:-1]))
        read = f"source AS MATERIALIZED ({self._source}), line AS MATERIALIZED ({self._line})"
        return [f"WITH {read}, {written} {writes[-1]}"]


def _next_id(table: str, *, is_postgresql: bool) -> str:
    if is_postgresql:
        return f"nextval('{table}_id_seq')"
    return f"COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '{table}'), 0) + ROW_NUMBER() OVER ()"


_SOURCE_COLUMNS = (
    *("k", "shipment_id", "reshipment_id", "order_id", "number", "made", "event", "source_id", "source_number"),
    *("warehouse_id", "method", *ADDRESS_FIELDS),
)
_LINE_COLUMNS = (
    *("id", "k", "position", "shipment_id", "reshipment_id", "source_line_id", "order_line_id", "product_id", "sku"),
    *("sent", "quantity", "used", "level_id", "level_sequence", "on_hand", "allocated"),
)


def _source(numbers: str, *, is_postgresql: bool) -> str:
    """Each order's latest shipment with something left, and the ids of what will be written for it."""
    shipment_id = _next_id("orders_shipment", is_postgresql=is_postgresql)
    reshipment_id = _next_id("orders_reshipment", is_postgresql=is_postgresql)
    address = ", ".join(f"s.{field}" for field in ADDRESS_FIELDS)
    latest = f"""
        SELECT l.id FROM orders_shipment l
        WHERE l.client_id = :client AND l.order_id = o.id AND l.status <> 'CANCELLED'
          AND NOT (l.status IN {_TO_GO} AND EXISTS (
              SELECT 1 FROM orders_reshipment r WHERE r.client_id = :client AND r.shipment_id = l.id))
          AND EXISTS (
              SELECT 1 FROM orders_shipmentline n
              LEFT JOIN orders_lineusage u ON u.client_id = :client AND u.line_id = n.id
              WHERE n.client_id = :client AND n.shipment_id = l.id AND n.quantity > COALESCE(u.reshipped, 0))
        ORDER BY l.opened_at DESC, l.id DESC LIMIT 1
    """
    return f"""
        SELECT given.k, {shipment_id} AS shipment_id, {reshipment_id} AS reshipment_id, o.id AS order_id, o.number,
               o.reshipments_made + 1 AS made, o.events_written + 1 AS event, s.id AS source_id,
               s.number AS source_number, s.warehouse_id, s.method, {address}
        FROM {numbers}
        JOIN orders_order o ON o.client_id = :client AND o.number = given.number
        JOIN orders_shipment s ON s.client_id = :client AND s.id = ({latest})
    """


def _line(*, is_postgresql: bool) -> str:
    """What is left of each source's lines, and the stock level that it is taken from.

    PostgreSQL locks the levels here, in the order of their ids; a row that had to be waited for is read as it is then.
    """
    line_id = _next_id("orders_shipmentline", is_postgresql=is_postgresql)
    wanted = """
        SELECT s.k, s.shipment_id, s.reshipment_id, s.warehouse_id, n.id, n.order_line_id, n.product_id, n.sku,
               n.quantity, n.position, COALESCE(u.reshipped, 0) AS used
        FROM source s
        JOIN orders_shipmentline n ON n.client_id = :client AND n.shipment_id = s.source_id
        LEFT JOIN orders_lineusage u ON u.client_id = :client AND u.line_id = n.id
        WHERE n.quantity > COALESCE(u.reshipped, 0)
    """
    levels = """
        SELECT v.* FROM inventory_stocklevel v
        WHERE v.client_id = :client AND (v.product_id, v.warehouse_id) IN (SELECT product_id, warehouse_id FROM wanted)
        ORDER BY v.id FOR NO KEY UPDATE OF v
    """
    read, level = f"wanted AS MATERIALIZED ({wanted})", "inventory_stocklevel"
    if is_postgresql:
        read, level = f"{read}, level AS MATERIALIZED ({levels})", "level"
    return f"""
        WITH {read}
        SELECT {line_id} AS id, n.k, ROW_NUMBER() OVER (PARTITION BY n.k ORDER BY n.position) AS position,
               n.shipment_id, n.reshipment_id, n.id AS source_line_id, n.order_line_id, n.product_id, n.sku,
               n.quantity AS sent, n.quantity - n.used AS quantity, n.used, v.id AS level_id,
               v.sequence AS level_sequence, v.on_hand, v.allocated
        FROM wanted n
        JOIN {level} v ON v.client_id = :client AND v.product_id = n.product_id AND v.warehouse_id = n.warehouse_id
    """


def _writes(*, is_postgresql: bool, is_job: bool) -> list[str]:
    client = {"client_id": ":client"}
    false = "FALSE" if is_postgresql else "0"
    number = "s.number || '-R' || s.made"
    shipment = client | {
        "id": "s.shipment_id",
        "order_id": "s.order_id",
        "number": number,
        "warehouse_id": "s.warehouse_id",
        "method": "s.method",
        "opened_at": ":at",
        **{field: f"s.{field}" for field in ADDRESS_FIELDS},
    }
    line = client | {
        "id": "l.id",
        "shipment_id": "l.shipment_id",
        "position": "l.position",
        "order_line_id": "l.order_line_id",
        "product_id": "l.product_id",
        "sku": "l.sku",
        "quantity": "l.quantity",
    }
    reshipment = client | {
        "id": "s.reshipment_id",
        "order_id": "s.order_id",
        "source_id": "s.source_id",
        "shipment_id": "s.shipment_id",
        "reason": ":reason",
        "reason_label": ":reason_label",
        "fault": ":fault",
        "fee": "(SELECT reship_fee FROM clients_client WHERE id = :client)",
        "added_back": false,
        "made_at": ":at",
        "made_by": ":actor",
        "user_id": ":user",
    }
    reshipment_line = client | {
        "reshipment_id": "l.reshipment_id",
        "source_line_id": "l.source_line_id",
        "line_id": "l.id",
        "quantity": "l.quantity",
    }
    usage = client | {"line_id": "l.source_line_id", "quantity": "l.sent", "reshipped": "l.used + l.quantity"}
    so_far = "OVER (PARTITION BY l.level_id ORDER BY l.k, l.position ROWS UNBOUNDED PRECEDING)"
    entry = client | {
        "level_id": "l.level_id",
        "sequence": f"l.level_sequence + ROW_NUMBER() {so_far}",
        "kind": "'ALLOCATED'",
        "on_hand_change": "0",
        "allocated_change": "l.quantity",
        "on_hand_after": "l.on_hand",
        "allocated_after": f"l.allocated + SUM(l.quantity) {so_far}",
        "shipment_line_id": "l.id",
        "reshipment_id": "l.reshipment_id",
        "actor": ":actor",
        "user_id": ":user",
        "at": ":at",
    }
    event = client | {
        "order_id": "s.order_id",
        "sequence": "s.event",
        "type": "'order.reshipped'",
        "shipment_id": "s.shipment_id",
        "reshipment_id": "s.reshipment_id",
        "facts": _facts(number, is_postgresql=is_postgresql, is_job=is_job),
        "actor": ":actor",
        "user_id": ":user",
        "at": ":at",
    }
    writes = [
        insert_into(Shipment, shipment, "FROM source s"),
        insert_into(ShipmentLine, line, "FROM line l"),
        insert_into(Reshipment, reshipment, "FROM source s"),
        insert_into(ReshipmentLine, reshipment_line, "FROM line l"),
        # WHERE TRUE: without it SQLite reads ON as the condition of a join.
        insert_into(LineUsage, usage, "FROM line l WHERE TRUE")
        + " ON CONFLICT (client_id, line_id)"
        + " DO UPDATE SET quantity = excluded.quantity, reshipped = excluded.reshipped",
        insert_into(LedgerEntry, entry, "FROM line l"),
        """
        UPDATE inventory_stocklevel
        SET allocated = inventory_stocklevel.allocated + moved.units, sequence = sequence + moved.entries
        FROM (SELECT level_id, SUM(quantity) AS units, COUNT(*) AS entries FROM line GROUP BY level_id) AS moved
        WHERE inventory_stocklevel.client_id = :client AND inventory_stocklevel.id = moved.level_id
        """,
        f"""
        UPDATE orders_order
        SET reshipments_made = s.made, events_written = s.event,
            status = CASE WHEN EXISTS (
                SELECT 1 FROM orders_hold h LEFT JOIN orders_shipment p
                  ON p.client_id = :client AND p.id = h.shipment_id
                WHERE h.client_id = :client AND h.order_id = s.order_id AND h.lifted_at IS NULL
                  AND (h.shipment_id IS NULL OR p.status IN {_TO_GO})
            ) THEN 'ON_HOLD' ELSE 'RESHIPPING' END
        FROM source s WHERE orders_order.client_id = :client AND orders_order.id = s.order_id
        """,
    ]
    if is_job:
        writes += [
            f"""
            UPDATE jobs_jobitem SET state = 'DONE', shipment = {number} FROM source s
            WHERE jobs_jobitem.client_id = :client AND jobs_jobitem.job_id = :job
              AND jobs_jobitem.order_number = s.number AND jobs_jobitem.source = ''
            """,
            """
            UPDATE jobs_job SET state = 'DONE', done = done + (SELECT COUNT(*) FROM source), reached = last_position,
                   worked_at = :at, ended_at = :at
            WHERE client_id = :client AND id = :job
            """,
        ]
    else:
        key = client | {
            "key": ":key",
            "input_hash": ":hash",
            "answer": _answer(number, is_postgresql=is_postgresql),
            "made_at": ":at",
        }
        writes.append(insert_into(RequestKey, key, "FROM source s"))
    return [*writes, insert_into(OrderEvent, event, _with_items(is_postgresql=is_postgresql))]


def _with_items(*, is_postgresql: bool) -> str:
    """One row per order, with its items as history names them."""
    if is_postgresql:
        one = "jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) ORDER BY position)"
    else:
        one = "json_group_array(json_object('sku', sku, 'quantity', quantity))"
    lines = "line" if is_postgresql else "(SELECT * FROM line ORDER BY k, position)"
    return f"FROM source s JOIN (SELECT k, {one} AS items FROM {lines} AS l GROUP BY k) AS i ON i.k = s.k"


def _facts(number: str, *, is_postgresql: bool, is_job: bool) -> str:
    build, array = ("jsonb_build_object", "'[]'::jsonb") if is_postgresql else ("json_object", "json('[]')")
    items, false = ("i.items", "FALSE") if is_postgresql else ("json(i.items)", "json('false')")
    none = "''::text" if is_postgresql else "''"
    reason, label = (":reason::text", ":reason_label::text") if is_postgresql else (":reason", ":reason_label")
    job = ", 'job', :job_number" + ("::integer" if is_postgresql else "") if is_job else ""
    return (
        f"{build}('shipment', {number}, 'source', s.source_number, 'items', {items}, 'added_back', {array}, "
        f"'reason', {reason}, 'reason_label', {label}, 'fault', {none}, 'note', {none}, 'hold', {false}, "
        f"'anyway', {false}, 'waiting', {array}, 'warehouse', {none}{job})"
    )


def _answer(number: str, *, is_postgresql: bool) -> str:
    """What a repeated request is answered with."""
    if is_postgresql:
        items = "(SELECT jsonb_agg(jsonb_build_array(sku, quantity) ORDER BY position) FROM line WHERE line.k = s.k)"
        build, array, false, end = "jsonb_build_object", "'[]'::jsonb", "FALSE", "::text"
    else:
        items = (
            "(SELECT json_group_array(json_array(sku, quantity)) FROM "
            "(SELECT * FROM line WHERE line.k = s.k ORDER BY position))"
        )
        build, array, false, end = "json_object", "json('[]')", "json('false')", ""
    return (
        f"{build}('order', s.number, 'source', s.source_number, 'shipment', {number}, 'items', {items}, "
        f"'added_back', {false}, 'held', {false}, 'warnings', {array}, 'waiting', {array}, 'replayed', {false}){end}"
    )
