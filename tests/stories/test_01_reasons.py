"""Sentence 1: re-shipping sends further items when something went wrong: lost, damaged, wrong, missing, replacement."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import open_order, open_window
from tests.world import World, reship_request

REASONS = {
    "lost": "Lost in transit",
    "damaged": "Damaged",
    "wrong_item": "Wrong item sent",
    "missing_item": "Missing item",
    "replacement": "Replacement",
}


@pytest.mark.parametrize("reason", REASONS)
def test_whatever_went_wrong_further_items_go_to_the_same_customer(world: World, reason: str) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.DELIVERED)
    world.send(reship_request("1042", {"MUG": 1}, reason=reason))
    original, further = world.shipment("1042-1").shipment, world.shipment("1042-R1").shipment
    assert (further.address, further.method) == (original.address, original.method)
    assert world.items("1042-R1") == {"MUG": 1}
    assert f"reason: {REASONS[reason].lower()};" in world.history("1042")[-1]
    assert audit() == []


def test_the_window_offers_these_reasons(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=1)
    page = new_page(live_world.dana)
    open_order(page, order)
    offered = open_window(page).get_by_label("Reason").locator("option")
    expect(offered).to_have_text(["Choose a reason", *REASONS.values()])
