"""A scan at the truck that is killed: the parcel left and is on the manifest, or neither; sent again, it left once."""

import itertools
from functools import partial

from django_scopes import scope

from reship.floor.models import ManifestShipment
from reship.fulfilment.manifest import Departed, ManifestRequest, scan_onto_manifest
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.concurrency.children import Child
from tests.concurrency.scene import place_each
from tests.concurrency.test_crashes import do_until
from tests.databases import RealDatabase
from tests.world import NINE, World, make_world

MOST_PARCELS = 50
AFTER_EACH_STATEMENT = {"start": 1, "step": 2}
"""And after the commit. Before the next one nothing else has happened."""


def test_a_departure_killed_at_any_point_happened_whole_or_not_at_all(real_database: RealDatabase) -> None:
    world = make_world()
    numbers = [f"S{number}" for number in range(MOST_PARCELS)]
    place_each(world, {number: ["MUG"] for number in numbers}, status=ShipmentStatus.PACKED, quantity=1)
    kept = []
    for point, number in zip(itertools.count(**AFTER_EACH_STATEMENT), numbers, strict=False):
        if Child(partial(scan_until, point, world, f"{number}-1")).answer() is not None:
            break
        had_left = world.shipment(f"{number}-1").shipment.has_left_warehouse
        assert (loaded(world, f"{number}-1") == 1) is had_left
        again = scan(world, f"{number}-1")
        assert (again.replayed, loaded(world, f"{number}-1")) == (had_left, 1)
        kept.append(had_left)
    # Only the very last point comes after the commit; the parcel after it was not stopped.
    assert kept == [False] * (len(kept) - 1) + [True]
    gone = len(kept) + 1
    assert 15 < gone < MOST_PARCELS
    assert world.stock("MUG") == Balance(100 - gone, MOST_PARCELS - gone)
    assert audit() == []


def loaded(world: World, parcel: str) -> int:
    with scope(client=world.acme.pk):
        return ManifestShipment.objects.filter(shipment__number=parcel).count()


def scan(world: World, parcel: str) -> Departed:
    request = ManifestRequest("MAIN")
    return scan_onto_manifest(parcel, request, key=parcel, client=world.acme, actor=world.pim, at=NINE)


def scan_until(point: int, world: World, parcel: str) -> str:
    """In a child: scans, and is killed at this point."""
    do_until(point, partial(scan, world, parcel))
    return "scanned"
