"""Every core pair of deeds, in seeded schedules of single statements: the outcome is one of those that may be.

`RESHIP_SCHEDULES=500` runs that many schedules per pair instead; `RESHIP_SCHEDULE=17` runs the 17th alone again.
"""

import os

import pytest

from tests.concurrency.pairs import PAIRS, Pair
from tests.concurrency.proof import exploring
from tests.databases import RealDatabase

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
