"""What a reship does: a further shipment of the same order, its units deducted, its line in the history."""

from dataclasses import replace

import pytest

from reship.errors import Refusal
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.place_order import NewLine
from reship.fulfilment.reship import Reshipped, preview_reship
from reship.fulfilment.reship_plan import ReshipWarning, StockEffect
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.addresses import Address
from reship.orders.history import Item
from reship.orders.models import Departure, HoldKind, ShipmentStatus
from tests.world import ELSEWHERE, JANE, World, new_order, refused, reship_request


def test_a_reship_opens_a_further_shipment_of_the_same_order(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    result = world.reship("1042", MUG=1)
    assert result == Reshipped(
        order="1042", source="1042-1", shipment="1042-R1", items=(Item("MUG", 1),), added_back=False, held=False
    )
    made = world.shipment("1042-R1")
    assert (made.shipment.status, made.shipment.address, made.shipment.method) == ("OPEN", JANE, "Post")
    assert made.made_by is not None
    assert (made.made_by.made_by, made.made_by.reason, made.made_by.added_back) == ("Dana", "lost", False)
    assert [facts.shipment.number for facts in world.facts("1042").shipments] == ["1042-1", "1042-R1"]
    assert audit() == []


def test_original_and_reshipment_name_each_other(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042")
    original, reshipment = world.shipment("1042-1"), world.shipment("1042-R1")
    assert original.reshipped_as == ["1042-R1"]
    assert reshipment.made_by is not None
    assert reshipment.made_by.source_id == original.shipment.pk


def test_units_are_deducted_again_when_the_original_has_left(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.reship("1042")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=2)
    world.ship("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=96, allocated=0)
    assert audit() == []


def test_without_add_back_both_parcels_are_deducted_and_the_answer_warns(world: World) -> None:
    world.place("1042", MUG=2)
    (warning,) = world.reship("1042").warnings
    assert warning.code == "both_parcels_will_go"
    world.ship("1042-1")
    world.ship("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=96, allocated=0)
    assert audit() == []


def test_a_reship_with_add_back_is_two_entries_that_cancel_out(world: World) -> None:
    world.place("1042", MUG=2)
    before = world.stock("MUG")
    world.reship("1042", add_back=True)
    assert world.stock("MUG") == before
    assert world.entries("MUG")[-2:] == [("ADDED_BACK", 0, -2), ("ALLOCATED", 0, 2)]
    assert audit() == []


def test_a_unit_that_goes_out_once_is_deducted_once(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True)
    with refused("units_added_back", shipment="1042-1", added_back=2, superseded_by=["1042-R1"]):
        depart_shipment("1042-1", how=Departure.HAND, client=world.acme, actor=world.pim, at=world.later())
    world.ship("1042-R1")
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    assert audit() == []


def test_adding_back_a_returned_parcel_puts_its_goods_on_hand_once(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    assert world.stock("MUG") == Balance(on_hand=98, allocated=0)
    world.reship("1042", add_back=True)
    assert world.stock("MUG") == Balance(on_hand=100, allocated=2)
    assert world.entries("MUG")[-2:] == [("RESTOCKED", 2, 0), ("ALLOCATED", 0, 2)]
    assert audit() == []


def test_the_latest_shipment_with_something_left_is_the_source_when_none_is_named(world: World) -> None:
    lines = (NewLine("MUG", 2, parcel=1), NewLine("CUP", 2, parcel=2))
    world.place_order(replace(new_order("1042", {}), lines=lines))
    assert [world.reship("1042").source for _ in range(2)] == ["1042-2", "1042-1"]
    world.cancel("1042-R1")
    assert world.reship("1042").source == "1042-2"
    assert audit() == []


def test_a_reshipment_that_has_still_to_go_is_only_sent_again_when_it_is_named(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042")
    with pytest.raises(Refusal, match="already_reshipped"):
        world.reship("1042")
    assert world.reship("1042", source="1042-R1").source == "1042-R1"
    world.ship("1042-R1")
    with pytest.raises(Refusal, match="already_reshipped"):
        world.reship("1042")
    assert audit() == []


def test_a_reshipment_is_meant_when_the_original_is_cancelled(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042")
    world.cancel("1042-1")
    assert world.reship("1042").source == "1042-R1"
    assert audit() == []


def test_all_that_is_left_is_sent_when_no_items_are_named(world: World) -> None:
    world.place("1042", MUG=3, CUP=1)
    world.reship("1042", MUG=1, CUP=1)
    assert world.reship("1042", source="1042-1").items == (("MUG", 2),)
    assert audit() == []


def test_a_reshipment_can_be_reshipped(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042")
    world.ship("1042-R1", until=ShipmentStatus.LOST)
    result = world.reship("1042")
    assert (result.source, result.shipment, result.items) == ("1042-R1", "1042-R2", (("MUG", 2),))
    assert world.shipment("1042-R1").reshipped_as == ["1042-R2"]
    world.ship("1042-R2")
    assert world.stock("MUG") == Balance(on_hand=94, allocated=0)
    assert audit() == []


def test_a_manager_may_send_again_what_is_sent_again_already(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", source="1042-1")
    world.reship("1042", source="1042-1", send_again_anyway=True, note="A gift for the trouble.", MUG=1)
    assert world.shipment("1042-1").reshipped_as == ["1042-R1", "1042-R2"]
    assert world.history("1042")[-1] == (
        "Re-shipped 1 × MUG of 1042-1 as 1042-R2; reason: lost in transit; nothing added back; "
        "sent again anyway, although already re-shipped. Note: A gift for the trouble."
    )
    assert audit() == []


def test_anyway_is_only_said_when_it_was_needed(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", send_again_anyway=True, note="To be sure.")
    assert world.events("1042")[-1].facts["anyway"] is False


def test_a_reship_may_be_born_held(world: World) -> None:
    world.place("1042", MUG=2)
    assert world.reship("1042", hold=True, note="New address to come.").held
    (hold,) = world.shipment("1042-R1").holds
    assert (hold.kind, hold.placed_by, hold.note) == (HoldKind.OPERATOR, "Dana", "New address to come.")
    assert world.status("1042") == "ON_HOLD"
    assert audit() == []


def test_a_client_may_lift_the_operator_hold_that_its_own_reship_asked_for(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", hold=True)
    world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR, actor=world.dana)
    assert world.shipment("1042-R1").holds == []


def test_a_policy_holds_every_reship_until_the_operator_lifts_it(world: World) -> None:
    world.acme.hold_every_reship = True
    world.place("1042", MUG=2)
    assert world.reship("1042").held
    with refused("not_allowed", right="lift_operator_hold", role="manager"):
        world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR, actor=world.mara)
    world.lift("1042", shipment="1042-R1", kind=HoldKind.OPERATOR, actor=world.otto)
    assert world.status("1042") == "RESHIPPING"


def test_a_reship_may_go_elsewhere_and_otherwise_than_the_original(world: World) -> None:
    world.place("1042", MUG=2)
    typed = replace(ELSEWHERE, region="illinois", country="us")
    world.send(replace(reship_request("1042"), address=typed, method=" Express "))
    made = world.shipment("1042-R1").shipment
    assert (made.address, made.method) == (ELSEWHERE, "Express")
    original = world.shipment("1042-1").shipment
    assert (original.address, original.method) == (JANE, "Post")


def test_an_address_that_cannot_be_stored_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("invalid_text", field="country"):
        world.send(replace(reship_request("1042"), address=Address(country="1A")))
    with refused("invalid_text", field="city", length=121, longest=120):
        world.send(replace(reship_request("1042"), address=Address(city="x" * 121)))
    with refused("invalid_text", field="method", length=61, longest=60):
        world.send(replace(reship_request("1042"), method="x" * 61))
    with refused("invalid_address", country="US", parts={"region": "State is missing."}):
        world.send(replace(reship_request("1042"), address=replace(ELSEWHERE, region="")))
    assert len(world.facts("1042").shipments) == 1


def test_reshipments_are_numbered_on_and_a_cancelled_number_is_not_used_again(world: World) -> None:
    world.place("1042", MUG=3)
    world.reship("1042", source="1042-1", MUG=1)
    world.cancel("1042-R1")
    assert world.reship("1042", source="1042-1", MUG=1).shipment == "1042-R2"
    assert audit() == []


@pytest.mark.parametrize(
    ("status", "add_back", "after", "warnings"),
    [
        (ShipmentStatus.PACKED, False, Balance(100, 4), ["both_parcels_will_go"]),
        (ShipmentStatus.PACKED, True, Balance(100, 2), ["original_superseded"]),
        (ShipmentStatus.DEPARTED, False, Balance(98, 2), []),
        (ShipmentStatus.RETURNED, False, Balance(98, 2), []),
        (ShipmentStatus.RETURNED, True, Balance(100, 2), []),
    ],
)
def test_the_preview_shows_what_the_deed_then_does(
    world: World, status: ShipmentStatus, add_back: bool, after: Balance, warnings: list[str]
) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=status)
    request = reship_request("1042", add_back=add_back)
    plan = preview_reship(request, client=world.acme, actor=world.mara)
    assert plan.stock == (StockEffect("MUG", now=world.stock("MUG"), after=after),)
    assert [warning.code for warning in plan.warnings] == warnings
    result = world.send(request)
    assert (result.shipment, result.items, result.warnings) == (plan.number, tuple(plan.items), plan.warnings)
    assert world.stock("MUG") == after
    assert audit() == []


def test_a_preview_writes_nothing(world: World) -> None:
    world.place("1042", MUG=2)
    before = (world.facts("1042"), world.entries("MUG"), world.history("1042"))
    preview_reship(reship_request("1042", add_back=True, hold=True), client=world.acme, actor=world.mara)
    assert (world.facts("1042"), world.entries("MUG"), world.history("1042")) == before


def test_a_warning_is_in_words(world: World) -> None:
    world.place("1042", MUG=2)
    assert world.reship("1042", add_back=True).warnings == (
        ReshipWarning("original_superseded", "1042-1 will not go out any more: its items are put back into stock."),
    )
