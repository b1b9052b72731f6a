"""Holds: several kinds at a time, each placed and lifted by name, and nothing held goes out."""

from collections.abc import Callable

import pytest

from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.hold import HoldRequest, lift_hold, place_hold
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.inventory.audit import audit
from reship.orders.models import Departure, HoldKind, Shipment, ShipmentStatus
from tests.world import World, refused

KINDS = [kind.value for kind in HoldKind]


def test_a_hold_on_a_shipment_is_recorded_with_who_and_why(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042", shipment="1042-1", kind=HoldKind.ADDRESS, note="House number missing.")
    (hold,) = world.shipment("1042-1").holds
    assert (hold.kind, hold.placed_by, hold.placed_by_company, hold.note) == (
        "ADDRESS",
        "Dana",
        False,
        "House number missing.",
    )
    assert (world.facts("1042").holds, world.status("1042")) == ([], "ON_HOLD")


def test_several_kinds_hold_at_once_and_lifting_one_says_which_remain(world: World) -> None:
    world.place("1042", MUG=2)
    for kind in (HoldKind.ADDRESS, HoldKind.PAYMENT, HoldKind.FRAUD):
        world.hold("1042", shipment="1042-1", kind=kind)
    world.hold("1042", kind=HoldKind.CLIENT)
    lifted = world.lift("1042", shipment="1042-1", kind=HoldKind.PAYMENT)
    assert (lifted.hold.lifted_by, lifted.remaining) == ("Dana", ("ADDRESS", "FRAUD", "CLIENT"))
    assert world.history("1042")[-1] == (
        "Payment hold lifted from 1042-1; still held by: Address hold, Fraud hold, Client hold."
    )
    assert world.status("1042") == "ON_HOLD"


def test_the_last_hold_lifted_lets_the_order_go(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042")
    assert world.lift("1042").remaining == ()
    assert (world.status("1042"), world.history("1042")[-1]) == ("AWAITING", "Client hold lifted from the whole order.")
    world.ship("1042-1")
    assert audit() == []


def test_a_kind_that_was_lifted_can_be_placed_again(world: World) -> None:
    world.place("1042", MUG=2)
    for _ in range(2):
        world.hold("1042", shipment="1042-1")
        world.lift("1042", shipment="1042-1")
    assert world.status("1042") == "AWAITING"


def test_the_same_kind_twice_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    for shipment, subject in ((None, "1042"), ("1042-1", "1042-1")):
        hold = world.hold("1042", shipment=shipment, actor=world.otto)
        with refused(
            "already_on_hold",
            subject=subject,
            kind="CLIENT",
            placed_by="Otto",
            placed_at=hold.placed_at.isoformat(),
        ):
            world.hold("1042", shipment=shipment)


def test_lifting_what_is_not_there_is_refused_and_names_what_is(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042", shipment="1042-1", kind=HoldKind.FRAUD)
    with refused("no_such_hold", subject="1042-1", kind="CLIENT", active=["FRAUD"]):
        world.lift("1042", shipment="1042-1")
    with refused("no_such_hold", subject="1042", kind="FRAUD", active=[]):
        world.lift("1042", kind=HoldKind.FRAUD)


def test_what_an_operator_placed_no_client_lifts(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042", shipment="1042-1", kind=HoldKind.CLIENT, actor=world.otto)
    for actor in (world.dana, world.mara):
        with refused("not_allowed", right="lift_operator_hold", role=actor.role.value):
            world.lift("1042", shipment="1042-1", actor=actor)
    world.lift("1042", shipment="1042-1", actor=world.otto)
    assert world.status("1042") == "AWAITING"


def test_an_operator_lifts_what_a_client_placed(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042")
    world.lift("1042", actor=world.otto)
    assert world.status("1042") == "AWAITING"


@pytest.mark.parametrize("on", [None, "1042-1"])
@pytest.mark.parametrize("status", [None, ShipmentStatus.PICKING, ShipmentStatus.PACKED])
def test_a_held_shipment_cannot_be_picked_packed_or_departed(
    world: World, status: ShipmentStatus | None, on: str | None
) -> None:
    world.place("1042", MUG=2)
    if status is not None:
        world.ship("1042-1", until=status)
    world.hold("1042", shipment=on, kind=HoldKind.FRAUD, note="Stolen card.", actor=world.otto)
    held = [{"kind": "FRAUD", "placed_by": "Otto", "note": "Stolen card."}]
    with refused("on_hold", shipment="1042-1", holds=held):
        next_step(world, status)
    world.lift("1042", shipment=on, kind=HoldKind.FRAUD, actor=world.otto)
    next_step(world, status)
    assert audit() == []


def next_step(world: World, status: ShipmentStatus | None) -> Shipment:
    client, actor, at = world.acme, world.pim, world.later()
    if status is None:
        return world.ship("1042-1", until=ShipmentStatus.PICKING)
    if status == ShipmentStatus.PICKING:
        return pack_shipment(PackRequest("1042-1", by_hand=True), client=client, actor=world.otto, at=at)
    return depart_shipment("1042-1", how=Departure.HAND, client=client, actor=actor, at=at)


def test_a_hold_on_the_order_placed_before_a_reship_holds_the_reshipment_too(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.hold("1042", kind=HoldKind.FRAUD, note="Third loss.")
    world.reship("1042")
    assert world.status("1042") == "ON_HOLD"
    held = [{"kind": "FRAUD", "placed_by": "Dana", "note": "Third loss."}]
    with refused("on_hold", shipment="1042-R1", holds=held):
        world.ship("1042-R1", until=ShipmentStatus.PICKING)
    world.lift("1042", kind=HoldKind.FRAUD)
    assert world.status("1042") == "RESHIPPING"
    assert audit() == []


def test_a_hold_on_one_shipment_leaves_another_free(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", hold=True)
    world.ship("1042-1")
    held = [{"kind": "OPERATOR", "placed_by": "Dana", "note": ""}]
    with refused("on_hold", shipment="1042-R1", holds=held):
        world.ship("1042-R1", until=ShipmentStatus.PICKING)
    assert audit() == []


@pytest.mark.parametrize("status", [ShipmentStatus.PICKING, ShipmentStatus.PACKED])
def test_once_picking_has_started_only_the_company_may_hold(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=status)
    since = world.shipment("1042-1").shipment.picking_at
    assert since is not None
    for shipment in (None, "1042-1"):
        with refused(
            "picking_started",
            shipment="1042-1",
            status=status.value,
            picked_by="Pim",
            since=since.isoformat(),
        ):
            world.hold("1042", shipment=shipment, actor=world.mara)
    world.hold("1042", shipment="1042-1", actor=world.otto)
    assert world.status("1042") == "ON_HOLD"


@pytest.mark.parametrize("status", [ShipmentStatus.DEPARTED, ShipmentStatus.LOST, ShipmentStatus.RETURNED])
def test_a_parcel_that_has_left_cannot_be_held(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    shipment = world.ship("1042-1", until=status)
    with refused(
        "wrong_status",
        shipment="1042-1",
        status=status.value,
        since=shipment.status_since.isoformat(),
        needed=["OPEN", "PACKED", "PICKING"],
    ):
        world.hold("1042", shipment="1042-1")


def place(world: World, request: HoldRequest) -> None:
    place_hold(request, client=world.acme, actor=world.dana, at=world.later())


def lift(world: World, request: HoldRequest) -> None:
    lift_hold(request, client=world.acme, actor=world.dana, at=world.later())


@pytest.mark.parametrize("deed", [place, lift])
def test_an_unknown_subject_or_kind_is_refused(world: World, deed: Callable[[World, HoldRequest], None]) -> None:
    world.place("1042", MUG=2)
    world.place("1043", MUG=2)
    world.place("7001", client=world.other, MUG=2)
    for number in ("7001", "9999"):
        with refused("order_not_found", order=number):
            deed(world, HoldRequest(number, "CLIENT"))
    with refused("shipment_not_found", shipment="1043-1"):
        deed(world, HoldRequest("1042", "CLIENT", "1043-1"))
    with refused("invalid_hold", given="“COFFEE”", known=KINDS):
        deed(world, HoldRequest("1042", "COFFEE"))


def test_a_note_that_cannot_be_stored_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("invalid_text", field="note", character="U+0007"):
        world.hold("1042", note="bell \a")
