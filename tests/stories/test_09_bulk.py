"""Sentence 9: in bulk, tick orders → Bulk Edit → Reship Orders → choose whether to add inventory back → Update."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from reship.errors import result_of
from reship.fulfilment.stock import Delivery, NewProduct, add_product, receive_stock
from reship.orders.models import Order, ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import told


def stocked(live_world: LiveWorld, sku: str, quantity: int) -> None:
    add_product(NewProduct(sku, sku.title()), client=live_world.acme, actor=live_world.otto, at=live_world.later())
    delivery = Delivery(sku, "MAIN", quantity)
    result_of(receive_stock([delivery], client=live_world.acme, actor=live_world.pim, at=live_world.later()))


def tick(page: Page, order: Order) -> Locator:
    return page.get_by_role("checkbox", name=f"Tick {order.number}", exact=True)


def test_orders_are_ticked_and_reshipped_and_the_refusals_are_read(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    stocked(live_world, "BOWL", 9)
    oldest, gone, newest = (live_world.place(BOWL=2) for _ in range(3))
    live_world.ship(f"{gone.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.mara)
    page.goto("/orders/")
    page.get_by_role("searchbox", name="Search").fill("BOWL")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=newest.number, exact=True)).to_be_focused()
    page.keyboard.press("x")
    tick(page, oldest).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()

    page.get_by_role("button", name="Bulk Edit").click()
    panel = page.get_by_role("dialog", name="Bulk Edit")
    panel.get_by_role("radio", name="Reship Orders").check()
    panel.get_by_label("Reason").select_option("Damaged")
    panel.get_by_role("group", name="Add inventory back").get_by_role("radio", name="Yes").check()
    panel.get_by_role("button", name="Update").click()

    expect(page.get_by_role("heading", level=1, name="Reship Orders")).to_be_visible()
    expect(page.get_by_text("Nothing is written until Update is pressed.")).to_be_visible()
    expect(page.get_by_role("link", name="Would go 2")).to_be_visible()
    assert live_world.history(newest.number)[-1].startswith("Order placed")
    page.get_by_role("button", name="Update").click()

    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("link", name=f"{newest.number}-R1")).to_be_visible()
    page.get_by_role("link", name="Already left").click()
    refused = page.get_by_role("table").get_by_role("row").filter(has_text=gone.number)
    expect(refused).to_contain_text(told(f"{gone.number}-1 has left the warehouse and has not come back"))
    expect(page.get_by_role("link", name=oldest.number, exact=True)).to_be_hidden()
    assert live_world.history(oldest.number)[-1].endswith(")")
    assert live_world.stock("BOWL").available == 3
    page.goto("/orders/?q=BOWL")
    expect(tick(page, newest)).not_to_be_checked()


def test_ticks_outlive_the_list_that_they_were_made_on(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    stocked(live_world, "VASE", 9)
    first, second = live_world.place(VASE=1), live_world.place(VASE=1)
    page = new_page(live_world.mara)
    page.goto(f"/orders/?q={first.number}")
    tick(page, first).check()
    page.get_by_role("searchbox", name="Search").fill("VASE")
    page.keyboard.press("Enter")
    expect(tick(page, second)).not_to_be_checked()
    expect(tick(page, first)).to_be_checked()
    page.get_by_role("button", name="Select all 2 that match").click()
    expect(page.get_by_text("All 2 that match selected")).to_be_visible()
    page.reload()
    expect(tick(page, second)).to_be_checked()
    tick(page, second).uncheck()
    expect(page.get_by_text("1 selected")).to_be_visible()

    page.get_by_role("button", name="Bulk Edit").click()
    panel = page.get_by_role("dialog", name="Bulk Edit")
    expect(panel).to_contain_text(f"1 order {first.number}")
    panel.get_by_role("radio", name="Place hold").check()
    panel.get_by_role("combobox", name="Kind of hold", exact=True).select_option("Address hold")
    panel.get_by_role("button", name="Update").click()
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("link", name="Done 1")).to_be_visible()
    assert live_world.status(first.number) == "ON_HOLD"
    assert live_world.status(second.number) == "AWAITING"
