"""Sentence 10: for complex cases a new manual order can be made, prefilled from the original and linked to it."""

from dataclasses import replace

from django_scopes import scope

from reship.fulfilment.manual_order import manual_order_from
from reship.fulfilment.place_order import NewLine
from reship.inventory.audit import audit
from reship.orders.models import Order, ShipmentStatus
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
