"""The same pairs at full speed: people at the same instant, on real connections, again and again."""

import itertools
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pytest
from django.db.models import F, Min
from django_scopes import scope
from pytest_django import DjangoDbBlocker

from reship.fulfilment.cancel import cancel_shipments
from reship.fulfilment.depart import depart_shipments
from reship.fulfilment.pack import PackRequest, pack_shipments
from reship.fulfilment.pick import pick_shipments
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.reship import Reshipped, reship_orders
from reship.fulfilment.stock import Adjustment, Delivery, adjust_stock, receive_stock
from reship.inventory.audit import audit
from reship.inventory.models import LedgerEntry
from reship.orders.models import Departure, ShipmentStatus
from tests.concurrency.children import in_processes
from tests.concurrency.deadlocks import deadlocks
from tests.concurrency.deeds import reship
from tests.concurrency.pairs import PAIRS, Pair
from tests.concurrency.scene import an_order, make_products, place_each, receive_each, word_for
from tests.databases import Databases, RealDatabase
from tests.parallel import in_threads
from tests.world import NINE, World, make_world, new_order, reship_request

TWO_USERS_RESHIP_ONE_LINE = "reship × reship of the same line"
ROUNDS = {TWO_USERS_RESHIP_ONE_LINE: 200}


@pytest.fixture(scope="module")
def world_of_all_pairs(
    databases: Databases, template: RealDatabase, django_db_blocker: DjangoDbBlocker
) -> Iterator[World]:
    """One world for all pairs: their orders and SKUs have names of their own."""
    with django_db_blocker.unblock(), databases.copy(template).in_use() as database:
        yield make_world()
    databases.drop(database)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_people_at_one_instant_never_get_both(pair: Pair, world_of_all_pairs: World) -> None:
    numbers = [f"P{PAIRS.index(pair)}S{number}" for number in range(ROUNDS.get(pair.name, 6))]
    pair.prepare(world_of_all_pairs, numbers)
    rounds = [pair.deeds(world_of_all_pairs, number) for number in numbers]
    outcomes = [tuple(word_for(one) for one in of_round) for of_round in at_each_instant(rounds)]
    assert [outcome for outcome in outcomes if outcome not in pair.allowed] == []
    assert len(outcomes) == len(numbers)
    assert audit() == []


def test_a_double_click_and_a_retry_make_one_reshipment_and_get_one_answer(real_database: RealDatabase) -> None:
    numbers = [f"S{number}" for number in range(1, 31)]
    world = make_world()
    an_order(ShipmentStatus.DEPARTED)(world, numbers)
    for answers in at_each_instant([[reship(world, number, key=number)] * 3 for number in numbers]):
        results = [answer for answer in answers if isinstance(answer, Reshipped)]
        assert sorted(result.replayed for result in results) == [False, True, True]
        assert len({replace(result, replayed=False) for result in results}) == 1
    with scope(client=world.acme.pk):
        assert LedgerEntry.objects.filter(kind="ALLOCATED").count() == len(numbers) * 2
    assert audit() == []


def at_each_instant(rounds: list[list[Callable[[], object]]]) -> list[list[object]]:
    """Meets as many people as a round has deeds, who do theirs at once, round after round; what each round gave."""
    together = threading.Barrier(len(rounds[0]))

    def person(deeds: tuple[Callable[[], object], ...]) -> list[object]:
        answers: list[object] = []
        for deed in deeds:
            together.wait(60)
            try:
                answers.append(deed())
            except Exception as error:  # noqa: BLE001 (the test looks at it)
                answers.append(error)
        return answers

    by_person = in_threads([partial(person, deeds) for deeds in zip(*rounds, strict=True)])
    return [list(of_round) for of_round in zip(*by_person, strict=True)]


WORKERS = 16
DEEDS_EACH = int(os.environ.get("RESHIP_DEEDS", "20"))
Deed = Callable[[], Sequence[object]]
# What a verb may say to somebody who knows the numbers and comes too late, or finds the shelf empty.
MAY_BE_SAID = frozenset(
    {
        "done",
        "not_enough_available",
        "already_reshipped",
        "already_left",
        "already_added_back",
        "units_added_back",
        "shipment_cancelled",
        "order_cancelled",
        "shipment_not_found",
        "wrong_status",
        "picking_started",
        "units_promised",
        "order_exists",
    }
)


def test_sixteen_workers_on_scarce_stock_meet_only_refusals(real_database: RealDatabase) -> None:
    world = make_world()
    make_products(world, ["TEA"])
    receive_each(world, ["TEA"], 24)
    pool = [f"S{number}" for number in range(8)]
    place_each(world, {number: ["TEA", "MUG"] for number in pool[:4]}, status=ShipmentStatus.DEPARTED)
    place_each(world, {number: ["MUG", "TEA"] for number in pool[4:]}, status=ShipmentStatus.PACKED)

    said = set(itertools.chain(*in_processes([partial(work, world, pool, seed) for seed in range(WORKERS)])))

    assert said - MAY_BE_SAID == set()
    assert {"done", "not_enough_available"} <= said
    with scope(client=world.acme.pk):
        lowest = LedgerEntry.objects.aggregate(available=Min(F("on_hand_after") - F("allocated_after")))
    assert lowest["available"] >= 0
    assert deadlocks() == 0
    assert audit() == []


def work(world: World, pool: list[str], seed: int) -> list[str]:
    """One worker's day: every verb that moves stock, on orders that the others work on too."""
    choose = random.Random(seed)
    said: list[str] = []
    for number in range(DEEDS_EACH):
        deed = something_to_do(world, choose, pool, new_number=f"N{seed}-{number}")
        try:
            said += [word_for(outcome) for outcome in deed()]
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            said.append(word_for(error))
    return said


def something_to_do(world: World, choose: random.Random, pool: list[str], *, new_number: str) -> Deed:
    order, other = choose.sample(pool, 2)
    parcel = f"{order}-{choose.choice(('1', 'R1', 'R2', 'R3'))}"
    again = [
        reship_request(number, {"TEA": choose.randint(1, 2)}, source=f"{number}-1", add_back=choose.random() < 0.5)
        for number in (order, other)
    ]

    def by_otto(verb: Callable[..., Sequence[object]], what: Sequence[object], **more: object) -> Deed:
        return partial(verb, what, client=world.acme, actor=world.otto, at=NINE, **more)

    deeds = [
        by_otto(reship_orders, again),
        by_otto(reship_orders, again[:1]),
        by_otto(cancel_shipments, [parcel, f"{other}-R1"]),
        by_otto(place_orders, [new_order(new_number, {"MUG": 1, "TEA": 1})]),
        by_otto(receive_stock, [Delivery(sku, "MAIN", 1) for sku in choose.sample(["TEA", "MUG", "CUP"], 2)]),
        by_otto(pick_shipments, [parcel, f"{other}-R1"]),
        by_otto(pack_shipments, [PackRequest(parcel, by_hand=True)]),
        by_otto(depart_shipments, [parcel, f"{other}-1"], how=Departure.MANIFEST),
        by_otto(adjust_stock, [Adjustment("TEA", "MAIN", -1, "broken")]),
    ]
    return choose.choice(deeds)
