"""`reship reship` and `reship ship`: every refusal of the design's section 5 reaches the command line."""

from collections.abc import Callable

import pytest

from reship.errors import Figure
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import ShipmentStatus
from tests.cli.terminal import Ended, reship
from tests.world import World


def again(*arguments: str) -> Ended:
    return reship("reship", "1042", "--client", "ACME", "--reason", "lost", *arguments, "--json")


def test_it_reships_what_is_named(world: World) -> None:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1")
    assert again("--item", "MUG=1", "--item", "CUP=1", "--note", "Never came.", "--hold").json == {
        "order": "1042",
        "source": "1042-1",
        "shipment": "1042-R1",
        "items": [{"sku": "MUG", "quantity": 1}, {"sku": "CUP", "quantity": 1}],
        "added_back": False,
        "held": True,
        "waiting": [],
        "replayed": False,
        "warnings": [],
    }
    assert (world.stock("MUG"), world.status("1042")) == (Balance(98, 1), "ON_HOLD")
    assert world.events("1042")[-1].actor == "command line"
    assert audit() == []


def test_it_waits_for_stock_or_takes_it_from_another_warehouse(world: World) -> None:
    world.place("1042", TEE=10)
    world.ship("1042-1")
    world.receive(warehouse="EAST", TEE=1)
    said = again("--item", "TEE=1", "--wait", "--dry-run").json
    assert (said["waiting"], world.stock("TEE")) == ([{"sku": "TEE", "quantity": 1}], Balance(0, 0))
    again("--item", "TEE=1", "--warehouse", "EAST")
    assert world.stock("TEE", warehouse="EAST") == Balance(1, 1)
    again("--item", "TEE=4", "--wait")
    assert [(item.sku, item.quantity) for item in world.shipment("1042-R2").waiting] == [("TEE", 4)]
    assert audit() == []


def test_in_text_it_says_what_was_done_and_warns(world: World) -> None:
    world.place("1042", MUG=2)
    said = reship("reship", "1042", "--client", "ACME", "--reason", "damaged", "--source", "1042-1").out
    assert said.startswith("Re-shipped 2 × MUG of 1042-1 as 1042-R1; nothing added back.\nNote: 1042-1 has not left")
    assert audit() == []


def test_a_dry_run_shows_the_stock_now_and_after_and_writes_nothing(world: World) -> None:
    world.place("1042", MUG=2)
    ended = again("--add-back", "--dry-run")
    assert (ended.code, ended.json["shipment"], ended.json["added_back"]) == (0, "1042-R1", True)
    balance = {"on_hand": 100, "allocated": 2, "available": 98}
    assert ended.json["stock"] == [{"sku": "MUG", "now": balance, "after": balance}]
    said = reship("reship", "1042", "--client", "ACME", "--reason", "lost", "--item", "MUG=1", "--dry-run").out
    assert "MUG: on hand 100 → 100, allocated 2 → 3, available 98 → 97" in said
    assert said.endswith("Nothing was written.\n")
    assert (world.stock("MUG"), len(world.events("1042"))) == (Balance(100, 2), 1)
    assert audit() == []


def test_a_sku_may_hold_an_equals_sign(world: World) -> None:
    world.place("1042", MUG=1)
    ended = again("--item", "A=B=1")
    assert (ended.code, ended.json["figures"]["sku"]) == (1, "A=B")


