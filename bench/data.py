"""An installation of many orders, made by the database itself: the same rows on both, in minutes.

Nothing is drawn by chance: what an order is like follows from its number by multiplication, so that two runs, and two
databases, measure the same. All names are invented and all e-mail addresses lie in example domains.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, models, transaction

from bench.sql import dialect, insert_into
from reship.catalog.models import Product, Warehouse
from reship.clients.models import Client, User
from reship.clients.reasons import BUILT_IN
from reship.clients.roles import Role
from reship.database import search
from reship.floor.models import Label
from reship.inventory.models import LedgerEntry, StockLevel
from reship.orders.models import (
    CustomerText,
    Hold,
    LineUsage,
    Order,
    OrderEvent,
    OrderLine,
    Reshipment,
    ReshipmentLine,
    Shipment,
    ShipmentLine,
)

DAY = 86_400
FIRST_PLACED = 1_730_419_200
"""1 November 2024, in seconds since 1970; the orders are spread evenly over the two years from there."""
SPAN = 730 * DAY
LINES = 3
CLIENTS = 50
SKUS = 5_000
BIGGEST = 0.30
"""The share of the biggest client in all orders; the others follow like 1/2, 1/3, 1/4 …"""
OPENING_STOCK = 10_000_000
FEE = "2.50"
PASSWORD = "bench bench bench"
PEOPLE = 4
_AT_ONCE = 25_000
"""Orders a transaction."""


@dataclass(frozen=True)
class Step:
    """A part of the work: what it is, how many orders' worth, and what does it."""

    name: str
    weight: int
    work: Callable[[], None]


