"""Goods arrive and are counted; what is promised to shipments stays."""

import pytest

from reship.catalog.models import Product
from reship.clients.models import Client
from reship.errors import Refusal, result_of
from reship.fulfilment import stock
from reship.fulfilment.stock import (
    Adjustment,
    Delivery,
    NewProduct,
    StockMoved,
    add_product,
    adjust_stock,
    receive_stock,
)
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from tests.world import World, new_order, refused


def receive(world: World, sku: str, quantity: int | str, *, warehouse: str = "MAIN", reason: str = "") -> StockMoved:
    delivery = Delivery(sku, warehouse, quantity, reason)
    return result_of(receive_stock([delivery], client=world.acme, actor=world.pim, at=world.later()))


def add(world: World, sku: str, name: str, *, client: Client | None = None) -> Product:
    return add_product(NewProduct(sku, name), client=client or world.acme, actor=world.otto, at=world.later())


def test_goods_that_arrive_are_available(world: World) -> None:
    assert receive(world, "HAT", 5) == StockMoved("HAT", "MAIN", on_hand=5, available=5)
    assert receive(world, "HAT", "7") == StockMoved("HAT", "MAIN", on_hand=12, available=12)
    assert world.entries("HAT") == [("RECEIVED", 5, 0), ("RECEIVED", 7, 0)]
    assert audit() == []


def test_each_warehouse_has_its_own_stock(world: World) -> None:
    receive(world, "MUG", 5, warehouse="EAST")
    assert (world.stock("MUG"), world.stock("MUG", warehouse="EAST")) == (Balance(100, 0), Balance(5, 0))
    assert audit() == []


def test_another_clients_goods_of_the_same_sku_are_others(world: World) -> None:
    receive(world, "MUG", 5)
    assert world.stock("MUG", client=world.other) == Balance(50, 0)


def test_a_delivery_that_cannot_be_is_refused(world: World) -> None:
    with refused("unknown_item", sku="“XXX”"):
        receive(world, "XXX", 1)
    with refused("unknown_warehouse", given="“MOON”"):
        receive(world, "MUG", 1, warehouse="MOON")
    with refused("invalid_quantity", sku="MUG", given="“0”", smallest=1, largest=1_000_000):
        receive(world, "MUG", 0)
    with refused("invalid_text", field="reason", length=301, longest=300):
        receive(world, "MUG", 1, reason="x" * 301)
    assert world.stock("MUG") == Balance(100, 0)


def test_a_place_has_room_for_so_many_units(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "MOST_UNITS", 104)
    with refused("too_many_units", sku="MUG", largest=104):
        receive(world, "MUG", 5)
    with refused("too_many_units", sku="MUG", largest=104):
        world.adjust("MUG", 5)
    assert receive(world, "MUG", 4).on_hand == 104
    assert audit() == []


def test_a_count_corrects_what_is_on_hand_and_says_why(world: World) -> None:
    world.adjust("MUG", -3, reason="broken")
    world.adjust("MUG", 1, reason="found")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert world.entries("MUG")[1:] == [("ADJUSTED", -3, 0), ("ADJUSTED", 1, 0)]
    assert audit() == []


def test_a_count_without_a_reason_is_refused(world: World) -> None:
    with refused("reason_required"):
        world.adjust("MUG", -3, reason=" ")


@pytest.mark.parametrize("change", [0, 1_000_001, -1_000_001])
def test_a_count_by_nothing_or_by_too_much_is_refused(world: World, change: int) -> None:
    with refused("invalid_quantity", sku="MUG", given=f"“{abs(change)}”", smallest=1, largest=1_000_000):
        world.adjust("MUG", change)


def test_a_count_below_what_is_promised_names_the_shipments(world: World) -> None:
    world.place("1042", TEE=4)
    world.place("1043", TEE=2, MUG=1)
    world.place("1044", MUG=1)
    with refused(
        "units_promised",
        sku="TEE",
        warehouse="MAIN",
        on_hand=10,
        allocated=6,
        change=-5,
        shipments=["1042-1", "1043-1"],
    ):
        world.adjust("TEE", -5)
    world.adjust("TEE", -4)
    assert world.stock("TEE") == Balance(on_hand=6, allocated=6)
    assert audit() == []


def test_a_count_of_nothing_that_ever_lay_there_is_refused_below_zero(world: World) -> None:
    with refused("units_promised", sku="HAT", warehouse="MAIN", on_hand=0, allocated=0, change=-1, shipments=[]):
        world.adjust("HAT", -1)
    assert audit() == []


def test_a_count_of_what_is_not_there_is_refused(world: World) -> None:
    with refused("unknown_item", sku="“XXX”"):
        world.adjust("XXX", 1)
    adjustment = Adjustment("MUG", "MOON", 1, "counted")
    with refused("unknown_warehouse", given="“MOON”"):
        result_of(adjust_stock([adjustment], client=world.acme, actor=world.otto, at=world.later()))


def test_a_sku_is_one_in_all_its_unicode_forms(world: World) -> None:
    composed, decomposed = "CAF\u00c9", "CAFE\u0301"
    first = add(world, composed, "Coffee")
    assert add(world, f" {decomposed} ", "Coffee again").pk == first.pk
    receive(world, decomposed, 3)
    world.place_order(new_order("1042", {decomposed: 2}))
    assert world.stock(composed) == Balance(on_hand=3, allocated=2)
    assert audit() == []


def test_a_product_that_is_there_stays_as_it_is(world: World) -> None:
    again = add(world, "MUG", "Another name")
    assert (again.name, again.client_id) == ("Mug", world.acme.pk)
    assert add(world, "MUG", "Theirs", client=world.other).client_id == world.other.pk


def test_a_product_without_a_sku_or_with_too_long_a_one_is_refused(world: World) -> None:
    with refused("invalid_text", field="SKU"):
        add(world, " ", "Nothing")
    with refused("invalid_text", field="SKU", length=61, longest=60):
        add(world, "x" * 61, "Long")
    with refused("invalid_text", field="product name", character="U+0000"):
        add(world, "NEW", "\0")


def test_whoever_is_of_another_client_finds_no_client(world: World) -> None:
    with pytest.raises(Refusal) as refusal:
        receive_stock([Delivery("MUG", "MAIN", 1)], client=world.acme, actor=world.wren, at=world.later())
    assert refusal.value.as_json() == {
        "code": "client_not_found",
        "message": "There is no client ACME.",
        "figures": {"client": "ACME"},
    }
