"""The explorer finds what it is there for: each planted bug within a few schedules, which pass without the bug.

`-rP` prints the schedule that found it. Not listed is what cannot be seen: shipments alone may go unlocked, because
every verb holds the lock of their order.
"""

import pytest

from tests.concurrency.pairs import PAIRS
from tests.concurrency.planted import BUGS, Bug
from tests.concurrency.proof import exploring
from tests.databases import RealDatabase

pytestmark = pytest.mark.postgresql

# Some at random, then every place for one change of turns; see Explorer.
SCHEDULES = [1, 3, 5, 7, *range(2, 122, 2)]


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug: Bug, real_database: RealDatabase) -> None:
    (pair,) = (pair for pair in PAIRS if pair.name == bug.pair)
    with exploring(pair, real_database) as attempt:
        for schedule in SCHEDULES:
            assert attempt(schedule) is None, "without the bug"
            with bug.plant():
                found = attempt(schedule)
            if found is not None:
                break
    assert found is not None, f"{len(SCHEDULES)} schedules did not find that {bug}"
    assert bug.found_as in found.what
    print(found)  # noqa: T201 (shown with -rP)
