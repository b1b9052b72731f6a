"""Picking, packing and departing in one go."""

from dataclasses import replace

import pytest

from reship.fulfilment.ship import ShipRequest, ship_shipment
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import HoldKind, Shipment, ShipmentStatus
from tests.world import World, refused, reship_request


def ship(world: World, order: str = "1042", shipment: str | None = None, tracking_number: str = "") -> Shipment:
    request = ShipRequest(order, shipment, tracking_number)
    return ship_shipment(request, client=world.acme, actor=world.otto, at=world.later())


def test_an_open_shipment_takes_every_step_at_once(world: World) -> None:
    world.place("1042", MUG=2)
    shipped = ship(world, tracking_number="TN1")
    assert (shipped.status, shipped.picking_at, shipped.packed_at, shipped.departed_at) == (
        "DEPARTED",
        world.now,
        world.now,
        world.now,
    )
    assert (world.stock("MUG"), world.status("1042")) == (Balance(98, 0), "FULFILLED")
    assert world.history("1042")[1:] == [
        "Picking of 1042-1 started.",
        "1042-1 packed by hand, without scans, tracking number TN1.",
        "1042-1 left the warehouse (recorded by hand), tracking number TN1: 2 × MUG.",
    ]
    assert audit() == []


@pytest.mark.parametrize("status", [ShipmentStatus.PICKING, ShipmentStatus.PACKED])
def test_a_shipment_goes_on_from_where_it_is(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    before = world.ship("1042-1", until=status)
    shipped = ship(world, tracking_number="TN1")
    assert (shipped.status, shipped.picking_at, shipped.tracking_number) == ("DEPARTED", before.picking_at, "TN1")
    assert audit() == []


def test_without_a_number_the_latest_that_may_go_is_sent(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1)
    world.reship("1042", MUG=1, hold=True)
    assert [ship(world).number, ship(world).number] == ["1042-R1", "1042-1"]
    with refused("on_hold", shipment="1042-R2", holds=[{"kind": "OPERATOR", "placed_by": "Dana", "note": ""}]):
        ship(world)
    assert audit() == []


def test_what_cannot_go_is_refused_as_its_steps_are(world: World) -> None:
    world.place("1042", MUG=2)
    departed = ship(world)
    assert departed.departed_at is not None
    since = departed.departed_at.isoformat()
    needed = ["OPEN", "PICKING", "PACKED"]
    with refused("wrong_status", shipment="1042-1", status="DEPARTED", since=since, needed=needed):
        ship(world)
    with refused("shipment_not_found", shipment="1042-9"):
        ship(world, shipment="1042-9")
    with refused("order_not_found", order="9999"):
        ship(world, "9999")
    with refused("not_allowed", right="warehouse_work", role="agent"):
        ship_shipment(ShipRequest("1042"), client=world.acme, actor=world.dana, at=world.later())
    world.place("1043", MUG=2)
    with refused("not_allowed", right="pack_by_hand", role="packer"):
        ship_shipment(ShipRequest("1043"), client=world.acme, actor=world.pim, at=world.later())
    assert audit() == []


def test_a_hold_on_the_order_and_units_added_back_stop_it(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042", kind=HoldKind.ADDRESS)
    with refused("on_hold", shipment="1042-1", holds=[{"kind": "ADDRESS", "placed_by": "Dana", "note": ""}]):
        ship(world)
    world.lift("1042", kind=HoldKind.ADDRESS)
    world.reship("1042", MUG=1, add_back=True)
    with refused("units_added_back", shipment="1042-1", added_back=1, superseded_by=["1042-R1"]):
        ship(world, shipment="1042-1")
    assert audit() == []


def test_what_waits_for_stock_is_not_meant_while_another_may_go(world: World) -> None:
    world.place("1042", TEE=10)
    world.send(replace(reship_request("1042", {"TEE": 1}), wait_for_stock=True))
    assert ship(world).number == "1042-1"
    with refused("waits_for_stock", shipment="1042-R1", waiting=[{"sku": "TEE", "quantity": 1}]):
        ship(world)
    assert audit() == []
