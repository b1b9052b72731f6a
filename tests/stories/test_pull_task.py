"""A parcel that was superseded on the dock goes nowhere, and its goods are put away: by scans alone."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld


def scan(page: Page, code: str, *, tone: str) -> str:
    """What a scanner does: types and presses Enter, wherever the focus is. Answers the page's words."""
    before = page.locator("[data-scan-feedback]").count()
    if before:
        page.locator("[data-scan-feedback]").evaluate("element => element.remove()")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    feedback = page.locator("[data-scan-feedback]")
    expect(feedback).to_have_attribute("data-tone", tone)
    expect(page.get_by_role("textbox", name="Parcel")).to_be_focused()
    return feedback.inner_text()


def test_a_superseded_parcel_is_not_packed_nor_departed_and_its_pull_task_is_done(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    picked, packed = live_world.place(MUG=1).number, live_world.place(MUG=2, CUP=1).number
    live_world.ship(f"{picked}-1", until=ShipmentStatus.PICKING)
    live_world.ship(f"{packed}-1", until=ShipmentStatus.PACKED)
    for number in (picked, packed):
        live_world.reship(number, add_back=True, MUG=1)
    on_hand, allocated = live_world.stock("MUG")
    page = new_page(live_world.pim)

    page.goto("/warehouse/pack/")
    assert f"superseded by {picked}-R1" in scan(page, f"{picked}-1", tone="bad")

    page.goto("/warehouse/manifests/loading/?client=ACME&warehouse=MAIN")
    assert f"{packed}-1 is superseded by {packed}-R1" in scan(page, f"{packed}-1", tone="bad")

    page.goto("/warehouse/pull-tasks/")
    expect(page.get_by_role("link", name=f"{packed}-1", exact=True)).to_be_visible()
    assert "3 units are to put away" in scan(page, f"{packed}-1", tone="good")
    assert "TEE is not among the items" in scan(page, "TEE", tone="bad")
    scan(page, "MUG", tone="good")
    # The browser dies in mid-parcel, and somebody else goes on.
    page.context.close()
    page = new_page(live_world.otto)
    page.goto("/warehouse/pull-tasks/")
    assert "2 units are to put away" in scan(page, f"{packed}-1", tone="good")
    scan(page, "MUG", tone="good")
    scan(page, "CUP", tone="done")
    assert "Available again: 1 × MUG, 1 × CUP." in scan(page, f"{packed}-1", tone="done")
    expect(page.get_by_role("link", name=f"{packed}-1", exact=True)).to_have_count(0)
    assert live_world.stock("MUG") == Balance(on_hand, allocated - 1)
    told = live_world.history(packed)[-1]
    assert told == f"{packed}-1 was found, unpacked and put away; 1 × MUG, 1 × CUP of it became available as well."
