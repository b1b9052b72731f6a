"""With which indexes the databases find orders: every search, filter and sort, on some thousands of orders."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django_scopes import scopes_disabled
from pytest_django import DjangoDbBlocker

from bench import data
from reship.floor.pick_queue import count_queue, oldest_to_pick, pick_queue
from reship.orders import search
from reship.orders.models import HoldKind, OrderStatus
from reship.orders.queries import OrderFilter, OrderSort, find_orders
from tests.databases import Databases, RealDatabase
from tests.statements import captured_statements

ORDERS = 6_000
NOT_NEEDED = {"history", "ledger", "stock levels", "statistics"}
SEARCHED = {
    *("order_client_number", "orderline_sku", "shipmentline_swapped_in", "shipment_client_number"),
    *("shipment_tracking", "orders_customertext_trigrams"),
}
SHOWN = {"orderline_position", "shipment_order"}
# SQLite has no names for the indexes of unique constraints.
NAMELESS = {
    "sqlite_autoindex_orders_order_2": "order_client_number",
    "sqlite_autoindex_orders_orderline_2": "orderline_position",
    "sqlite_autoindex_orders_shipment_2": "shipment_client_number",
}


@pytest.fixture(scope="module")
def orders(databases: Databases, template: RealDatabase, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Orders of fifty clients, a third of them of the first; with the statistics of all that."""
    database = databases.copy(template)
    with django_db_blocker.unblock(), database.in_use():
        with scopes_disabled():
            for step in data.steps(ORDERS):
                if step.name not in NOT_NEEDED:
                    step.work()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
            if connection.vendor == "postgresql":
                # Reading all of a small table costs less than any index; asked is what happens when it is large.
                cursor.execute("SET enable_seqscan = off")
        yield
    databases.drop(database)


def plan(wanted: OrderFilter, *, client_ids: list[int] | None) -> str:
    """How the database goes about the statements of a page."""
    return plan_of(lambda: find_orders(wanted, client_ids=client_ids, limit=50))


def plan_of(question: Callable[[], object]) -> str:
    with captured_statements() as statements:
        question()
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        lines = []
        for statement in statements:
            cursor.execute(f"{explain} {statement}")
            lines += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(lines)


def indexes(plan: str) -> set[str]:
    named = re.findall(r"Scan(?: Backward)? using (\w+)|Index Scan on (\w+)|INDEX (\w+) \(|(\w+) VIRTUAL TABLE", plan)
    return {NAMELESS.get(name, name) for names in named for name in names if name}


def read_whole(plan: str) -> list[str]:
    return re.findall(r"Seq Scan on orders_\w+|SCAN (?:orders_\w+|o|s|l|U0)(?! VIRTUAL)\b.*", plan)


@pytest.mark.parametrize("client_ids", [[1], None])
@pytest.mark.parametrize(
    ("wanted", "needed"),
    [
        (OrderFilter(), {"order_list"} | SHOWN),
        (OrderFilter(sort=OrderSort.OLDEST), {"order_list"}),
        (OrderFilter(sort=OrderSort.NUMBER), {"order_client_number"}),
        (OrderFilter(sort=OrderSort.NUMBER_DOWN), {"order_client_number"}),
        (OrderFilter(status=OrderStatus.ON_HOLD), {"order_list_by_status"}),
        (OrderFilter(reshipped=False), {"order_list"}),
        (OrderFilter(search="raven"), SEARCHED),
        (OrderFilter(search="100150", sort=OrderSort.NUMBER), SEARCHED),
        (OrderFilter(search="ra"), SEARCHED),
    ],
)
def test_each_search_and_list_goes_by_its_indexes(
    orders: None, wanted: OrderFilter, needed: set[str], client_ids: list[int] | None
) -> None:
    chosen = plan(wanted, client_ids=client_ids)
    assert needed - indexes(chosen) == set(), chosen
    assert read_whole(chosen) == [], chosen


@pytest.mark.parametrize(
    ("wanted", "either"),
    [
        (OrderFilter(on_hold=True), {"hold_order", "hold_kind"}),
        (OrderFilter(hold=HoldKind.ADDRESS), {"hold_kind"}),
        (OrderFilter(reshipped=True), {"reshipment_order"}),
    ],
)
def test_what_few_orders_have_is_where_the_database_begins(orders: None, wanted: OrderFilter, either: set[str]) -> None:
    chosen = plan(wanted, client_ids=[1])
    assert either & indexes(chosen), chosen
    assert "order_list" not in indexes(chosen), chosen
    assert read_whole(chosen) == [], chosen


@pytest.mark.parametrize("wanted", [OrderFilter(search="1"), OrderFilter(search="exa")])
def test_what_many_orders_have_is_met_on_a_walk_down_the_list(
    orders: None, monkeypatch: pytest.MonkeyPatch, wanted: OrderFilter
) -> None:
    monkeypatch.setattr(search, "MOST_OF_FEW", 5)
    chosen = plan(wanted, client_ids=[1])
    assert "order_list" in indexes(chosen), chosen
    assert read_whole(chosen) == [], chosen


@pytest.mark.parametrize("client_ids", [[1], None])
@pytest.mark.parametrize("warehouse_id", [None, 1])
def test_the_pick_queue_begins_at_what_has_still_to_go(
    orders: None, client_ids: list[int] | None, warehouse_id: int | None
) -> None:
    questions: list[Callable[[], object]] = [
        lambda: pick_queue(client_ids=client_ids, warehouse_id=warehouse_id, limit=50),
        lambda: count_queue(client_ids=client_ids, warehouse_id=warehouse_id),
        lambda: oldest_to_pick(1, warehouse_id=1, limit=12),
    ]
    for question in questions:
        chosen = plan_of(question)
        assert "shipment_to_go" in indexes(chosen), chosen
        assert read_whole(chosen) == [], chosen


def test_a_missing_index_would_be_noticed(orders: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX orderline_sku")
        try:
            # Asked for nowhere else: a plan that SQLite has told once is told again, whatever has changed.
            assert "orderline_sku" not in indexes(plan(OrderFilter(search="thistle"), client_ids=[1]))
        finally:
            cursor.execute("CREATE INDEX orderline_sku ON orders_orderline (client_id, sku, order_id)")
