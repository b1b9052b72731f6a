"""Counting: the ledger gets the difference, under the lock, with a reason; never below what is promised."""

from functools import partial
from typing import Any

import pytest

from reship.errors import Refusal
from reship.fulfilment.count import Count, Counted, CountResult, count_stock
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import World, make_world, refused


def count(world: World, *counts: Count, reason: str = "stocktaking", warehouse: str = "MAIN", **more: Any) -> Any:
    return count_stock(
        counts, warehouse=warehouse, reason=reason, client=world.acme, actor=world.pim, at=world.later(), **more
    )


def test_the_ledger_gets_the_differences_and_nothing_for_what_agrees(world: World) -> None:
    result = count(world, Count("MUG", "98"), Count("CUP", 100), Count("TEE", 12), Count("HAT", "0"))
    assert result.counted == (
        Counted("MUG", 98, 100),
        Counted("CUP", 100, 100),
        Counted("TEE", 12, 10),
        Counted("HAT", 0, 0),
    )
    assert (world.entries("MUG")[-1], world.entries("TEE")[-1]) == (("ADJUSTED", -2, 0), ("ADJUSTED", 2, 0))
    assert [len(world.entries(sku)) for sku in ("CUP", "HAT")] == [1, 0]
    assert audit() == []


def test_nothing_may_be_left_and_something_found_where_nothing_ever_lay(world: World) -> None:
    count(world, Count("TEE", "0"))
    count(world, Count("TEE", 3), warehouse="EAST")
    assert (world.stock("TEE"), world.stock("TEE", warehouse="EAST")) == (Balance(0, 0), Balance(3, 0))
    assert audit() == []


def test_a_count_below_what_is_promised_names_the_shipments_and_changes_nothing(world: World) -> None:
    world.place("1042", TEE=6)
    with refused(
        "units_promised", sku="TEE", warehouse="MAIN", on_hand=10, allocated=6, change=-5, shipments=["1042-1"]
    ):
        count(world, Count("MUG", 90), Count("TEE", 5), key="K")
    assert (world.stock("MUG"), world.stock("TEE")) == (Balance(100, 0), Balance(10, 6))
    assert count(world, Count("TEE", 6), key="K").counted == (Counted("TEE", 6, 10),)
    assert audit() == []


def test_a_count_that_is_sent_twice_counts_once(world: World) -> None:
    first = count(world, Count("MUG", 98), key="K")
    world.receive(MUG=10)
    again = count(world, Count("MUG", 98), key="K")
    assert (again.counted, again.replayed, world.stock("MUG")) == (first.counted, True, Balance(108, 0))
    assert audit() == []


@pytest.mark.parametrize(
    ("counts", "more", "code"),
    [
        ([], {}, "nothing_selected"),
        ([Count("MUG", 1)], {"reason": " "}, "reason_required"),
        ([Count("MUG", 1)], {"reason": "x" * 301}, "invalid_text"),
        ([Count("MUG", 1)], {"warehouse": "MOON"}, "unknown_warehouse"),
        ([Count("XXX", 1)], {}, "unknown_code"),
        ([Count("MUG", 1), Count("MUG", 2)], {}, "duplicate_item"),
        ([Count("MUG", "-1")], {}, "invalid_quantity"),
        ([Count("MUG", "")], {}, "invalid_quantity"),
        ([Count("MUG", "1_0")], {}, "invalid_quantity"),
    ],
)
def test_a_count_that_cannot_be_is_refused(world: World, counts: list[Count], more: dict[str, str], code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        count(world, *counts, **more)
    assert refusal.value.code == code
    assert world.stock("MUG") == Balance(100, 0)


def test_what_arrives_while_somebody_counts_is_not_counted_away(real_database: RealDatabase) -> None:
    world = make_world()
    deeds = [
        partial(count, world, Count("MUG", 90)),
        partial(world.receive, MUG=7),
        partial(world.place, "1042", MUG=5),
    ]
    answers = in_threads(deeds)
    (counted,) = [answer for answer in answers if isinstance(answer, CountResult)]
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    before = counted.counted[0].before
    assert (before, world.stock("MUG")) in [(100, Balance(97, 5)), (107, Balance(90, 5))]
    assert audit() == []
