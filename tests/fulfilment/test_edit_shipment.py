"""Editing an open shipment: the ledger moves with it, the original's rows and the books stay right."""

from dataclasses import replace

import pytest

from reship.errors import Figure
from reship.fulfilment.edit_shipment import EditRequest, edit_shipment, edit_shipments
from reship.fulfilment.reship_plan import ReshipItem
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.addresses import Address
from reship.orders.models import Shipment, ShipmentStatus
from tests.world import ELSEWHERE, JANE, World, new_order, refused


def edit_items(world: World, *items: tuple[str, int | str]) -> Shipment:
    request = EditRequest("1042-1", items=tuple(ReshipItem(sku, quantity) for sku, quantity in items))
    return edit_shipment(request, client=world.acme, actor=world.dana, at=world.later())


def test_an_address_and_a_method_are_changed_and_told(world: World) -> None:
    world.place("1042", MUG=2)
    world.edit("1042-1", address=ELSEWHERE, method="Express")
    edited = world.shipment("1042-1").shipment
    assert (edited.address, edited.method, edited.edition) == (ELSEWHERE, "Express", 2)
    assert world.history("1042")[-1] == (
        "1042-1 edited: street 1: 1 High Street → 2 Low Street; city: Springfield → Shelbyville; "
        "postal code: 62701 → 62565; method: Post → Express."
    )
    assert world.facts("1042").order.address == JANE
    assert audit() == []


def test_more_units_are_allocated(world: World) -> None:
    world.place("1042", MUG=2)
    world.edit("1042-1", MUG=5)
    assert world.stock("MUG") == Balance(on_hand=100, allocated=5)
    assert world.entries("MUG")[-1] == ("ALLOCATED", 0, 3)
    assert world.history("1042")[-1] == "1042-1 edited: MUG: 2 → 5 units."
    assert audit() == []


def test_fewer_units_are_released(world: World) -> None:
    world.place("1042", MUG=5)
    world.edit("1042-1", MUG=2)
    assert world.stock("MUG") == Balance(on_hand=100, allocated=2)
    assert world.entries("MUG")[-1] == ("RELEASED", 0, -3)
    world.ship("1042-1")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert audit() == []


