"""Sentence 8: an Operator Hold keeps the new shipment out of the pick queue while it is edited.

The hold is set in the same transaction that creates the shipment.
"""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from reship.fulfilment.pick import pick_shipment
from reship.inventory.audit import audit
from reship.orders.models import HoldKind, ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import actions, card, choose, confirm, open_order, open_window, told
from tests.stories.stored import bytes_of_shipment
from tests.world import ELSEWHERE, JANE, World, refused


def test_a_held_reshipment_is_edited_lifted_and_then_picked(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", hold=True, note="New address to come.")
    holds = [{"kind": "OPERATOR", "placed_by": "Dana", "note": "New address to come."}]
    with refused("on_hold", shipment="1042-R1", holds=holds):
        pick_shipment("1042-R1", client=world.acme, actor=world.pim, at=world.later())
    world.edit("1042-R1", address=ELSEWHERE, method="Express", MUG=1, TEE=1)
    world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR)
    picked = world.ship("1042-R1", until=ShipmentStatus.PICKING)
    assert (picked.address.city, picked.method, world.items("1042-R1")) == (
        "Shelbyville",
        "Express",
        {"MUG": 1, "TEE": 1},
    )
    assert world.shipment("1042-1").shipment.address == JANE
    assert audit() == []


def test_merchant_and_packer_meet_at_a_held_reshipment(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2)
    original, further = f"{order.number}-1", f"{order.number}-R1"
    live_world.ship(original, until=ShipmentStatus.LOST)
    before = bytes_of_shipment(original)
    dana, pim = new_page(live_world.dana), new_page(live_world.pim)

    open_order(dana, order)
    window = open_window(dana)
    choose(window, MUG=2)
    window.get_by_label("Reason").select_option("Lost in transit")
    window.get_by_role("checkbox", name="Operator Hold").check()
    window.get_by_role("textbox", name="Note").fill("Jane has moved.")
    confirm(window)
    expect(card(dana, further).get_by_text("Jane has moved.").first).to_be_visible()

    open_order(pim, order)
    expect(pick_button(pim, further)).to_have_accessible_description(told("is on hold: Operator Hold by Dana"))

    actions(dana).get_by_role("list", name=f"Actions of {further}").get_by_role("link", name="Edit").click()
    edit = dana.get_by_role("dialog", name=f"Edit {further}")
    edit.get_by_label("Country").select_option("United Kingdom")
    edit.get_by_label("Post town").fill("Shelbyville")
    edit.get_by_label("Postcode").fill("BX1 1ZZ")
    edit.get_by_label("Quantity of MUG").fill("1")
    edit.get_by_label("A further SKU", exact=True).fill("TEE")
    edit.get_by_label("Quantity of the further SKU").fill("1")
    preview = edit.get_by_role("region", name="Stock, now and after")
    expect(preview.get_by_role("row", name="TEE")).to_contain_text("+1")
    dana.keyboard.press("Enter")
    expect(card(dana, further)).to_contain_text("Shelbyville")
    assert live_world.items(further) == {"MUG": 1, "TEE": 1}

    card(dana, further).get_by_role("button", name="Lift").click()
    expect(dana.get_by_text(f"Operator Hold lifted from {further}. No other hold remains on it.")).to_be_visible()
    pim.reload()
    pick_button(pim, further).click()
    expect(card(pim, further).get_by_text("Picking", exact=True)).to_be_visible()
    picked = live_world.shipment(further).shipment
    assert (picked.city, picked.country, picked.status) == ("Shelbyville", "GB", "PICKING")
    assert live_world.items(further) == {"MUG": 1, "TEE": 1}
    assert bytes_of_shipment(original) == before


def test_once_it_is_picked_the_merchant_is_told_who_and_since_when(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.PICKING)
    page = new_page(live_world.dana)
    open_order(page, order)
    edit = actions(page).get_by_role("link", name="Edit")
    expect(edit).to_be_disabled()
    expect(edit).to_have_accessible_description(told(f"Pim has been working on {order.number}-1 since"))


def pick_button(page: Page, shipment: str) -> Locator:
    steps = actions(page).locator("form").filter(has=page.get_by_role("group"))
    return steps.get_by_role("button", name="Pick").first
