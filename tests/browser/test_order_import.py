"""Orders → Import in a browser: from the menu to the orders, without a barrier and without a script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.barriers import barriers
from tests.browsing import LiveWorld
from tests.imports.shops import CUP, MUGS, order, shopify

pytestmark = pytest.mark.sqlite

NewPage = Callable[..., Page]


def export(*orders: list[dict[str, str]]) -> FilePayload:
    content = shopify(*(row for rows in orders for row in rows)).encode()
    return {"name": "export.csv", "mimeType": "text/csv", "buffer": content}


def test_a_file_is_uploaded_from_the_menu_and_looked_at_without_a_barrier(
    live_world: LiveWorld, new_page: NewPage
) -> None:
    page = new_page(live_world.mara)
    page.goto("/orders/")
    page.get_by_text("Orders", exact=True).click()
    page.get_by_role("link", name="Import").click()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Choose the file with the orders.")).to_be_visible()
    assert barriers(page) == []
    cancelled = order("#LIVE-2", {**CUP, "Lineitem fulfillment status": ""}, Cancelled_at="2026-02-02 10:00:00 +0100")
    page.get_by_label("File", exact=True).set_input_files(export(order("#LIVE-1", MUGS), cancelled))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Import orders")).to_be_visible()
    expect(page.get_by_text("Would be imported").first).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("link", name="LIVE-1")).to_be_visible()


def test_it_works_without_a_script(live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.mara, java_script_enabled=False)
    page.goto("/orders/imports/new/")
    page.get_by_label("File", exact=True).set_input_files(export(order("#LIVE-3", MUGS)))
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Import orders")).to_be_visible()
