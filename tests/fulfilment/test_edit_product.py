"""Products: barcodes that lead to one product, bins per warehouse, costs for those who may see them."""

from decimal import Decimal

import pytest
from django_scopes import scope

from reship.catalog.models import Product
from reship.clients.access import Actor
from reship.errors import Refusal
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.fulfilment.scanned import product_scanned, products_scanned
from reship.inventory.audit import audit
from reship.inventory.models import StockLevel
from tests.world import World, refused


def edit(world: World, change: ProductEdit, *, actor: Actor | None = None) -> Product:
    return edit_product(change, client=world.acme, actor=actor or world.pim, at=world.later())


def test_a_barcode_leads_to_its_product_as_the_sku_does(world: World) -> None:
    edit(world, ProductEdit("MUG", barcode=" 4006381333931 "))
    with scope(client=world.acme.pk):
        assert {code: product.sku for code, product in products_scanned(["4006381333931", "MUG", "X"]).items()} == {
            "4006381333931": "MUG",
            "MUG": "MUG",
        }
        with refused("unknown_code", given="“X”"):
            product_scanned("X")
    with scope(client=world.other.pk), refused("unknown_code", given="“4006381333931”"):
        product_scanned("4006381333931")


def test_a_barcode_is_of_one_product_only(world: World) -> None:
    edit(world, ProductEdit("MUG", barcode="1"))
    with refused("barcode_taken", sku="MUG", given="“1”"):
        edit(world, ProductEdit("CUP", barcode="1"))
    with refused("barcode_taken", sku="TEE", given="“TEE”"):
        edit(world, ProductEdit("CUP", barcode="TEE"))
    edit(world, ProductEdit("MUG", barcode=""))
    assert edit(world, ProductEdit("CUP", barcode="1")).barcode == "1"


def test_a_bin_is_kept_per_warehouse_and_moves_no_stock(world: World) -> None:
    edit(world, ProductEdit("MUG", bins=(("MAIN", "A-01"), ("EAST", "Z-09"))))
    with scope(client=world.acme.pk):
        levels = StockLevel.objects.filter(product__sku="MUG").order_by("pk")
        assert [(level.bin, level.on_hand) for level in levels] == [("A-01", 100), ("Z-09", 0)]
    assert audit() == []


def test_what_a_unit_costs_is_for_those_who_may_see_it(world: World) -> None:
    assert edit(world, ProductEdit("MUG", unit_cost="2.5"), actor=world.mara).unit_cost == Decimal("2.5")
    with refused("not_allowed", right="see_costs", role="packer"):
        edit(world, ProductEdit("MUG", barcode="1", unit_cost="3"))
    with refused("not_allowed", right="warehouse_work", role="manager"):
        edit(world, ProductEdit("MUG", barcode="1", unit_cost="3"), actor=world.mara)
    with scope(client=world.acme.pk):
        mug = Product.objects.get(sku="MUG")
        assert (mug.barcode, mug.unit_cost) == ("", Decimal("2.5"))


@pytest.mark.parametrize(
    "given", ["", ".", "-1", "1,5", "1e3", "NaN", "٣", "0.00001", "10000000000", "9" * 5000, "1.5.2"]
)
def test_a_cost_is_a_plain_number(world: World, given: str) -> None:
    with pytest.raises(Refusal) as refusal:
        edit(world, ProductEdit("MUG", unit_cost=given), actor=world.otto)
    assert refusal.value.code == "invalid_price"


def test_what_does_not_exist_is_refused(world: World) -> None:
    with refused("unknown_item", sku="“XXX”"):
        edit(world, ProductEdit("XXX", barcode="1"))
    with refused("unknown_warehouse", given="“MOON”"):
        edit(world, ProductEdit("MUG", bins=(("MOON", "A"),)))
    with refused("invalid_text", field="barcode", length=61, longest=60):
        edit(world, ProductEdit("MUG", barcode="1" * 61))
