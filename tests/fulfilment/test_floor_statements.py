"""The verbs of the floor take as many statements for fifty as for one, and each statement names its client."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from reship.errors import Refusal
from reship.fulfilment.count import Count, count_stock
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.fulfilment.manifest import ManifestRequest, close_manifest, depart_on_manifest
from reship.fulfilment.pack import PackRequest, pack_shipments
from reship.fulfilment.pick import pick_shipments
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.pull import finish_pull, scan_pulled
from reship.fulfilment.receive import Goods, receive_goods
from reship.fulfilment.restock import RestockRequest, inspect_return, receive_return
from reship.inventory.audit import audit
from reship.orders.history import Item
from reship.orders.models import ShipmentStatus
from tests.statements import captured_statements, tables_without_client
from tests.web.stocked import stock_many
from tests.world import World, new_order


def statements_of(world: World, deed: Callable[[], object]) -> int:
    with captured_statements() as statements:
        deed()
    assert not [sql for sql in statements if tables_without_client(sql, client_id=world.acme.pk)]
    return len(statements)


@pytest.mark.parametrize("count", [1, 50])
def test_many_cost_what_one_costs(world: World, count: int) -> None:
    skus = [f"SKU-{number:02}" for number in range(count)]
    stock_many(world, dict.fromkeys(skus, 1))
    numbers = [f"N{number}" for number in range(count)]
    at, parcels = world.later(), [f"{number}-1" for number in numbers]
    place_orders([new_order(number, {"MUG": 1}) for number in numbers], client=world.acme, actor=world.otto, at=at)
    pick_shipments(parcels, client=world.acme, actor=world.otto, at=at)
    packed = [PackRequest(parcel, by_hand=True) for parcel in parcels]
    outcomes = pack_shipments(packed, client=world.acme, actor=world.otto, at=at)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    by_pim: dict[str, Any] = {"client": world.acme, "actor": world.pim, "at": at}
    deeds: dict[str, Callable[[], object]] = {
        "receive": partial(receive_goods, [Goods(sku, 1, "A") for sku in skus], warehouse="MAIN", key="R", **by_pim),
        "count": partial(count_stock, [Count(sku, 9) for sku in skus], warehouse="MAIN", reason="x", key="C", **by_pim),
        "manifest": partial(depart_on_manifest, parcels, ManifestRequest("MAIN"), **by_pim),
    }
    assert {name: statements_of(world, deed) for name, deed in deeds.items()} == {
        "receive": 14,
        "count": 13,
        "manifest": 18,
    }
    assert audit() == []


def test_every_statement_of_the_others_names_its_client(world: World) -> None:
    for number in ("1042", "1043"):
        world.place(number, MUG=2)
        world.ship(f"{number}-1", until=ShipmentStatus.PACKED)
    world.reship("1043", add_back=True)
    by_pim: dict[str, Any] = {"client": world.acme, "actor": world.pim, "at": world.later()}
    edit = ProductEdit("MUG", barcode="1", bins=(("MAIN", "A"),))
    inspected = RestockRequest("1042-1", (Item("MUG", 1),), (Item("MUG", 1),))
    deeds: list[Callable[[], object]] = [
        partial(edit_product, edit, **by_pim),
        partial(depart_on_manifest, ["1042-1"], ManifestRequest("MAIN"), **by_pim),
        partial(close_manifest, 1, **by_pim),
        partial(receive_return, "1042-1", **by_pim),
        partial(inspect_return, inspected, key="I", **by_pim),
        partial(scan_pulled, "1043-1", "1", quantity=2, key="S", **by_pim),
        partial(finish_pull, "1043-1", **by_pim),
    ]
    assert all(statements_of(world, deed) for deed in deeds)
    assert audit() == []
