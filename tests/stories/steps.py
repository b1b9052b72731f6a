"""The steps that the stories share, in the words of the screen."""

import re

from playwright.sync_api import Locator, Page, expect

from reship.orders.models import Order


def open_order(page: Page, order: Order) -> None:
    page.goto(f"/orders/ACME/{order.number}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order.number}")


def open_window(page: Page) -> Locator:
    """Clicks Re-Ship among the Actions, and answers the window that opens."""
    actions(page).get_by_role("link", name="Re-Ship").click()
    window = page.get_by_role("dialog")
    expect(window.get_by_role("heading", name="Re-Ship from order")).to_be_visible()
    return window


def actions(page: Page) -> Locator:
    return page.get_by_role("region", name="Actions")


def card(page: Page, shipment: str) -> Locator:
    """A shipment in Order Details."""
    return page.get_by_role("region", name=shipment, exact=True)


def choose(window: Locator, **quantities: int | str) -> None:
    """Ticks items and sets how many of each go again."""
    for sku, quantity in quantities.items():
        window.get_by_role("checkbox", name=f"Re-ship {sku}").check()
        window.get_by_label(f"Quantity of {sku}").fill(str(quantity))


def confirm(window: Locator) -> None:
    window.get_by_role("button", name="Re-Ship", exact=True).click()


def told(words: str) -> re.Pattern[str]:
    """These words somewhere in a sentence."""
    return re.compile(re.escape(words))
