"""Every refusal of a reship, at the portal, the API, the command line and in bulk: one code, one set of figures.

A row says how the world is, what is asked, and what each door answers. `but` names the doors that cannot ask for it,
and why not; the table is the place to look whether a door lacks something.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.utils import timezone

from reship.clients.models import Client
from reship.clients.reasons import BUILT_IN
from reship.fulfilment.reship import reship_orders
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.doors.doors import DOORS, Ask, told_at
from tests.fulfilment.test_reship_refusals import order_without_shipments, place_two_parcels
from tests.world import JANE, World, reship_request

REASONS = [reason.code for reason in BUILT_IN]
NO_OPTION = "bulk sends what is left, as it is"
NOT_MANY = "only managers ask in bulk, and are refused that before"
MANAGERS_ONLY = {"bulk": NOT_MANY}


@dataclass(frozen=True)
class Row:
    code: str
    figures: Mapping[str, Any] | Callable[[World], Mapping[str, Any]]
    given: Callable[[World], object]
    ask: Ask = field(default_factory=Ask)
    but: Mapping[str, str] = field(default_factory=dict)


def two_mugs(world: World) -> None:
    world.place("1042", MUG=2)


def sent(world: World) -> None:
    two_mugs(world)
    world.ship("1042-1")


def sent_again(world: World) -> None:
    sent(world)
    world.reship("1042", MUG=1, key="K")


def sent_again_today(world: World) -> None:
    """The doors look at the clock; the world's deeds are of another day."""
    world.now = timezone.now()
    sent_again(world)


def all_sent_again(world: World) -> None:
    sent(world)
    world.ship(world.reship("1042").shipment)


def cancelled(world: World) -> None:
    two_mugs(world)
    world.cancel("1042-1")


def parcel_cancelled(world: World) -> None:
    place_two_parcels(world, "1042")
    world.cancel("1042-2")


def waiting(world: World) -> None:
    world.place("1042", TEE=10)
    world.ship("1042-1")
    world.send(replace(reship_request("1042", {"TEE": 3}), wait_for_stock=True))


def returned_and_put_away(world: World) -> None:
    two_mugs(world)
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.restock("1042-1", MUG=1)


def scarce(world: World) -> None:
    world.place("1042", TEE=6)


def policy(given: Callable[[World], object], **changes: bool | int) -> Callable[[World], None]:
    """The same with a policy of the client."""

    def set_up(world: World) -> None:
        given(world)
        Client.objects.filter(pk=world.acme.pk).update(**changes)
        world.acme.refresh_from_db()

    return set_up


def left_at(world: World) -> Mapping[str, Any]:
    departed_at = world.shipment("1042-1").shipment.departed_at
    assert departed_at is not None
    return {"shipment": "1042-1", "status": "DEPARTED", "departed_at": departed_at.isoformat()}