def test_an_item_that_is_not_named_is_taken_out_and_another_comes_in(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.edit("1042-1", CUP=1, TEE=3)
    assert world.items("1042-1") == {"CUP": 1, "TEE": 3}
    assert (world.stock("MUG").allocated, world.stock("TEE").allocated) == (0, 3)
    assert world.history("1042")[-1] == "1042-1 edited: 3 × TEE added; 2 × MUG taken out."
    world.edit("1042-1", MUG=1, CUP=1)
    assert world.items("1042-1") == {"MUG": 1, "CUP": 1}
    world.ship("1042-1")
    assert [world.stock(sku).on_hand for sku in ("MUG", "CUP", "TEE")] == [99, 99, 10]
    assert audit() == []


def test_an_edit_that_changes_nothing_writes_nothing(world: World) -> None:
    world.place("1042", MUG=2)
    before = (world.shipment("1042-1").shipment.edition, world.history("1042"), world.entries("MUG"))
    world.edit("1042-1", address=JANE, method="Post", MUG=2)
    assert (world.shipment("1042-1").shipment.edition, world.history("1042"), world.entries("MUG")) == before


def test_an_edit_on_what_somebody_else_changed_meanwhile_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    world.edit("1042-1", MUG=3, edition=1)
    changes: Figure = [{"what": "MUG", "before": 2, "after": 3}]
    edits: Figure = [{"actor": world.dana.name, "at": world.now.isoformat(), "changes": changes}]
    with refused("stale_edit", shipment="1042-1", seen=1, now=2, edits=edits):
        world.edit("1042-1", MUG=4, edition=1)
    assert world.items("1042-1") == {"MUG": 3}
    assert audit() == []


def test_parts_of_an_address_change_where_the_others_stay(world: World) -> None:
    world.place("1042", MUG=2)
    parts = {"street_1": "2 Low Street", "city": "Shelbyville", "postal_code": "62565"}
    edit_shipment(EditRequest("1042-1", parts=parts), client=world.acme, actor=world.dana, at=world.later())
    assert world.shipment("1042-1").shipment.address == ELSEWHERE


def test_units_freed_from_a_reshipment_can_be_reshipped_again(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.edit("1042-R1", MUG=1)
    assert world.shipment("1042-1").lines[0].left_to_reship == 2
    assert world.reship("1042", source="1042-1").items == (("MUG", 2),)
    assert audit() == []


def test_an_item_taken_out_of_a_reshipment_can_be_reshipped_again(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.edit("1042-R1", MUG=2)
    assert world.reship("1042", source="1042-1").items == (("CUP", 1),)
    with refused(
        "already_reshipped",
        shipment="1042-1",
        sku="CUP",
        shipped=1,
        reshipped=1,
        left=0,
        asked=1,
        reshipments=["1042-R1", "1042-R2"],
    ):
        world.edit("1042-R1", MUG=2, CUP=1)
    assert audit() == []


def test_a_reshipment_grows_only_to_what_its_source_sent(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=1)
    with refused("more_than_shipped", shipment="1042-1", sku="MUG", shipped=2, asked=3):
        world.edit("1042-R1", MUG=3)
    world.edit("1042-R1", MUG=2)
    assert world.shipment("1042-1").lines[0].left_to_reship == 0
    assert audit() == []


def test_a_reshipment_grows_only_by_what_other_reshipments_leave(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", source="1042-1", MUG=1)
    world.reship("1042", source="1042-1", MUG=1)
    with refused(
        "already_reshipped",
        shipment="1042-1",
        sku="MUG",
        shipped=3,
        reshipped=2,
        left=1,
        asked=2,
        reshipments=["1042-R1", "1042-R2"],
    ):
        world.edit("1042-R1", MUG=3)
    assert audit() == []


def test_an_item_of_the_source_that_comes_in_by_an_edit_is_sent_again_too(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=2)
    with refused("more_than_shipped", shipment="1042-1", sku="CUP", shipped=1, asked=2):
        world.edit("1042-R1", MUG=2, CUP=2)
    world.edit("1042-R1", MUG=2, CUP=1)
    assert [line.left_to_reship for line in world.shipment("1042-1").lines] == [0, 0]
    world.cancel("1042-R1")
    assert [line.left_to_reship for line in world.shipment("1042-1").lines] == [2, 1]
    assert audit() == []


def test_a_batch_of_edits_counts_an_item_of_the_source_that_one_of_them_brought_in(world: World) -> None:
    world.place("1042", MUG=2, CUP=5)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=2)
    quantities = (3, 1)
    edits = [EditRequest("1042-R1", items=(ReshipItem("CUP", quantity),)) for quantity in quantities]
    edit_shipments(edits, client=world.acme, actor=world.dana, at=world.later())
    assert [line.left_to_reship for line in world.shipment("1042-1").lines] == [2, 4]
    assert audit() == []


def test_what_does_not_grow_is_not_refused_for_what_its_source_has_become(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.reship("1042", MUG=2)
    world.edit("1042-1", CUP=1)
    world.edit("1042-R1", address=ELSEWHERE, MUG=2)
    world.edit("1042-R1", MUG=1)
    assert world.items("1042-R1") == {"MUG": 1}
    assert audit() == []


def test_a_further_sku_in_a_reshipment_is_no_unit_of_its_source(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.edit("1042-R1", MUG=2, TEE=10)
    world.ship("1042-R1")
    assert world.stock("TEE") == Balance(on_hand=0, allocated=0)
    assert audit() == []


def test_an_open_shipment_that_was_reshipped_can_still_be_edited(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042")
    world.edit("1042-1", MUG=1)
    assert world.shipment("1042-1").lines[0].left_to_reship == 0
    assert audit() == []


@pytest.mark.parametrize("status", [ShipmentStatus.PICKING, ShipmentStatus.PACKED])
def test_once_picking_has_started_clients_are_told_by_whom(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=status)
    since = world.shipment("1042-1").shipment.picking_at
    assert since is not None
    with refused("picking_started", shipment="1042-1", status=status.value, picked_by="Pim", since=since.isoformat()):
        world.edit("1042-1", MUG=1, actor=world.mara)


@pytest.mark.parametrize("status", [ShipmentStatus.PICKING, ShipmentStatus.DEPARTED, ShipmentStatus.RETURNED])
def test_only_an_open_shipment_is_edited(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    since = world.ship("1042-1", until=status).status_since.isoformat()
    with refused("wrong_status", shipment="1042-1", status=status.value, since=since, needed=["OPEN"]):
        world.edit("1042-1", MUG=1, actor=world.otto)


def test_a_superseded_shipment_cannot_be_edited(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.reship("1042", add_back=True, MUG=1)
    with refused("units_added_back", shipment="1042-1", added_back=1, superseded_by=["1042-R1"]):
        world.edit("1042-1", CUP=1)


def test_more_than_is_available_is_refused(world: World) -> None:
    world.place("1042", TEE=4)
    with refused("not_enough_available", sku="TEE", asked=7, available=6):
        world.edit("1042-1", TEE=11)
    with refused("not_enough_available", sku="HAT", asked=1, available=0):
        world.edit("1042-1", TEE=4, HAT=1)
    assert world.items("1042-1") == {"TEE": 4}
    assert audit() == []


def test_items_that_cannot_be_are_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("nothing_selected"):
        edit_items(world)
    with refused("unknown_item", sku="XXX"):
        edit_items(world, ("XXX", 1))
    with refused("duplicate_item", sku="MUG"):
        edit_items(world, ("MUG", 1), ("MUG", 1))
    with refused("invalid_quantity", sku="MUG", given="“0”", smallest=1, largest=1_000_000):
        edit_items(world, ("MUG", "0"))
    with refused("invalid_text", field="SKU", character="U+0000"):
        edit_items(world, ("MU\0G", 1))
    assert world.items("1042-1") == {"MUG": 2}


def test_an_address_that_does_not_fit_its_country_is_refused_with_each_part(world: World) -> None:
    world.place("1042", MUG=2)
    parts: dict[str, Figure] = {
        "region": "State is missing.",
        "postal_code": "“1” is no ZIP code of United States of America; one looks like 95014.",
    }
    with refused("invalid_address", country="US", parts=parts):
        world.edit("1042-1", address=replace(ELSEWHERE, region="", postal_code="1"), method="Express")
    assert world.shipment("1042-1").shipment.method == "Post"


def test_an_old_address_that_fits_no_rule_stays_until_it_is_changed(world: World) -> None:
    old = replace(JANE, region="", postal_code="1")
    world.place_order(replace(new_order("1042", {"MUG": 2}), address=old))
    world.edit("1042-1", address=old, method="Express", MUG=3)
    assert (world.shipment("1042-1").shipment.address, world.items("1042-1")) == (old, {"MUG": 3})
    assert audit() == []


def test_an_address_or_method_that_cannot_be_stored_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("invalid_text", field="street_1", character="U+000A"):
        world.edit("1042-1", address=Address(street_1="two\nlines"))
    with refused("invalid_text", field="method", length=61, longest=60):
        world.edit("1042-1", method="x" * 61)


def test_an_unknown_shipment_and_another_clients_look_the_same(world: World) -> None:
    world.place("7001", client=world.other, MUG=2)
    for number in ("7001-1", "9999-1"):
        with refused("shipment_not_found", shipment=number):
            world.edit(number, MUG=1)
