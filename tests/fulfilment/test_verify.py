"""Packing by scanner: what is scanned counts once, what is wrong is kept, and only what is verified is closed."""

import pytest
from django_scopes import scope

from reship.clients.access import Actor
from reship.errors import Figure, Refusal
from reship.floor.models import Scan
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.stock import Delivery, NewProduct, add_product, receive_stock
from reship.fulfilment.take_over import take_over
from reship.fulfilment.verify import Verified, start_again
from reship.inventory.audit import audit
from reship.orders.models import Shipment, ShipmentStatus
from tests.world import World, new_order, refused


@pytest.fixture
def picking(world: World) -> World:
    """Pim picks 1042-1 with 2 mugs and a cup; the mug has a barcode."""
    edit = ProductEdit("MUG", barcode="4006381333931")
    edit_product(edit, client=world.acme, actor=world.otto, at=world.later())
    world.place("1042", MUG=2, CUP=1)
    world.claim("1042-1")
    return world


def pack(world: World, *, by_hand: bool = False, actor: Actor | None = None) -> Shipment:
    request = PackRequest("1042-1", by_hand=by_hand)
    return pack_shipment(request, client=world.acme, actor=actor or world.pim, at=world.later())


def counted(verified: Verified) -> tuple[str, dict[str, str]]:
    return verified.outcome, {line.sku: f"{line.verified}/{line.expected}" for line in verified.lines}


def scans(world: World) -> list[tuple[int, str, str, int, str]]:
    with scope(client=world.acme.pk):
        return list(Scan.objects.order_by("sequence").values_list("sequence", "outcome", "code", "quantity", "actor"))


def test_every_scan_is_kept_and_the_good_ones_count(picking: World) -> None:
    assert counted(picking.scan("1042-1", "4006381333931")) == ("GOOD", {"MUG": "1/2", "CUP": "0/1"})
    assert counted(picking.scan("1042-1", "TEE")) == ("WRONG_ITEM", {"MUG": "1/2", "CUP": "0/1"})
    assert counted(picking.scan("1042-1", "MUG", 2)) == ("TOO_MANY", {"MUG": "1/2", "CUP": "0/1"})
    assert counted(picking.scan("1042-1", "SPOON")) == ("UNKNOWN", {"MUG": "1/2", "CUP": "0/1"})
    assert counted(picking.scan("1042-1", "mug")) == ("GOOD", {"MUG": "2/2", "CUP": "0/1"})
    last = picking.scan("1042-1", "CUP")
    assert (counted(last), last.is_complete) == (("GOOD", {"MUG": "2/2", "CUP": "1/1"}), True)
    assert picking.scan("1042-1", "CUP").outcome == "TOO_MANY"
    assert scans(picking) == [
        (1, "GOOD", "4006381333931", 1, "Pim"),
        (2, "WRONG_ITEM", "TEE", 1, "Pim"),
        (3, "TOO_MANY", "MUG", 2, "Pim"),
        (4, "UNKNOWN", "SPOON", 1, "Pim"),
        (5, "GOOD", "mug", 1, "Pim"),
        (6, "GOOD", "CUP", 1, "Pim"),
        (7, "TOO_MANY", "CUP", 1, "Pim"),
    ]
    assert pack(picking).status == "PACKED"
    assert picking.history("1042")[-1] == "1042-1 packed."
    assert audit() == []


def test_a_parcel_is_not_closed_before_every_line_is_verified(picking: World) -> None:
    mug: Figure = {"sku": "MUG", "expected": 2, "verified": 0}
    cup: Figure = {"sku": "CUP", "expected": 1, "verified": 0}
    with refused("not_verified", shipment="1042-1", lines=[mug, cup]):
        pack(picking)
    picking.scan("1042-1", "2*MUG")
    with refused("not_verified", shipment="1042-1", lines=[cup]):
        pack(picking)
    with refused("not_allowed", right="pack_by_hand", role="packer"):
        pack(picking, by_hand=True)
    assert pack(picking, by_hand=True, actor=picking.otto).status == "PACKED"
    assert picking.history("1042")[-1] == "1042-1 packed by hand, without scans."


