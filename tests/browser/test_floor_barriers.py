"""Nobody meets a barrier on the floor: its pages with something in them, after a good scan and after a bad one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reship.fulfilment.manifest import ManifestRequest, depart_on_manifest
from reship.orders.models import ShipmentStatus
from tests.browser.barriers import barriers
from tests.browsing import LiveWorld

# As in test_axe.py: the same templates show the same rows on either database.
pytestmark = pytest.mark.sqlite

NewPage = Callable[..., Page]


def scan(page: Page, code: str, *, tone: str) -> None:
    page.locator("[data-scan-input]").fill(code)
    page.keyboard.press("Enter")
    expect(page.locator("[data-scan-feedback]")).to_have_attribute("data-tone", tone)


def test_receiving_and_counting_have_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.otto)
    page.goto("/warehouse/receive/?client=ACME&warehouse=MAIN")
    scan(page, "4006381333931", tone="bad")
    expect(page.get_by_role("button", name="Attach the barcode")).to_be_visible()
    assert barriers(page) == []
    scan(page, "MUG", tone="good")
    page.get_by_role("link", name="Barcode and bin of MUG").click()
    expect(page.get_by_label("Cost of a unit")).to_be_visible()
    assert barriers(page) == []
    page.goto("/warehouse/receive/list/")
    page.get_by_label("Goods").fill("MUG\t1\nXXX")
    page.get_by_role("button", name="Receive all").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert barriers(page) == []
    page.goto("/warehouse/counts/")
    scan(page, "MUG", tone="good")
    expect(page.get_by_label("Counted", exact=True)).to_be_focused()
    assert barriers(page) == []
    page.goto("/warehouse/counts/sheet/?client=ACME&warehouse=MAIN")
    assert barriers(page) == []


def test_the_dock_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    numbers = [live_world.place(MUG=1).number for _ in range(3)]
    for number in numbers:
        live_world.ship(f"{number}-1", until=ShipmentStatus.PACKED)
    live_world.hold(numbers[1], shipment=f"{numbers[1]}-1", actor=live_world.otto)
    page = new_page(live_world.pim)
    page.goto("/warehouse/manifests/loading/?client=ACME&warehouse=MAIN")
    scan(page, f"{numbers[0]}-1", tone="good")
    assert barriers(page) == []
    page.get_by_role("link", name="Close and print …").click()
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    assert barriers(page) == []
    page.goto("/warehouse/manifests/")
    assert barriers(page) == []


def test_the_returns_desk_and_the_pull_tasks_have_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    returned, superseded = live_world.place(MUG=2).number, live_world.place(MUG=2).number
    live_world.ship(f"{returned}-1", until=ShipmentStatus.PACKED)
    request = ManifestRequest("MAIN", "Swift")
    depart_on_manifest([f"{returned}-1"], request, client=live_world.acme, actor=live_world.pim, at=live_world.later())
    live_world.ship(f"{superseded}-1", until=ShipmentStatus.PACKED)
    live_world.reship(superseded, add_back=True)
    page = new_page(live_world.pim)
    page.goto("/warehouse/returns/")
    scan(page, f"{returned}-1", tone="good")
    page.get_by_label("Damaged units of MUG").fill("3")
    page.get_by_role("button", name="Put away").click()
    expect(page.locator("[data-scan-feedback]")).to_have_attribute("data-tone", "bad")
    assert barriers(page) == []
    page.goto("/warehouse/pull-tasks/")
    assert barriers(page) == []
    scan(page, f"{superseded}-1", tone="good")
    scan(page, "MUG", tone="good")
    assert barriers(page) == []
