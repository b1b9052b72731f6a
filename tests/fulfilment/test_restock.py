"""Restocking: a returned parcel's goods go back on the shelf, each unit once."""

import pytest
from django_scopes import scope

from reship.fulfilment.restock import (
    RestockRequest,
    ReturnLine,
    inspect_return,
    receive_return,
    restock_shipment,
    returned_parcel,
)
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.inventory.models import LedgerEntry
from reship.orders.history import Item
from reship.orders.models import Shipment, ShipmentStatus
from tests.world import World, refused


@pytest.fixture
def returned(world: World) -> World:
    """1042-1 with two MUG and a CUP has come back."""
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    return world


def test_returned_goods_are_not_in_stock_before_they_are_put_away(returned: World) -> None:
    assert returned.stock("MUG") == Balance(on_hand=98, allocated=0)
    returned.restock("1042-1")
    assert (returned.stock("MUG"), returned.stock("CUP")) == (Balance(100, 0), Balance(100, 0))
    assert returned.entries("MUG")[-1] == ("RESTOCKED", 2, 0)
    assert returned.history("1042")[-1] == "2 × MUG, 1 × CUP of 1042-1 put back into stock."
    assert audit() == []


def test_goods_may_be_put_away_bit_by_bit(returned: World) -> None:
    returned.restock("1042-1", MUG=1)
    returned.restock("1042-1", CUP=1)
    returned.restock("1042-1")
    assert (returned.stock("MUG"), returned.stock("CUP")) == (Balance(100, 0), Balance(100, 0))
    assert audit() == []


def test_each_unit_comes_back_once(returned: World) -> None:
    returned.restock("1042-1", MUG=1)
    with refused("already_added_back", shipment="1042-1", sku="MUG", shipped=2, added_back=1, left=1, asked=2):
        returned.restock("1042-1", MUG=2)
    returned.restock("1042-1")
    with refused("already_added_back", shipment="1042-1", sku="MUG", shipped=2, added_back=2, left=0, asked=2):
        returned.restock("1042-1")
    assert audit() == []


def test_what_a_reship_added_back_is_not_restocked_again(returned: World) -> None:
    returned.reship("1042", add_back=True, MUG=2)
    with refused("already_added_back", shipment="1042-1", sku="MUG", shipped=2, added_back=2, left=0, asked=1):
        returned.restock("1042-1", MUG=1)
    returned.restock("1042-1")
    assert (returned.stock("MUG"), returned.stock("CUP")) == (Balance(100, 2), Balance(100, 0))
    assert audit() == []


def inspect(world: World, *, damaged: dict[str, int], note: str = "", **sellable: int) -> Shipment:
    items, broken = (tuple(Item(*item) for item in some.items()) for some in (sellable, damaged))
    request = RestockRequest("1042-1", items, broken, note)
    return restock_shipment(request, client=world.acme, actor=world.pim, at=world.later())


def test_damaged_goods_come_back_once_and_are_gone_again(returned: World) -> None:
    inspect(returned, MUG=1, damaged={"MUG": 1}, note="handle off")
    assert (returned.stock("MUG"), returned.stock("CUP")) == (Balance(99, 0), Balance(99, 0))
    assert returned.entries("MUG")[-3:] == [("RESTOCKED", 1, 0), ("RESTOCKED", 1, 0), ("ADJUSTED", -1, 0)]
    with scope(client=returned.acme.pk):
        written_off = LedgerEntry.objects.get(kind="ADJUSTED")
    assert (written_off.reason, written_off.shipment_line_id) == ("Damaged, came back in 1042-1: handle off", None)
    told = "1 × MUG of 1042-1 put back into stock; 1 × MUG of 1042-1 written off as damaged. Note: handle off."
    assert returned.history("1042")[-1] == told.removesuffix(".")
    assert returned.shipment("1042-1").units[1].left_to_add_back == 1
    assert audit() == []


def test_sellable_and_damaged_together_are_at_most_what_came(returned: World) -> None:
    with refused("already_added_back", shipment="1042-1", sku="MUG", shipped=2, added_back=0, left=2, asked=3):
        inspect(returned, MUG=1, damaged={"MUG": 2})
    with refused("nothing_selected", shipment="1042-1"):
        inspect(returned, damaged={})
    with refused("unknown_item", shipment="1042-1", sku="TEE", known=["CUP", "MUG"]):
        inspect(returned, damaged={"TEE": 1})
    inspect(returned, damaged={"MUG": 2, "CUP": 1})
    assert (returned.stock("MUG"), returned.stock("CUP")) == (Balance(98, 0), Balance(99, 0))
    assert audit() == []


def test_items_that_cannot_be_are_refused(returned: World) -> None:
    with refused("unknown_item", shipment="1042-1", sku="TEE", known=["CUP", "MUG"]):
        returned.restock("1042-1", TEE=1)
    with refused("invalid_quantity", sku="MUG", given="“0”", smallest=1, largest=1_000_000):
        returned.restock("1042-1", MUG=0)
    assert audit() == []


def test_a_parcel_is_taken_back_once_and_then_inspected_once_for_each_key(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1")
    back = [receive_return("1042-1", client=world.acme, actor=world.pim, at=world.later()) for _ in range(2)]
    request = RestockRequest("1042-1", (Item("MUG", 1),))
    seen = [inspect_return(request, key="K", client=world.acme, actor=world.pim, at=world.later()) for _ in range(2)]
    assert (back, seen, world.stock("MUG")) == ([True, False], [False, True], Balance(99, 0))
    parcel = returned_parcel("1042-1", client=world.acme)
    assert (parcel.lines, parcel.left) == ((ReturnLine("MUG", 2, 1), ReturnLine("CUP", 1, 0)), 2)
    assert audit() == []
