"""The story on a telephone, 390 pixels wide."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import card, choose, confirm, open_window


def test_the_story_fits_a_telephone(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2, CUP=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/orders/")
    assert overflow(page) == 0
    page.get_by_role("searchbox", name="Search").fill(order.number)
    page.get_by_role("button", name="Filter").tap()
    page.get_by_role("link", name=order.number, exact=True).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order.number}")
    assert overflow(page) == 0
    window = open_window(page)
    choose(window, MUG=1)
    # The window may have been scrolled while it was still opening.
    window.get_by_label("Quantity of MUG").scroll_into_view_if_needed()
    expect(window.get_by_label("Quantity of MUG")).to_be_in_viewport(ratio=1)
    window.get_by_label("Reason").select_option("Lost in transit")
    expect(window.get_by_role("button", name="Re-Ship", exact=True)).to_be_in_viewport(ratio=1)
    confirm(window)
    expect(card(page, f"{order.number}-R1")).to_be_in_viewport()
    assert overflow(page) == 0


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