def test_a_scan_that_is_sent_again_counts_once(picking: World) -> None:
    first = picking.scan("1042-1", "MUG", key="scan-1")
    again = picking.scan("1042-1", "MUG", key="scan-1")
    assert (counted(again), first.replayed, again.replayed) == (counted(first), False, True)
    with refused("request_key_reused", key="scan-1"):
        picking.scan("1042-1", "CUP", key="scan-1")
    picking.scan("1042-1", "CUP", key="scan-2")
    picking.scan("1042-1", "SPOON", key="scan-3")
    assert picking.scan("1042-1", "SPOON", key="scan-3").outcome == "UNKNOWN"
    assert [sequence for sequence, *_ in scans(picking)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2*MUG", ("GOOD", "MUG", 2)),
        ("2 * mug", ("GOOD", "MUG", 2)),
        ("2*4006381333931", ("GOOD", "MUG", 2)),
        ("3*MUG", ("TOO_MANY", "MUG", 3)),
        ("2*", ("UNKNOWN", "", 1)),
        ("x*MUG", ("UNKNOWN", "", 1)),
        ("Tee", ("WRONG_ITEM", "TEE", 1)),
        ("２*MUG", ("UNKNOWN", "", 1)),
    ],
)
def test_a_code_may_say_how_many(picking: World, code: str, expected: tuple[str, str, int]) -> None:
    verified = picking.scan("1042-1", code)
    assert (verified.outcome, verified.sku, verified.quantity) == expected


def test_a_code_is_meant_as_it_is_written_before_it_is_meant_otherwise(world: World) -> None:
    for sku in ("2*MUG", "mug", "Cafe\u0301", "ODD-ones"):
        add_product(NewProduct(sku, sku), client=world.acme, actor=world.otto, at=world.later())
    skus = ("2*MUG", "mug", "Café", "ODD-ones")
    deliveries = [Delivery(sku, "MAIN", 5) for sku in skus]
    receive_stock(deliveries, client=world.acme, actor=world.pim, at=world.later())
    world.place_order(new_order("1042", dict.fromkeys(skus, 1)))
    world.claim("1042-1")
    meant = [world.scan("1042-1", code).sku for code in ("2*MUG", "mug", "MUG", "Cafe\u0301", "odd-ONES")]
    assert meant == ["2*MUG", "mug", "MUG", "Café", "ODD-ones"]
    # Both MUG and mug are meant by it, so neither is.
    assert world.scan("1042-1", "Mug").outcome == "UNKNOWN"


def test_what_was_scanned_before_a_new_start_does_not_count(picking: World) -> None:
    picking.scan("1042-1", "2*MUG")
    start_again("1042-1", client=picking.acme, actor=picking.pim, at=picking.later())
    assert counted(picking.scan("1042-1", "CUP")) == ("GOOD", {"MUG": "0/2", "CUP": "1/1"})
    assert [outcome for _, outcome, *_ in scans(picking)] == ["GOOD", "RESTARTED", "GOOD"]


def test_another_packer_is_told_who_works_on_it(picking: World) -> None:
    picking.scan("1042-1", "2*MUG")
    shipment = picking.shipment("1042-1").shipment
    assert shipment.picking_at is not None
    who = {"shipment": "1042-1", "picked_by": "Pim", "since": shipment.picking_at.isoformat()}
    with refused("working_on_it", **who):
        picking.scan("1042-1", "CUP", actor=picking.otto)
    with refused("working_on_it", **who):
        pack(picking, actor=picking.otto)
    take_over("1042-1", client=picking.acme, actor=picking.otto, at=picking.later())
    assert picking.scan("1042-1", "CUP", actor=picking.otto).is_complete
    with pytest.raises(Refusal, match="Otto has been working on 1042-1"):
        pack(picking)
    assert pack(picking, actor=picking.otto).status == "PACKED"


def test_whoever_scans_first_works_on_what_a_program_began(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING, actor=Actor.program("Command line"))
    world.scan("1042-1", "MUG")
    assert world.shipment("1042-1").shipment.picked_by == "Pim"
    with pytest.raises(Refusal, match="Pim has been working on 1042-1"):
        world.scan("1042-1", "MUG", actor=world.otto)


def test_nothing_goes_into_a_parcel_that_cannot_go(picking: World) -> None:
    picking.reship("1042", add_back=True, MUG=1)
    with refused("units_added_back", shipment="1042-1", added_back=1, superseded_by=["1042-R1"]):
        picking.scan("1042-1", "CUP")
    picking.claim("1042-R1")
    picking.hold("1042", shipment="1042-R1", actor=picking.otto)
    with refused("on_hold", shipment="1042-R1", holds=[{"kind": "CLIENT", "placed_by": "Otto", "note": ""}]):
        picking.scan("1042-R1", "MUG")
    picking.place("1043", MUG=1)
    with pytest.raises(Refusal, match="1043-1 is open since"):
        picking.scan("1043-1", "MUG")
    assert scans(picking) == []
    assert audit() == []
