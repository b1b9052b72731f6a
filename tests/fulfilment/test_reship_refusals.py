"""Every rule that can stop a reship, with its figures, and which of two broken rules is named."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reship.clients.reasons import BUILT_IN
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine
from reship.fulfilment.reship import preview_reship, reship_order
from reship.fulfilment.reship_plan import AddBack, ReshipItem, ReshipRequest
from reship.inventory.audit import audit
from reship.orders.models import Order, OrderStatus, ShipmentStatus
from tests.world import JANE, World, new_order, refused, reship_request

REASONS = [reason.code for reason in BUILT_IN]


def items(*pairs: tuple[str, int | str]) -> tuple[ReshipItem, ...]:
    return tuple(ReshipItem(sku, quantity) for sku, quantity in pairs)


def test_a_key_of_another_request_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1, key="K")
    with refused("request_key_reused", key="K"):
        world.reship("1042", MUG=2, key="K")
    assert audit() == []


@pytest.mark.parametrize("key", ["", "k" * 201, "clé", "two\nlines"])
def test_a_key_that_cannot_be_stored_is_refused(world: World, key: str) -> None:
    world.place("1042", MUG=2)
    shown = {"": "nothing", "k" * 201: f"“{'k' * 40}”", "clé": "“clé”", "two\nlines": "“two?lines”"}[key]
    with refused("invalid_request_key", given=shown, longest=200):
        world.reship("1042", MUG=1, key=key)
    assert world.facts("1042").order.reshipments_made == 0


def test_an_unknown_order_is_refused(world: World) -> None:
    with refused("order_not_found", order="9999"):
        world.reship("9999", MUG=1)


def test_another_clients_order_looks_like_an_unknown_one(world: World) -> None:
    world.place("7001", client=world.other, MUG=1)
    for number in ("7001", "9999"):
        with refused("order_not_found", order=number):
            world.reship(number, MUG=1)


def test_whoever_is_of_another_client_finds_no_order(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("order_not_found", order="1042"):
        world.send(reship_request("1042"), actor=world.wren)
    with refused("order_not_found", order="1042"):
        preview_reship(reship_request("1042"), client=world.acme, actor=world.wren)


def test_a_viewer_may_not_reship(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("not_allowed", right="reship", role="viewer"):
        world.reship("1042", actor=world.vic)


def test_an_agent_may_not_add_back(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("not_allowed", right="add_back", role="agent"):
        world.reship("1042", add_back=True, actor=world.dana)


def test_an_agent_may_not_send_again_anyway(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("not_allowed", right="send_again_anyway", role="agent"):
        world.reship("1042", send_again_anyway=True, note="They insist.", actor=world.dana)


def test_a_policy_takes_add_back_from_the_clients_manager_but_not_from_the_operator(world: World) -> None:
    world.acme.may_add_back = False
    world.place("1042", MUG=2)
    with refused("not_allowed", right="add_back", role="manager"):
        world.reship("1042", add_back=True, actor=world.mara)
    assert world.reship("1042", add_back=True, actor=world.otto).added_back
    assert audit() == []


def test_a_cancelled_order_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    world.cancel("1042-1")
    with refused("order_cancelled", order="1042"):
        world.reship("1042")


def test_an_unknown_shipment_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    world.place("1043", MUG=2)
    for other in ("1042-9", "1043-1"):
        with refused("shipment_not_found", shipment=other):
            world.reship("1042", source=other)


def test_a_cancelled_shipment_is_refused(world: World) -> None:
    place_two_parcels(world, "1042")
    world.cancel("1042-2")
    with refused("shipment_cancelled", shipment="1042-2"):
        world.reship("1042", source="1042-2")


def test_an_order_without_shipments_is_refused(world: World) -> None:
    order_without_shipments(world, "1042")
    with refused("no_shipment", order="1042"):
        world.reship("1042")


def test_a_note_that_cannot_be_stored_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("invalid_text", field="note", character="U+0000"):
        world.reship("1042", note="a\0b")
    with refused("invalid_text", field="note", length=1001, longest=1000):
        world.reship("1042", note="n" * 1001)


def test_a_reason_that_is_not_in_the_list_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("invalid_reason", given="“boredom”", known=REASONS):
        world.send(reship_request("1042", reason="boredom"))


def test_a_reason_is_required_of_the_clients_people_by_policy_and_not_without_it(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("reason_required", known=REASONS):
        world.send(reship_request("1042", {"MUG": 1}, reason=""))
    assert world.send(reship_request("1042", {"MUG": 1}, reason=""), actor=world.otto).shipment == "1042-R1"
    world.acme.reason_required = False
    assert world.send(reship_request("1042", {"MUG": 1}, reason="")).shipment == "1042-R2"
    assert audit() == []


def test_sending_again_anyway_needs_a_note(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("note_required"):
        world.reship("1042", send_again_anyway=True, note=" \n ")


def test_no_items_are_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("nothing_selected", shipment="1042-1"):
        world.send(ReshipRequest("1042", items=(), reason="lost"))


def test_an_item_that_is_not_in_the_shipment_is_refused(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    with refused("unknown_item", shipment="1042-1", sku="TEE", known=["CUP", "MUG"]):
        world.reship("1042", TEE=1)


@pytest.mark.parametrize("given", [0, -1, 1_000_001, 10**9, "0", "-1", "1.5", "NaN", "", "²", "１２", "1_000", "+1"])
def test_a_quantity_that_is_no_whole_number_in_range_is_refused(world: World, given: int | str) -> None:
    world.place("1042", MUG=2)
    shown = f"“{given}”" if given != "" else "nothing"
    with refused("invalid_quantity", sku="MUG", given=shown, smallest=1, largest=1_000_000):
        world.reship("1042", MUG=given)


def test_an_item_named_twice_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("duplicate_item", shipment="1042-1", sku="MUG"):
        world.send(replace(reship_request("1042"), items=items(("MUG", 1), ("MUG", 1))))


def test_more_than_was_shipped_is_refused(world: World) -> None:
    world.place("1042", MUG=2)
    with refused("more_than_shipped", shipment="1042-1", sku="MUG", shipped=2, asked=3):
        world.reship("1042", MUG=3)


def test_what_is_sent_again_already_is_refused_and_named(world: World) -> None:
    world.place("1042", MUG=3)
    world.reship("1042", source="1042-1", MUG=1)
    world.reship("1042", source="1042-1", MUG=1)
    with refused(
        "already_reshipped",
        shipment="1042-1",
        sku="MUG",
        shipped=3,
        reshipped=2,
        left=1,
        asked=2,
        reshipments=["1042-R1", "1042-R2"],
    ):
        world.reship("1042", source="1042-1", MUG=2)
    assert audit() == []


def test_all_that_is_left_of_nothing_left_is_refused_as_already_reshipped(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", source="1042-1")
    with refused(
        "already_reshipped",
        shipment="1042-1",
        sku="MUG",
        shipped=2,
        reshipped=2,
        left=0,
        asked=2,
        reshipments=["1042-R1"],
    ):
        world.reship("1042", source="1042-1")


@pytest.mark.parametrize("status", [ShipmentStatus.DEPARTED, ShipmentStatus.DELIVERED, ShipmentStatus.LOST])
def test_adding_back_what_has_left_is_refused(world: World, status: ShipmentStatus) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=status)
    departed_at = world.shipment("1042-1").shipment.departed_at
    assert departed_at is not None
    with refused("already_left", shipment="1042-1", status=status.value, departed_at=departed_at.isoformat()):
        world.reship("1042", add_back=True)
    assert audit() == []


def test_units_come_back_once_by_restocking_or_by_add_back(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.restock("1042-1", MUG=1)
    with refused("already_added_back", shipment="1042-1", sku="MUG", shipped=2, added_back=1, left=1, asked=2):
        world.reship("1042", add_back=True)
    assert world.reship("1042", MUG=1, add_back=True).added_back
    assert audit() == []


def test_more_than_is_available_is_refused(world: World) -> None:
    world.place("1042", TEE=6)
    with refused("not_enough_available", sku="TEE", asked=6, available=4):
        world.reship("1042", TEE=6)
    assert audit() == []


def test_units_that_are_added_back_are_available_to_the_same_reship(world: World) -> None:
    world.place("1042", TEE=10)
    assert world.reship("1042", TEE=10, add_back=True).items == (("TEE", 10),)
    assert audit() == []


def test_a_refused_reship_writes_nothing(world: World) -> None:
    world.place("1042", MUG=2, TEE=10)
    before = (world.stock("MUG"), world.entries("MUG"), world.history("1042"))
    with pytest.raises(Refusal):
        world.reship("1042", hold=True, key="K")
    assert (world.stock("MUG"), world.entries("MUG"), world.history("1042")) == before
    assert [facts.shipment.number for facts in world.facts("1042").shipments] == ["1042-1"]
    assert audit() == []


# Two rules broken at once, neighbours in the order of checks: the earlier one is named.


def key_and_order(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1, key="K")
    return reship_request("9999", key="K")


def order_and_right(world: World) -> ReshipRequest:
    return reship_request("9999")


def right_and_cancelled_order(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    world.cancel("1042-1")
    return reship_request("1042")


def cancelled_order_and_shipment(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    world.cancel("1042-1")
    return reship_request("1042", source="1042-9")


def no_shipment_and_reason(world: World) -> ReshipRequest:
    order_without_shipments(world, "1042")
    return reship_request("1042", reason="")


def shipment_and_reason(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return reship_request("1042", source="1042-9", reason="")


def cancelled_shipment_and_reason(world: World) -> ReshipRequest:
    place_two_parcels(world, "1042")
    world.cancel("1042-2")
    return reship_request("1042", source="1042-2", reason="")


def text_and_reason(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return reship_request("1042", note="\0", reason="boredom")


def invalid_reason_and_note(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return reship_request("1042", reason="boredom", send_again_anyway=True)


def missing_reason_and_note(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return reship_request("1042", reason="", send_again_anyway=True)


def note_and_nothing(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return ReshipRequest("1042", items=(), reason="lost", send_again_anyway=True)


def nothing_and_left(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    return ReshipRequest("1042", items=(), reason="lost", add_back=AddBack.YES)


def unknown_and_quantity(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return reship_request("1042", {"TEE": 0})


def quantity_and_duplicate(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return replace(reship_request("1042"), items=items(("MUG", 1), ("MUG", 0)))


def duplicate_and_more(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    return replace(reship_request("1042"), items=items(("MUG", 9), ("MUG", 9)))


def more_and_already(world: World) -> ReshipRequest:
    world.place("1042", MUG=2, CUP=2)
    world.reship("1042", MUG=2)
    return reship_request("1042", {"MUG": 2, "CUP": 3}, source="1042-1")


def already_and_left(world: World) -> ReshipRequest:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    world.reship("1042")
    return reship_request("1042", source="1042-1", add_back=True)


def left_and_stock(world: World) -> ReshipRequest:
    world.place("1042", TEE=10)
    world.ship("1042-1")
    return reship_request("1042", add_back=True)


def back_and_stock(world: World) -> ReshipRequest:
    world.place("1042", TEE=10)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.restock("1042-1", TEE=1)
    return reship_request("1042", add_back=True)


@pytest.mark.parametrize(
    ("named", "break_two", "who"),
    [
        ("request_key_reused", key_and_order, "mara"),
        ("order_not_found", order_and_right, "vic"),
        ("not_allowed", right_and_cancelled_order, "vic"),
        ("order_cancelled", cancelled_order_and_shipment, "mara"),
        ("no_shipment", no_shipment_and_reason, "mara"),
        ("shipment_not_found", shipment_and_reason, "mara"),
        ("shipment_cancelled", cancelled_shipment_and_reason, "mara"),
        ("invalid_text", text_and_reason, "mara"),
        ("invalid_reason", invalid_reason_and_note, "mara"),
        ("reason_required", missing_reason_and_note, "mara"),
        ("note_required", note_and_nothing, "mara"),
        ("nothing_selected", nothing_and_left, "mara"),
        ("unknown_item", unknown_and_quantity, "mara"),
        ("invalid_quantity", quantity_and_duplicate, "mara"),
        ("duplicate_item", duplicate_and_more, "mara"),
        ("more_than_shipped", more_and_already, "mara"),
        ("already_reshipped", already_and_left, "mara"),
        ("already_left", left_and_stock, "mara"),
        ("already_added_back", back_and_stock, "mara"),
    ],
)
def test_of_two_broken_rules_the_earlier_one_is_named(
    world: World, named: str, break_two: Callable[[World], ReshipRequest], who: str
) -> None:
    request, actor = break_two(world), getattr(world, who)
    with pytest.raises(Refusal) as deed:
        reship_order(request, client=world.acme, actor=actor, at=world.later())
    assert deed.value.code == named
    if named != "request_key_reused":
        with pytest.raises(Refusal) as preview:
            preview_reship(request, client=world.acme, actor=actor)
        assert preview.value.as_json() == deed.value.as_json()
    assert audit() == []


def place_two_parcels(world: World, number: str) -> None:
    """MUG goes in the first parcel, CUP in the second."""
    lines = (NewLine("MUG", 2, parcel=1), NewLine("CUP", 2, parcel=2))
    world.place_order(replace(new_order(number, {}), lines=lines))


def order_without_shipments(world: World, number: str) -> None:
    """No verb leaves an order so; an import of old data might."""
    Order(
        client=world.acme,
        number=number,
        status=OrderStatus.AWAITING,
        customer_name=JANE.recipient,
        currency="EUR",
        placed_at=world.now,
    ).save(force_insert=True)
