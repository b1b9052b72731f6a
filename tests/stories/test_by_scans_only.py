"""A reshipment from the click to the truck, by scans only; and scans that come faster than the server answers."""

from collections.abc import Callable

import pytest
from django_scopes import scope
from playwright.sync_api import Page, expect

from reship.floor.models import Scan
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.orders.models import ShipmentStatus
from tests.browser.barriers import barriers
from tests.browsing import LiveWorld
from tests.stories.steps import actions, choose, confirm, open_order

# The scanner's page does the same with either database; its verbs are tested on both.
pytestmark = pytest.mark.sqlite

NewPage = Callable[..., Page]
SOUNDS = "window.heard = []; document.addEventListener('reship:sound', (event) => window.heard.push(event.detail.tone))"

# The second request does not arrive; of the third the answer does not.
FAILING = """
  const send = window.fetch;
  let requests = 0;
  window.fetch = async (...asked) => {
    requests += 1;
    if (requests === 2) throw new TypeError("not sent");
    const answer = await send(...asked);
    if (requests === 3) throw new TypeError("not received");
    return answer;
  };
"""


def scan(page: Page, code: str) -> None:
    """As a scanner types: into whatever has the focus, with Enter at the end."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def said(page: Page, words: str) -> None:
    expect(page.locator("[data-scan-feedback]")).to_contain_text(words)


def test_a_reshipment_goes_from_the_click_to_the_truck_by_scans_only(live_world: LiveWorld, new_page: NewPage) -> None:
    world = live_world
    for sku, barcode in (("MUG", "4006381333931"), ("CUP", "4006381333948")):
        edit_product(ProductEdit(sku, barcode=barcode), client=world.acme, actor=world.otto, at=world.later())
    order = world.place(MUG=2, CUP=1)
    world.ship(f"{order.number}-1")
    dana, pim = new_page(world.dana), new_page(world.pim)
    open_order(dana, order)
    actions(dana).get_by_role("link", name="Re-Ship").click()
    window = dana.get_by_role("dialog")
    choose(window, MUG=2, CUP=1)
    window.get_by_label("Reason").select_option("wrong_item")
    confirm(window)
    parcel = f"{order.number}-R1"
    expect(dana.get_by_text(f"{parcel} created")).to_be_visible()

    pim.add_init_script(SOUNDS)
    pim.goto("/warehouse/pick-queue/?client=ACME&warehouse=MAIN")
    row = pim.get_by_role("row").filter(has_text=parcel)
    expect(row).to_contain_text("Wrong item sent")
    row.get_by_role("checkbox").check()
    pim.get_by_role("button", name="Claim the ticked").click()
    expect(pim.get_by_role("heading", level=1)).to_contain_text("Batch")

    pim.goto("/warehouse/pack/")
    scan(pim, parcel)
    said(pim, f"{parcel}: 3 to scan")
    expect(pim.get_by_role("note")).to_contain_text(f"{order.number}-1")
    scan(pim, "TEE")
    said(pim, "TEE: wrong item")
    # Faster than the server answers, and the last one needs what the others did.
    for code in ("4006381333931", "4006381333931", "4006381333948"):
        scan(pim, code)
    said(pim, f"{parcel} is verified")
    assert barriers(pim) == []
    scan(pim, "CUP")
    said(pim, "CUP: too many")
    scan(pim, parcel)
    said(pim, f"{parcel} is packed")
    assert pim.evaluate("window.heard") == ["good", "bad", "good", "good", "done", "bad", "done"]
    expect(pim.get_by_role("link", name="Label")).to_be_visible()
    expect(pim.get_by_label("Parcel, then goods")).to_be_focused()
    assert world.shipment(parcel).shipment.status == ShipmentStatus.PACKED

    pim.goto("/warehouse/manifests/loading/?client=ACME&warehouse=MAIN")
    scan(pim, parcel)
    said(pim, parcel)
    expect(pim.locator('[data-scan-feedback]:not([data-tone="bad"])')).to_be_visible()
    shipment = world.shipment(parcel).shipment
    assert (shipment.status, shipment.departure) == (ShipmentStatus.DEPARTED, "MANIFEST")
    dana.reload()
    expect(dana.get_by_text(f"{parcel} left the warehouse (manifest scan")).to_be_visible()


def test_no_scan_is_lost_when_the_server_is_slow_or_does_not_answer(live_world: LiveWorld, new_page: NewPage) -> None:
    world = live_world
    order = world.place(MUG=4)
    parcel = f"{order.number}-1"
    world.claim(parcel)
    page = new_page(world.pim)
    page.add_init_script(FAILING)
    page.goto("/warehouse/pack/")
    scan(page, parcel)
    said(page, f"{parcel}: 4 to scan")
    for _ in range(4):
        scan(page, "MUG")
    said(page, f"{parcel} is verified")
    with scope(client=world.acme.pk):
        assert list(Scan.objects.filter(shipment__number=parcel).values_list("outcome", flat=True)) == ["GOOD"] * 4
    # Whatever is clicked, what is scanned next goes into the field.
    page.get_by_label("Tracking number").click()
    page.get_by_role("heading", level=1).click()
    expect(page.get_by_label("Parcel, then goods")).to_be_focused()
    page.get_by_label("Sound").focus()
    scan(page, parcel)
    said(page, f"{parcel} is packed")


def test_the_bench_works_without_a_script(live_world: LiveWorld, new_page: NewPage) -> None:
    world = live_world
    order = world.place(MUG=1)
    parcel = f"{order.number}-1"
    page = new_page(world.pim, java_script_enabled=False, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto("/warehouse/pack/")
    for code, words in ((parcel, f"{parcel} is open since"), ("MUG", "MUG"), (parcel, "")):
        page.get_by_label("Parcel, then goods").fill(code)
        page.keyboard.press("Enter")
        said(page, words)
        if page.get_by_role("button", name="Pick it now").is_visible():
            page.get_by_role("button", name="Pick it now").click()
    said(page, f"{parcel} is packed")
    assert world.shipment(parcel).shipment.status == ShipmentStatus.PACKED