def test_the_same_key_does_it_once(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    first, second = again("--key", "k1", "--item", "MUG=1"), again("--key", "k1", "--item", "MUG=1")
    assert (first.json["replayed"], second.json["replayed"]) == (False, True)
    assert (first.json["shipment"], second.json["shipment"], world.stock("MUG").allocated) == ("1042-R1", "1042-R1", 1)
    assert (
        "nothing was done again"
        in reship("reship", "1042", "--client", "ACME", "--reason", "lost", "--key", "k1", "--item", "MUG=1").out
    )
    assert audit() == []


def test_it_acts_as_the_person_who_is_named(world: World) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1")
    assert again("--as", "dana@acme.example").code == 0
    assert world.events("1042")[-1].actor == "Dana"
    assert again("--as", "wren@other.example").json["code"] == "order_not_found"
    assert again("--as", "nobody@acme.example").json["code"] == "user_not_found"
    dana = world.user_of(world.dana)
    dana.is_active = False
    dana.save()
    assert again("--as", "DANA@acme.example ").json["code"] == "user_not_found"
    assert audit() == []


def twice(world: World) -> None:
    again("--item", "MUG=2")


def cancelled(world: World) -> None:
    world.cancel("1042-1")


def departed(world: World) -> None:
    world.ship("1042-1")


def added_back(world: World) -> None:
    world.ship("1042-1", until=ShipmentStatus.RETURNED)
    world.restock("1042-1", MUG=2)


def key_used(world: World) -> None:
    again("--key", "k1", "--item", "CUP=1")


def nothing(world: World) -> None:
    pass


SHELF = {"sku": "MUG", "asked": 2, "available": 1}
REFUSALS: list[tuple[str, Callable[[World], None], list[str], dict[str, Figure]]] = [
    ("request_key_reused", key_used, ["--key", "k1", "--item", "MUG=1"], {"key": "k1"}),
    ("not_allowed", nothing, ["--as", "vic@acme.example"], {"right": "reship", "role": "viewer"}),
    ("not_allowed", nothing, ["--add-back", "--as", "dana@acme.example"], {"right": "add_back", "role": "agent"}),
    ("order_cancelled", cancelled, [], {"order": "1042"}),
    ("shipment_not_found", nothing, ["--source", "1042-9"], {"shipment": "1042-9"}),
    ("unknown_item", nothing, ["--item", "HAT=1"], {"shipment": "1042-1", "sku": "HAT", "known": ["CUP", "MUG"]}),
    ("duplicate_item", nothing, ["--item", "MUG=1", "--item", "MUG=1"], {"shipment": "1042-1", "sku": "MUG"}),
    (
        "more_than_shipped",
        nothing,
        ["--item", "MUG=3"],
        {"shipment": "1042-1", "sku": "MUG", "shipped": 2, "asked": 3},
    ),
    (
        "already_reshipped",
        twice,
        ["--source", "1042-1", "--item", "MUG=1"],
        {
            "shipment": "1042-1",
            "sku": "MUG",
            "shipped": 2,
            "reshipped": 2,
            "left": 0,
            "asked": 1,
            "reshipments": ["1042-R1"],
        },
    ),
    (
        "already_added_back",
        added_back,
        ["--add-back", "--item", "MUG=1"],
        {"shipment": "1042-1", "sku": "MUG", "shipped": 2, "added_back": 2, "left": 0, "asked": 1},
    ),
]


@pytest.mark.parametrize(("code", "before", "arguments", "figures"), REFUSALS, ids=lambda value: str(value)[:30])
def test_a_refusal_has_its_code_and_figures(
    world: World, code: str, before: Callable[[World], None], arguments: list[str], figures: dict[str, Figure]
) -> None:
    world.place("1042", MUG=2, CUP=1)
    before(world)
    ended = again(*arguments)
    assert (ended.code, ended.err, ended.json["code"], ended.json["figures"]) == (1, "", code, figures)
    assert audit() == []


def test_what_is_not_there_any_more_is_refused_with_the_figures(world: World) -> None:
    world.place("1042", TEE=2)
    world.place("1043", TEE=8)
    world.ship("1042-1")
    ended = again()
    assert (ended.code, ended.json["code"]) == (1, "not_enough_available")
    assert ended.json["figures"] == {"sku": "TEE", "asked": 2, "available": 0}
    assert reship("reship", "1042", "--client", "ACME", "--reason", "lost").err == (
        "not_enough_available: 2 × TEE were asked for; 0 available.\n"
    )
    assert audit() == []


def test_add_back_after_departure_is_refused_with_its_time(world: World) -> None:
    world.place("1042", MUG=2)
    shipped = world.ship("1042-1")
    assert shipped.departed_at is not None
    assert again("--add-back").json["figures"] == {
        "shipment": "1042-1",
        "status": "DEPARTED",
        "departed_at": shipped.departed_at.isoformat(),
    }
    assert audit() == []


@pytest.mark.parametrize("given", ["0", "-1", "1000000000", "1.5", "NaN", "", "²", "１２", "1_000"])
def test_a_quantity_that_is_none_is_refused_by_the_verb(world: World, given: str) -> None:
    world.place("1042", MUG=2)
    ended = again(f"--item=MUG={given}")
    assert (ended.code, ended.json["code"], ended.json["figures"]["sku"]) == (1, "invalid_quantity", "MUG")
    assert audit() == []


def test_wrong_use_exits_with_2(world: World) -> None:
    ended = again("--item", "MUG")
    assert (ended.code, ended.out) == (2, "")
    assert "'MUG' is not SKU=QTY" in ended.err
    assert again("--address", "planet=Mars").code == 2
    assert reship("reship", "1042").code == 2


def test_ship_sends_a_parcel_off_in_one_go(world: World) -> None:
    world.place("1042", MUG=2)
    world.reship("1042", MUG=1)
    ended = reship("ship", "1042", "--client", "ACME", "--shipment", "1042-1", "--tracking", "TN1", "--json")
    assert {name: value for name, value in ended.json.items() if name != "departed_at"} == {
        "order": "1042",
        "shipment": "1042-1",
        "status": "DEPARTED",
        "tracking_number": "TN1",
    }
    assert reship("ship", "1042", "--client", "ACME").out == "1042-R1 left the warehouse.\n"
    assert (world.stock("MUG"), world.status("1042")) == (Balance(97, 0), "FULFILLED")
    assert audit() == []


def test_ship_refuses_what_is_held(world: World) -> None:
    world.place("1042", MUG=2)
    world.hold("1042")
    ended = reship("ship", "1042", "--client", "ACME", "--json")
    assert (ended.code, ended.json["code"]) == (1, "on_hold")
    assert reship("ship", "1042", "--client", "ACME").err == "on_hold: 1042-1 is on hold: Client hold by Dana.\n"
    assert audit() == []
