"""Every core pair of deeds, in seeded schedules of single statements: the outcome is one of those that may be.

`RESHIP_SCHEDULES=500` runs that many schedules per pair instead; `RESHIP_SCHEDULE=17` runs the 17th alone again.
"""

import os

import pytest

from reship.inventory.audit import audit
from tests.concurrency.explorer import Explorer
from tests.concurrency.pairs import PAIRS, Pair
from tests.concurrency.proof import exploring
from tests.databases import RealDatabase
from tests.world import make_world

pytestmark = pytest.mark.postgresql

_only = os.environ.get("RESHIP_SCHEDULE")
SCHEDULES = [int(_only)] if _only else range(1, int(os.environ.get("RESHIP_SCHEDULES", "10")) + 1)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_schedule_ends_as_if_one_had_come_after_the_other(pair: Pair, real_database: RealDatabase) -> None:
    with exploring(pair, real_database) as attempt:
        for schedule in SCHEDULES:
            wrong = attempt(schedule)
            if wrong is not None:
                pytest.fail(str(wrong), pytrace=False)


@pytest.mark.parametrize("schedule", [1, 3, 4, 5, 7, 8])
def test_a_number_brings_its_schedule_back(schedule: int, real_database: RealDatabase) -> None:
    pair, world = PAIRS[0], make_world()
    pair.prepare(world, ["S1", "S2"])
    with Explorer.on(real_database, users=2) as explorer:
        one, again = (explorer.run(pair.deeds(world, number), name="", schedule=schedule) for number in ("S1", "S2"))
    assert one == again
    assert audit() == []
