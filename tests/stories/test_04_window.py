"""Sentence 4: select items, adjust quantities, add an Operator Hold, add inventory back or not, confirm: Re-Ship."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import card, choose, confirm, open_order, open_window, told


def test_nothing_is_ticked_at_first_and_quantities_are_what_is_left(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=3, CUP=1)
    live_world.ship(f"{order.number}-1")
    live_world.reship(order.number, MUG=1)
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    window.get_by_label("Source shipment").select_option(label=f"{order.number}-1 · Departed · 3 of 4 units left")
    expect(window.get_by_label("Quantity of MUG")).to_have_value("2")
    expect(window.get_by_label("Quantity of CUP")).to_have_value("1")
    expect(window.get_by_role("checkbox", name="Re-ship MUG")).not_to_be_checked()
    window.get_by_role("checkbox", name="Tick all").check()
    expect(window.get_by_role("checkbox", name="Re-ship MUG")).to_be_checked()
    expect(window.get_by_role("checkbox", name="Re-ship CUP")).to_be_checked()


def test_the_items_that_were_selected_go_in_the_quantities_that_were_set(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=3, CUP=2, TEE=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=2, TEE=1)
    window.get_by_label("Reason").select_option("Lost in transit")
    confirm(window)
    expect(card(page, f"{order.number}-R1")).to_be_in_viewport()
    expect(page.get_by_text(f"{order.number}-R1 created")).to_be_visible()
    assert live_world.items(f"{order.number}-R1") == {"MUG": 2, "TEE": 1}
    assert live_world.shipment(f"{order.number}-R1").holds == []


def test_an_operator_hold_holds_the_new_shipment_from_its_first_moment(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=1)
    window.get_by_label("Reason").select_option("Lost in transit")
    window.get_by_role("checkbox", name="Operator Hold").check()
    confirm(window)
    expect(card(page, f"{order.number}-R1").get_by_text("Operator Hold", exact=True)).to_be_visible()
    made = live_world.shipment(f"{order.number}-R1")
    assert [(hold.kind, hold.placed_at) for hold in made.holds] == [("OPERATOR", made.shipment.opened_at)]


def test_add_back_is_locked_with_its_reason_when_the_parcel_has_left(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=1)
    live_world.ship(f"{order.number}-1")
    page = new_page(live_world.mara)
    open_order(page, order)
    choice = open_window(page).get_by_role("group", name="Add inventory back")
    expect(choice).to_contain_text(f"{order.number}-1 has left the warehouse and has not come back")
    expect(choice.get_by_role("radio", name="Yes")).to_have_count(0)


def test_add_back_is_locked_with_its_reason_for_a_role_that_may_not(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=1)
    page = new_page(live_world.dana)
    open_order(page, order)
    choice = open_window(page).get_by_role("group", name="Add inventory back")
    expect(choice).to_contain_text("Your role (agent) does not include adding back")
    expect(choice.get_by_role("radio", name="Yes")).to_have_count(0)


def test_the_preview_shows_the_stock_now_and_after_while_it_is_chosen(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=3)
    on_hand, allocated = live_world.stock("MUG")
    page = new_page(live_world.mara)
    open_order(page, order)
    window = open_window(page)
    preview = window.get_by_role("region", name="Stock, now and after")
    choose(window, MUG=2)
    expect(preview.get_by_text(f"{allocated:,}→{allocated + 2:,}")).to_be_visible()
    window.get_by_label("Quantity of MUG").fill("3")
    expect(preview.get_by_text(f"{allocated:,}→{allocated + 3:,}")).to_be_visible()
    window.get_by_role("radio", name="Yes").check()
    window.get_by_label("Reason").select_option("Damaged")
    confirm(window)
    expect(window).to_be_hidden()
    assert live_world.stock("MUG") == Balance(on_hand, allocated)


def test_it_is_asked_whether_both_parcels_shall_go(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=1)
    page = new_page(live_world.mara)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=1)
    window.get_by_label("Reason").select_option("Replacement")
    confirm(window)
    expect(window.get_by_role("checkbox", name="both parcels")).to_be_focused()
    assert len(live_world.facts(order.number).shipments) == 1
    window.get_by_role("checkbox", name="both parcels").check()
    confirm(window)
    expect(card(page, f"{order.number}-R1")).to_be_visible()


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        ("0", "must be a whole number from 1 to 1,000,000"),
        ("1.5", "must be a whole number from 1 to 1,000,000"),
        ("１２", "must be a whole number from 1 to 1,000,000"),
        ("3", "sent 2 × MUG; 3 were asked for"),
    ],
)
def test_a_refused_quantity_is_told_at_its_row_and_all_that_was_typed_stays(
    live_world: LiveWorld, new_page: Callable[..., Page], quantity: str, why: str
) -> None:
    order = live_world.place(MUG=2, CUP=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=quantity)
    window.get_by_label("Reason").select_option("Damaged")
    window.get_by_role("textbox", name="Note").fill("Dropped.")
    confirm(window)
    field = window.get_by_label("Quantity of MUG")
    expect(field).to_be_focused()
    expect(field).to_have_value(quantity)
    expect(field).to_have_accessible_description(told(why))
    expect(window.get_by_role("textbox", name="Note")).to_have_value("Dropped.")
    expect(window.get_by_label("Reason")).to_have_value("damaged")
    assert len(live_world.facts(order.number).shipments) == 1


def test_selecting_nothing_and_giving_no_reason_are_told_in_the_window(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1")
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    confirm(window)
    expect(window.get_by_label("Reason")).to_have_accessible_description(told("a reason is required"))
    window.get_by_label("Reason").select_option("Damaged")
    confirm(window)
    expect(window.get_by_text("Select at least one item.")).to_be_visible()


def test_a_double_click_makes_one_reshipment(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=1)
    window.get_by_label("Reason").select_option("Lost in transit")
    window.get_by_role("button", name="Re-Ship").dblclick()
    expect(card(page, f"{order.number}-R1")).to_be_visible()
    assert live_world.shipment(f"{order.number}-1").reshipped_as == [f"{order.number}-R1"]


def test_undo_in_the_toast_takes_the_reship_back(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    before = live_world.stock("MUG")
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=2)
    window.get_by_label("Reason").select_option("Lost in transit")
    confirm(window)
    page.get_by_role("button", name="Undo").click()
    expect(card(page, f"{order.number}-R1").get_by_text("Cancelled").first).to_be_visible()
    assert live_world.stock("MUG") == before
    assert live_world.status(order.number) == "FULFILLED"


def test_a_manager_may_send_again_what_is_sent_again_already(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    live_world.reship(order.number)
    live_world.ship(f"{order.number}-R1")
    page = new_page(live_world.mara)
    page.goto(f"/orders/ACME/{order.number}/reshipments/new/?source={order.number}-1")
    choose(page.locator("main"), MUG=1)
    page.get_by_label("Reason").select_option("Replacement")
    confirm(page.locator("main"))
    expect(page.get_by_text(f"already sent again by {order.number}-R1")).to_be_visible()
    page.get_by_role("checkbox", name="Send again anyway").check()
    page.get_by_role("textbox", name="Note").fill("A gift for the trouble.")
    confirm(page.locator("main"))
    expect(card(page, f"{order.number}-R2")).to_be_visible()
