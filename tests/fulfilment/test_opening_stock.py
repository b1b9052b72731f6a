"""Orders that departed before Reship knew of them bring the goods that they need."""

from dataclasses import replace

from django_scopes import scope

from reship.catalog.models import Product
from reship.clients.models import Client
from reship.errors import Refusal
from reship.fulfilment.desk import at_desk, rehearse
from reship.fulfilment.place_order import NewLine, place_orders, placing_orders
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import EventToSend, Order
from tests.world import NINE, World, new_order, refused

REASON = "Opening stock for import of old.csv"


def place(world: World, *orders: tuple[str, dict[str, int | str]]) -> list[Order | Refusal]:
    new = [new_order(number, items, departed_at=NINE) for number, items in orders]
    return place_orders(new, client=world.acme, actor=world.otto, at=world.later(), opening_stock=REASON)


def test_exactly_the_units_that_are_placed_are_received_first(world: World) -> None:
    place(world, ("1", {"HAT": 2}), ("2", {"HAT": 3, "MUG": 1}))
    assert world.entries("HAT") == [
        ("RECEIVED", 5, 0),
        ("ALLOCATED", 0, 2),
        ("SHIPPED", -2, -2),
        ("ALLOCATED", 0, 3),
        ("SHIPPED", -3, -3),
    ]
    assert (world.stock("HAT"), world.stock("MUG")) == (Balance(0, 0), Balance(100, 0))
    assert audit() == []


def test_nothing_is_received_for_an_order_that_is_refused(world: World) -> None:
    place(world, ("1", {"HAT": 2}))
    outcomes = place(world, ("1", {"HAT": 2}), ("3", {"HAT": 4, "NONE": 1}), ("4", {"CUP": 1}), ("4", {"CUP": 7}))
    codes = [outcome.code if isinstance(outcome, Refusal) else outcome.number for outcome in outcomes]
    assert codes == ["order_exists", "unknown_item", "4", "order_exists"]
    assert (world.stock("HAT"), world.stock("CUP")) == (Balance(0, 0), Balance(100, 0))
    assert audit() == []


def test_of_an_order_that_left_in_part_the_rest_takes_stock_that_is_there(world: World) -> None:
    lines = (NewLine("HAT", 2), NewLine("TEE", 6, parcel=2))
    partly = [replace(new_order(number, {}, departed_at=NINE), lines=lines, still_here=(2,)) for number in "12"]
    first, second = place_orders(partly, client=world.acme, actor=world.mara, at=NINE, opening_stock=REASON)
    assert isinstance(first, Order)
    assert [of.shipment.status for of in world.facts("1").shipments] == ["DEPARTED", "OPEN"]
    assert isinstance(second, Refusal)
    assert (second.code, second.figures["available"]) == ("not_enough_available", 4)
    assert (world.stock("HAT"), world.stock("TEE"), world.status("1")) == (Balance(0, 0), Balance(10, 6), "AWAITING")
    assert world.entries("HAT")[0] == ("RECEIVED", 2, 0)
    assert audit() == []


def test_a_rehearsal_makes_neither_products_nor_levels(world: World) -> None:
    new = [new_order("1", {"NEW": 2}, departed_at=NINE), new_order("2", {"NEW": 1}), new_order("3", {"MUG": 1})]
    work = placing_orders(new, opening_stock=REASON, makes_products=True)
    outcomes, moves = rehearse(work, client=world.acme, actor=world.mara, at=NINE, assumed=lambda places: {})
    codes = [outcome.code if isinstance(outcome, Refusal) else outcome.number for outcome in outcomes]
    assert (codes, [move.after for move in moves.values()]) == (["1", "not_enough_available", "3"], [Balance(100, 1)])
    with scope(client=world.acme.pk):
        assert not Product.objects.filter(sku="NEW").exists()
        assert not Order.objects.exists()
    at_desk(work, client=world.acme, actor=world.mara, at=NINE)
    assert (world.status("1"), world.stock("NEW"), world.stock("MUG")) == ("FULFILLED", Balance(0, 0), Balance(100, 1))
    assert audit() == []


def test_an_agent_cannot_bring_goods_with_an_order(world: World) -> None:
    new = new_order("1", {"HAT": 1}, departed_at=NINE)
    (outcome,) = place_orders([new], client=world.acme, actor=world.dana, at=NINE, opening_stock=REASON)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, world.stock("HAT")) == ("not_allowed", Balance(0, 0))
    assert audit() == []


def test_nobody_outside_is_told_of_what_left_long_ago(world: World) -> None:
    Client.objects.filter(pk=world.acme.pk).update(sends_events=True)
    world.acme.refresh_from_db()
    place(world, ("1", {"HAT": 2}))
    with scope(client=world.acme.pk):
        assert not EventToSend.objects.exists()
    assert len(world.events("1")) == 2
    world.place("2", MUG=1)
    with scope(client=world.acme.pk):
        assert EventToSend.objects.count() == len(world.events("2"))
    assert audit() == []


def test_a_number_that_is_written_otherwise_is_the_same_number(world: World) -> None:
    world.place("café", MUG=1)
    with refused("order_exists", order="café"):
        world.place(" cafe\u0301 ", MUG=1)
    assert audit() == []
