"""The original shipment is not modified: its rows are the same bytes before and after whatever is made of it."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection

from reship.inventory.audit import audit
from reship.orders.models import HoldKind, ShipmentStatus
from tests.world import ELSEWHERE, World, reship_request


def bytes_of(number: str) -> str:
    """A hash of every column of the shipment's row and of its lines' rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orders_shipment WHERE number = %s", [number])
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT n.* FROM orders_shipmentline n JOIN orders_shipment s ON s.id = n.shipment_id AND"
            " s.client_id = n.client_id WHERE s.number = %s ORDER BY n.id",
            [number],
        )
        rows += cursor.fetchall()
    assert len(rows) == 3
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def reship(world: World) -> None:
    world.reship("1042", MUG=1)


def reship_elsewhere(world: World) -> None:
    world.send(replace(reship_request("1042"), hold=True, address=ELSEWHERE, method="Express"))


def reship_twice(world: World) -> None:
    world.reship("1042", MUG=1)
    world.reship("1042", source="1042-1", MUG=1, CUP=1)


def reship_and_edit(world: World) -> None:
    world.reship("1042", hold=True)
    world.edit("1042-R1", address=ELSEWHERE, method="Express", MUG=1, TEE=2)
    world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR)


def reship_and_cancel(world: World) -> None:
    world.reship("1042")
    world.cancel("1042-R1")


def reship_and_ship(world: World) -> None:
    world.reship("1042")
    world.ship("1042-R1", until=ShipmentStatus.LOST)


def reship_the_reshipment(world: World) -> None:
    world.reship("1042")
    world.ship("1042-R1", until=ShipmentStatus.LOST)
    world.reship("1042", source="1042-R1")
    world.cancel("1042-R2")
    world.reship("1042", source="1042-R1", MUG=1)


def add_back(world: World) -> None:
    world.reship("1042", add_back=True)


def add_back_and_cancel(world: World) -> None:
    world.reship("1042", add_back=True)
    world.cancel("1042-R1")


def restock(world: World) -> None:
    world.restock("1042-1", MUG=1)


DEEDS = [reship, reship_elsewhere, reship_twice, reship_and_edit, reship_and_cancel, reship_and_ship]
DEEDS += [reship_the_reshipment]


@pytest.mark.parametrize("status", [ShipmentStatus.PACKED, ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED])
@pytest.mark.parametrize("deed", [*DEEDS, add_back, add_back_and_cancel])
def test_the_original_is_the_same_bytes_afterwards(
    world: World, status: ShipmentStatus, deed: Callable[[World], None]
) -> None:
    if deed in {add_back, add_back_and_cancel} and status == ShipmentStatus.DELIVERED:
        status = ShipmentStatus.PICKING
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=status, tracking_number="TRACK-1")
    before = bytes_of("1042-1")
    deed(world)
    assert bytes_of("1042-1") == before
    assert audit() == []


def test_an_open_original_is_the_same_bytes_after_its_reshipment_is_edited(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    before = bytes_of("1042-1")
    reship_and_edit(world)
    assert bytes_of("1042-1") == before
    assert audit() == []


def test_a_middle_reshipment_is_the_same_bytes_after_it_is_reshipped(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.ship("1042-R1", until=ShipmentStatus.LOST)
    before = bytes_of("1042-R1")
    world.reship("1042", source="1042-R1")
    world.cancel("1042-R2")
    assert bytes_of("1042-R1") == before
    assert audit() == []


def test_restocking_leaves_the_returned_parcel_the_same_bytes(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    before = bytes_of("1042-1")
    restock(world)
    assert bytes_of("1042-1") == before
    assert audit() == []


def test_the_hash_would_tell(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    before = bytes_of("1042-1")
    world.edit("1042-1", MUG=1, CUP=1)
    after_items = bytes_of("1042-1")
    world.edit("1042-1", method="Express")
    assert len({before, after_items, bytes_of("1042-1")}) == 3
