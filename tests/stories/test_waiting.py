"""Short stock, and a parcel that was not lost after all: what becomes of a reshipment before it goes."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import card, choose, confirm, open_order, open_window, told
from tests.stories.test_08_hold import pick_button


def test_a_reship_waits_for_stock_is_served_when_goods_arrive_and_picked(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    live_world.receive(HAT=2)
    order = live_world.place(HAT=2)
    further = f"{order.number}-R1"
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    dana, pim = new_page(live_world.dana), new_page(live_world.pim)

    open_order(dana, order)
    window = open_window(dana)
    choose(window, HAT=2)
    window.get_by_label("Reason").select_option("Lost in transit")
    expect(window.get_by_text("Not available there: 2 × HAT.")).to_be_visible()
    confirm(window)
    expect(window.get_by_label("Quantity of HAT")).to_have_attribute("aria-invalid", "true")
    window.get_by_role("checkbox", name="Wait for stock").check()
    confirm(window)
    expect(card(dana, further).get_by_text("Waits for stock")).to_be_visible()

    open_order(pim, order)
    expect(pick_button(pim, further)).to_have_accessible_description(told("waits for stock: 2 × HAT"))
    pim.goto("/stock/deliveries/new/")
    pim.get_by_label("Client").select_option("ACME")
    pim.get_by_label("SKU").fill("HAT")
    pim.get_by_label("Warehouse").select_option("MAIN")
    pim.get_by_label("Quantity").fill("2")
    pim.get_by_role("button", name="Receive", exact=True).click()
    expect(pim.get_by_text(f"Allocated to {further}, which waited for it.")).to_be_visible()
    open_order(pim, order)
    expect(pim.get_by_text(f"Stock came in for {further}: 2 × HAT allocated.")).to_be_visible()
    pick_button(pim, further).click()
    expect(card(pim, further).get_by_text("Picking", exact=True)).to_be_visible()


def test_an_original_that_arrives_late_holds_its_reshipment_and_asks(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=1)
    original, further = f"{order.number}-1", f"{order.number}-R1"
    live_world.ship(original, until=ShipmentStatus.LOST)
    live_world.reship(order.number)
    live_world.mark(original, ShipmentStatus.DELIVERED)
    page = new_page(live_world.pim)
    open_order(page, order)
    words = f"{original}, which {further} sends again, was delivered after all."
    expect(card(page, further).get_by_text(words).first).to_be_visible()
    expect(card(page, further).get_by_text("Should it still go out?")).to_be_visible()
    expect(pick_button(page, further)).to_have_accessible_description(told("is on hold: Operator Hold by Pim"))
