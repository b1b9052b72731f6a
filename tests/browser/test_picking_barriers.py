"""Nobody meets a barrier on the way from the pick queue to the bench."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers
from tests.browsing import LiveWorld

pytestmark = pytest.mark.sqlite


def test_picking_has_no_barrier(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2, CUP=1)
    live_world.reship(order.number, note="Broken.", MUG=1)
    live_world.place(MUG=1)
    page = new_page(live_world.pim)
    page.goto("/warehouse/")
    expect(page.get_by_role("link", name="Pick queue").last).to_be_visible()
    assert barriers(page) == []
    page.goto("/warehouse/pick-queue/?client=ACME&warehouse=MAIN")
    page.get_by_label("Shipments", exact=True).fill("0")
    page.get_by_role("button", name="Claim the oldest").click()
    expect(page.get_by_role("alert")).to_contain_text("must be a whole number")
    assert barriers(page) == []
    page.get_by_label(f"Tick {order.number}-R1").check()
    page.get_by_role("button", name="Claim the ticked").click()
    expect(page.get_by_role("region", name="What to fetch")).to_be_visible()
    assert barriers(page) == []
    page.goto("/warehouse/batches/")
    assert barriers(page) == []
    # Somebody else's parcel, and one that nobody has claimed.
    other = new_page(live_world.otto)
    for number, button in ((f"{order.number}-R1", "Take it over from Pim"), (f"{order.number}-1", "Pick it now")):
        other.goto(f"/warehouse/pack/?pack_client=ACME&parcel={number}")
        expect(other.get_by_role("button", name=button)).to_be_visible()
    assert barriers(other) == []
