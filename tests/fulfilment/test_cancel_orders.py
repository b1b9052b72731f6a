"""Cancelling whole orders: all that has still to go of each, or nothing of it."""

import pytest

from reship.clients.access import Actor
from reship.errors import Refusal, result_of
from reship.fulfilment.cancel import cancel_orders
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.world import World, refused


def cancel(world: World, *numbers: str, actor: Actor | None = None) -> list[str]:
    """What became of each: the order's status, or the code of the refusal."""
    outcomes = cancel_orders(numbers, client=world.acme, actor=actor or world.mara, at=world.later())
    return [outcome.code if isinstance(outcome, Refusal) else outcome.status for outcome in outcomes]


def cancel_one(world: World, number: str, actor: Actor | None = None) -> None:
    result_of(cancel_orders([number], client=world.acme, actor=actor or world.mara, at=world.later()))


@pytest.mark.parametrize("add_back", [False, True])
def test_an_order_is_cancelled_with_its_reshipment_and_every_unit_is_free_once(world: World, add_back: bool) -> None:
    world.place("1042", MUG=3, CUP=1)
    world.reship("1042", add_back=add_back, MUG=2)
    assert cancel(world, "1042") == ["CANCELLED"]
    assert (world.stock("MUG"), world.stock("CUP")) == (Balance(100, 0), Balance(100, 0))
    assert {facts.shipment.status for facts in world.facts("1042").shipments} == {"CANCELLED"}
    assert audit() == []


def test_of_an_order_that_has_left_only_the_reshipment_is_cancelled(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.reship("1042")
    assert cancel(world, "1042") == ["FULFILLED"]
    assert world.stock("MUG") == Balance(98, 0)
    assert world.shipment("1042-1").shipment.status == "DEPARTED"
    assert audit() == []


def test_a_packed_parcel_keeps_the_whole_order(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", MUG=1)
    since = world.shipment("1042-1").shipment.status_since.isoformat()
    with refused("wrong_status", shipment="1042-1", status="PACKED", since=since, needed=["OPEN", "PICKING"]):
        cancel_one(world, "1042", world.otto)
    assert world.shipment("1042-R1").shipment.status == "OPEN"
    assert world.stock("MUG") == Balance(100, 3)
    assert audit() == []


def test_what_came_back_and_was_put_away_goes_back_to_the_returns_desk(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.reship("1042", add_back=True)
    assert world.stock("MUG") == Balance(100, 2)
    assert cancel(world, "1042") == ["FULFILLED"]
    assert world.stock("MUG") == Balance(98, 0)
    assert audit() == []


def test_units_that_were_promised_to_others_meanwhile_cannot_be_taken_back(world: World) -> None:
    world.place("1042", TEE=6)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    world.edit("1042-R1", TEE=1)
    world.place("1043", TEE=8)
    assert cancel(world, "1042", actor=world.otto) == ["wrong_status"]
    assert world.stock("TEE") == Balance(10, 9)
    assert audit() == []


@pytest.fixture
def put_away(world: World) -> World:
    """A returned parcel whose TEE were put away for 1042-R2, which goes without them; another order took them."""
    world.place("1042", TEE=8, MUG=1)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.reship("1042", MUG=1)
    world.reship("1042", add_back=True, TEE=2)
    return world


def test_what_takes_units_again_waits_for_those_that_the_other_parcels_free(put_away: World) -> None:
    put_away.reship("1042", source="1042-1", TEE=2)
    put_away.edit("1042-R2", CUP=1)
    put_away.place("1043", TEE=2)
    assert cancel(put_away, "1042") == ["FULFILLED"]
    assert put_away.stock("TEE") == Balance(2, 2)
    assert audit() == []


def test_nothing_is_cancelled_when_one_parcel_cannot_take_its_units_again(put_away: World) -> None:
    put_away.edit("1042-R2", CUP=1)
    put_away.place("1043", TEE=4)
    assert cancel(put_away, "1042") == ["not_enough_available"]
    assert put_away.shipment("1042-R1").shipment.status == "OPEN"
    assert put_away.stock("MUG") == Balance(99, 1)
    assert audit() == []


def test_each_order_of_a_batch_has_its_own_outcome(world: World) -> None:
    for number in ("1001", "1002", "1003", "1004"):
        world.place(number, MUG=1)
    world.ship("1002-1")
    world.ship("1003-1", until=ShipmentStatus.PICKING)
    world.cancel("1004-1")
    said = cancel(world, "1001", "1002", "1003", "1004", "1005")
    assert said == ["CANCELLED", "wrong_status", "picking_started", "wrong_status", "order_not_found"]
    assert cancel(world, "1003", actor=world.otto) == ["CANCELLED"]
    assert world.stock("MUG") == Balance(99, 0)
    assert audit() == []


def test_an_order_that_is_named_twice_is_cancelled_once(world: World) -> None:
    world.place("1001", MUG=1)
    assert cancel(world, "1001", "1001") == ["CANCELLED", "wrong_status"]
    assert world.stock("MUG") == Balance(100, 0)
    assert audit() == []


def test_who_may_cancel_an_order(world: World) -> None:
    world.place("1001", MUG=1)
    for actor, role in ((world.vic, "viewer"), (world.dana, "agent"), (world.pim, "packer")):
        with refused("not_allowed", right="cancel", role=role):
            cancel_one(world, "1001", actor)
    with refused("client_not_found", client="ACME"):
        cancel_one(world, "1001", world.wren)
    for number, actor in (("1001", world.mara), ("1002", world.otto), ("1003", world.ada)):
        if number != "1001":
            world.place(number, MUG=1)
        assert cancel(world, number, actor=actor) == ["CANCELLED"]
    assert audit() == []


def test_an_agent_may_cancel_an_order_of_which_only_her_own_reship_has_still_to_go(world: World) -> None:
    world.place("1001", MUG=2)
    world.ship("1001-1")
    world.reship("1001", MUG=1, actor=world.dana)
    assert cancel(world, "1001", actor=world.dana) == ["FULFILLED"]
    assert audit() == []
