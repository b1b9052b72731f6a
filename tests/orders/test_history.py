"""History: one line per deed, numbered without a gap, with who did it and in words that every door shows."""

from dataclasses import replace

from reship.inventory.audit import audit
from reship.orders.history import Item, items_of
from reship.orders.models import HoldKind, ShipmentStatus
from tests.world import World, reship_request


def test_a_whole_story_reads_from_its_first_line_to_its_last(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST, tracking_number="T1")
    world.reship("1042", hold=True, note="New address to come.", MUG=1)
    world.edit("1042-R1", method="Express")
    world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR)
    world.cancel("1042-R1")
    world.mark("1042-1", ShipmentStatus.RETURNED)
    world.restock("1042-1")
    assert world.history("1042") == [
        "Order placed: 2 × MUG, 1 × CUP, to go as 1042-1.",
        "Picking of 1042-1 started.",
        "1042-1 packed by hand, without scans, tracking number T1.",
        "1042-1 left the warehouse (manifest scan), tracking number T1: 2 × MUG, 1 × CUP.",
        "1042-1 was lost.",
        (
            "Re-shipped 1 × MUG of 1042-1 as 1042-R1; reason: lost in transit; nothing added back; "
            "set on Operator Hold. Note: New address to come."
        ),
        "1042-R1 edited: method: Post → Express.",
        "Operator Hold lifted from 1042-R1.",
        "Reshipment 1042-R1 of 1042-1 cancelled: 1 × MUG released.",
        "1042-1 came back to the warehouse.",
        "2 × MUG, 1 × CUP of 1042-1 put back into stock.",
    ]
    assert audit() == []


def test_a_reship_names_who_initiated_it_and_what_was_reshipped(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.reship("1042", add_back=True, actor=world.mara, MUG=2)
    event = world.events("1042")[-1]
    assert (event.actor, event.user_id, event.at) == ("Mara", world.mara.user_id, world.now)
    assert items_of(event) == [Item("MUG", 2)]
    assert world.history("1042")[-1] == (
        "Re-shipped 2 × MUG of 1042-1 as 1042-R1; reason: lost in transit; added back to stock: 2 × MUG."
    )


def test_a_reship_without_a_reason_says_none(world: World) -> None:
    world.acme.reason_required = False
    world.place("1042", MUG=2)
    world.send(replace(reship_request("1042"), reason=""))
    assert world.history("1042")[-1] == "Re-shipped 2 × MUG of 1042-1 as 1042-R1; nothing added back."


def test_events_are_numbered_without_a_gap(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042", note="Wait.")
    world.lift("1042")
    world.ship("1042-1", until=ShipmentStatus.DELIVERED)
    events = world.events("1042")
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert len(events) == 7
    assert world.history("1042")[1] == "Client hold placed on the whole order. Note: Wait."


def test_a_note_is_kept_as_it_was_written(world: World) -> None:
    note = "<b>Ünïcödé</b> & “quotes”\nsecond line"
    world.place("1042", MUG=2)
    world.reship("1042", note=note)
    assert world.history("1042")[-1].endswith(f"Note: {note}")
