"""Orders that a person enters: once per key, held from the beginning if asked, to an address that its country has."""

from dataclasses import replace
from functools import partial

import pytest

from reship.fulfilment.manual_order import manual_order_from
from reship.fulfilment.place_order import NewOrder, place_order, place_orders
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import HoldKind, Order
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import JANE, World, make_world, new_order, refused


def entered(number: str = "", **changes: object) -> NewOrder:
    return replace(new_order(number, {"MUG": 2}), entered=True, **changes)  # type: ignore[arg-type]


def test_an_order_that_is_sent_twice_is_placed_once(world: World) -> None:
    new = entered(key="K")
    first = world.place_order(new)
    again = world.place_order(replace(new, placed_at=world.now))
    assert (again.pk, again.number) == (first.pk, "1001")
    assert world.stock("MUG") == Balance(on_hand=100, allocated=2)
    assert world.place_order(replace(new, key="L")).number == "1002"
    assert audit() == []


def test_two_of_the_same_key_in_one_batch_are_one_order(world: World) -> None:
    twins = place_orders([entered(key="K")] * 2, client=world.acme, actor=world.dana, at=world.later())
    assert twins[0] is twins[1]
    assert world.stock("MUG").allocated == 2
    assert audit() == []


def test_a_key_stands_for_everything_but_the_time(world: World) -> None:
    world.place_order(entered(key="K"))
    for other in (entered(key="K", note="another"), entered(key="K", hold="CLIENT"), entered(key="K", number="7")):
        with refused("request_key_reused", key="K"):
            world.place_order(other)


def test_the_key_of_a_refused_order_may_be_sent_again(world: World) -> None:
    with refused("not_enough_available", sku="TEE", asked=11, available=10, warehouse="MAIN"):
        world.place_order(replace(new_order("", {"TEE": 11}), key="K"))
    assert world.place_order(replace(new_order("", {"TEE": 10}), key="K")).number == "1001"
    assert audit() == []


@pytest.mark.parametrize("kind", [HoldKind.OPERATOR, HoldKind.CLIENT])
def test_an_order_is_held_from_its_beginning_on(world: World, kind: HoldKind) -> None:
    order = world.place_order(entered("1042", hold=kind.value, note="Wait for the letter."))
    (hold,) = world.facts("1042").holds
    assert (order.status, hold.kind, hold.note, hold.placed_by_company) == (
        "ON_HOLD",
        kind.value,
        "Wait for the letter.",
        False,
    )
    assert world.history("1042") == [
        "Order placed: 2 × MUG, to go as 1042-1. Note: Wait for the letter.",
        f"{kind.label} placed on the whole order. Note: Wait for the letter.",
    ]
    assert audit() == []


def test_a_hold_that_is_none_is_refused(world: World) -> None:
    with refused("invalid_hold", given="“NONE”", known=list(HoldKind.values)):
        world.place_order(entered(hold="NONE"))


def test_the_address_of_an_entered_order_fits_its_country(world: World) -> None:
    unfit = replace(JANE, region="")
    with refused("invalid_address", country="US", parts={"region": "State is missing."}):
        world.place_order(entered(address=unfit))
    assert world.place_order(replace(new_order("1", {"MUG": 1}), address=unfit)).address == unfit, "as imports do"
    copy = manual_order_from("1", client=world.acme, placed_at=world.later())
    assert world.place_order(replace(copy, entered=True)).address == unfit, "the original's may stay as it is"
    assert audit() == []


def test_three_clicks_at_one_instant_place_one_order(real_database: RealDatabase) -> None:
    world = make_world()
    deed = partial(place_order, entered(key="K"), client=world.acme, actor=world.dana, at=world.later())
    orders = in_threads([deed] * 3)
    assert [order.number for order in orders if isinstance(order, Order)] == ["1001"] * 3
    assert world.stock("MUG") == Balance(on_hand=100, allocated=2)
    assert audit() == []
