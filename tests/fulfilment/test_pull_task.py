"""When a parcel has to be pulled: asked for by an add-back, void when that is undone."""

import pytest
from django_scopes import scope

from reship.floor.models import PullTask
from reship.fulfilment.cancel import CancelPlan, preview_cancel
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.pull import finish_pull, scan_pulled
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.history import Item
from reship.orders.models import Departure, ShipmentStatus
from tests.world import World, refused

pytestmark = pytest.mark.django_db


def tasks(world: World) -> list[tuple[str, bool]]:
    """The parcels to pull, and whether the task still stands."""
    with scope(client=world.acme.pk):
        rows = PullTask.objects.order_by("pk").select_related("shipment")
        return [(row.shipment.number, row.voided_at is None) for row in rows]


@pytest.mark.parametrize("status", [ShipmentStatus.PICKING, ShipmentStatus.PACKED])
def test_a_parcel_that_was_picked_is_to_be_pulled_once(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=status)
    world.reship("1042", add_back=True, MUG=1)
    world.reship("1042", source="1042-1", add_back=True, MUG=1)
    assert tasks(world) == [("1042-1", True)]
    assert audit() == []


def test_goods_that_nobody_took_off_the_shelf_need_no_pulling_unless_some_are_left(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", add_back=True)
    assert tasks(world) == []
    world.place("1043", MUG=2)
    world.reship("1043", add_back=True, MUG=1)
    assert tasks(world) == [("1043-1", True)]
    assert audit() == []


def test_the_task_is_void_when_the_reship_is_cancelled_before_anybody_pulled(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    world.cancel("1042-R1")
    assert tasks(world) == [("1042-1", False)]
    world.reship("1042", add_back=True)
    assert tasks(world) == [("1042-1", False), ("1042-1", True)]
    assert audit() == []


def test_what_was_pulled_stays_added_back_when_the_reship_is_cancelled(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    with scope(client=world.acme.pk):
        PullTask.objects.update(done_at=world.later(), done_by="Pim")
    world.cancel("1042-R1")
    assert world.stock("MUG") == Balance(100, 0)
    assert world.shipment("1042-1").is_superseded
    assert world.history("1042")[-1] == "Reshipment 1042-R1 of 1042-1 cancelled: 2 × MUG released."
    assert (world.status("1042"), audit()) == ("AWAITING", [])
    assert world.reship("1042").shipment == "1042-R2"
    assert (world.status("1042"), world.stock("MUG"), audit()) == ("RESHIPPING", Balance(100, 2), [])


def test_a_parcel_that_is_half_unpacked_never_goes_out_again(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    assert not preview_cancel("1042-R1", client=world.acme, actor=world.mara).is_unpacked
    scan_pulled("1042-1", "MUG", client=world.acme, actor=world.pim, at=world.later())
    plan = preview_cancel("1042-R1", client=world.acme, actor=world.mara)
    assert plan == CancelPlan((Item("MUG", 2),), "1042-1", (), is_unpacked=True)
    world.cancel("1042-R1")
    assert (tasks(world), world.stock("MUG")) == ([("1042-1", True)], Balance(100, 0))
    with refused("units_added_back", shipment="1042-1", added_back=2, superseded_by=[]):
        depart_shipment("1042-1", how=Departure.HAND, client=world.acme, actor=world.pim, at=world.later())
    scan_pulled("1042-1", "MUG", client=world.acme, actor=world.pim, at=world.later())
    assert finish_pull("1042-1", client=world.acme, actor=world.pim, at=world.later()).not_scanned == ()
    assert audit() == []


@pytest.mark.parametrize(("parcel", "allocated"), [("1042-1", 1), ("1042-R1", 3)])
def test_a_cancelled_parcel_is_not_to_be_pulled_any_more(world: World, parcel: str, allocated: int) -> None:
    world.place("1042", MUG=2)
    if parcel == "1042-1":
        world.ship("1042-1", until=ShipmentStatus.PICKING)
    else:
        world.reship("1042", add_back=True)
    world.reship("1042", source=parcel, add_back=True, MUG=1)
    world.cancel(parcel, actor=world.otto)
    assert (tasks(world), world.stock("MUG")) == ([(parcel, False)], Balance(100, allocated))
    assert audit() == []
