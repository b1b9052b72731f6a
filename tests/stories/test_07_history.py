"""Sentence 7: the order history logs who initiated the reship, and which items and quantities were reshipped."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from reship.inventory.audit import audit
from reship.orders.history import Item, items_of
from reship.orders.models import EventType, ShipmentStatus
from tests.browsing import LiveWorld
from tests.stories.steps import choose, confirm, open_order, open_window
from tests.world import World


def test_history_names_who_and_which_items_in_which_quantities(world: World) -> None:
    world.place("1042", MUG=3, CUP=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", actor=world.dana, MUG=2, CUP=1)
    event = world.events("1042")[-1]
    assert (event.type, event.actor, event.user_id) == (EventType.RESHIPPED, "Dana", world.dana.user_id)
    assert items_of(event) == [Item("MUG", 2), Item("CUP", 1)]
    assert audit() == []


def test_each_reship_has_a_line_of_its_own_and_its_cancel_another(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", actor=world.dana, MUG=1)
    world.reship("1042", actor=world.otto, source="1042-1", note="Try two.", MUG=2)
    world.cancel("1042-R1")
    assert [(event.actor, text) for event, text in zip(world.events("1042"), world.history("1042"), strict=True)][
        -3:
    ] == [
        ("Dana", "Re-shipped 1 × MUG of 1042-1 as 1042-R1; reason: lost in transit; nothing added back."),
        (
            "Otto",
            "Re-shipped 2 × MUG of 1042-1 as 1042-R2; reason: lost in transit; nothing added back. Note: Try two.",
        ),
        ("Mara", "Reshipment 1042-R1 of 1042-1 cancelled: 1 × MUG released."),
    ]
    assert audit() == []


def test_order_details_shows_the_line_of_a_reship_first(live_world: LiveWorld, new_page: Callable[..., Page]) -> None:
    order = live_world.place(MUG=3, CUP=2)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.DELIVERED)
    page = new_page(live_world.dana)
    open_order(page, order)
    window = open_window(page)
    choose(window, MUG=2, CUP=1)
    window.get_by_label("Reason").select_option("Wrong item sent")
    confirm(window)
    line = page.get_by_role("region", name="History").get_by_role("listitem").first
    expect(line).to_contain_text(f"Re-shipped 2 × MUG, 1 × CUP of {order.number}-1 as {order.number}-R1")
    expect(line).to_contain_text("reason: wrong item sent")
    expect(line).to_contain_text("Dana, just now")
