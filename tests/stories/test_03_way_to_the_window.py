"""Sentence 3: log in, Orders, Manage Orders, search, Order Number, Order Details, Actions, Re-Ship, a window.

Nothing is written until it is confirmed.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.clients.invitations import invitation_path
from reship.clients.models import User
from reship.clients.roles import Role
from reship.orders.models import ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import choose, open_order, open_window
from tests.stories.stored import everything


def test_somebody_who_was_invited_chooses_a_password_and_logs_in_with_it(live_world: LiveWorld, page: Page) -> None:
    user = User.objects.create_user("ivy@acme.example", name="Ivy", role=Role.AGENT, client=live_world.acme)
    page.goto(invitation_path(user))
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_label("The same again").fill("correct horse battery")
    page.get_by_role("button", name="Choose this password").click()
    page.locator("summary", has_text="Signed in as Ivy").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").fill("ivy@acme.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Manage Orders")).to_be_visible()


def test_the_way_from_the_menu_to_the_window(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2, CUP=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana)
    page.goto("/stock/")
    menu = page.get_by_role("navigation", name="Main")
    menu.get_by_text("Orders", exact=True).click()
    menu.get_by_role("link", name="Manage Orders", exact=True).click()
    page.get_by_role("searchbox", name="Search").fill(order.number)
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").locator("tbody tr")).to_have_count(1)
    page.get_by_role("columnheader", name="Order Number").wait_for()
    page.get_by_role("link", name=order.number, exact=True).click()
    expect(page).to_have_title(f"Order {order.number} · Reship")
    page.get_by_role("region", name="Actions").get_by_role("link", name="Re-Ship", exact=True).click()
    window = page.get_by_role("dialog", name=f"Re-Ship from order {order.number}")
    expect(window).to_be_visible()
    expect(window.get_by_role("button", name="Re-Ship", exact=True)).to_be_visible()


def test_an_order_is_found_by_its_tracking_number(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=1)
    live_world.ship(f"{order.number}-1", tracking_number=f"1Z{order.number}X")
    page = new_page(live_world.dana)
    page.goto("/orders/")
    page.get_by_role("searchbox", name="Search").fill(f"1Z{order.number}X")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody").get_by_role("link", name=order.number, exact=True)).to_be_visible()
    expect(page).to_have_url(f"/orders/?q=1Z{order.number}X")


def test_nothing_is_written_until_it_is_confirmed(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2, CUP=1)
    page = new_page(live_world.mara)
    open_order(page, order)
    before = everything()
    window = open_window(page)
    choose(window, MUG=1)
    window.get_by_label("Reason").select_option("Damaged")
    window.get_by_role("checkbox", name="Operator Hold").check()
    window.get_by_role("radio", name="Yes").check()
    expect(window.get_by_role("region", name="Stock, now and after")).to_contain_text("MUG")
    window.get_by_role("link", name="Cancel").click()
    expect(window).to_be_hidden()
    assert everything() == before
