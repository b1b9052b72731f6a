"""Pulling: a superseded parcel is unpacked scan by scan, and what it still held becomes available."""

import contextlib
from functools import partial

import pytest
from django_scopes import scope

from reship.clients.access import Actor
from reship.errors import Figure, Refusal
from reship.floor.models import PullTask, Scan
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.fulfilment.pull import Pulled, PullLine, PullScan, finish_pull, pull_in_progress, scan_pulled
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.history import Item
from reship.orders.models import Departure, ShipmentStatus
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import NINE, World, make_world, refused


@pytest.fixture
def superseded(world: World) -> World:
    """1042-1 with three MUG and a CUP is packed; one MUG of it was added back and goes out as 1042-R1."""
    world.place("1042", MUG=3, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.PACKED, tracking_number="T1")
    world.reship("1042", add_back=True, MUG=1)
    return world


def scan(world: World, code: str, quantity: int | str = 1, parcel: str = "1042-1") -> PullScan:
    return scan_pulled(parcel, code, quantity=quantity, client=world.acme, actor=world.pim, at=world.later())


def finish(world: World, parcel: str = "1042-1", *, rest: bool = False) -> Pulled:
    return finish_pull(parcel, rest_was_not_inside=rest, client=world.acme, actor=world.pim, at=world.later())


def depart(world: World) -> None:
    depart_shipment("1042-1", how=Departure.HAND, client=world.acme, actor=world.pim, at=world.later())


def scans(world: World) -> list[tuple[str, str, int]]:
    with scope(client=world.acme.pk):
        return list(Scan.objects.order_by("sequence").values_list("code", "outcome", "quantity"))


def test_every_unit_is_scanned_and_then_all_of_the_parcel_is_available(superseded: World) -> None:
    before = superseded.shipment("1042-1").shipment.address
    assert superseded.stock("MUG") == Balance(on_hand=100, allocated=3)
    scan(superseded, "CUP")
    assert scan(superseded, "MUG", 3).left == 0
    assert finish(superseded) == Pulled("1042-1", (Item("MUG", 2), Item("CUP", 1)), ())
    assert (superseded.stock("MUG"), superseded.stock("CUP")) == (Balance(100, 1), Balance(100, 0))
    assert superseded.entries("MUG")[-1] == ("ADDED_BACK", 0, -2)
    assert superseded.history("1042")[-1] == (
        "1042-1 was found, unpacked and put away; 2 × MUG, 1 × CUP of it became available as well."
    )
    original = superseded.shipment("1042-1").shipment
    assert (original.status, original.address) == ("PACKED", before)
    assert audit() == []


def test_a_barcode_counts_for_its_product(superseded: World) -> None:
    edit = ProductEdit("MUG", barcode="4006381333931")
    edit_product(edit, client=superseded.acme, actor=superseded.pim, at=superseded.later())
    told = scan(superseded, "4006381333931")
    assert (told.sku, told.lines) == ("MUG", (PullLine("MUG", 3, 1), PullLine("CUP", 1, 0)))


def test_how_far_a_parcel_got_is_seen_by_whoever_may_see_it(superseded: World) -> None:
    scan(superseded, "MUG", 2)
    parcel = pull_in_progress("1042-1", client=superseded.acme)
    assert (parcel.order_number, parcel.superseded_by, parcel.units, parcel.left) == ("1042", ("1042-R1",), 4, 2)
    assert parcel.lines == (PullLine("MUG", 3, 2), PullLine("CUP", 1, 0))
    with refused("no_pull_task", shipment="1042-R1"):
        pull_in_progress("1042-R1", client=superseded.acme)
    with refused("shipment_not_found", shipment="1042-1"):
        pull_in_progress("1042-1", client=superseded.other)


def test_a_scan_that_is_sent_again_counts_once_whatever_it_was(superseded: World) -> None:
    again = partial(scan_pulled, "1042-1", key="K", client=superseded.acme, actor=superseded.pim, at=superseded.now)
    assert [again("MUG").replayed for _ in range(2)] == [False, True]
    wrong = partial(again, key="L")
    for _ in range(2):
        with refused("wrong_unit", shipment="1042-1", sku="TEE"):
            wrong("TEE")
    assert scans(superseded) == [("MUG", "GOOD", 1), ("TEE", "WRONG_ITEM", 1)]


