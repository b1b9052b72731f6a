"""Sentence 6: inventory is deducted again unless it is added back; a unit that goes out once is deducted once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reship.fulfilment.depart import depart_shipment
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import Departure, ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import actions, card, choose, confirm, open_order, open_window
from tests.world import World, refused


def test_two_parcels_that_go_out_are_deducted_twice(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    assert world.stock("MUG") == Balance(on_hand=97, allocated=0)
    world.reship("1042")
    assert world.stock("MUG") == Balance(on_hand=97, allocated=3)
    world.ship("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=94, allocated=0)
    assert audit() == []


@pytest.mark.parametrize("status", [ShipmentStatus.DEPARTED, ShipmentStatus.DELIVERED, ShipmentStatus.LOST])
def test_what_has_left_is_not_added_back(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=3)
    departed_at = world.ship("1042-1", until=status).departed_at
    assert departed_at is not None
    with refused("already_left", shipment="1042-1", status=status, departed_at=departed_at.isoformat()):
        world.reship("1042", add_back=True)
    assert world.stock("MUG") == Balance(on_hand=97, allocated=0)
    assert audit() == []


@pytest.mark.parametrize("status", [ShipmentStatus.OPEN, ShipmentStatus.PICKING, ShipmentStatus.PACKED])
def test_a_unit_that_goes_out_once_is_deducted_once(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=3)
    if status != ShipmentStatus.OPEN:
        world.ship("1042-1", until=status)
    world.reship("1042", add_back=True)
    assert world.stock("MUG") == Balance(on_hand=100, allocated=3)
    world.ship("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=97, allocated=0)
    assert [kind for kind, on_hand, _ in world.entries("MUG") if on_hand < 0] == ["SHIPPED"]
    assert audit() == []


def test_a_parcel_whose_units_were_added_back_cannot_leave_any_more(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    with refused("units_added_back", shipment="1042-1", added_back=3, superseded_by=["1042-R1"]):
        depart_shipment("1042-1", how=Departure.HAND, client=world.acme, actor=world.pim, at=world.later())
    assert audit() == []


def test_without_add_back_a_parcel_on_the_dock_goes_out_too_and_both_are_deducted(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042")
    depart_shipment("1042-1", how=Departure.MANIFEST, client=world.acme, actor=world.pim, at=world.later())
    world.ship("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=94, allocated=0)
    assert audit() == []


def test_goods_that_came_back_in_a_returned_parcel_may_be_added_back(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.reship("1042", add_back=True)
    world.ship("1042-R1")
    # Three went out, came back, and went out again.
    assert world.stock("MUG") == Balance(on_hand=97, allocated=0)
    assert audit() == []


def test_a_merchant_adds_back_and_the_packer_sends_one_parcel_of_the_two(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=3)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.PACKED)
    on_hand, allocated = live_world.stock("MUG")
    mara = new_page(live_world.mara)
    open_order(mara, order)
    window = open_window(mara)
    choose(window, MUG=3)
    window.get_by_label("Reason").select_option("Damaged")
    window.get_by_role("radio", name="Yes").check()
    confirm(window)
    expect(card(mara, f"{order.number}-1")).to_contain_text(f"Superseded by {order.number}-R1: 3 units added back")
    pim = new_page(live_world.pim)
    open_order(pim, order)
    step = (
        actions(pim).get_by_role("list", name=f"Actions of {order.number}-R1").locator("xpath=following-sibling::form")
    )
    step.get_by_role("button", name="Pick").click()
    expect(step.get_by_role("link", name="Pack")).to_be_visible()
    live_world.scan(f"{order.number}-R1", "MUG", 3)
    step.get_by_role("link", name="Pack").click()
    pim.get_by_role("dialog").get_by_label("Tracking number").fill(f"TRACK-{order.number}")
    pim.get_by_role("dialog").get_by_role("button", name="Pack").click()
    step.get_by_role("button", name="Depart").click()
    expect(card(pim, f"{order.number}-R1").get_by_text("Departed", exact=True).first).to_be_visible()
    assert live_world.stock("MUG") == Balance(on_hand - 3, allocated - 3)
