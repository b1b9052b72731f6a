"""Packers at one instant, on real connections: never both get a parcel, and a killed scan is kept or sent again."""

import itertools
from collections.abc import Callable
from functools import partial

from django_scopes import scope

from reship.clients.access import Actor
from reship.errors import Refusal
from reship.floor.models import Scan
from reship.fulfilment.claim import Claimed, ClaimRequest, claim_batch
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.verify import PackScan, Verified, scan_to_pack
from reship.inventory.audit import audit
from reship.orders.models import EventType, OrderEvent, Shipment, ShipmentStatus
from tests.concurrency.children import Child
from tests.concurrency.test_crashes import do_until
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import NINE, World, make_world

PARCELS = 24
MOST_POINTS = 60


def test_two_packers_who_claim_at_once_share_nothing(real_database: RealDatabase) -> None:
    world = make_world()
    for number in range(PARCELS):
        world.place(str(number), MUG=1)
    asked = ClaimRequest("MAIN", PARCELS // 4)
    claims: list[Callable[[], object]] = [
        partial(claim_batch, asked, client=world.acme, actor=actor, at=NINE)
        for actor in (world.pim, world.otto, world.pim, world.otto)
    ]
    # Whoever picks one by itself meanwhile gets it or is told that it is gone.
    alone: Callable[[], object] = partial(pick_shipment, "0-1", client=world.acme, actor=world.ada, at=NINE)
    *batches, single = in_threads([*claims, alone])
    claimed = [batch for batch in batches if isinstance(batch, Claimed)]
    taken = [shipment.number for batch in claimed for shipment in batch.shipments]
    taken += [single.number] if isinstance(single, Shipment) else []
    assert isinstance(single, Shipment) or (isinstance(single, Refusal) and single.code == "wrong_status")
    assert len(taken) == len(set(taken))
    assert sorted(batch.batch.number for batch in claimed) == [1, 2, 3, 4]
    with scope(client=world.acme.pk):
        assert OrderEvent.objects.filter(type=EventType.SHIPMENT_PICKING).count() == len(taken)
        assert Shipment.objects.filter(status=ShipmentStatus.PICKING).count() == len(taken)
    assert len(taken) >= PARCELS - 1
    assert audit() == []


def test_two_packers_on_one_parcel_do_not_mix_their_scans(real_database: RealDatabase) -> None:
    world = make_world()
    for number in range(6):
        world.place(str(number), MUG=3)
        parcel = f"{number}-1"
        world.ship(parcel, until=ShipmentStatus.PICKING, actor=Actor.program("Command line"))
        # Pim's scanner sends a scan twice, because the first answer is late.
        scans = [
            partial(scan_to_pack, PackScan(parcel, "MUG", key=key), client=world.acme, actor=actor, at=NINE)
            for actor, key in ((world.pim, f"p{number}"), (world.pim, f"p{number}"), (world.otto, f"o{number}"))
        ]
        answers = in_threads(scans)
        good = {answer.lines[0].verified for answer in answers if isinstance(answer, Verified)}
        refused = [answer.code for answer in answers if isinstance(answer, Refusal)]
        assert (good, set(refused)) == ({1}, {"working_on_it"})
        with scope(client=world.acme.pk):
            assert list(Scan.objects.filter(shipment__number=parcel).values_list("sequence", "quantity")) == [(1, 1)]
    assert audit() == []


def test_a_scan_killed_at_any_point_is_kept_or_not_and_counts_once_when_it_is_sent_again(
    real_database: RealDatabase,
) -> None:
    world = make_world()
    world.place("1042", MUG=MOST_POINTS)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    kept = []
    for point in itertools.count():
        request = PackScan("1042-1", "MUG", key=f"scan-{point}")
        if Child(partial(scan_until, point, world, request)).answer() is not None:
            break
        before = scans_of(world)
        again = scan_to_pack(request, client=world.acme, actor=world.pim, at=NINE)
        assert again.replayed is (before == point + 1)
        assert (again.lines[0].verified, scans_of(world)) == (point + 1, point + 1)
        kept.append(again.replayed)
    # Only the very last point comes after the commit.
    assert kept == [False] * (len(kept) - 1) + [True]
    assert len(kept) > 15
    assert audit() == []


def scans_of(world: World) -> int:
    with scope(client=world.acme.pk):
        return Scan.objects.count()


def scan_until(point: int, world: World, request: PackScan) -> str:
    """In a child: scans, and is killed at this point."""
    do_until(point, partial(scan_to_pack, request, client=world.acme, actor=world.pim, at=NINE))
    return "scanned"
