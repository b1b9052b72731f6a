"""Rows about Manage Orders: the newest 50 of the biggest client with each filter, and each kind of search."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from bench.data import CLIENTS, FIRST_PLACED, OPERATOR, SPAN, email_of
from bench.measure import in_turn, median
from bench.reships import REASON, asked
from bench.scene import BIGGEST, Scene
from bench.sql import Values
from bench.table import Row, duel_row
from bench.visitor import orders_on
from reship.database import search

PAGE = 50
REDIRECTS = (302, 303)
MOST_MS_A_PAGE = 20.0


@dataclass(frozen=True)
class Asked:
    """A page by its address, and the query that finds the same orders, by hand."""

    name: str
    address: str
    query: str
    values: Values
    email: str = email_of(BIGGEST, 1)


def list_rows(scene: Scene) -> list[Row]:
    return [_page_row(scene, page) for page in _lists()]


def search_rows(scene: Scene) -> list[Row]:
    """A search may cost the page of newest orders and three times the query."""
    newest = next(page for page in _lists() if page.name == "list_newest")
    page_alone = _page_row(scene, newest)
    return [_page_row(scene, page, page_alone=page_alone.ours) for page in _searches(scene)]


def http_row(scene: Scene) -> Row:
    """One reship by the portal's form, with session and CSRF token, beside the same SQL as for the verb."""
    rounds, warm_up = scene.sizes.rounds(150), scene.sizes.rounds(15)
    numbers = scene.untouched.scatter(2 * (rounds + warm_up))
    keys = itertools.count()
    visitor = scene.visitor(email_of(BIGGEST, 1))
    forms = iter([reship_form(scene, next(numbers), key=f"http-{next(keys)}") for _ in range(rounds + warm_up)])

    def ours() -> None:
        address, fields = next(forms)
        answer = visitor.post(address, fields)
        assert answer.status in REDIRECTS, f"{answer.status}: {answer.text[:2000]}"

    duel = in_turn(
        ours,
        lambda: scene.hand_made.reship(asked(scene, [next(numbers)], key=f"http-{next(keys)}")),
        rounds=rounds,
        warm_up=warm_up,
        watches=scene.watches,
        tick=lambda: scene.tick("reship_http"),
    )
    return duel_row("reship_http", scene.kind, duel, unit="ms CPU", most_times=12)


def reship_form(scene: Scene, number: str, *, key: str) -> tuple[str, dict[str, str | list[str]]]:
    """Where the Re-Ship window of this order sends its form, and what stands in it when all items are ticked."""
    lines = scene.plain.rows(
        "SELECT n.sku, n.quantity, s.number FROM orders_order o"
        " JOIN orders_shipment s ON s.client_id = o.client_id AND s.order_id = o.id"
        " JOIN orders_shipmentline n ON n.client_id = s.client_id AND n.shipment_id = s.id"
        " WHERE o.client_id = :client AND o.number = :number",
        {"client": scene.client.pk, "number": number},
    )
    fields: dict[str, str | list[str]] = {
        "key": key,
        "source": lines[0][2],
        "shown_source": lines[0][2],
        "reason": REASON,
        "item": [sku for sku, _, _ in lines],
        **{f"quantity-{sku}": str(quantity) for sku, quantity, _ in lines},
    }
    return f"/orders/{scene.client.code}/{number}/reshipments/", fields


def _page_row(scene: Scene, page: Asked, *, page_alone: float | None = None) -> Row:
    visitor = scene.visitor(page.email)
    shown, found = orders_on(visitor.get(page.address).text), scene.plain.rows(page.query, page.values)
    assert shown == [row[0] for row in found[:PAGE]], f"{page.name}: the page and the query find other orders"
    assert shown or scene.sizes.is_quick, f"{page.name} finds nothing"
    with counted() as count:
        visitor.get(page.address)
    duel = in_turn(
        lambda: visitor.get(page.address),
        lambda: scene.plain.rows(page.query, page.values),
        rounds=scene.sizes.rounds(60),
        warm_up=scene.sizes.rounds(5),
        watches=scene.watches,
        tick=lambda: scene.tick(page.name),
    )
    most = MOST_MS_A_PAGE
    if page_alone is not None:
        most = page_alone + 3 * median([sample.cpu for sample in duel.hand_made])
    row = duel_row(page.name, scene.kind, duel, unit="ms CPU a page", most=most)
    row.figures.update(statements=count(), orders=len(shown))
    return row


class counted:  # noqa: N801 (used like a function)
    """Counts the statements that Django sends inside the block."""

    def __enter__(self) -> Callable[[], int]:
        self._statements = 0
        self._wrapper = connection.execute_wrapper(self._count)
        self._wrapper.__enter__()
        return lambda: self._statements

    def __exit__(self, *error: object) -> None:
        self._wrapper.__exit__(None, None, None)

    def _count(self, execute: Callable[..., object], *arguments: object) -> object:
        self._statements += 1
        return execute(*arguments)


