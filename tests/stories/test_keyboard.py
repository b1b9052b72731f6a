"""The whole way goes by keyboard: `/` search, `j` and `k` move, `Enter` opens, `r` re-ships, `?` helps."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import card


def test_an_order_is_found_opened_and_reshipped_without_a_mouse(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana)
    page.goto("/orders/")
    keys = page.keyboard
    keys.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    keys.type(order.number)
    keys.press("Enter")
    expect(page.get_by_role("link", name=order.number, exact=True)).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order.number}")
    keys.press("r")
    window = page.get_by_role("dialog", name="Re-Ship")
    expect(window).to_be_visible()
    window.get_by_role("checkbox", name="Re-ship MUG").focus()
    keys.press("Space")
    window.get_by_label("Reason").focus()
    keys.type("Lost")
    window.get_by_role("button", name="Re-Ship", exact=True).focus()
    keys.press("Enter")
    expect(card(page, f"{order.number}-R1")).to_be_in_viewport()


def test_j_and_k_move_and_r_reships_the_row(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    older, newer = live_world.place(MUG=1), live_world.place(MUG=1)
    page = new_page(live_world.dana)
    page.goto("/orders/")
    for key, order in (("j", newer), ("j", older), ("k", newer)):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=order.number, exact=True)).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_role("dialog", name=f"Re-Ship from order {newer.number}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name=f"Re-Ship {newer.number}")).to_be_focused()


def test_the_help_lists_the_keys(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    page = new_page(live_world.dana)
    page.goto("/orders/")
    page.keyboard.press("?")
    help_window = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_window.get_by_text("Re-ship the row, or the order of the page")).to_be_visible()


def test_letters_are_letters_in_a_field(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    live_world.place(MUG=1)
    page = new_page(live_world.dana)
    page.goto("/orders/")
    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially("jar?/")
    expect(search).to_have_value("jar?/")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_letters_can_be_turned_off(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    page = new_page(live_world.dana)
    page.goto("/orders/")
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Single-letter shortcuts").uncheck()
    page.reload()
    page.keyboard.press("/")
    page.keyboard.press("?")
    expect(page.get_by_role("searchbox", name="Search")).not_to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
