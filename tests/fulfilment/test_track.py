"""Tracking: whatever carriers say, in whatever order, there is one final state, and the books stay right."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal
from reship.floor.models import Question, QuestionKind, TrackingEvent
from reship.fulfilment.track import Recorded, Tracked, record_tracking
from reship.fulfilment.tracking import TrackingStatus
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import HoldKind, Shipment, ShipmentStatus
from tests.statements import captured_statements, tables_without_client
from tests.world import NINE, World, refused

S, T = ShipmentStatus, TrackingStatus
CARRIER = Actor.program("carrier Sandbox")
LATER = NINE + timedelta(days=3)


def said(number: str, status: str, *, hours: float = 24, carrier: str = "") -> Tracked:
    return Tracked(number, status, NINE + timedelta(hours=hours), carrier=carrier)


def record(world: World, *events: Tracked, client: Client | None = None) -> list[Recorded | Refusal]:
    return record_tracking(events, client=client or world.acme, actor=CARRIER, at=LATER)


def packed(world: World, order: str, *, until: ShipmentStatus = S.PACKED, tracking: str = "") -> str:
    """An order of 2 MUG whose parcel has the tracking number T-order."""
    world.place(order, MUG=2)
    world.ship(f"{order}-1", until=until, tracking_number=tracking or f"T-{order}")
    return tracking or f"T-{order}"


def shipped_so_far(world: World) -> int:
    return -sum(on_hand for kind, on_hand, _ in world.entries("MUG") if kind == "SHIPPED")


def stored(world: World) -> list[tuple[str, str]]:
    with scope(client=world.acme.pk):
        return list(TrackingEvent.objects.order_by("at", "id").values_list("shipment__number", "status"))


def questions(world: World) -> list[tuple[str, str, str]]:
    with scope(client=world.acme.pk):
        return list(Question.objects.order_by("id").values_list("shipment__number", "kind", "text"))


def test_a_parcel_may_be_named_without_a_tracking_number(world: World) -> None:
    number = packed(world, "1042")
    named = replace(said("", "DELIVERED"), shipment="1042-1")
    first, unknown, late = record(world, named, replace(named, shipment="1042-9"), said(number, "IN_TRANSIT"))
    assert first == late == Recorded("1042-1", "DELIVERED", is_new=True, counts=True)
    assert isinstance(unknown, Refusal)
    assert unknown.code == "shipment_not_found"
    assert audit() == []


def test_the_first_scan_departs_a_packed_parcel(world: World) -> None:
    number = packed(world, "1042")
    assert record(world, said(number, "IN_TRANSIT")) == [Recorded("1042-1", "DEPARTED", is_new=True, counts=True)]
    shipment = world.shipment("1042-1").shipment
    assert (shipment.departure, shipment.departed_at) == ("CARRIER", NINE + timedelta(hours=24))
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert world.history("1042")[-1] == (
        "1042-1 left the warehouse (carrier's first scan), tracking number T-1042: 2 × MUG."
    )
    assert world.events("1042")[-1].actor == "carrier Sandbox"
    assert audit() == []


@pytest.mark.parametrize("late_arrival_first", [True, False])
def test_a_reship_that_was_seen_outside_is_not_held_by_what_is_said_together_with_it(
    world: World, late_arrival_first: bool
) -> None:
    original = packed(world, "1042", until=S.LOST)
    world.reship("1042")
    world.ship("1042-R1", until=S.PACKED, tracking_number="T-R1")
    news = [said(original, "DELIVERED"), said("T-R1", "IN_TRANSIT")]
    record(world, *(news if late_arrival_first else reversed(news)))
    assert (world.shipment("1042-1").shipment.status, world.shipment("1042-R1").shipment.status) == (
        "DELIVERED",
        "DEPARTED",
    )
    assert (world.shipment("1042-R1").holds, questions(world), audit()) == ([], [], [])


@pytest.mark.parametrize(
    ("status", "final"),
    [(T.DELIVERED, S.DELIVERED), (T.LOST, S.LOST), (T.RETURNED, S.RETURNED), (T.ANNOUNCED, S.PACKED)],
)
def test_an_outcome_alone_takes_a_packed_parcel_all_the_way(
    world: World, status: TrackingStatus, final: ShipmentStatus
) -> None:
    record(world, said(packed(world, "1042"), status))
    assert world.shipment("1042-1").shipment.status == final
    assert shipped_so_far(world) == (0 if final == S.PACKED else 2)
    assert audit() == []


HAPPENED = [
    said("T", T.ANNOUNCED, hours=2),
    said("T", T.IN_TRANSIT, hours=5),
    said("T", T.EXCEPTION, hours=6),
    said("T", T.LOST, hours=7),
    said("T", T.DELIVERED, hours=9),
    said("T", T.RETURNED, hours=30),
    said("T", T.DELIVERED, hours=-20_000),
    said("T", T.RETURNED, hours=20_000),
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_each_order_of_arrival_ends_in_the_same_state(world: World, data: st.DataObject) -> None:
    those = data.draw(st.lists(st.sampled_from(HAPPENED), min_size=1, max_size=6))
    shuffled = data.draw(st.permutations([*those, *those]))
    ends = []
    for batches in ([those], [[one] for one in shuffled], [shuffled[: len(those)], shuffled[len(those) :]]):
        order = f"N{world.now:%d%H%M%S}"
        number = packed(world, order)
        before = shipped_so_far(world)
        for batch in batches:
            record(world, *(said(number, one.status, hours=(one.at - NINE) / timedelta(hours=1)) for one in batch))
        with scope(client=world.acme.pk):
            kept = TrackingEvent.objects.filter(shipment__number=f"{order}-1").order_by("at", "status")
            ends.append(
                (
                    world.shipment(f"{order}-1").shipment.status,
                    shipped_so_far(world) - before,
                    list(kept.values_list("status", "at")),
                )
            )
    assert ends[1:] == ends[:-1]
    assert len(ends[0][2]) == len(set(those))
    assert audit() == []


def test_what_is_said_twice_is_kept_once_and_told_once(world: World) -> None:
    number = packed(world, "1042")
    once = [said(number, "IN_TRANSIT"), said(number, "RETURNING", hours=30)]
    record(world, *once, *once)
    told = world.history("1042")
    assert told[-2:] == [
        "The carrier says of 1042-1: on its way back.",
        "1042-1 left the warehouse (carrier's first scan), tracking number T-1042: 2 × MUG.",
    ]
    again = record(world, *once)
    assert [(one.is_new, one.status) for one in again if isinstance(one, Recorded)] == [(False, "DEPARTED")] * 2
    assert stored(world) == [("1042-1", "IN_TRANSIT"), ("1042-1", "RETURNING")]
    assert world.history("1042") == told


def test_what_a_person_recorded_is_not_taken_back(world: World) -> None:
    number = packed(world, "1042", until=S.RETURNED)
    record(world, said(number, "DELIVERED"), said(number, "LOST"))
    assert world.shipment("1042-1").shipment.status == "RETURNED"
    assert audit() == []


def test_what_cannot_have_left_by_the_books_stays_and_somebody_is_asked_once(world: World) -> None:
    parcels = {order: packed(world, order) for order in ("1", "2", "3")}
    world.hold("1", actor=world.otto)
    world.reship("2", add_back=True)
    with scope(client=world.acme.pk):
        Shipment.objects.filter(number="3-1").update(status="PICKING")
    before = world.stock("MUG")
    for _ in range(2):
        record(world, *(said(number, "IN_TRANSIT") for number in parcels.values()))
    record(world, *(said(number, "DELIVERED", hours=40) for number in parcels.values()))
    assert world.stock("MUG") == before
    assert [(number, kind) for number, kind, _ in questions(world)] == [
        ("1-1", QuestionKind.TRACKING),
        ("2-1", QuestionKind.TRACKING),
        ("3-1", QuestionKind.TRACKING),
    ]
    assert questions(world)[2][2].startswith(
        "By our books 3-1 cannot have left, but the carrier has it since 2026-03-03 09:00 UTC. 3-1 is in picking since"
    )
    assert len(stored(world)) == 6
    assert audit() == []


def test_it_goes_on_when_the_books_allow_it(world: World) -> None:
    number = packed(world, "1042")
    world.hold("1042", actor=world.otto)
    record(world, said(number, "DELIVERED"))
    assert world.shipment("1042-1").shipment.status == "PACKED"
    world.lift("1042", actor=world.otto)
    record(world, said(number, "DELIVERED"))
    assert world.shipment("1042-1").shipment.status == "DELIVERED"
    assert audit() == []


def test_a_cancelled_parcel_stays_cancelled(world: World) -> None:
    world.place("1042", MUG=2)
    with scope(client=world.acme.pk):
        Shipment.objects.filter(number="1042-1").update(tracking_number="T1")
    world.cancel("1042-1")
    record(world, said("T1", "DELIVERED"))
    assert world.shipment("1042-1").shipment.status == "CANCELLED"
    assert [number for number, _, _ in questions(world)] == ["1042-1"]
    assert audit() == []


def test_the_number_means_a_parcel_of_this_client_and_carrier(world: World) -> None:
    packed(world, "1", tracking="SAME")
    packed(world, "2", tracking="SAME")
    with scope(client=world.acme.pk):
        Shipment.objects.filter(number="2-1").update(carrier="Swift")
    world.place("7001", client=world.other, MUG=2)
    world.ship("7001-1", client=world.other, until=S.PACKED, tracking_number="SAME")
    either, unknown, of_no_one = record(
        world, said("SAME", "DELIVERED", carrier="swift"), said("NONE", "DELIVERED"), said("SAME", "LOST", carrier="X")
    )
    assert isinstance(either, Refusal)
    assert (either.code, either.figures["shipments"]) == ("tracking_number_ambiguous", ["1-1", "2-1"])
    assert isinstance(unknown, Refusal)
    assert unknown.code == "tracking_number_not_found"
    assert of_no_one == Recorded("1-1", "LOST", is_new=True, counts=True)
    record(world, said("SAME", "DELIVERED"), client=world.other)
    with scope(client=world.other.pk):
        assert Shipment.objects.get().status == "DELIVERED"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Tracked("T1", "EATEN", LATER), "invalid_tracking_status"),
        (Tracked("T1", "LOST", LATER.replace(tzinfo=None)), "invalid_time"),
        (Tracked("T1", "LOST", datetime.max.replace(tzinfo=UTC)), "invalid_time"),
        (Tracked("T1", "LOST", datetime.min.replace(tzinfo=UTC)), "invalid_time"),
        (Tracked("", "LOST", LATER), "invalid_text"),
        (Tracked("T\0", "LOST", LATER), "invalid_text"),
        (Tracked("\ud800", "LOST", LATER), "invalid_text"),
        (Tracked("T" * 81, "LOST", LATER), "invalid_text"),
        (Tracked("T1", "LOST", LATER, detail="\x07"), "invalid_text"),
    ],
)
def test_rubbish_is_refused_and_stops_nothing_else(world: World, event: Tracked, code: str) -> None:
    number = packed(world, "1042")
    rubbish, good = record(world, event, said(number, "DELIVERED"))
    assert isinstance(rubbish, Refusal)
    assert rubbish.code == code
    assert isinstance(good, Recorded)
    assert good.status == "DELIVERED"


def test_only_warehouse_people_and_carriers_may_say_so(world: World) -> None:
    number = packed(world, "1042")
    (outcome,) = record_tracking([said(number, "LOST")], client=world.acme, actor=world.mara, at=LATER)
    assert isinstance(outcome, Refusal)
    assert outcome.code == "not_allowed"
    with refused("client_not_found", client="ACME"):
        record_tracking([said(number, "LOST")], client=world.acme, actor=world.wren, at=LATER)


def lost_and_sent_again(world: World, *, reship: ShipmentStatus) -> str:
    number = packed(world, "1042", until=S.LOST)
    world.reship("1042")
    if reship != S.OPEN:
        world.ship("1042-R1", until=reship)
    return number


@pytest.mark.parametrize("reship", [S.OPEN, S.PICKING, S.PACKED])
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_late_arrival_holds_the_reship_that_has_not_gone(world: World, by_hand: bool, reship: ShipmentStatus) -> None:
    number = lost_and_sent_again(world, reship=reship)
    if by_hand:
        world.mark("1042-1", S.DELIVERED)
    else:
        record(world, said(number, "DELIVERED"))
        record(world, said(number, "DELIVERED", hours=25))
    came = "1042-1, which 1042-R1 sends again, was delivered after all."
    (hold,) = world.shipment("1042-R1").holds
    assert (hold.kind, hold.note, hold.placed_by_company) == (HoldKind.OPERATOR, came, True)
    assert questions(world) == [("1042-R1", QuestionKind.LATE_ARRIVAL, f"{came} Should it still go out?")]
    assert world.status("1042") == "ON_HOLD"
    assert world.history("1042")[-3:] == [
        "1042-1 was delivered.",
        f"Operator Hold placed on 1042-R1. Note: {came}",
        f"Asked about 1042-R1: {came} Should it still go out?",
    ]
    assert audit() == []


def test_a_hold_that_somebody_lifted_is_not_placed_again(world: World) -> None:
    number = lost_and_sent_again(world, reship=S.OPEN)
    record(world, said(number, "DELIVERED"))
    world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR, actor=world.otto)
    record(world, said(number, "DELIVERED"), said(number, "DELIVERED", hours=26))
    assert world.shipment("1042-R1").holds == []
    assert len(questions(world)) == 1


def test_a_reship_that_has_gone_and_one_of_another_parcel_are_left_alone(world: World) -> None:
    number = lost_and_sent_again(world, reship=S.DEPARTED)
    world.reship("1042", source="1042-R1", note="again", send_again_anyway=True)
    world.ship("1042-R2")
    other = packed(world, "1043", until=S.LOST)
    world.reship("1043")
    record(world, said(number, "DELIVERED"))
    assert questions(world) == []
    record(world, said(other, "DELIVERED"))
    assert [shipment for shipment, _, _ in questions(world)] == ["1043-R1"]


def test_the_reship_of_a_reship_is_held_as_well_and_asked_about_once(world: World) -> None:
    number = lost_and_sent_again(world, reship=S.LOST)
    world.reship("1042", source="1042-R1")
    record(world, said(number, "DELIVERED"))
    world.mark("1042-R1", S.DELIVERED)
    assert [hold.kind for hold in world.shipment("1042-R2").holds] == [HoldKind.OPERATOR]
    assert [(shipment, kind) for shipment, kind, _ in questions(world)] == [("1042-R2", QuestionKind.LATE_ARRIVAL)]
    assert audit() == []


def test_a_cancelled_reship_is_no_reason_to_ask(world: World) -> None:
    number = lost_and_sent_again(world, reship=S.OPEN)
    world.cancel("1042-R1")
    record(world, said(number, "DELIVERED"))
    assert questions(world) == []


def statements_of(world: World, events: Sequence[Tracked]) -> int:
    with captured_statements() as statements:
        outcomes = record(world, *events)
    assert [outcome for outcome in outcomes if isinstance(outcome, Refusal)] == []
    assert not [sql for sql in statements if tables_without_client(sql, client_id=world.acme.pk)]
    return len(statements)


def test_any_number_of_events_takes_the_same_number_of_statements(world: World) -> None:
    one, *many = [packed(world, str(number)) for number in range(1, 6)]
    world.reship("1")
    world.reship("2")
    alone = statements_of(world, [said(one, "DELIVERED")])
    together = [said(number, status, hours=hours) for number in many for status, hours in HOURS]
    assert statements_of(world, together) == alone == 17
    assert audit() == []


HOURS = [(T.ANNOUNCED, 3), *((T.IN_TRANSIT, hours) for hours in range(4, 20)), (T.DELIVERED, 20)]
