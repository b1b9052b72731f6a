"""Manifests: parcels depart as they are scanned, each on one manifest, and nothing else departs with them."""

from collections.abc import Sequence
from functools import partial

import pytest
from django_scopes import scope

from reship.errors import Figure, Refusal
from reship.floor.models import Manifest, ManifestShipment
from reship.fulfilment.manifest import Loaded, ManifestRequest, close_manifest, depart_on_manifest
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.pick import pick_shipment
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import HoldKind, ShipmentStatus
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import NINE, World, make_world, refused


@pytest.fixture
def packed(world: World) -> World:
    """1042-1 and 1043-1 are packed, each with two MUG; the second has the tracking number T2."""
    for number, tracking in (("1042", ""), ("1043", "T2")):
        world.place(number, MUG=2)
        world.ship(f"{number}-1", until=ShipmentStatus.PACKED, tracking_number=tracking)
    return world


def load(world: World, *codes: str, number: int | None = None, warehouse: str = "MAIN", carrier: str = "") -> Loaded:
    request = ManifestRequest(warehouse, carrier, number)
    return depart_on_manifest(codes, request, client=world.acme, actor=world.pim, at=world.later())


def said(loaded: Loaded) -> list[tuple[str, object]]:
    return [(refusal.code, refusal.figures) for refusal in loaded.refused]


def on_manifests(world: World) -> list[tuple[int, str]]:
    with scope(client=world.acme.pk):
        rows = ManifestShipment.objects.order_by("pk").values_list("manifest__number", "shipment__number")
        return list(rows)


def test_parcels_depart_together_and_the_history_names_the_manifest(packed: World) -> None:
    loaded = load(packed, "1042-1", " T2 ")
    assert (loaded.number, [shipment.number for shipment in loaded.departed]) == (1, ["1042-1", "1043-1"])
    assert on_manifests(packed) == [(1, "1042-1"), (1, "1043-1")]
    assert packed.stock("MUG") == Balance(on_hand=96, allocated=0)
    assert packed.history("1042")[-1] == "1042-1 left the warehouse (manifest scan, manifest 1): 2 × MUG."
    assert packed.status("1042") == "FULFILLED"
    assert audit() == []


def test_a_manifest_is_added_to_until_it_is_closed(packed: World) -> None:
    load(packed, "1042-1")
    close = partial(close_manifest, 1, client=packed.acme, actor=packed.pim)
    closed_at = close(at=packed.later()).closed_at
    assert closed_at is not None
    figures: dict[str, Figure] = {"manifest": 1, "closed_by": "Pim", "closed_at": closed_at.isoformat()}
    with refused("manifest_closed", **figures):
        load(packed, "1043-1", number=1)
    with refused("manifest_closed", **figures):
        close(at=packed.later())
    assert load(packed, "1043-1").number == 2
    assert on_manifests(packed) == [(1, "1042-1"), (2, "1043-1")]


def test_a_refused_parcel_stops_no_other_and_says_why(packed: World) -> None:
    packed.place("1044", MUG=1)
    packed.place("1045", MUG=1)
    packed.ship("1045-1", until=ShipmentStatus.PACKED)
    packed.hold("1045", shipment="1045-1", kind=HoldKind.OPERATOR, actor=packed.otto)
    packed.place("1046", MUG=2)
    packed.ship("1046-1", until=ShipmentStatus.PACKED)
    packed.reship("1046", add_back=True)
    loaded = load(packed, "1044-1", "1045-1", "1046-1", "1042-1", "1042-1", "XXX", "", "bell\a")
    assert [shipment.number for shipment in loaded.departed] == ["1042-1"]
    codes = ["wrong_status", "on_hold", "units_added_back", "already_departed", "unknown_parcel"]
    assert [refusal.code for refusal in loaded.refused] == [*codes, "invalid_text", "invalid_text"]
    assert loaded.refused[2].figures == {"shipment": "1046-1", "added_back": 2, "superseded_by": ["1046-R1"]}
    assert loaded.refused[3].message.startswith("1042-1 left already with manifest 1, on 2026-")
    assert on_manifests(packed) == [(1, "1042-1")]
    assert audit() == []