def test_two_people_on_one_task_put_each_unit_away_once(real_database: RealDatabase) -> None:
    world = make_world()
    world.place("1042", MUG=6)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True, MUG=1)

    def day(actor: Actor) -> tuple[int, str]:
        """Scans mugs until there are too many, then tries to be the one who is done."""
        counted = 0
        with contextlib.suppress(Refusal):
            while True:
                scan_pulled("1042-1", "MUG", client=world.acme, actor=actor, at=NINE)
                counted += 1
        try:
            finish_pull("1042-1", client=world.acme, actor=actor, at=NINE)
        except Refusal as refusal:
            return counted, refusal.code
        return counted, "done"

    answers = in_threads([partial(day, actor) for actor in (world.pim, world.otto)])
    said = [answer for answer in answers if isinstance(answer, tuple)]
    assert (sum(counted for counted, _ in said), sorted(word for _, word in said)) == (6, ["already_pulled", "done"])
    assert world.stock("MUG") == Balance(on_hand=100, allocated=1)
    assert audit() == []


def test_what_is_wrong_is_refused_and_stays_on_record(superseded: World) -> None:
    scan(superseded, "MUG", 2)
    with refused("too_many", shipment="1042-1", sku="MUG", inside=3, scanned=2, asked=2):
        scan(superseded, "MUG", 2)
    with refused("wrong_unit", shipment="1042-1", sku="TEE"):
        scan(superseded, "TEE")
    with refused("unknown_code", given="“XXX”"):
        scan(superseded, "XXX")
    with refused("invalid_text", field="The code"):
        scan(superseded, " ")
    with refused("invalid_quantity", sku="", given="“0”", smallest=1, largest=1_000_000):
        scan(superseded, "MUG", "0")
    assert scans(superseded) == [
        ("MUG", "GOOD", 2),
        ("MUG", "TOO_MANY", 2),
        ("TEE", "WRONG_ITEM", 1),
        ("XXX", "UNKNOWN", 1),
    ]
    assert audit() == []


def test_a_task_is_not_done_while_units_are_left_unless_they_never_were_inside(superseded: World) -> None:
    scan(superseded, "MUG", 2)
    missing: list[Figure] = [{"sku": "MUG", "quantity": 1}, {"sku": "CUP", "quantity": 1}]
    with refused("units_left", shipment="1042-1", not_scanned=missing):
        finish(superseded)
    assert superseded.stock("MUG") == Balance(100, 3)
    assert finish(superseded, rest=True).not_scanned == (Item("MUG", 1), Item("CUP", 1))
    assert superseded.history("1042")[-1].endswith("; not in it: 1 × MUG, 1 × CUP.")
    assert superseded.stock("MUG") == Balance(100, 1)
    assert audit() == []


def test_a_task_is_done_once(superseded: World) -> None:
    finish(superseded, rest=True)
    done_at = superseded.now.isoformat()
    for deed in (finish, lambda world: scan(world, "MUG")):
        with refused("already_pulled", shipment="1042-1", done_by="Pim", done_at=done_at):
            deed(superseded)
    assert audit() == []


def test_only_a_superseded_parcel_with_a_task_is_pulled(superseded: World) -> None:
    with refused("no_pull_task", shipment="1042-R1"):
        finish(superseded, "1042-R1")
    with refused("shipment_not_found", shipment="9999-1"):
        finish(superseded, "9999-1")
    with scope(client=superseded.acme.pk):
        reshipment = superseded.shipment("1042-R1").shipment
        PullTask.objects.create(client=superseded.acme, shipment=reshipment, made_at=superseded.now)
    with refused("not_superseded", shipment="1042-R1"):
        finish(superseded, "1042-R1")


def test_when_the_reshipment_is_cancelled_before_nobody_pulls(superseded: World) -> None:
    superseded.cancel("1042-R1")
    with refused("no_pull_task", shipment="1042-1"):
        scan(superseded, "MUG")
    depart(superseded)
    assert superseded.stock("MUG") == Balance(97, 0)
    assert audit() == []


def test_when_the_reshipment_is_cancelled_afterwards_the_units_stay_where_they_are(superseded: World) -> None:
    finish(superseded, rest=True)
    superseded.cancel("1042-R1")
    assert (superseded.stock("MUG"), superseded.stock("CUP")) == (Balance(100, 0), Balance(100, 0))
    with pytest.raises(Refusal) as refusal:
        depart(superseded)
    assert (refusal.value.code, refusal.value.message) == (
        "units_added_back",
        "1042-1 was unpacked and put away: 4 units were added back to stock, so it cannot go out.",
    )
    assert audit() == []


def test_of_a_parcel_that_nobody_picked_there_is_nothing_to_scan(world: World) -> None:
    world.place("1042", MUG=3, CUP=1)
    world.reship("1042", add_back=True, MUG=3)
    with refused("too_many", shipment="1042-1", sku="MUG", inside=0, scanned=0, asked=1):
        scan(world, "MUG")
    assert finish(world) == Pulled("1042-1", (Item("CUP", 1),), ())
    assert world.stock("CUP") == Balance(100, 0)
    assert audit() == []
