"""Cancelling: a shipment's units are free again, and of a reshipment exactly what the reship did is undone."""

from collections.abc import Callable

import pytest

from reship.clients.access import Actor
from reship.errors import Refusal
from reship.fulfilment.cancel import CancelPlan, preview_cancel
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.history import Item
from reship.orders.models import HoldKind, ShipmentStatus
from tests.world import World, refused


def test_a_cancelled_shipment_frees_its_units(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.cancel("1042-1")
    assert world.stock("MUG") == Balance(on_hand=100, allocated=0)
    assert world.entries("MUG")[-1] == ("RELEASED", 0, -2)
    assert (world.status("1042"), world.history("1042")[-1]) == (
        "CANCELLED",
        "1042-1 cancelled: 2 × MUG, 1 × CUP released.",
    )
    assert audit() == []


def test_the_company_may_cancel_while_it_picks(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    world.cancel("1042-1", actor=world.otto)
    assert world.stock("MUG") == Balance(on_hand=100, allocated=0)
    assert audit() == []


@pytest.mark.parametrize("status", [None, ShipmentStatus.PACKED, ShipmentStatus.LOST])
def test_cancelling_a_reshipment_undoes_exactly_what_it_did(world: World, status: ShipmentStatus | None) -> None:
    world.place("1042", MUG=2, CUP=1)
    if status is not None:
        world.ship("1042-1", until=status)
    before = (books(world), units(world))
    world.reship("1042", MUG=1)
    world.cancel("1042-R1")
    assert (books(world), units(world)) == before
    assert world.history("1042")[-1] == "Reshipment 1042-R1 of 1042-1 cancelled: 1 × MUG released."
    assert audit() == []


@pytest.mark.parametrize("status", [None, ShipmentStatus.PICKING, ShipmentStatus.PACKED, ShipmentStatus.RETURNED])
def test_cancelling_a_reshipment_undoes_its_add_back(world: World, status: ShipmentStatus | None) -> None:
    world.place("1042", MUG=2, CUP=1)
    if status is not None:
        world.ship("1042-1", until=status)
    before = (books(world), units(world))
    world.reship("1042", add_back=True, MUG=2)
    world.cancel("1042-R1")
    assert (books(world), units(world)) == before
    assert world.history("1042")[-1] == (
        "Reshipment 1042-R1 of 1042-1 cancelled: 2 × MUG released; add-back undone: 2 × MUG."
    )
    assert audit() == []


def books(world: World) -> tuple[list[Balance], str]:
    return [world.stock(sku) for sku in ("MUG", "CUP", "TEE")], world.status("1042")


def units(world: World) -> list[tuple[int, int, int]]:
    """Per line of the original: units, of these reshipped, of these added back."""
    lines = world.shipment("1042-1").lines
    return [(line.line.quantity, line.usage.reshipped, line.usage.added_back) for line in lines]


def test_an_undone_add_back_lets_the_original_go_out_after_all(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", add_back=True)
    world.cancel("1042-R1")
    world.ship("1042-1")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert audit() == []


def test_an_undone_restocking_can_be_done_again(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.reship("1042", add_back=True)
    world.cancel("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    world.restock("1042-1")
    assert world.stock("MUG") == Balance(on_hand=100, allocated=0)
    assert audit() == []


def test_what_an_edit_added_is_freed_and_what_it_took_out_stays_with_the_source(world: World) -> None:
    world.place("1042", MUG=3, CUP=1)
    before = books(world)
    world.reship("1042", add_back=True)
    world.edit("1042-R1", MUG=1, TEE=4)
    world.cancel("1042-R1")
    assert books(world) == before
    assert [(line.usage.reshipped, line.usage.added_back) for line in world.shipment("1042-1").lines] == [
        (0, 0),
        (0, 0),
    ]
    assert audit() == []


def test_an_add_back_is_undone_only_while_the_units_are_there(world: World) -> None:
    world.place("1042", TEE=6)
    world.reship("1042", add_back=True)
    world.edit("1042-R1", TEE=1)
    world.place("1043", TEE=8)
    before = world.entries("TEE")
    with refused("not_enough_available", sku="TEE", asked=6, available=2, shipment="1042-R1"):
        world.cancel("1042-R1")
    assert world.entries("TEE") == before
    world.cancel("1043-1")
    world.cancel("1042-R1")
    assert world.stock("TEE") == Balance(on_hand=10, allocated=6)
    assert audit() == []


def test_a_source_that_was_cancelled_takes_nothing_back(world: World) -> None:
    world.place("1042", MUG=3)
    world.reship("1042", add_back=True, MUG=1)
    world.cancel("1042-1")
    assert world.entries("MUG")[-1] == ("RELEASED", 0, -2)
    world.cancel("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=100, allocated=0)
    assert (world.status("1042"), audit()) == ("CANCELLED", [])


def test_a_reshipment_that_was_reshipped_can_be_cancelled(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.reship("1042", source="1042-R1", add_back=True)
    world.cancel("1042-R1")
    assert world.shipment("1042-1").reshipped_as == []
    world.cancel("1042-R2")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert (world.status("1042"), audit()) == ("FULFILLED", [])


@pytest.mark.parametrize("status", [ShipmentStatus.PICKING, ShipmentStatus.PACKED])
def test_once_picking_has_started_clients_are_told_by_whom(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=status)
    since = world.shipment("1042-1").shipment.picking_at
    assert since is not None
    with refused("picking_started", shipment="1042-1", status=status.value, picked_by="Pim", since=since.isoformat()):
        world.cancel("1042-1", actor=world.mara)


@pytest.mark.parametrize("status", [ShipmentStatus.PACKED, ShipmentStatus.DEPARTED, ShipmentStatus.RETURNED])
def test_what_is_packed_or_has_left_cannot_be_cancelled(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    since = world.ship("1042-1", until=status).status_since.isoformat()
    with refused("wrong_status", shipment="1042-1", status=status.value, since=since, needed=["OPEN", "PICKING"]):
        world.cancel("1042-1", actor=world.otto)


def test_a_reshipment_that_was_picked_cannot_be_cancelled(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042")
    since = world.ship("1042-R1", until=ShipmentStatus.PICKING).status_since.isoformat()
    with refused("wrong_status", shipment="1042-R1", status="PICKING", since=since, needed=["OPEN"]):
        world.cancel("1042-R1", actor=world.otto)


def test_cancelling_twice_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    since = world.cancel("1042-1").status_since.isoformat()
    with refused("wrong_status", shipment="1042-1", status="CANCELLED", since=since, needed=["OPEN", "PICKING"]):
        world.cancel("1042-1")
    assert audit() == []


def test_an_agent_may_undo_her_own_reship_and_nothing_else(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1, actor=world.dana)
    world.reship("1042", source="1042-1", MUG=1, actor=world.mara)
    world.cancel("1042-R1", actor=world.dana)
    for number in ("1042-R2", "1042-1"):
        with refused("not_allowed", right="cancel", role="agent"):
            world.cancel(number, actor=world.dana)
    assert audit() == []


def test_an_unknown_shipment_and_another_clients_look_the_same(world: World) -> None:
    world.place("7001", client=world.other, MUG=2)
    for number in ("7001-1", "9999-1"):
        with refused("shipment_not_found", shipment=number):
            world.cancel(number)
        with refused("shipment_not_found", shipment=number):
            preview_cancel(number, client=world.acme, actor=world.mara)


def test_the_preview_tells_what_cancelling_undoes(world: World) -> None:
    world.place("1042", MUG=3)
    world.reship("1042", add_back=True)
    world.edit("1042-R1", MUG=1, TEE=2)
    plan = preview_cancel("1042-R1", client=world.acme, actor=world.mara)
    assert plan == CancelPlan(
        released=(Item("MUG", 1), Item("TEE", 2)), source="1042-1", back_to_source=(Item("MUG", 3),)
    )
    assert preview_cancel("1042-1", client=world.acme, actor=world.mara) == CancelPlan(released=())
    assert world.shipment("1042-R1").shipment.status == "OPEN"


def no_right(world: World) -> tuple[str, Actor]:
    world.place("1042", MUG=2)
    return "1042-1", world.vic


def picking_started(world: World) -> tuple[str, Actor]:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    return "1042-1", world.mara


def wrong_status(world: World) -> tuple[str, Actor]:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    return "1042-1", world.otto


def units_gone(world: World) -> tuple[str, Actor]:
    world.place("1042", TEE=6)
    world.reship("1042", add_back=True)
    world.edit("1042-R1", TEE=1)
    world.place("1043", TEE=8)
    return "1042-R1", world.mara


@pytest.mark.parametrize("broken", [no_right, picking_started, wrong_status, units_gone])
def test_the_preview_refuses_as_the_deed_does(world: World, broken: Callable[[World], tuple[str, Actor]]) -> None:
    number, actor = broken(world)
    with pytest.raises(Refusal) as deed:
        world.cancel(number, actor=actor)
    with pytest.raises(Refusal) as preview:
        preview_cancel(number, client=world.acme, actor=actor)
    assert preview.value.as_json() == deed.value.as_json()


def test_whoever_is_of_another_client_finds_nothing_to_preview(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("shipment_not_found", shipment="1042-1"):
        preview_cancel("1042-1", client=world.acme, actor=world.wren)


def test_a_cancelled_parcel_keeps_no_hold(world: World) -> None:
    world.place("1042", MUG=2)
    made = world.reship("1042", hold=True)
    world.hold("1042", kind=HoldKind.ADDRESS)
    world.cancel(made.shipment)
    assert world.shipment(made.shipment).holds == []
    assert [hold.kind for hold in world.facts("1042").holds] == [HoldKind.ADDRESS]
    assert audit() == []
