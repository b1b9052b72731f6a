"""The core of the story works in a browser that runs no JavaScript: every window is a page of its own, too."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import actions, card, choose, confirm


def test_search_reship_hold_edit_and_lift(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2, CUP=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    further = f"{order.number}-R1"
    page = new_page(live_world.dana, java_script_enabled=False)
    page.goto("/stock/")
    page.get_by_role("navigation", name="Main").get_by_text("Orders", exact=True).click()
    page.get_by_role("link", name="Manage Orders").click()
    page.get_by_role("searchbox", name="Search").fill(order.number)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=order.number, exact=True).click()
    actions(page).get_by_role("link", name="Re-Ship").click()
    main = page.get_by_role("main")
    choose(main, MUG=1)
    main.get_by_role("checkbox", name="Operator Hold").check()
    main.get_by_label("Quantity of MUG").press("Enter")
    expect(main.get_by_role("table").filter(has_text="Allocated")).to_contain_text("MUG")
    expect(main.get_by_role("checkbox", name="Re-ship CUP")).not_to_be_checked()
    assert len(live_world.facts(order.number).shipments) == 1
    confirm(main)
    expect(main.get_by_text("a reason is required").first).to_be_visible()
    expect(main.get_by_label("Quantity of MUG")).to_have_value("1")
    main.get_by_label("Reason").select_option("Lost in transit")
    confirm(main)
    expect(card(page, further)).to_be_in_viewport()
    assert live_world.items(further) == {"MUG": 1}

    actions(page).get_by_role("list", name=f"Actions of {further}").get_by_role("link", name="Edit").click()
    main.get_by_label("City").fill("Shelbyville")
    main.get_by_role("button", name="Save").click()
    expect(card(page, further)).to_contain_text("Shelbyville")
    card(page, further).get_by_role("button", name="Lift").click()
    expect(card(page, further).get_by_text("Operator Hold", exact=True)).to_have_count(0)
    assert live_world.shipment(further).holds == []


def test_undo_is_in_the_page(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana, java_script_enabled=False)
    page.goto(f"/orders/ACME/{order.number}/reshipments/new/")
    choose(page.get_by_role("main"), MUG=1)
    page.get_by_label("Reason").select_option("Lost in transit")
    confirm(page.get_by_role("main"))
    page.get_by_role("button", name="Undo").click()
    expect(card(page, f"{order.number}-R1").get_by_text("Cancelled", exact=True).first).to_be_visible()


def test_a_double_click_makes_one_reshipment_here_too(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana, java_script_enabled=False)
    page.goto(f"/orders/ACME/{order.number}/reshipments/new/")
    choose(page.get_by_role("main"), MUG=1)
    page.get_by_label("Reason").select_option("Lost in transit")
    page.get_by_role("main").get_by_role("button", name="Re-Ship", exact=True).dblclick()
    expect(card(page, f"{order.number}-R1")).to_be_visible()
    assert live_world.shipment(f"{order.number}-1").reshipped_as == [f"{order.number}-R1"]
