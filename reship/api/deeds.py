"""A verb's work for the API: done, or rehearsed for a dry run, and the desk as it was left."""

from collections.abc import Callable
from typing import TypeVar

from reship.api.caller import ApiRequest
from reship.fulfilment.desk import Desk, at_desk, rehearse

T = TypeVar("T")


def do(work: Callable[[Desk], T], request: ApiRequest, *, dry_run: bool = False) -> tuple[T, Desk]:
    """What the work answers, and the desk: the orders on it are as they are stored now, or would be after the deed.

    A dry run locks nothing, writes nothing, and refuses what the deed would refuse. Refuses what `work` refuses.
    """
    desks: list[Desk] = []

    def seen(desk: Desk) -> T:
        desks.append(desk)
        return work(desk)

    if dry_run:
        outcome, _ = rehearse(
            seen, client=request.client, actor=request.actor, at=request.at, assumed=lambda places: {}
        )
    else:
        outcome = at_desk(seen, client=request.client, actor=request.actor, at=request.at)
    # After a conflict with another transaction, the work was done again at a desk of its own.
    return outcome, desks[-1]
