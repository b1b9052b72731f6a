"""How large chunks get, and whose turn it is."""

import contextlib
from collections import defaultdict
from datetime import datetime

import pytest
from django.db import OperationalError, connection
from django_scopes import scopes_disabled

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed
from reship.jobs.work import Pace, Worker, _Clock
from tests.world import World

LOST = JobOptions(JobDeed.RESHIP, reason="lost")


@pytest.mark.parametrize(
    ("before", "did", "seconds", "after"),
    [
        (50, 50, 0.1, 50),
        (50, 50, 0.08, 62),
        (50, 50, 0.001, 100),
        (50, 50, 0, 100),
        (100, 100, 10, 50),
        (50, 50, 10, 25),
        (25, 25, 10, 20),
        (400, 400, 0.05, 500),
        (500, 3, 0.1, 250),
        (1, 1, 10, 2),
    ],
)
def test_a_chunk_is_as_large_as_fits_its_time_and_never_jumps(
    before: int, did: int, seconds: float, after: int
) -> None:
    pace = Pace(before)
    pace.learn(did, seconds)
    assert pace.orders == after


def test_the_waits_for_locks_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("reship.jobs.work.time.monotonic", lambda: now)

    def takes(seconds: float) -> None:
        nonlocal now
        now += seconds

    clock = _Clock()
    clock(lambda sql: takes(1), "SELECT 1")
    clock(lambda sql: takes(10), 'SELECT 1 FROM "orders_order" FOR NO KEY UPDATE')
    clock(lambda sql: takes(100), 'SELECT 1 FROM "inventory_stocklevel" FOR UPDATE OF "x"')
    assert clock.seconds() == pytest.approx(1)


def still(orders: int = 1) -> Worker:
    """Learns nothing: each chunk is of so many orders."""

    class Still(Pace):
        def learn(self, orders: int, seconds: float) -> None:
            pass

    return Worker(paces=defaultdict(lambda: Still(orders)))


def job(world: World, client: Client, actor: Actor, *numbers: str) -> Job:
    orders = [JobOrder(number) for number in numbers]
    made = make_job(orders, LOST, client=client, actor=actor, at=world.later())
    return confirm_job(made.number, client=client, actor=actor, at=world.later())


def test_clients_take_turns_and_a_small_job_is_not_stuck_behind_a_big_one(world: World) -> None:
    big = [str(number) for number in range(1001, 1009)]
    for number in big:
        world.place(number, MUG=1)
    world.place("7001", client=world.other, MUG=1)
    world.place("7002", client=world.other, MUG=1)
    job(world, world.acme, world.mara, *big)
    worker = still()
    turns = [whose_turn(world, worker) for _ in range(2)]
    job(world, world.other, world.wren, "7001", "7002")
    turns += [whose_turn(world, worker) for _ in range(6)]
    # The newcomer has waited longest; its third chunk finds that nothing is left, and ends the job.
    assert turns == ["ACME", "ACME", "OTHER", "ACME", "OTHER", "ACME", "OTHER", "ACME"]
    while worker.work_once(at=world.later()):
        pass
    assert audit() == []


def test_a_client_with_many_short_jobs_has_no_more_turns_than_others(world: World) -> None:
    for number in ("1001", "1002", "1003"):
        world.place(number, MUG=1)
        job(world, world.acme, world.mara, number)
    others = [str(number) for number in range(7001, 7005)]
    for number in others:
        world.place(number, client=world.other, MUG=1)
    job(world, world.other, world.wren, *others)
    worker = still(2)
    assert [whose_turn(world, worker) for _ in range(6)] == ["ACME", "OTHER"] * 3
    assert not worker.work_once(at=world.later())
    assert audit() == []


def test_a_job_that_the_database_cannot_take_does_not_keep_the_others_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place("7001", client=world.other, MUG=1)
    job(world, world.acme, world.mara, "1001")
    job(world, world.other, world.wren, "7001")
    work_on = Worker.work_on

    def is_too_much(self: Worker, client_id: int, job_id: int, *, at: datetime) -> bool:
        if client_id == world.acme.pk:
            raise OperationalError("too much")
        return work_on(self, client_id, job_id, at=at)

    monkeypatch.setattr(Worker, "work_on", is_too_much)
    worker = still(2)
    with pytest.raises(OperationalError):
        worker.work_once(at=world.later())
    assert whose_turn(world, worker) == "OTHER"
    assert audit() == []


def whose_turn(world: World, worker: Worker) -> str:
    at = world.later()
    assert worker.work_once(at=at)
    with scopes_disabled():
        return Job.objects.select_related("client").get(worked_at=at).client.code


def test_the_jobs_of_one_client_come_one_after_the_other(world: World) -> None:
    world.place("1001", MUG=1)
    world.place("1002", MUG=1)
    first = job(world, world.acme, world.mara, "1001")
    second = job(world, world.acme, world.mara, "1002")
    worker = still()
    worked = []
    while worker.work_once(at=world.later()):
        with scopes_disabled():
            worked.append(Job.objects.get(worked_at=world.now).number)
    assert sorted(worked) == worked
    assert set(worked) == {first.number, second.number}
    assert audit() == []


@pytest.mark.usefixtures("db")
def test_looking_for_work_is_one_statement_by_an_index() -> None:
    with connection.execute_wrapper(explained), pytest.raises(Explained) as plan:
        Worker().work_once(at=None)  # type: ignore[arg-type] # Nothing is worked on.
    assert "job_unfinished" in str(plan.value)


class Explained(Exception):
    pass


def explained(execute: object, sql: str, params: object, many: bool, context: object) -> object:
    """Raises the plan of the statement in its place."""
    with contextlib.closing(connection.connection.cursor()) as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # The table is empty.
            cursor.execute(f"EXPLAIN {sql}", params)
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%s', '?')}", params)
        raise Explained("\n".join(str(row) for row in cursor.fetchall()))