def test_a_parcel_that_left_before_is_refused_with_when_and_how(packed: World) -> None:
    load(packed, "1042-1")
    departed_at = packed.now.isoformat()
    loaded = load(packed, "1042-1")
    figures = {"shipment": "1042-1", "manifest": 1, "departed_at": departed_at}
    assert (loaded.number, said(loaded)) == (None, [("already_departed", figures)])
    with scope(client=packed.acme.pk):
        assert Manifest.objects.count() == 1


def test_a_parcel_of_another_warehouse_or_carrier_stays(packed: World) -> None:
    loaded = load(packed, "1042-1", warehouse="EAST")
    figures = {"shipment": "1042-1", "warehouse": "MAIN", "needed": "EAST"}
    assert (loaded.number, said(loaded)) == (None, [("other_warehouse", figures)])
    packed.place("1044", MUG=1)
    pick_shipment("1044-1", client=packed.acme, actor=packed.pim, at=packed.later())
    label = PackRequest("1044-1", carrier="Postal", by_hand=True)
    pack_shipment(label, client=packed.acme, actor=packed.otto, at=packed.later())
    loaded = load(packed, "1044-1", "1042-1", carrier="Swift")
    figures = {"shipment": "1044-1", "carrier": "Postal", "needed": "Swift"}
    assert (len(loaded.departed), said(loaded)) == (1, [("other_carrier", figures)])
    assert load(packed, "1044-1", carrier="Postal").number == 2
    assert audit() == []


@pytest.mark.parametrize(
    ("codes", "request_", "code"),
    [
        ((), ManifestRequest("MAIN"), "nothing_selected"),
        (["1042-1"] * 501, ManifestRequest("MAIN"), "too_many_rows"),
        (["1042-1"], ManifestRequest("MOON"), "unknown_warehouse"),
        (["1042-1"], ManifestRequest("MAIN", "x" * 61), "invalid_text"),
        (["1042-1"], ManifestRequest("MAIN", number=7), "manifest_not_found"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(
    packed: World, codes: Sequence[str], request_: ManifestRequest, code: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        depart_on_manifest(codes, request_, client=packed.acme, actor=packed.pim, at=packed.later())
    assert refusal.value.code == code
    assert packed.shipment("1042-1").shipment.status == "PACKED"


def test_the_parcels_of_another_client_are_unknown(packed: World) -> None:
    request = ManifestRequest("MAIN")
    loaded = depart_on_manifest(["1042-1"], request, client=packed.other, actor=packed.pim, at=packed.later())
    assert said(loaded) == [("unknown_parcel", {"given": "“1042-1”"})]


def test_people_at_one_truck_never_let_a_parcel_depart_twice(real_database: RealDatabase) -> None:
    world = make_world()
    world.receive(MUG=1_000)
    numbers = [f"S{number}" for number in range(12)]
    for number in numbers:
        world.place(number, MUG=1)
        world.ship(f"{number}-1", until=ShipmentStatus.PACKED)
    first = load(world, "S0-1").number
    people = (world.pim, world.otto, world.ada)

    def day(person: int) -> list[Loaded]:
        """Each scans all parcels, in another order; the last one begins manifests of their own."""
        request = ManifestRequest("MAIN", number=first if person < 2 else None)
        codes = [f"{number}-1" for number in (numbers if person else numbers[::-1])]
        return [depart_on_manifest([code], request, client=world.acme, actor=people[person], at=NINE) for code in codes]

    answers = in_threads([partial(day, person) for person in range(3)])
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    departed = [shipment.number for of_person in answers for loaded in of_person for shipment in loaded.departed]  # type: ignore[union-attr]  # none is an exception
    assert sorted(departed) == sorted(f"{number}-1" for number in numbers[1:])
    assert sorted(shipment for _, shipment in on_manifests(world)) == sorted(f"{number}-1" for number in numbers)
    assert world.stock("MUG") == Balance(on_hand=1_088, allocated=0)
    assert audit() == []
