"""A process that is killed in the middle of a reship leaves all of it or nothing, and the same request heals it.

Every point is tried: before and after each statement of the verb, up to and including the commit.
"""

import hashlib
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django_scopes import scope

from reship.database.tenancy import Tenant
from reship.fulfilment.reship import reship_order
from reship.fulfilment.reship_plan import ReshipRequest
from reship.inventory.audit import audit
from reship.orders.models import Reshipment, ShipmentStatus
from tests.concurrency.children import Child
from tests.concurrency.planted import hold_in_a_transaction_of_its_own, split_in_two
from tests.concurrency.scene import an_order
from tests.databases import RealDatabase
from tests.world import NINE, World, make_world, reship_request

# More than any reship has points; a run ends with the first child that is not killed.
MOST_POINTS = 60
Stored = dict[str, tuple[int, str]]


@pytest.mark.parametrize("add_back", [False, True], ids=["without add-back", "with add-back"])
def test_a_reship_killed_at_any_point_leaves_all_or_nothing(add_back: bool, real_database: RealDatabase) -> None:
    world = make_world()
    left = []
    for request, what in crashes(world, add_back=add_back):
        left.append(what)
        assert audit() == []
        again = reship_order(request, client=world.acme, actor=world.mara, at=NINE)
        assert again.replayed is (what == "everything")
        with scope(client=world.acme.pk):
            assert Reshipment.objects.filter(order__number=request.order_number).count() == 1
    assert left == ["nothing"] * (len(left) - 1) + ["everything"]
    assert len(left) > 30
    assert audit() == []


@pytest.mark.parametrize("plant", [split_in_two, hold_in_a_transaction_of_its_own])
def test_a_transaction_in_two_parts_is_found_out(plant: Any, real_database: RealDatabase) -> None:
    world = make_world()
    with plant():
        assert any(what == "a part" for _, what in crashes(world, add_back=False))


def crashes(world: World, *, add_back: bool) -> Iterator[tuple[ReshipRequest, str]]:
    """Kills a reship, each time of another order, at one point after the other; what each left behind."""
    numbers = [f"S{number}" for number in range(MOST_POINTS)]
    an_order(ShipmentStatus.PACKED if add_back else ShipmentStatus.DEPARTED)(world, numbers)
    requests = [reship_request(number, key=number, hold=True, add_back=add_back) for number in numbers]
    before = stored()
    assert Child(partial(reship_until, None, world, requests[0])).answer() == "1 reshipped"
    everything = rows_more(before, stored())
    for point, request in enumerate(requests[1:]):
        before = stored()
        if Child(partial(reship_until, point, world, request)).answer() is not None:
            return
        after = stored()
        parts = {before == after: "nothing", rows_more(before, after) == everything: "everything"}
        yield request, parts.get(True, "a part")
    raise AssertionError(f"a reship has more than {MOST_POINTS} points")


def reship_until(point: int | None, world: World, request: ReshipRequest) -> str:
    do_until(point, partial(reship_order, request, client=world.acme, actor=world.mara, at=NINE))
    return "1 reshipped"


def do_until(point: int | None, deed: Callable[[], object]) -> None:
    """In a child: does it, and is killed at this point; even ones are before a statement, odd ones after it."""
    points = itertools.count()

    def pass_point() -> None:
        if next(points) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def at_statement(execute: Any, *statement: Any) -> Any:
        pass_point()
        result = execute(*statement)
        pass_point()
        return result

    # The commit does not pass Django's execute wrappers.
    connection._commit = partial(at_statement, connection._commit)  # type: ignore[attr-defined]
    with connection.execute_wrapper(at_statement):
        deed()


def stored() -> Stored:
    """Every table that belongs to clients: how many rows, and a digest of their bytes."""
    found: Stored = {}
    with connection.cursor() as cursor:
        for table in (model._meta.db_table for model in apps.get_models() if issubclass(model, Tenant)):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY id')
            rows = cursor.fetchall()
            found[table] = len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def rows_more(before: Stored, after: Stored) -> dict[str, int]:
    return {table: after[table][0] - before[table][0] for table in before}
