"""Manage Orders and Stock as people work with them."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.orders.models import HoldKind
from tests.browsing import LiveWorld

NewPage = Callable[..., Page]


def test_search_by_keyboard_and_open_the_order(live_world: LiveWorld, new_page: NewPage) -> None:
    number = live_world.place(MUG=1).number
    page = new_page(live_world.dana)
    page.goto("/orders/")
    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/orders/\?q={number}$"))
    expect(page.locator("#orders tbody tr")).to_have_count(1)
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/orders/ACME/{number}/$"))


def test_a_filter_applies_at_once_and_the_back_button_undoes_it(live_world: LiveWorld, new_page: NewPage) -> None:
    held = live_world.place(MUG=1).number
    free = live_world.place(MUG=1).number
    live_world.hold(held, kind=HoldKind.FRAUD)
    page = new_page(live_world.dana)
    page.goto("/orders/")
    page.get_by_label("Hold", exact=True).focus()
    page.get_by_label("Hold", exact=True).select_option("FRAUD")
    expect(page).to_have_url(re.compile(r"/orders/\?hold=FRAUD$"))
    expect(page.get_by_role("link", name=held, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=free, exact=True)).to_have_count(0)
    expect(page.get_by_label("Hold", exact=True)).to_be_focused()
    page.go_back()
    expect(page.get_by_role("link", name=free, exact=True)).to_be_visible()


def test_search_filters_and_tabs_work_without_a_script(live_world: LiveWorld, new_page: NewPage) -> None:
    number = live_world.place(MUG=1).number
    live_world.hold(number, kind=HoldKind.PAYMENT)
    page = new_page(live_world.dana, java_script_enabled=False)
    page.goto("/orders/")
    page.get_by_label("Search").fill(number)
    page.get_by_label("Hold", exact=True).select_option("PAYMENT")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#orders tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Fulfilled").click()
    expect(page.get_by_text("No order matches")).to_be_visible()
    page.get_by_role("link", name="On hold").click()
    expect(page.locator("#orders tbody tr")).to_have_count(1)


def test_goods_are_received_in_a_window_that_keeps_what_was_refused(live_world: LiveWorld, new_page: NewPage) -> None:
    before = live_world.stock("HAT", warehouse="EAST").on_hand
    page = new_page(live_world.pim)
    page.goto("/stock/")
    page.get_by_role("link", name="Receive goods").click()
    window = page.get_by_role("dialog")
    window.get_by_label("Client").select_option("ACME")
    window.get_by_label("Warehouse").select_option("EAST")
    window.get_by_label("SKU").fill("HAT")
    window.get_by_label("Quantity").fill("seven")
    window.get_by_role("button", name="Receive").click()
    expect(window.get_by_text("must be a whole number")).to_be_visible()
    expect(window.get_by_label("Quantity")).to_be_focused()
    expect(window.get_by_label("SKU")).to_have_value("HAT")
    window.get_by_label("Quantity").fill("7")
    window.get_by_role("button", name="Receive").click()
    expect(page.get_by_text("7 × HAT received.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/stock/ACME/HAT/EAST/$"))
    assert live_world.stock("HAT", warehouse="EAST").on_hand == before + 7


def test_a_demo_is_entered_with_one_click(live_world: LiveWorld, page: Page) -> None:
    page.goto("/stock/")
    page.get_by_role("button", name="Merchant agent").click()
    expect(page).to_have_url(re.compile("/stock/$"))
    expect(page.get_by_role("heading", name="Stock")).to_be_visible()


def test_a_filter_is_saved_as_a_tab_that_counts(live_world: LiveWorld, new_page: NewPage) -> None:
    number = live_world.place(MUG=1).number
    page = new_page(live_world.dana)
    page.goto(f"/orders/?q={number}")
    expect(page.get_by_text("1 order matches")).to_be_visible()
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name", exact=True).fill(f"Only {number}")
    page.get_by_role("button", name="Save view").click()
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name=f"Only {number}")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab.locator(".rs-count")).to_have_text("1")