def steps(orders: int) -> list[Step]:
    """All that is to be done to fill a migrated, empty database with so many orders, in order."""
    chunks = [(first, min(first + _AT_ONCE - 1, orders)) for first in range(1, orders + 1, _AT_ONCE)]
    made = [Step("clients and goods", 1, lambda: _clients(orders))]
    for name, weight, statements in (("orders", 1, _plan(orders)), *_documents()):
        made += [Step(name, weight * (last - first + 1), _filled(statements, first, last)) for first, last in chunks]
    shares = client_shares()
    for client_id, share in enumerate(shares, start=1):
        made.append(Step("ledger", int(4 * orders * share), _ledger(client_id)))
    made.append(Step("search index", 2 * orders, lambda: search.install(connection)))
    made.append(Step("stock levels", orders // 2, _levels))
    made.append(Step("statistics", orders // 2, _finish))
    return made


def client_shares() -> list[float]:
    """Each client's share in all orders, the biggest first."""
    others = [1 / rank for rank in range(2, CLIENTS + 1)]
    return [BIGGEST, *((1 - BIGGEST) * other / sum(others) for other in others)]


def client_code(client_id: int) -> str:
    return f"CLIENT{client_id:02}"


def email_of(client_id: int, person: int) -> str:
    return f"person{person}@client{client_id:02}.example"


OPERATOR = "operator@company.example"


def _filled(statements: Sequence[str], first: int, last: int) -> Callable[[], None]:
    def work() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.replace(":first", str(first)).replace(":last", str(last)))

    return work


def prepare_session() -> None:
    """Makes the loading quick. Every constraint and index stays where it is, but for the search index.

    That one is made again when its text is there, as `reship migrate` makes it.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for deed in ("insert", "delete", "update"):
                cursor.execute(f"DROP TRIGGER {search.TABLE}_search_{deed}")
            cursor.execute(f"DROP TABLE {search.INDEX}")
        else:
            cursor.execute(f"DROP INDEX {search.INDEX}")
        if connection.vendor == "sqlite":
            for pragma in ("synchronous = OFF", "cache_size = -1000000", "temp_store = MEMORY"):
                cursor.execute(f"PRAGMA {pragma}")
            return
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET work_mem = '512MB'")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() == (True,):
            # References are right by construction; looking each up would take as long as all the rest. The bench's test
            # looks them all up, on a small set.
            cursor.execute("SET session_replication_role = replica")


# Who, what and where


def _clients(orders: int) -> None:
    sql = dialect()
    Warehouse.objects.create(pk=1, code="MAIN", name="Main warehouse")
    for client_id in range(1, CLIENTS + 1):
        code, name = client_code(client_id), f"Client {client_id:02}"
        Client.objects.create(pk=client_id, code=code, name=name, reship_fee=Decimal(FEE))
    first = Client.objects.get(pk=1)
    for person in range(1, PEOPLE + 1):
        name = f"Person {person}"
        User.objects.create_user(email_of(1, person), name=name, role=Role.MANAGER, client=first, password=PASSWORD)
    User.objects.create_user(OPERATOR, name="Operator", role=Role.OPERATOR, password=PASSWORD)
    with transaction.atomic(), connection.cursor() as cursor:
        columns = "slot integer PRIMARY KEY, client_id integer, first integer, products integer"
        cursor.execute(f"CREATE TEMP TABLE bench_client ({columns})")
        cursor.executemany("INSERT INTO bench_client VALUES (%s, %s, %s, %s)", list(_slots()))
        cursor.execute("CREATE TEMP TABLE bench_first (i integer PRIMARY KEY, name text)")
        cursor.execute("CREATE TEMP TABLE bench_last (i integer PRIMARY KEY, name text)")
        cursor.executemany("INSERT INTO bench_first VALUES (%s, %s)", list(enumerate(_first_names())))
        cursor.executemany("INSERT INTO bench_last VALUES (%s, %s)", list(enumerate(_last_names())))
        of_clients = "FROM (SELECT DISTINCT client_id, first, products FROM bench_client) AS c"
        goods = f"{of_clients}, {sql.series('1', str(SKUS))} WHERE n >= c.first AND n < c.first + c.products ORDER BY n"
        of_product = {"id": "n", "client_id": "c.client_id"}
        product = {"sku": _sku("n"), "name": "'Thing ' || n", "unit_cost": "0.25 * (1 + n % 40)"}
        cursor.execute(insert_into(Product, of_product | product, goods))
        cursor.execute(insert_into(StockLevel, of_product | {"product_id": "n", "warehouse_id": "1"}, goods))


def _slots() -> Iterator[tuple[int, int, int, int]]:
    """A thousand slots, dealt out to the clients by their share, with the goods that each client has."""
    slots, goods = _dealt(1_000, 1), _dealt(SKUS, 12)
    slot, first = 0, 1
    for client_id, (number, products) in enumerate(zip(slots, goods, strict=True), start=1):
        for _ in range(number):
            yield slot, client_id, first, products
            slot += 1
        first += products


def _dealt(whole: int, least: int) -> list[int]:
    """Parts of a whole by the clients' shares; rounding goes to the biggest."""
    parts = [max(least, int(whole * share)) for share in client_shares()]
    parts[0] += whole - sum(parts)
    return parts


def _first_names() -> list[str]:
    return [f"{start}{end}" for start in _FIRST_STARTS for end in _FIRST_ENDS]


def _last_names() -> list[str]:
    return [f"{start}{end}" for start in _LAST_STARTS for end in _LAST_ENDS]


_FIRST_STARTS = ("Al", "Bel", "Cor", "Dar", "El", "Fen", "Gal", "Jor", "Mar", "Nor")
_FIRST_ENDS = ("a", "an", "as", "e", "en", "ia", "in", "is", "o", "yn")
_LAST_STARTS = (
    *("Ash", "Birch", "Copper", "Dun", "Elder", "Fern", "Glen", "Hazel", "Iron", "Juniper"),
    *("Kings", "Lark", "Moor", "Nettle", "Oak", "Pine", "Quarry", "Raven", "Silver", "Thistle"),
)
_LAST_ENDS = ("bank", "brook", "croft", "dale", "field", "ford", "gate", "grove", "hill", "well")


# Orders


def _draw(salt: int, most: int) -> str:
    """0 to most − 1 for each order, spread evenly and unrelated between salts: the upper bits of a product."""
    return f"(((n * {_SALTS[salt]}) % 4294967296) / 65536 * {most} / 65536)"


_SALTS = (2654435761, 2246822519, 3266489917, 668265263, 374761393, 2869860233, 3625334849, 951274213, 1597334677)


def _sku(product_id: str) -> str:
    return f"'SKU-' || (100000 + {product_id})"


def _plan(orders: int) -> list[str]:
    """A temporary table with what each order is like, on which everything else is built.

    `state` in thousandths: 8 % open, 2 % held, 1 % cancelled, 2 % lost, 1 % returned, 26 % delivered, 60 % on their
    way. `again` is 1 for an order with a reshipment that has still to go, 2 for one whose reshipment left, else 0;
    together 3 % of those that left.
    """
    items = " || ', ' || ".join(
        f"""'{{"sku": "' || {_sku(f"p{line}")} || '", "quantity": ' || q{line} || '}}'""" for line in _EACH_LINE
    )
    return [
        """
        CREATE TEMP TABLE IF NOT EXISTS bench_order (
            n integer PRIMARY KEY, client_id integer, state integer, again integer,
            placed integer, departed integer, ended integer,
            p1 integer, p2 integer, p3 integer, q1 integer, q2 integer, q3 integer,
            name text, email text, items text
        )
        """,
        # Popular goods sell most: the square of an even draw. A step below a third keeps an order's lines apart.
        f"""
        INSERT INTO bench_order
        WITH drawn AS (
            SELECT n, c.client_id, c.first, c.products,
                   {_draw(1, 1000)} AS state, {_draw(8, 100)} AS reships,
                   {FIRST_PLACED} + n * {SPAN} / {orders} AS placed,
                   {_draw(3, 65536)} * {_draw(3, 65536)} / 65536 * c.products / 65536 AS pick,
                   1 + {_draw(4, 65536)} * ((c.products - 1) / 3) / 65536 AS step,
                   1 + {_draw(5, 100)} / 75 AS q1, 1 + {_draw(6, 100)} / 90 AS q2,
                   {_draw(2, 100)} AS name_1, {_draw(7, 200)} AS name_2
            FROM {dialect().series(":first", ":last")} JOIN bench_client c ON c.slot = {_draw(0, 1000)}
        ), shaped AS (
            SELECT drawn.*, first + pick AS p1, first + (pick + step) % products AS p2,
                   first + (pick + 2 * step) % products AS p3, 1 AS q3
            FROM drawn
        )
        SELECT n, client_id, state, CASE WHEN state >= 110 AND reships < 3 THEN 1 + n % 2 ELSE 0 END,
               placed, CASE WHEN state >= 110 THEN placed + {DAY} END,
               CASE WHEN state BETWEEN 110 AND 399 THEN placed + {3 * DAY} END,
               p1, p2, p3, q1, q2, q3, f.name || ' ' || l.name,
               lower(f.name || '.' || l.name) || n || '@' ||
                   CASE n % 3 WHEN 0 THEN 'mail.example' WHEN 1 THEN 'example.com' ELSE 'example.org' END,
               '[' || {items} || ']'
        FROM shaped JOIN bench_first f ON f.i = name_1 JOIN bench_last l ON l.i = name_2 ORDER BY n
        """,
    ]


_EACH_LINE = tuple(range(1, LINES + 1))
_CHUNK = "FROM bench_order WHERE n BETWEEN :first AND :last"
_NUMBER = "(1000000 + n)"
_LINE_CHUNK = (
    "FROM bench_order CROSS JOIN (SELECT 1 AS position UNION ALL SELECT 2 UNION ALL SELECT 3) AS line "
    "WHERE n BETWEEN :first AND :last"
)
_PRODUCT = "CASE position WHEN 1 THEN p1 WHEN 2 THEN p2 ELSE p3 END"
_QUANTITY = "CASE position WHEN 1 THEN q1 WHEN 2 THEN q2 ELSE q3 END"
_IN_ORDER = "ORDER BY n, position"
_CARRIER = "CASE n % 7 WHEN 0 THEN 'Courier' WHEN 1 THEN 'Courier' WHEN 2 THEN 'Night Freight' ELSE 'Parcel Post' END"
_PACKER = "'Packer ' || (1 + n % 9)"


def _of_reason(part: str) -> str:
    """The code, label or fault of each order's reason: one of the built-in ones."""
    known = [f"WHEN {number} THEN '{getattr(reason, part)}'" for number, reason in enumerate(BUILT_IN)]
    return f"CASE n % {len(BUILT_IN)} {' '.join(known)} END"


_REASON, _REASON_LABEL, _FAULT = _of_reason("code"), _of_reason("label"), _of_reason("fault")


def _documents() -> list[tuple[str, int, list[str]]]:
    """Tables of orders: name, weight in orders per order, and statements for a chunk of them.

    An order's first shipment has the order's id, and lines the ids 3 n − 2 to 3 n. A reshipment lies as far behind the
    last order as its order behind the first.
    """
    return [
        ("orders", 4, [_orders()]),
        ("search text", 1, [_customer_texts()]),
        ("order lines", 8, [_order_lines()]),
        ("shipments", 5, [_shipments()]),
        ("shipment lines", 8, [_shipment_lines()]),
        ("holds", 1, [_holds()]),
        ("reshipments", 1, _reshipments()),
        ("history", 8, _history()),
    ]


def _address() -> dict[str, str]:
    return {
        "recipient": "name",
        "street_1": "(1 + n % 180) || ' ' || CASE n % 4 WHEN 0 THEN 'Mill' WHEN 1 THEN 'Station' "
        "WHEN 2 THEN 'Church' ELSE 'Harbour' END || ' Lane'",
        "city": "CASE n % 5 WHEN 0 THEN 'Northam' WHEN 1 THEN 'Eastwick' WHEN 2 THEN 'Southmere' "
        "WHEN 3 THEN 'Weston' ELSE 'Midford' END",
        "postal_code": "10000 + n % 90000",
        "country": "CASE n % 3 WHEN 0 THEN 'GB' WHEN 1 THEN 'DE' ELSE 'US' END",
    }


def _orders() -> str:
    columns = {
        "id": "n",
        "client_id": "client_id",
        "number": _NUMBER,
        "status": "CASE WHEN state < 80 THEN 'AWAITING' WHEN state < 100 THEN 'ON_HOLD' "
        "WHEN state < 110 THEN 'CANCELLED' WHEN again = 1 THEN 'RESHIPPING' ELSE 'FULFILLED' END",
        "customer_name": "name",
        "customer_email": "email",
        "currency": "'EUR'",
        "method": "'Standard'",
        "placed_at": dialect().moment("placed"),
        "shipments_made": "1",
        "reshipments_made": "CASE WHEN again > 0 THEN 1 ELSE 0 END",
        "events_written": "1 + CASE WHEN state < 80 THEN 0 WHEN state < 110 OR ended IS NULL THEN 1 ELSE 2 END + again",
    }
    return insert_into(Order, columns | _address(), f"{_CHUNK} ORDER BY n")


def _customer_texts() -> str:
    """As `reship.database.search.text_of` writes it for names without accents."""
    columns = {
        "client_id": "client_id",
        "order_id": "n",
        "text": "lower('  ' || replace(name, ' ', '  ') || '  ' || email)",
    }
    return insert_into(CustomerText, columns, f"{_CHUNK} ORDER BY n")


def _order_lines() -> str:
    columns = {
        "id": "3 * (n - 1) + position",
        "client_id": "client_id",
        "order_id": "n",
        "position": "position",
        "product_id": _PRODUCT,
        "sku": _sku(_PRODUCT),
        "description": f"'Thing ' || {_PRODUCT}",
        "quantity": _QUANTITY,
        "unit_price": "9.95",
    }
    return insert_into(OrderLine, columns, f"{_LINE_CHUNK} {_IN_ORDER}")


def _shipments() -> str:
    moment = dialect().moment
    columns = {
        "id": "n",
        "client_id": "client_id",
        "order_id": "n",
        "number": f"{_NUMBER} || '-1'",
        "status": "CASE WHEN state < 100 THEN 'OPEN' WHEN state < 110 THEN 'CANCELLED' WHEN state < 130 THEN 'LOST' "
        "WHEN state < 140 THEN 'RETURNED' WHEN state < 400 THEN 'DELIVERED' ELSE 'DEPARTED' END",
        "warehouse_id": "1",
        "method": "'Standard'",
        "carrier": f"CASE WHEN departed IS NULL THEN '' ELSE {_CARRIER} END",
        "tracking_number": f"CASE WHEN departed IS NULL THEN '' ELSE {_tracking('n')} END",
        "departure": "CASE WHEN departed IS NULL THEN '' ELSE 'MANIFEST' END",
        "picked_by": f"CASE WHEN departed IS NULL THEN '' ELSE {_PACKER} END",
        "opened_at": moment("placed"),
        "picking_at": moment("departed - 7200"),
        "packed_at": moment("departed - 3600"),
        "departed_at": moment("departed"),
        "lost_at": moment("CASE WHEN state < 130 THEN ended END"),
        "returned_at": moment("CASE WHEN state BETWEEN 130 AND 139 THEN ended END"),
        "delivered_at": moment("CASE WHEN state >= 140 THEN ended END"),
        "cancelled_at": moment(f"CASE WHEN state BETWEEN 100 AND 109 THEN placed + {DAY} END"),
    }
    return insert_into(Shipment, columns | _address(), f"{_CHUNK} ORDER BY n")


def _tracking(number: str) -> str:
    """Looks like a carrier's: no two alike, and neighbours far apart."""
    return f"'PP' || (1000000000 + 7919 * CAST({number} AS bigint) % 1000000007)"


def _shipment_lines() -> str:
    columns = {
        "id": "3 * (n - 1) + position",
        "client_id": "client_id",
        "shipment_id": "n",
        "position": "position",
        "order_line_id": "3 * (n - 1) + position",
        "product_id": _PRODUCT,
        "sku": _sku(_PRODUCT),
        "quantity": _QUANTITY,
    }
    return insert_into(ShipmentLine, columns, f"{_LINE_CHUNK} {_IN_ORDER}")


_HOLD_KIND = (
    "CASE n % 5 WHEN 0 THEN 'OPERATOR' WHEN 1 THEN 'CLIENT' WHEN 2 THEN 'ADDRESS' "
    "WHEN 3 THEN 'PAYMENT' ELSE 'FRAUD' END"
)


def _holds() -> str:
    columns = {
        "client_id": "client_id",
        "order_id": "n",
        "kind": _HOLD_KIND,
        "placed_by": "'Operator'",
        "placed_by_company": dialect().true,
        "placed_at": dialect().moment("placed + 3600"),
    }
    return insert_into(Hold, columns, f"{_CHUNK} AND state BETWEEN 80 AND 99 ORDER BY n")


def _reshipments() -> list[str]:
    """`again` orders were sent again whole, ten days later; of every second one the parcel left a day after.

    With a label that was bought for it.
    """
    sql = dialect()
    again, again_lines = f"{_CHUNK} AND again > 0 ORDER BY n", f"{_LINE_CHUNK} AND again > 0 {_IN_ORDER}"
    made, left = f"placed + {10 * DAY}", f"CASE WHEN again = 2 THEN placed + {11 * DAY} END"
    shipment_id, line_id = (
        "(SELECT MAX(n) FROM bench_order) + n",
        "3 * ((SELECT MAX(n) FROM bench_order) + n - 1) + position",
    )
    shipment = {
        "id": shipment_id,
        "client_id": "client_id",
        "order_id": "n",
        "number": f"{_NUMBER} || '-R1'",
        "status": "CASE again WHEN 1 THEN 'OPEN' ELSE 'DEPARTED' END",
        "warehouse_id": "1",
        "method": "'Standard'",
        "carrier": "CASE again WHEN 1 THEN '' ELSE 'Parcel Post' END",
        "tracking_number": f"CASE again WHEN 1 THEN '' ELSE {_tracking(shipment_id)} END",
        "departure": "CASE again WHEN 1 THEN '' ELSE 'MANIFEST' END",
        "picked_by": "CASE again WHEN 1 THEN '' ELSE 'Packer' END",
        "opened_at": sql.moment(made),
        "picking_at": sql.moment(f"{left} - 7200"),
        "packed_at": sql.moment(f"{left} - 3600"),
        "departed_at": sql.moment(left),
    }
    line = {
        "id": line_id,
        "client_id": "client_id",
        "shipment_id": shipment_id,
        "position": "position",
        "order_line_id": "3 * (n - 1) + position",
        "product_id": _PRODUCT,
        "sku": _sku(_PRODUCT),
        "quantity": _QUANTITY,
    }
    reshipment = {
        "id": "n",
        "client_id": "client_id",
        "order_id": "n",
        "source_id": "n",
        "shipment_id": shipment_id,
        "reason": _REASON,
        "reason_label": _REASON_LABEL,
        "fault": _FAULT,
        "fee": FEE,
        "added_back": sql.false,
        "made_at": sql.moment(made),
        "made_by": "'Person 1'",
    }
    source_line = {
        "client_id": "client_id",
        "reshipment_id": "n",
        "source_line_id": "3 * (n - 1) + position",
        "line_id": line_id,
        "quantity": _QUANTITY,
    }
    usage = {
        "client_id": "client_id",
        "line_id": "3 * (n - 1) + position",
        "quantity": _QUANTITY,
        "reshipped": _QUANTITY,
    }
    label = {
        "client_id": "client_id",
        "shipment_id": shipment_id,
        "state": "'BOUGHT'",
        "reference": f"{_NUMBER} || '-R1'",
        "carrier": "'Parcel Post'",
        "tracking_number": _tracking(shipment_id),
        "cost": "4.05 + 0.05 * (n % 60)",
        "currency": "'EUR'",
        "asked_by": "'Packer'",
        "asked_at": sql.moment(f"{left} - 3600"),
        "bought_at": sql.moment(f"{left} - 3600"),
    }
    return [
        insert_into(Shipment, shipment | _address(), again),
        insert_into(ShipmentLine, line, again_lines),
        insert_into(Reshipment, reshipment, again),
        insert_into(ReshipmentLine, source_line, again_lines),
        insert_into(LineUsage, usage, again_lines),
        insert_into(Label, label, f"{_CHUNK} AND again = 2 ORDER BY n"),
    ]


def _history() -> list[str]:
    """Placed, then held, cancelled or departed, then what became of the parcel, then what was sent again."""
    shipment_id, number = "(SELECT MAX(n) FROM bench_order) + n", f"{_NUMBER} || '-1'"
    facts = f"""'{{"shipment": "' || {number} || '"'"""
    again_facts = f"""'{{"shipment": "' || {_NUMBER} || '-R1"'"""
    no_shipment = "NULL"

    def event(
        kind: str, where: str, *, sequence: str, at: str, facts: str, shipment: str = "n", of: str = "NULL"
    ) -> str:
        columns = {
            "client_id": "client_id",
            "order_id": "n",
            "sequence": sequence,
            "type": kind,
            "shipment_id": shipment,
            "reshipment_id": of,
            "facts": dialect().json(f"{facts} || '}}'"),
            "actor": "'Person 1'",
            "at": dialect().moment(at),
        }
        return insert_into(OrderEvent, columns, f"{_CHUNK} AND {where} ORDER BY n")

    left = """|| ', "how": "manifest scan", "tracking_number": "' || %s || '", "items": ' || items"""
    before_again = "CASE WHEN ended IS NULL THEN 2 ELSE 3 END"
    return [
        event(
            "'order.placed'",
            "TRUE",
            sequence="1",
            at="placed",
            facts=f"""'{{"items": ' || items || ', "shipments": "' || {number} || '", "copied_from": ""'""",
            shipment=no_shipment,
        ),
        event(
            "'order.hold.added'",
            "state BETWEEN 80 AND 99",
            sequence="2",
            at="placed + 3600",
            facts=f"""'{{"kind": "' || {_HOLD_KIND} || '", "note": ""'""",
            shipment=no_shipment,
        ),
        event(
            "'shipment.cancelled'",
            "state BETWEEN 100 AND 109",
            sequence="2",
            at=f"placed + {DAY}",
            facts=f"""{facts} || ', "items": ' || items""",
        ),
        event(
            "'shipment.departed'",
            "departed IS NOT NULL",
            sequence="2",
            at="departed",
            facts=f"{facts} {left % _tracking('n')}",
        ),
        event(
            "CASE WHEN state < 130 THEN 'shipment.lost' WHEN state < 140 THEN 'shipment.returned' "
            "ELSE 'shipment.delivered' END",
            "ended IS NOT NULL",
            sequence="3",
            at="ended",
            facts=facts,
        ),
        event(
            "'order.reshipped'",
            "again > 0",
            sequence=before_again + " + 1",
            at=f"placed + {10 * DAY}",
            facts=f"""{again_facts} || ', "source": "' || {number} || '", "items": ' || items || ', """
            f""""added_back": [], "reason": "' || {_REASON} || '", "reason_label": "' || """
            f"""{_REASON_LABEL} || '", "fault": "", "note": "", "hold": false, "anyway": false'""",
            shipment=shipment_id,
            of="n",
        ),
        event(
            "'shipment.departed'",
            "again = 2",
            sequence=before_again + " + 2",
            at=f"placed + {11 * DAY}",
            facts=f"{again_facts} {left % _tracking(shipment_id)}",
            shipment=shipment_id,
        ),
    ]


# Stock


def _ledger(client_id: int) -> Callable[[], None]:
    """All entries of a client's levels, oldest first, each with its place in its level and the balances after it."""
    opening = dialect().moment(str(FIRST_PLACED - DAY))
    of_lines = f"""
        FROM orders_shipmentline n
        JOIN orders_shipment s ON s.client_id = n.client_id AND s.id = n.shipment_id
        LEFT JOIN orders_reshipment r ON r.client_id = s.client_id AND r.shipment_id = s.id
        WHERE n.client_id = {client_id}
    """
    moves = f"""
        FROM (
            SELECT l.id AS level_id, {opening} AS at, 0 AS step, CAST(NULL AS bigint) AS line_id,
                   CAST(NULL AS bigint) AS reshipment_id, 'RECEIVED' AS kind, {OPENING_STOCK} AS on_hand, 0 AS allocated
            FROM inventory_stocklevel l WHERE l.client_id = {client_id}
            UNION ALL
            SELECT n.product_id, s.opened_at, 1, n.id, r.id, 'ALLOCATED', 0, n.quantity {of_lines}
            UNION ALL
            SELECT n.product_id, s.departed_at, 2, n.id, r.id, 'SHIPPED', -n.quantity, -n.quantity {of_lines}
                AND s.departed_at IS NOT NULL
            UNION ALL
            SELECT n.product_id, s.cancelled_at, 2, n.id, r.id, 'RELEASED', 0, -n.quantity {of_lines}
                AND s.cancelled_at IS NOT NULL
        ) AS moves
        WINDOW so_far AS (PARTITION BY level_id ORDER BY at, step, line_id ROWS UNBOUNDED PRECEDING)
    """
    columns = {
        "client_id": str(client_id),
        "level_id": "level_id",
        "sequence": "ROW_NUMBER() OVER so_far",
        "kind": "kind",
        "on_hand_change": "on_hand",
        "allocated_change": "allocated",
        "on_hand_after": "SUM(on_hand) OVER so_far",
        "allocated_after": "SUM(allocated) OVER so_far",
        "shipment_line_id": "line_id",
        "reshipment_id": "reshipment_id",
        "actor": "'Packer'",
        "at": "at",
    }
    statement = insert_into(LedgerEntry, columns, moves)

    def work() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    return work


def _levels() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_stocklevel
            SET on_hand = moved.on_hand, allocated = moved.allocated, sequence = moved.entries
            FROM (SELECT client_id, level_id, SUM(on_hand_change) AS on_hand, SUM(allocated_change) AS allocated,
                         COUNT(*) AS entries FROM inventory_ledgerentry GROUP BY client_id, level_id) AS moved
            WHERE moved.client_id = inventory_stocklevel.client_id AND moved.level_id = inventory_stocklevel.id
            """
        )


def _finish() -> None:
    """Sequences behind the ids that were given here, and what the planners want to know."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("ANALYZE")
            return
        for model in _WITH_GIVEN_IDS:
            table = model._meta.db_table
            cursor.execute(f"SELECT setval('{table}_id_seq', (SELECT COALESCE(MAX(id), 1) FROM {table}))")
        cursor.execute("VACUUM (ANALYZE)")


_WITH_GIVEN_IDS: tuple[type[models.Model], ...] = (
    Warehouse,
    Client,
    Product,
    StockLevel,
    Order,
    OrderLine,
    Shipment,
    ShipmentLine,
    Reshipment,
)
