"""How many statements a reship takes, whatever its size; and that every statement names its client."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from reship.errors import Refusal
from reship.fulfilment.cancel import cancel_shipments, preview_cancel
from reship.fulfilment.edit_shipment import EditRequest, edit_shipments
from reship.fulfilment.hold import HoldRequest, lift_holds, place_holds
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.reship import Reshipped, preview_reship, reship_orders
from reship.fulfilment.reship_plan import ReshipItem, ReshipRequest
from reship.fulfilment.stock import Adjustment, Delivery, NewProduct, add_products, adjust_stock, receive_stock
from reship.inventory.audit import audit
from reship.orders.models import HoldKind, ShipmentStatus
from tests.statements import captured_statements, tables_without_client
from tests.world import World, new_order, reship_request

SKUS = [f"P{number}" for number in range(30)]


@pytest.fixture
def stocked(world: World) -> World:
    """Acme has a thousand units of each of thirty products more."""
    client, at = world.acme, world.later()
    add_products([NewProduct(sku, sku) for sku in SKUS], client=client, actor=world.otto, at=at)
    receive_stock([Delivery(sku, "MAIN", 1000) for sku in SKUS], client=client, actor=world.pim, at=at)
    return world


def place(world: World, numbers: Sequence[str], *, skus: Sequence[str]) -> None:
    orders = [new_order(number, dict.fromkeys(skus, 2)) for number in numbers]
    placed = place_orders(orders, client=world.acme, actor=world.dana, at=world.later())
    assert not [order for order in placed if isinstance(order, Refusal)]


def statements_of(world: World, requests: Sequence[ReshipRequest]) -> int:
    """Re-ships all of them, and answers how many statements that took."""
    at = world.later()
    with captured_statements() as statements:
        outcomes = reship_orders(requests, client=world.acme, actor=world.mara, at=at)
    assert [outcome for outcome in outcomes if isinstance(outcome, Refusal)] == []
    assert not [sql for sql in statements if tables_without_client(sql, client_id=world.acme.pk)]
    return len(statements)


def plain(number: str) -> ReshipRequest:
    return reship_request(number)


def added_back(number: str) -> ReshipRequest:
    return reship_request(number, add_back=True)


def held(number: str) -> ReshipRequest:
    return reship_request(number, hold=True)


def keyed(number: str) -> ReshipRequest:
    return reship_request(number, key=f"key of {number}")


def everything(number: str) -> ReshipRequest:
    return reship_request(number, add_back=True, hold=True, key=f"key of {number}")


HOW_MANY = [(plain, 15), (added_back, 15), (held, 16), (keyed, 17), (everything, 18)]


@pytest.mark.parametrize(("asked", "count"), HOW_MANY)
def test_an_order_of_one_line_and_one_of_thirty_take_the_same_statements(
    stocked: World, asked: Callable[[str], ReshipRequest], count: int
) -> None:
    place(stocked, ["one"], skus=SKUS[:1])
    place(stocked, ["thirty"], skus=SKUS)
    assert statements_of(stocked, [asked("one")]) == count
    assert statements_of(stocked, [asked("thirty")]) == count
    assert audit() == []


@pytest.mark.parametrize(("asked", "count"), HOW_MANY)
def test_a_batch_of_one_and_one_of_a_hundred_take_the_same_statements(
    stocked: World, asked: Callable[[str], ReshipRequest], count: int
) -> None:
    numbers = [str(number) for number in range(101)]
    place(stocked, numbers, skus=SKUS[:3])
    assert statements_of(stocked, [asked(numbers[0])]) == count
    assert statements_of(stocked, [asked(number) for number in numbers[1:]]) == count
    assert audit() == []


def test_a_batch_of_mixed_requests_takes_no_more_statements_than_the_largest_of_them(stocked: World) -> None:
    numbers = [str(number) for number in range(20)]
    place(stocked, numbers, skus=SKUS[:2])
    for number in numbers[:5]:
        stocked.reship(number, P0=1)
    requests = [[plain, added_back, held, keyed, everything][int(number) % 5](number) for number in numbers[5:]]
    requests += [replace(plain(number), source=f"{number}-1") for number in numbers[:5]]
    assert statements_of(stocked, requests) == 18
    assert audit() == []


def test_a_refused_reship_only_reads(stocked: World) -> None:
    place(stocked, ["1042"], skus=SKUS[:1])
    with captured_statements() as statements:
        (outcome,) = reship_orders(
            [reship_request("1042", {"P0": 9})], client=stocked.acme, actor=stocked.dana, at=stocked.later()
        )
    assert isinstance(outcome, Refusal)
    assert [sql for sql in statements if not sql.startswith("SELECT")] == []


def test_every_statement_of_every_verb_names_its_client(stocked: World) -> None:
    world, client = stocked, stocked.acme
    with captured_statements() as statements:
        place(world, ["1", "2", "3"], skus=SKUS[:2])
        world.place_order(replace(new_order("", {"P0": 1}), copied_from="1"))
        world.ship("1-1", until=ShipmentStatus.RETURNED)
        world.restock("1-1", P0=1)
        requests = [reship_request("1", {"P1": 1}, add_back=True, key="K"), reship_request("2", hold=True, key="L")]
        made = reship_orders(requests, client=client, actor=world.mara, at=world.later())
        reship_orders([*requests, keyed("9")], client=client, actor=world.mara, at=world.later())
        preview_reship(reship_request("3"), client=client, actor=world.mara)
        edits = [EditRequest("2-R1", method="Express", items=(ReshipItem("P0", 1), ReshipItem("P5", 1)))]
        edit_shipments(edits, client=client, actor=world.dana, at=world.later())
        holds = [HoldRequest("3", HoldKind.FRAUD), HoldRequest("2", HoldKind.ADDRESS, "2-R1")]
        place_holds(holds, client=client, actor=world.dana, at=world.later())
        lift_holds(holds, client=client, actor=world.dana, at=world.later())
        preview_cancel("2-R1", client=client, actor=world.mara)
        cancel_shipments(["2-R1", "2-1"], client=client, actor=world.mara, at=world.later())
        add_products([NewProduct("NEW", "New")], client=client, actor=world.otto, at=world.later())
        receive_stock([Delivery("NEW", "EAST", 1)], client=client, actor=world.pim, at=world.later())
        counts = [Adjustment("P0", "MAIN", 1, "found"), Adjustment("P0", "MAIN", -999, "lost")]
        adjust_stock(counts, client=client, actor=world.otto, at=world.later())
    assert [outcome.shipment for outcome in made if isinstance(outcome, Reshipped)] == ["1-R1", "2-R1"]
    assert len(statements) > 190
    without = {sql: tables for sql in statements if (tables := tables_without_client(sql, client_id=client.pk))}
    assert without == {}
    assert audit() == []


USAGES = 'SELECT * FROM "orders_lineusage" u INNER JOIN "orders_shipmentline" n'
LIFTED = 'DELETE FROM "orders_hold" WHERE "orders_hold"."client_id" = 7 AND "orders_hold"."id" IN'


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('SELECT * FROM "orders_order" WHERE "orders_order"."number" = 1', ["orders_order"]),
        ('SELECT * FROM "orders_order" WHERE "orders_order"."client_id" = 7', []),
        ('SELECT * FROM "orders_order" WHERE "orders_order"."client_id" = 77', ["orders_order"]),
        (f'{USAGES} ON (u."line_id" = n."id") WHERE u."client_id" = 7', ["orders_shipmentline"]),
        (f'{USAGES} ON (u."client_id" = n."client_id" AND u."line_id" = n."id") WHERE u."client_id" = 7', []),
        (f'{LIFTED} (SELECT U0."id" FROM "orders_hold" U0)', ["orders_hold"]),
        (f'{LIFTED} (SELECT U0."id" FROM "orders_hold" U0 WHERE U0."client_id" = 7)', []),
        ('INSERT INTO "orders_hold" ("kind") VALUES (1)', ["orders_hold"]),
        ('INSERT INTO "orders_hold" ("client_id", "kind") VALUES (7, 1)', []),
        ('UPDATE "orders_order" SET "status" = 1 FROM json_each(1) AS given', ["orders_order"]),
        ('SELECT * FROM "clients_client" WHERE "code" = 1', []),
    ],
)
def test_a_statement_that_forgets_its_client_is_found(sql: str, tables: list[str]) -> None:
    assert tables_without_client(sql, client_id=7) == tables
