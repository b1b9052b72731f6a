"""Carriers on the command line: a label is bought, the sandbox says something, a file says more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.inventory.audit import audit
from reship.orders.models import Departure, ShipmentStatus
from tests.cli.terminal import reship
from tests.world import World

ACME = ("--client", "ACME")


@pytest.fixture(autouse=True)
def sandbox() -> Iterator[None]:
    with override_settings(SANDBOX_CARRIER=True):
        yield


def test_a_parcel_goes_its_way_with_the_sandbox(world: World, tmp_path: Path) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    file = tmp_path / "label.pdf"
    bought = reship(
        "buy-label",
        "1042-1",
        *ACME,
        "--carrier",
        "sandbox",
        "--by-hand",
        "--service",
        "Express",
        "--output",
        str(file),
        "--json",
    )
    number = bought.json.pop("tracking_number")
    assert bought.json == {
        "shipment": "1042-1",
        "carrier": "sandbox",
        "service": "Express",
        "cost": "12.70",
        "currency": "EUR",
        "format": "PDF",
    } | {"tracking_number": number}
    assert file.read_bytes().startswith(b"%PDF-")
    assert reship("sandbox-track", "1042-1", "delivered", *ACME).out == "1042-1 is PICKING.\n"
    assert reship("void-label", "1042-1", *ACME).out == "The label of 1042-1 is given back.\n"
    nothing = reship("sandbox-track", "1042-1", "delivered", *ACME)
    assert (nothing.code, nothing.err.partition(":")[0]) == (1, "not_of_the_sandbox")
    unknown = reship("sandbox-track", "9-1", "delivered", *ACME)
    assert (unknown.code, unknown.err.partition(":")[0]) == (1, "shipment_not_found")
    assert audit() == []


def test_a_lost_original_that_arrives_late_holds_its_replacement(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    assert reship("buy-label", "1042-1", *ACME, "--carrier", "sandbox", "--by-hand").code == 0
    pack_shipment(PackRequest("1042-1", by_hand=True), client=world.acme, actor=world.otto, at=world.later())
    depart_shipment("1042-1", how=Departure.MANIFEST, client=world.acme, actor=world.pim, at=world.later())
    world.mark("1042-1", ShipmentStatus.LOST)
    world.reship("1042")
    said = reship("sandbox-track", "1042-1", "delivered", *ACME, "--place", "Springfield", "--json")
    assert said.json == {"shipment": "1042-1", "status": "DELIVERED", "is_new": True, "counts": True}
    assert [hold.kind for hold in world.shipment("1042-R1").holds] == ["OPERATOR"]
    assert audit() == []


def test_what_a_carrier_says_in_a_file_is_recorded(world: World, tmp_path: Path) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED, tracking_number="T1")
    file = tmp_path / "said.csv"
    file.write_text("tracking_number,status,at\nT1,delivered,2026-03-04\nT9,lost,2026-03-04\n")
    told = reship("import-tracking", str(file), *ACME)
    assert (told.code, told.out.splitlines()) == (
        0,
        [
            "2 rows: 1 new, 0 known before, 1 refused.",
            "tracking_number_not_found: Line 3: No parcel has the tracking number T9.",
        ],
    )
    again = reship("import-tracking", str(file), *ACME, "--json").json
    assert (again["known"], again["refused"]) == (1, {"tracking_number_not_found": 1})
    assert again["parcels"] == [{"shipment": "1042-1", "status": "DELIVERED"}]
    assert reship("import-tracking", str(file), *ACME, "--as", "mara@acme.example", "--json").json["refused"] == {
        "not_allowed": 2
    }
