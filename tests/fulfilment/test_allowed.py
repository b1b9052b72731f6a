"""What a page may ask of the rules without doing anything: the refusal that the verb would raise."""

from collections.abc import Callable

import pytest

from reship.errors import Refusal
from reship.fulfilment.allowed import STEPS, Deed, why_not, why_not_held, why_not_lifted, why_not_reshipped
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.reship import preview_reship
from reship.inventory.audit import audit
from reship.orders.models import Departure, HoldKind, ShipmentStatus
from tests.world import World, refused, reship_request

STATUSES = [None, *(status for status in ShipmentStatus if status not in {"OPEN", "CANCELLED"})]


def bring(world: World, status: ShipmentStatus | None) -> None:
    world.place("1042", MUG=1)
    if status is not None:
        world.ship("1042-1", until=status)


def deeds(world: World) -> dict[Deed, Callable[[], object]]:
    """Each deed with 1042-1, done by somebody whose work it is."""
    return {
        Deed.HOLD: lambda: world.hold("1042", shipment="1042-1"),
        Deed.EDIT: lambda: world.edit("1042-1", method="Express"),
        Deed.CANCEL: lambda: world.cancel("1042-1"),
        Deed.PICK: lambda: pick_shipment("1042-1", client=world.acme, actor=world.pim, at=world.later()),
        Deed.PACK: lambda: pack_shipment(
            PackRequest("1042-1", by_hand=True), client=world.acme, actor=world.otto, at=world.later()
        ),
        Deed.DEPART: lambda: depart_shipment(
            "1042-1", how=Departure.HAND, client=world.acme, actor=world.pim, at=world.later()
        ),
        Deed.DELIVERED: lambda: world.mark("1042-1", ShipmentStatus.DELIVERED),
        Deed.LOST: lambda: world.mark("1042-1", ShipmentStatus.LOST),
        Deed.RETURNED: lambda: world.mark("1042-1", ShipmentStatus.RETURNED),
        Deed.RESTOCK: lambda: world.restock("1042-1"),
    }


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("deed", Deed)
def test_the_answer_is_what_the_verb_then_does(world: World, deed: Deed, status: ShipmentStatus | None) -> None:
    bring(world, status)
    facts = world.facts("1042")
    actor = {Deed.HOLD: world.dana, Deed.EDIT: world.dana, Deed.CANCEL: world.mara}.get(deed, world.pim)
    expected = why_not(deed, facts, facts.shipments[0], actor=actor)
    happened = None
    try:
        deeds(world)[deed]()
    except Refusal as refusal:
        happened = refusal.as_json()
    assert happened == (expected and expected.as_json())
    assert audit() == []


def test_every_step_is_refused_to_the_clients_people(world: World) -> None:
    bring(world, None)
    facts = world.facts("1042")
    answers = [why_not(deed, facts, facts.shipments[0], actor=world.mara) for deed in STEPS]
    assert {answer.code for answer in answers if answer} == {"not_allowed"}
    assert None not in answers


def test_an_order_of_which_nothing_can_go_is_not_re_shipped(world: World) -> None:
    bring(world, None)
    assert why_not_reshipped(world.facts("1042"), actor=world.dana) is None
    world.cancel("1042-1")
    answer = why_not_reshipped(world.facts("1042"), actor=world.dana)
    assert answer is not None
    assert answer.code == "order_cancelled"


def test_a_whole_order_is_not_held_by_the_client_while_a_parcel_of_it_is_picked(world: World) -> None:
    bring(world, ShipmentStatus.PICKING)
    answer = why_not_held(world.facts("1042"), actor=world.dana)
    assert answer is not None
    assert answer.code == "picking_started"
    assert why_not_held(world.facts("1042"), actor=world.otto) is None


def test_a_client_does_not_lift_what_the_company_placed(world: World) -> None:
    bring(world, None)
    hold = world.hold("1042", kind=HoldKind.FRAUD, actor=world.otto)
    answer = why_not_lifted(hold, actor=world.mara)
    assert answer is not None
    assert answer.figures == {"right": "lift_operator_hold", "role": "manager"}
    assert why_not_lifted(hold, actor=world.otto) is None


@pytest.mark.parametrize(
    ("add_back", "items", "code", "words"),
    [
        (False, {"MUG": 1}, "both_parcels_will_go", "both parcels will go out"),
        (True, {"MUG": 2, "CUP": 1}, "original_superseded", "its items are put back into stock."),
        (True, {"MUG": 1}, "original_superseded", "1 × MUG, 1 × CUP will be left in it: re-ship that as well."),
    ],
)
def test_the_warning_says_what_becomes_of_the_original(
    world: World, add_back: bool, items: dict[str, int], code: str, words: str
) -> None:
    world.place("1042", MUG=2, CUP=1)
    plan = preview_reship(reship_request("1042", items, add_back=add_back), client=world.acme, actor=world.mara)
    assert [warning.code for warning in plan.warnings] == [code]
    assert words in plan.warnings[0].message


def test_a_superseded_original_is_no_second_parcel(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.reship("1042", add_back=True, MUG=2)
    request = reship_request("1042", {"CUP": 1}, source="1042-1")
    plan = preview_reship(request, client=world.acme, actor=world.mara)
    assert [warning.code for warning in plan.warnings] == ["units_stay_in_original"]


def test_the_guards_of_a_departed_shipment_say_since_when(world: World) -> None:
    bring(world, ShipmentStatus.DEPARTED)
    with refused(
        "wrong_status",
        shipment="1042-1",
        status="DEPARTED",
        since=world.now.isoformat(),
        needed=["OPEN", "PICKING"],
    ):
        world.cancel("1042-1")
