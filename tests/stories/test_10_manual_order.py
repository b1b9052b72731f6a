"""Sentence 10: for complex cases a new manual order can be made, prefilled from the original and linked to it."""

from collections.abc import Callable
from dataclasses import replace

from django_scopes import scope
from playwright.sync_api import Page, expect

from reship.fulfilment.manual_order import manual_order_from
from reship.fulfilment.place_order import NewLine
from reship.inventory.audit import audit
from reship.orders.models import Order, ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import actions, open_order
from tests.stories.stored import bytes_of_shipment
from tests.world import JANE, World, refused


def test_a_manual_order_is_prefilled_from_the_original(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=1)
    draft = manual_order_from("1042", client=world.acme, placed_at=world.later())
    assert draft.lines == (NewLine("MUG", 2), NewLine("CUP", 1))
    assert (draft.customer_name, draft.customer_email, draft.address) == ("Jane Doe", "jane@example.com", JANE)
    assert (draft.method, draft.warehouse, draft.copied_from) == ("Post", "MAIN", "1042")
    with scope(client=world.acme.pk):
        assert Order.objects.count() == 1, "a draft is not an order"


def test_original_and_manual_order_are_linked_both_ways(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    before = bytes_of_shipment("1042-1")
    draft = manual_order_from("1042", client=world.acme, placed_at=world.later())
    made = world.place_order(replace(draft, number="1043", lines=(NewLine("TEE", 1),)))
    with scope(client=world.acme.pk):
        assert made.copied_from == Order.objects.get(number="1042")
        assert list(Order.objects.filter(copied_from__number="1042")) == [made]
    assert world.history("1042")[-1] == "Copied to manual order 1043: 1 × TEE."
    assert world.history("1043") == ["Order placed, copied from order 1042: 1 × TEE, to go as 1043-1."]
    assert bytes_of_shipment("1042-1") == before
    assert audit() == []


def test_another_clients_order_cannot_be_copied(world: World) -> None:
    world.place("1042", client=world.other, MUG=2)
    with refused("order_not_found", order="1042"):
        manual_order_from("1042", client=world.acme, placed_at=world.later())
    draft = manual_order_from("1042", client=world.other, placed_at=world.later())
    with refused("order_not_found", order="1042"):
        world.place_order(draft, client=world.acme)


def test_a_merchant_copies_an_order_and_both_lead_to_each_other(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=2, CUP=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    page = new_page(live_world.dana)
    open_order(page, order)
    actions(page).get_by_role("link", name="Copy to manual order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Manual order, copied from {order.number}")
    page.get_by_label("Take line 2 out").check()
    page.get_by_label("SKU of line 3").fill("TEE")
    page.get_by_label("Quantity of line 3").fill("4")
    stock = page.get_by_role("region", name="Available in each warehouse")
    expect(stock.get_by_role("row", name="TEE")).to_be_visible()
    expect(stock.get_by_role("row", name="CUP")).to_have_count(0)
    page.get_by_label("Hold").select_option("Client hold")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("placed, on Client hold.")).to_be_visible()
    copy = page.get_by_role("heading", level=1).inner_text().removeprefix("Order ")
    assert live_world.items(f"{copy}-1") == {"MUG": 2, "TEE": 4}
    page.get_by_role("link", name=order.number, exact=True).click()
    expect(page.get_by_text(f"Copied to manual order {copy}: 2 × MUG, 4 × TEE.")).to_be_visible()
    page.get_by_role("link", name=copy, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {copy}")
