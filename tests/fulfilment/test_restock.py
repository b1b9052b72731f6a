"""Restocking: a returned parcel's goods go back on the shelf, each unit once."""

import pytest

from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
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


def test_items_that_cannot_be_are_refused(returned: World) -> None:
    with refused("unknown_item", shipment="1042-1", sku="TEE", known=["CUP", "MUG"]):
        returned.restock("1042-1", TEE=1)
    with refused("invalid_quantity", sku="MUG", given="“0”", smallest=1, largest=1_000_000):
        returned.restock("1042-1", MUG=0)
    assert audit() == []
