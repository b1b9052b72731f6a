"""`reship orders` and `reship order`."""

import json

import pytest

from reship.inventory.audit import audit
from reship.orders.models import HoldKind, ShipmentStatus
from tests.cli.terminal import reship
from tests.world import World


def test_orders_lists_the_newest_that_match(world: World) -> None:
    world.place("1", MUG=1)
    world.place("2", CUP=1)
    world.place("1", MUG=1, client=world.other)
    answer = reship("orders", "--client", "ACME", "--search", "CUP", "--json").json
    assert answer == [
        {
            "number": "2",
            "client": "ACME",
            "status": "AWAITING",
            "customer": "Jane Doe",
            "placed_at": "2026-03-02T09:05:00Z",
        }
    ]
    assert [(row["client"], row["number"]) for row in reship("orders", "--limit", "2", "--json").json] == [
        ("OTHER", "1"),
        ("ACME", "2"),
    ]
    assert reship("orders", "--status", "FULFILLED", "--json").json == []


def test_orders_in_text_shows_names_as_they_are_and_says_when_there_are_more(world: World) -> None:
    world.place("[bold]1", MUG=1)
    world.place("2", MUG=1)
    text = reship("orders", "--client", "ACME", "--limit", "1").out
    assert "There are more" in text
    assert "[bold]1" in reship("orders", "--client", "ACME").out
    assert reship("orders", "--client", "OTHER").out == "No orders match.\n"


def test_order_answers_everything_about_an_order(world: World) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.hold("1042", kind=HoldKind.FRAUD, actor=world.otto)
    world.lift("1042", kind=HoldKind.FRAUD, actor=world.otto)
    world.reship("1042", MUG=2, add_back=True, hold=True)
    answer = reship("order", "1042", "--client", "ACME", "--json").json
    shipments = [
        (
            shipment["number"],
            shipment["status"],
            shipment["reshipment_of"],
            shipment["lines"],
            [(hold["kind"], hold["lifted_at"]) for hold in shipment["holds"]],
        )
        for shipment in answer["shipments"]
    ]
    assert (answer["number"], answer["client"], answer["status"]) == ("1042", "ACME", "ON_HOLD")
    assert answer["lines"] == [{"sku": "MUG", "quantity": 3}]
    assert shipments == [
        ("1042-1", "PACKED", None, [{"sku": "MUG", "quantity": 3, "added_back": 2}], []),
        ("1042-R1", "OPEN", "1042-1", [{"sku": "MUG", "quantity": 2, "added_back": 0}], [("OPERATOR", None)]),
    ]
    assert [(hold["kind"], hold["lifted_at"] is not None) for hold in answer["holds"]] == [("FRAUD", True)]
    assert answer["stock"] == [{"sku": "MUG", "warehouse": "MAIN", "on_hand": 100, "allocated": 3, "available": 97}]
    assert answer["history"][-1] == {
        "at": f"{world.now:%Y-%m-%dT%H:%M:%SZ}",
        "actor": "Mara",
        "type": "order.reshipped",
        "text": world.history("1042")[-1],
        "items": [{"sku": "MUG", "quantity": 2}],
    }
    assert audit() == []


def test_order_in_text_tells_the_same(world: World) -> None:
    world.place("1042", MUG=3)
    world.reship("1042", MUG=2, add_back=True, hold=True)
    text = reship("order", "1042", "--client", "ACME").out
    for said in ("Order 1042 of ACME: on hold", "3 × MUG (2 added back)", "1042-R1  open, sends items of 1042-1 again"):
        assert said in text
    assert "Operator Hold by Mara" in text
    assert world.history("1042")[-1] in text


@pytest.mark.parametrize("number", ["9999", "", "\0", "\udcff"])
def test_an_order_that_is_not_there_is_refused(world: World, number: str) -> None:
    ended = reship("order", number, "--client", "ACME", "--json")
    assert (ended.code, ended.json["code"]) == (1, "order_not_found")


def test_another_clients_order_looks_like_none(world: World) -> None:
    world.place("1042", MUG=1, client=world.other)
    assert reship("order", "1042", "--client", "ACME").err == "order_not_found: There is no order 1042.\n"
    ended = reship("order", "1042", "--client", "NOBODY", "--json")
    assert (ended.code, json.loads(ended.out)["code"]) == (1, "client_not_found")


@pytest.mark.parametrize("limit", ["0", "1001", "x", "²", "1_0", "-1"])
def test_a_limit_that_is_none_is_wrong_use(world: World, limit: str) -> None:
    ended = reship("orders", f"--limit={limit}")
    assert (ended.code, ended.out) == (2, "")
    assert "is not a whole number from 1 to 1,000" in ended.err


def test_wrong_use_exits_with_2(world: World) -> None:
    assert reship("orders", "--status", "LOST").code == 2
    assert reship("order", "1042").code == 2
