"""Schedules of a pair of deeds, and the first of them that ends as none may end."""

from collections.abc import Iterable

from reship.inventory.audit import audit
from tests.concurrency.explorer import Explored, Explorer
from tests.concurrency.pairs import Pair
from tests.databases import RealDatabase
from tests.world import make_world


def explore(pair: Pair, database: RealDatabase, *, schedules: Iterable[int]) -> str | None:
    """What was wrong with the first schedule that was wrong, with all its steps; None when none was.

    After each schedule: the outcomes are allowed, no deadlock happened (not even one that a retry hides), audit clean.
    """
    numbers = {schedule: f"S{schedule}" for schedule in schedules}
    world = make_world()
    pair.prepare(world, list(numbers.values()))
    first = pair.deeds(world, "S0")
    with Explorer.on(database, users=len(first)) as explorer:
        for schedule, number in numbers.items():
            explored = explorer.run(pair.deeds(world, number), seed=f"{pair} {schedule}")
            wrong = _what_is_wrong(pair, explored)
            if wrong:
                return "\n".join(
                    [
                        f"{pair}, schedule {schedule}: {'; '.join(wrong)}",
                        f"(again with RESHIP_SCHEDULE={schedule})",
                        *explored.steps,
                    ]
                )
    return None


def _what_is_wrong(pair: Pair, explored: Explored) -> list[str]:
    wrong = [violation.text for violation in audit()]
    if explored.outcomes not in pair.allowed:
        wrong.insert(0, f"ended as {explored.outcomes}")
    if explored.deadlocks:
        wrong.insert(0, f"{explored.deadlocks} deadlocks")
    return wrong
