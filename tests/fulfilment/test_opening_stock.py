"""Orders that departed before Reship knew of them bring the goods that they need."""

from reship.errors import Refusal
from reship.fulfilment.place_order import place_orders
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import Order
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


def test_an_agent_cannot_bring_goods_with_an_order(world: World) -> None:
    new = new_order("1", {"HAT": 1}, departed_at=NINE)
    (outcome,) = place_orders([new], client=world.acme, actor=world.dana, at=NINE, opening_stock=REASON)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, world.stock("HAT")) == ("not_allowed", Balance(0, 0))
    assert audit() == []


def test_a_number_that_is_written_otherwise_is_the_same_number(world: World) -> None:
    world.place("café", MUG=1)
    with refused("order_exists", order="café"):
        world.place(" cafe\u0301 ", MUG=1)
    assert audit() == []
