"""The warehouse's steps: picked, packed, departed, and what became of the parcel; each from where it may be taken."""

from collections.abc import Callable

import pytest

from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.outcome import mark_shipment
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import Departure, Shipment, ShipmentStatus
from tests.world import World, refused

S = ShipmentStatus
Step = Callable[[World, str], Shipment]


def pick(world: World, number: str) -> Shipment:
    return pick_shipment(number, client=world.acme, actor=world.pim, at=world.later())


def pack(world: World, number: str) -> Shipment:
    return pack_shipment(PackRequest(number, by_hand=True), client=world.acme, actor=world.otto, at=world.later())


def depart(world: World, number: str) -> Shipment:
    return depart_shipment(number, how=Departure.HAND, client=world.acme, actor=world.pim, at=world.later())


def deliver(world: World, number: str) -> Shipment:
    return mark_shipment(number, S.DELIVERED, client=world.acme, actor=world.pim, at=world.later())


def lose(world: World, number: str) -> Shipment:
    return mark_shipment(number, S.LOST, client=world.acme, actor=world.pim, at=world.later())


def take_back(world: World, number: str) -> Shipment:
    return mark_shipment(number, S.RETURNED, client=world.acme, actor=world.pim, at=world.later())


def restock(world: World, number: str) -> Shipment:
    return restock_shipment(RestockRequest(number), client=world.acme, actor=world.pim, at=world.later())


MAY_FOLLOW: dict[Step, list[ShipmentStatus]] = {
    pick: [S.OPEN],
    pack: [S.PICKING],
    depart: [S.PACKED],
    deliver: [S.DEPARTED, S.LOST],
    lose: [S.DEPARTED],
    take_back: [S.DEPARTED, S.DELIVERED, S.LOST],
    restock: [S.RETURNED],
}
LEADS_TO: dict[Step, ShipmentStatus] = {
    pick: S.PICKING,
    pack: S.PACKED,
    depart: S.DEPARTED,
    deliver: S.DELIVERED,
    lose: S.LOST,
    take_back: S.RETURNED,
    restock: S.RETURNED,
}


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("step", list(MAY_FOLLOW))
def test_a_step_is_taken_from_where_it_may_be_and_refused_from_elsewhere(
    world: World, step: Step, status: ShipmentStatus
) -> None:
    world.place("1042", MUG=2)
    if status == S.CANCELLED:
        world.cancel("1042-1")
    elif status != S.OPEN:
        world.ship("1042-1", until=status)
    if status in MAY_FOLLOW[step]:
        assert step(world, "1042-1").status == LEADS_TO[step]
    else:
        since = world.shipment("1042-1").shipment.status_since.isoformat()
        needed = [needed.value for needed in MAY_FOLLOW[step]]
        with refused("wrong_status", shipment="1042-1", status=status.value, since=since, needed=needed):
            step(world, "1042-1")
    assert audit() == []


def test_each_step_keeps_its_time_and_who_took_it(world: World) -> None:
    world.place("1042", MUG=2)
    started = world.now
    world.ship("1042-1", until=S.RETURNED, tracking_number="T1")
    shipment = world.shipment("1042-1").shipment
    times = [shipment.picking_at, shipment.packed_at, shipment.departed_at, shipment.returned_at]
    assert [int((time - started).total_seconds() // 60) for time in times if time] == [1, 2, 3, 4]
    assert (shipment.picked_by, shipment.departure, shipment.tracking_number) == ("Pim", "MANIFEST", "T1")
    assert {event.actor for event in world.events("1042")[1:]} == {"Pim", "Otto"}


def test_units_leave_on_hand_when_the_parcel_departs_and_not_before(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=S.PACKED)
    assert world.stock("MUG") == Balance(on_hand=100, allocated=2)
    depart(world, "1042-1")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert world.entries("MUG") == [("RECEIVED", 100, 0), ("ALLOCATED", 0, 2), ("SHIPPED", -2, -2)]
    assert audit() == []


def test_a_parcel_believed_lost_may_arrive_and_come_back(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=S.LOST)
    deliver(world, "1042-1")
    take_back(world, "1042-1")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert audit() == []


@pytest.mark.parametrize("status", [None, S.PICKING, S.PACKED])
def test_a_superseded_parcel_goes_no_step_further(world: World, status: ShipmentStatus | None) -> None:
    world.place("1042", MUG=2, CUP=1)
    if status is not None:
        world.ship("1042-1", until=status)
    world.reship("1042", add_back=True, MUG=1)
    step = {None: pick, S.PICKING: pack, S.PACKED: depart}[status]
    with refused("units_added_back", shipment="1042-1", added_back=1, superseded_by=["1042-R1"]):
        step(world, "1042-1")
    assert audit() == []


@pytest.mark.parametrize("step", list(MAY_FOLLOW))
def test_an_unknown_parcel_and_another_clients_look_the_same(world: World, step: Step) -> None:
    world.place("7001", client=world.other, MUG=2)
    for number in ("7001-1", "9999-1"):
        with refused("shipment_not_found", shipment=number):
            step(world, number)


def test_a_label_that_cannot_be_stored_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    pick(world, "1042-1")
    for label, figures in (
        (PackRequest("1042-1", carrier="x" * 61, by_hand=True), {"field": "carrier", "length": 61, "longest": 60}),
        (
            PackRequest("1042-1", tracking_number="a\tb", by_hand=True),
            {"field": "tracking number", "character": "U+0009"},
        ),
    ):
        with refused("invalid_text", **figures):
            pack_shipment(label, client=world.acme, actor=world.otto, at=world.later())
    assert world.shipment("1042-1").shipment.status == "PICKING"