def _lists() -> Iterator[Asked]:
    middle = datetime.fromtimestamp(FIRST_PLACED + SPAN // 2, tz=UTC).date()
    first, last = middle - timedelta(days=15), middle + timedelta(days=14)
    fraud = "SELECT order_id FROM orders_hold WHERE client_id = :client AND lifted_at IS NULL AND kind = 'FRAUD'"
    # What one in fifty has is met soon on the way down the list, one order after the other; asked as EXISTS or IN,
    # PostgreSQL gathers all there are, and sorts them.
    one = "(SELECT 1 FROM {} r WHERE r.client_id = :client AND r.order_id = orders_order.id AND r.{} IS NULL LIMIT 1)"
    held, again = one.format("orders_hold", "lifted_at"), one.format("orders_reshipment", "cancelled_at")
    client: Values = {"client": BIGGEST}
    days: Values = client | {"from": str(first), "before": str(last + timedelta(days=1))}
    yield Asked("list_newest", "/orders/", _newest("TRUE"), client)
    yield Asked("list_status", "/orders/?status=RESHIPPING", _newest("status = 'RESHIPPING'"), client)
    yield Asked("list_hold", "/orders/?hold=any", _newest(f"{held} = 1"), client)
    yield Asked("list_hold_kind", "/orders/?hold=FRAUD", _newest(f"id IN ({fraud})"), client)
    yield Asked("list_reshipped", "/orders/?reshipped=yes", _newest(f"{again} = 1"), client)
    yield Asked("list_never_reshipped", "/orders/?reshipped=no", _newest(f"{again} IS NULL"), client)
    yield Asked(
        "list_dates",
        f"/orders/?placed_from={first}&placed_to={last}",
        _newest("placed_at >= :from AND placed_at < :before"),
        days,
    )
    yield Asked("list_all_clients", "/orders/", _newest_of_all(), {}, OPERATOR)


def _searches(scene: Scene) -> Iterator[Asked]:
    client: Values = {"client": BIGGEST}
    number, name, email = scene.plain.rows(
        "SELECT number, customer_name, customer_email FROM orders_order WHERE client_id = :client"
        " ORDER BY id LIMIT 1 OFFSET 50",
        client,
    )[0]
    ((sku,),) = scene.plain.rows(
        "SELECT sku FROM orders_orderline WHERE client_id = :client ORDER BY id LIMIT 1 OFFSET 60", client
    )
    ((tracking,),) = scene.plain.rows(
        "SELECT tracking_number FROM orders_shipment WHERE client_id = :client AND tracking_number <> ''"
        " ORDER BY id LIMIT 1 OFFSET 70",
        client,
    )
    yield _search("number", number, "number = :q", client | {"q": number})
    for kind, typed in (("name", name), ("email", email)):
        containing, values = _containing(typed)
        yield _search(kind, typed, f"id IN ({containing})", client | values)
    lines = "SELECT order_id FROM orders_orderline WHERE client_id = :client AND sku = :q"
    yield _search("sku", sku, f"id IN ({lines})", client | {"q": sku})
    parcels = (
        "SELECT order_id FROM orders_shipment WHERE client_id = :client AND tracking_number = :q"
        " AND NOT (tracking_number = '')"
    )
    yield _search("tracking", tracking, f"id IN ({parcels})", client | {"q": tracking})


def _search(kind: str, typed: str, condition: str, values: Values) -> Asked:
    address = f"/orders/?q={typed.replace(' ', '+').replace('@', '%40')}"
    return Asked(f"search_{kind}", address, _newest(condition), values)


def _containing(typed: str) -> tuple[str, Values]:
    """By the index that there is, with no more words than are needed."""
    words = typed.lower().split()
    if connection.vendor == "postgresql":
        likes = " AND ".join(f"text LIKE :w{number}" for number in range(len(words)))
        values: Values = {f"w{number}": f"%{word}%" for number, word in enumerate(words)}
        return f"SELECT order_id FROM {search.TABLE} WHERE client_id = :client AND {likes}", values
    first = BIGGEST << 40
    found = (
        f"SELECT rowid & {(1 << 40) - 1} FROM {search.INDEX} WHERE {search.INDEX} MATCH :words"
        f" AND rowid BETWEEN {first} AND {first | ((1 << 40) - 1)}"
    )
    return found, {"words": " AND ".join(f'"{word}"' for word in words)}


def _newest(condition: str) -> str:
    """The newest orders of a client, and all that the page shows of them."""
    return _shown(
        f"SELECT * FROM orders_order WHERE client_id = :client AND {condition} "
        f"ORDER BY placed_at DESC, id DESC LIMIT {PAGE + 1}"
    )


def _newest_of_all() -> str:
    """The newest of each client by its index, and the newest of these."""
    each = " UNION ALL ".join(
        f"SELECT * FROM (SELECT * FROM orders_order WHERE client_id = {client_id}"
        f" ORDER BY placed_at DESC, id DESC LIMIT {PAGE + 1}) AS of_{client_id}"
        for client_id in range(1, CLIENTS + 1)
    )
    return _shown(f"SELECT * FROM ({each}) AS each_one ORDER BY placed_at DESC, id DESC LIMIT {PAGE + 1}")


def _shown(orders: str) -> str:
    kinds = "string_agg(h.kind, ' ')" if connection.vendor == "postgresql" else "group_concat(h.kind, ' ')"
    return f"""
        SELECT o.number, o.status, o.placed_at, o.customer_name, o.customer_email, o.client_id,
            (SELECT SUM(l.quantity) FROM orders_orderline l WHERE l.client_id = o.client_id AND l.order_id = o.id),
            (SELECT s.status || ' ' || s.number FROM orders_shipment s
             WHERE s.client_id = o.client_id AND s.order_id = o.id ORDER BY s.opened_at DESC, s.id DESC LIMIT 1),
            (SELECT {kinds} FROM orders_hold h
             WHERE h.client_id = o.client_id AND h.order_id = o.id AND h.lifted_at IS NULL),
            (SELECT COUNT(*) FROM orders_reshipment r
             WHERE r.client_id = o.client_id AND r.order_id = o.id AND r.cancelled_at IS NULL)
        FROM ({orders}) AS o ORDER BY o.placed_at DESC, o.id DESC
    """
