"""Schedules of a pair of deeds, and the first of them that ends as none may end."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reship.inventory.audit import audit
from tests.concurrency.explorer import Explored, Explorer, Step
from tests.concurrency.pairs import Pair
from tests.databases import RealDatabase
from tests.world import make_world

PREPARED_AT_ONCE = 10
_IN_ID_ORDER = re.compile(r'ORDER BY ("?\w+"?\.)?"?id"? ASC( LIMIT 1)? FOR|numbercounter')


@dataclass(frozen=True)
class Wrong:
    """A schedule that ended as none may end, and everything that was done in it."""

    pair: Pair
    schedule: int
    what: str
    steps: list[Step]

    def __str__(self) -> str:
        said = f"{self.pair}, schedule {self.schedule}: {self.what}"
        return "\n".join([said, f"(again with RESHIP_SCHEDULE={self.schedule})", *map(str, self.steps)])


Attempt = Callable[[int], Wrong | None]


@contextmanager
def exploring(pair: Pair, database: RealDatabase) -> Iterator[Attempt]:
    """Gives a function that runs one schedule of the pair, on an order of its own, and says what was wrong with it.

    After each schedule the outcomes are ones that may be, no deadlock happened (not even one that a retry hides), every
    statement that locked rows did so in the order of their ids (inside a statement nobody can be stopped), and the
    audit is clean.
    """
    world = make_world()
    prepared: list[str] = []
    numbers = itertools.count(1)
    with Explorer.on(database, users=len(pair.deeds(world, "S0"))) as explorer:

        def attempt(schedule: int) -> Wrong | None:
            if not prepared:
                prepared.extend(f"S{next(numbers)}" for _ in range(PREPARED_AT_ONCE))
                pair.prepare(world, prepared)
            deeds = pair.deeds(world, prepared.pop())
            explored = explorer.run(deeds, name=pair.name, schedule=schedule)
            wrong = _what_is_wrong(pair, explored)
            return Wrong(pair, schedule, "; ".join(wrong), explored.steps) if wrong else None

        yield attempt


def _what_is_wrong(pair: Pair, explored: Explored) -> list[str]:
    wrong = [violation.text for violation in audit()]
    if explored.outcomes not in pair.allowed:
        wrong.insert(0, f"ended as {explored.outcomes}")
    for step in explored.steps:
        if step.locks_rows and not _IN_ID_ORDER.search(step.sql):
            wrong.insert(0, f"locks in no order: {step}")
    if explored.deadlocks:
        wrong.insert(0, f"{explored.deadlocks} deadlocks")
    return wrong
