"""Sentence 2: it starts from the original; order, shipments, stock and history stay linked both ways."""

from collections.abc import Callable

from django_scopes import scope
from playwright.sync_api import Page, expect

from reship.inventory.audit import audit
from reship.inventory.models import LedgerEntry
from reship.orders.models import OrderEvent, ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import card, open_order
from tests.world import World


def test_original_and_reshipment_know_each_other(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    original, further = world.shipment("1042-1"), world.shipment("1042-R1")
    assert original.reshipped_as == ["1042-R1"]
    assert further.made_by is not None
    assert further.made_by.source_id == original.shipment.pk
    assert further.shipment.order_id == original.shipment.order_id
    assert audit() == []


def test_stock_and_history_name_the_shipment_and_the_reshipment_that_moved_them(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    with scope(client=world.acme.pk):
        added_back, allocated = LedgerEntry.objects.filter(reshipment__shipment__number="1042-R1").order_by("sequence")
        event = OrderEvent.objects.get(reshipment__shipment__number="1042-R1")
        causes = [entry.shipment_line.shipment.number for entry in (added_back, allocated) if entry.shipment_line]
        assert causes == ["1042-1", "1042-R1"]
        assert (event.order.number, event.shipment and event.shipment.number) == ("1042", "1042-R1")
        assert event.facts["source"] == "1042-1"
    assert audit() == []


def test_each_shipment_links_to_the_other_on_the_screen(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    live_world.reship(order.number)
    page = new_page(live_world.dana)
    open_order(page, order)
    original, further = card(page, f"{order.number}-1"), card(page, f"{order.number}-R1")
    original.get_by_role("link", name=f"{order.number}-R1").click()
    expect(further).to_be_in_viewport()
    further.get_by_role("link", name=f"{order.number}-1").click()
    expect(original).to_be_in_viewport()


def test_stock_links_to_the_shipment_that_moved_it_and_back(
    live_world: LiveWorld, new_page: Callable[..., Page]
) -> None:
    order = live_world.place(MUG=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.LOST)
    live_world.reship(order.number)
    page = new_page(live_world.dana)
    open_order(page, order)
    page.get_by_role("region", name="Stock of these items").get_by_role("link", name="MUG").first.click()
    expect(page.get_by_role("heading", name="MUG", exact=True)).to_be_visible()
    page.get_by_role("link", name=f"{order.number}-R1").click()
    expect(card(page, f"{order.number}-R1")).to_be_in_viewport()
