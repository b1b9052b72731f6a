"""Sentence 5: a new shipment is created within the same order; no new order; the original shipment is not modified."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django_scopes import scope
from playwright.sync_api import Page, expect

from reship.inventory.audit import audit
from reship.orders.models import IN_THE_BUILDING, Order, ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import card, choose, confirm, open_order, open_window
from tests.stories.stored import bytes_of_shipment
from tests.world import ELSEWHERE, World


def test_the_reshipment_is_a_further_shipment_of_the_same_order(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=2)
    assert [facts.shipment.number for facts in world.facts("1042").shipments] == ["1042-1", "1042-R1"]
    with scope(client=world.acme.pk):
        assert list(Order.objects.values_list("number", flat=True)) == ["1042"]
    assert audit() == []


@pytest.mark.parametrize(
    ("status", "add_back"),
    [
        (status, add_back)
        for status in ShipmentStatus
        for add_back in (False, True)
        if status != ShipmentStatus.CANCELLED
        and (not add_back or status in IN_THE_BUILDING or status == ShipmentStatus.RETURNED)
    ],
)
def test_the_original_stays_the_same_bytes_through_reships_and_their_cancels(
    world: World, status: ShipmentStatus, add_back: bool
) -> None:
    world.place("1042", MUG=2, CUP=1)
    if status != ShipmentStatus.OPEN:
        world.ship("1042-1", until=status, tracking_number="TRACK-1")
    before = bytes_of_shipment("1042-1")
    world.reship("1042", add_back=add_back, hold=True, MUG=1)
    world.edit("1042-R1", address=replace(ELSEWHERE, recipient="Jo Doe"), method="Express", MUG=1, CUP=1)
    world.cancel("1042-R1")
    world.reship("1042", source="1042-1", add_back=add_back)
    assert bytes_of_shipment("1042-1") == before
    assert audit() == []


def test_a_chain_of_reshipments_leaves_each_link_the_same_bytes(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST, tracking_number="TRACK-1")
    world.reship("1042")
    world.ship("1042-R1", until=ShipmentStatus.LOST, tracking_number="TRACK-2")
    before = [bytes_of_shipment("1042-1"), bytes_of_shipment("1042-R1")]
    assert world.reship("1042", source="1042-R1").shipment == "1042-R2"
    world.ship("1042-R2")
    assert [bytes_of_shipment("1042-1"), bytes_of_shipment("1042-R1")] == before
    assert audit() == []


def test_confirming_in_the_window_adds_a_shipment_and_no_order(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST, tracking_number="TRACK-1")
    before, orders = bytes_of_shipment(f"{order.number}-1"), number_of_orders(live_world)
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=1)
    window.get_by_label("Reason").select_option("Lost in transit")
    window.get_by_role("checkbox", name="Another address or method").check()
    window.get_by_label("City").fill("Shelbyville")
    confirm(window)
    expect(card(page, f"{order.number}-R1")).to_contain_text("Shelbyville")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order.number}")
    assert number_of_orders(live_world) == orders
    assert bytes_of_shipment(f"{order.number}-1") == before


def number_of_orders(world: World) -> int:
    with scope(client=world.acme.pk):
        return Order.objects.count()