AGAIN = {"shipment": "1042-1", "sku": "MUG", "shipped": 2, "reshipped": 1, "left": 1, "asked": 2}
ROWS = {
    "another request with the same key": Row(
        "request_key_reused", {"key": "K"}, sent_again, Ask(source="1042-1", items=(("MUG", 2),), key="K")
    ),
    "a key that cannot be stored": Row(
        "invalid_request_key", {"given": f"“{'k' * 40}”", "longest": 200}, sent, Ask(key="k" * 201)
    ),
    "an unknown order": Row("order_not_found", {"order": "9999"}, two_mugs, Ask("9999", items=(("MUG", 1),))),
    "another client's order": Row(
        "order_not_found",
        {"order": "7001"},
        lambda world: world.place("7001", client=world.other, MUG=1),
        Ask("7001", items=(("MUG", 1),)),
    ),
    "a viewer": Row("not_allowed", {"right": "reship", "role": "viewer"}, sent, Ask(who="vic"), MANAGERS_ONLY),
    "an agent who adds back": Row(
        "not_allowed", {"right": "add_back", "role": "agent"}, two_mugs, Ask(add_back=True, who="dana"), MANAGERS_ONLY
    ),
    "a client that may not add back": Row(
        "not_allowed",
        {"right": "add_back", "role": "manager"},
        policy(two_mugs, may_add_back=False),
        Ask(add_back=True),
    ),
    "an agent who sends again anyway": Row(
        "not_allowed",
        {"right": "send_again_anyway", "role": "agent"},
        sent_again,
        Ask(send_again_anyway=True, note="They insist.", who="dana"),
        MANAGERS_ONLY,
    ),
    "an agent's second reship where that needs a manager": Row(
        "not_allowed",
        {"right": "reship_again", "role": "agent"},
        policy(sent_again, second_reship_needs_manager=True),
        Ask(source="1042-1", who="dana"),
        MANAGERS_ONLY,
    ),
    "a cancelled order": Row("order_cancelled", {"order": "1042"}, cancelled),
    "too many reships of an order": Row(
        "too_many_reships",
        {"order": "1042", "made": 1, "most": 1},
        policy(sent_again, most_reships_of_order=1),
        Ask(source="1042-1"),
    ),
    "an unknown shipment": Row("shipment_not_found", {"shipment": "1042-9"}, sent, Ask(source="1042-9")),
    "another order's shipment": Row(
        "shipment_not_found",
        {"shipment": "1043-1"},
        lambda world: [world.place(number, MUG=1) for number in ("1042", "1043")],
        Ask(source="1043-1"),
    ),
    "an order without shipments": Row(
        "no_shipment", {"order": "1042"}, lambda world: order_without_shipments(world, "1042")
    ),
    "a cancelled shipment": Row("shipment_cancelled", {"shipment": "1042-2"}, parcel_cancelled, Ask(source="1042-2")),
    "a shipment that waits for stock": Row(
        "waits_for_stock",
        {"shipment": "1042-R1", "waiting": [{"sku": "TEE", "quantity": 3}]},
        waiting,
        Ask(source="1042-R1"),
    ),
    "an unknown warehouse": Row(
        "unknown_warehouse", {"given": "“NORTH”"}, sent, Ask(warehouse="NORTH"), {"bulk": NO_OPTION}
    ),
    "a note that cannot be stored": Row(
        "invalid_text", {"field": "note", "character": "U+0007"}, sent, Ask(note="ring\x07ring")
    ),
    "a note that is too long": Row(
        "invalid_text", {"field": "note", "length": 1001, "longest": 1000}, sent, Ask(note="n" * 1001)
    ),
    "a reason that is not in the list": Row(
        "invalid_reason", {"given": "“boredom”", "known": REASONS}, sent, Ask(reason="boredom")
    ),
    "a missing reason": Row("reason_required", {"known": REASONS}, sent, Ask(reason="")),
    "a missing note": Row("note_required", {}, sent, Ask(send_again_anyway=True), {"bulk": NO_OPTION}),
    "no items": Row(
        "nothing_selected",
        {"shipment": "1042-1"},
        sent,
        Ask(items=()),
        {"cli": "without --item all that is left is meant"},
    ),
    "an item that is not in the shipment": Row(
        "unknown_item", {"shipment": "1042-1", "sku": "TEE", "known": ["MUG"]}, sent, Ask(items=(("TEE", 1),))
    ),
    "a SKU that is too long": Row(
        "invalid_text", {"field": "SKU", "length": 61, "longest": 60}, sent, Ask(items=(("X" * 61, 1),))
    ),
    "a quantity that is none": Row(
        "invalid_quantity",
        {"sku": "MUG", "given": "“0”", "smallest": 1, "largest": 1_000_000},
        sent,
        Ask(items=(("MUG", 0),)),
    ),
    "an item that is named twice": Row(
        "duplicate_item", {"shipment": "1042-1", "sku": "MUG"}, sent, Ask(items=(("MUG", 1), ("MUG", 1)))
    ),
    "more than was sent": Row(
        "more_than_shipped",
        {"shipment": "1042-1", "sku": "MUG", "shipped": 2, "asked": 3},
        sent,
        Ask(items=(("MUG", 3),)),
    ),
    "more than is left": Row(
        "already_reshipped",
        {**AGAIN, "reshipments": ["1042-R1"]},
        sent_again,
        Ask(source="1042-1", items=(("MUG", 2),)),
    ),
    "all of a shipment with nothing left": Row(
        "already_reshipped",
        {**AGAIN, "reshipped": 2, "left": 0, "reshipments": ["1042-R1"]},
        all_sent_again,
        Ask(source="1042-1"),
    ),
    "adding back what has left": Row("already_left", left_at, sent, Ask(add_back=True)),
    "adding back what came back already": Row(
        "already_added_back",
        {"shipment": "1042-1", "sku": "MUG", "shipped": 2, "added_back": 1, "left": 1, "asked": 2},
        returned_and_put_away,
        Ask(add_back=True),
    ),
    "an address that is not complete": Row(
        "invalid_address",
        {"country": "US", "parts": {"postal_code": "ZIP code is missing."}},
        sent,
        Ask(address=replace(JANE, postal_code="")),
        {"bulk": NO_OPTION},
    ),
    "an address with a part that is too long": Row(
        "invalid_text",
        {"field": "recipient", "length": 201, "longest": 200},
        sent,
        Ask(address=replace(JANE, recipient="J" * 201)),
        {"bulk": NO_OPTION},
    ),
    "a method that is too long": Row(
        "invalid_text",
        {"field": "method", "length": 61, "longest": 60},
        sent,
        Ask(method="m" * 61),
        {"bulk": NO_OPTION},
    ),
    "more than is available": Row(
        "not_enough_available", {"sku": "TEE", "asked": 6, "available": 4}, scarce, Ask(items=(("TEE", 6),))
    ),
    "whose fault nobody can have": Row(
        "invalid_fault",
        {"given": "“weather”", "known": ["carrier", "warehouse", "merchant", "customer"]},
        sent,
        Ask(fault="weather"),
    ),
    "too many reships of a day": Row(
        "too_many_reships",
        {"made": 1, "most": 1},
        policy(sent_again_today, most_reships_a_day=1),
        Ask(source="1042-1"),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_door_refuses_with_the_same_code_and_figures(world: World, name: str) -> None:
    row = ROWS[name]
    row.given(world)
    figures = row.figures(world) if callable(row.figures) else row.figures
    told = {door: told_at(door, world, row.ask) for door in DOORS if door not in row.but}
    assert told == dict.fromkeys(told, (row.code, figures))
    assert audit() == []


def test_the_table_has_every_refusal_that_a_reship_names() -> None:
    named = set(re.findall(r"`([a-z_]+)`", reship_orders.__doc__ or ""))
    assert named - {row.code for row in ROWS.values()} == set()
