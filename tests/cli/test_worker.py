"""`reship worker`: jobs, housekeeping, and how it ends and survives."""

import itertools
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_scopes import scope

from reship.cli import working
from reship.clients.models import Session
from reship.errors import Refusal
from reship.fulfilment.once import once
from reship.fulfilment.reship_plan import ReshipRequest
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed, JobState
from reship.jobs.work import Worker
from tests.databases import RealDatabase
from tests.world import World, make_world

RESHIP = Path(sys.executable).parent / "reship"
LOST = JobOptions(JobDeed.RESHIP, reason="lost")


def a_job(world: World, *numbers: str, confirmed: bool = True) -> Job:
    orders = [JobOrder(number) for number in numbers]
    at = timezone.now() if confirmed else timezone.now() - timedelta(days=2)
    job = make_job(orders, LOST, client=world.acme, actor=world.mara, at=at)
    return confirm_job(job.number, client=world.acme, actor=world.mara, at=at) if confirmed else job


def jobs(world: World) -> list[tuple[int, str]]:
    with scope(client=world.acme.pk):
        return list(Job.objects.order_by("number").values_list("number", "state"))


def test_it_works_on_jobs_keeps_house_and_ends_on_sigterm(real_database: RealDatabase, tmp_path: Path) -> None:
    world = make_world()
    world.place("1042", MUG=2)
    a_job(world, "1042", confirmed=False)
    a_job(world, "1042")
    now = timezone.now()
    for name, expires_at in (("old", now - timedelta(days=1)), ("new", now + timedelta(days=1))):
        Session.objects.create(session_key=name, session_data="", expire_date=expires_at)
    kept: dict[str, Any] = {"asked": "", "client": world.acme, "actor": world.mara, "keep_for": timedelta(days=90)}
    once(lambda: {"location": "/1042"}, key="K", at=now - timedelta(days=91), **kept)
    worker = subprocess.Popen(
        [RESHIP, "worker"],
        env=real_database.environment | {"RESHIP_VAR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert "Working on jobs" in worker.stdout.readline()
    while jobs(world) != [(2, JobState.DONE)]:
        assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    worker.stdout.close()
    assert world.history("1042")[-1].endswith("(Job 2)")
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    with pytest.raises(Refusal, match="answer_expired"):
        once(dict, key="K", at=now, **kept)
    assert audit() == []


class Pauses(threading.Event):
    """Is set at the end of the day, and notes each pause before that instead of waiting."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        if len(self.seconds) == self.most:
            self.set()
        return self.is_set()


@pytest.fixture
def no_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own transaction is on the connection."""
    monkeypatch.setattr("reship.cli.working.connections.close_all", lambda: None)


@pytest.mark.usefixtures("no_closing", "db")
def test_without_jobs_it_asks_twice_a_second_and_now_and_then_for_those_who_wait(
    django_assert_num_queries: Any,
) -> None:
    assert working.work_until(Pauses(1)) == 0  # Keeps house first.
    pauses = Pauses(3)
    with pytest.MonkeyPatch.context() as patched, django_assert_num_queries(4):
        patched.setattr(working, "keep_house", lambda: None)
        working.work_until(pauses)
    assert pauses.seconds == [0.5] * 3


@pytest.mark.usefixtures("no_closing", "db")
def test_it_gives_units_that_somebody_let_go_to_those_who_wait(world: World) -> None:
    world.place("1042", TEE=5)
    world.ship("1042-1")
    world.place("1043", TEE=5)
    world.send(ReshipRequest("1042", reason="lost", wait_for_stock=True))
    world.cancel("1043-1")
    working.work_until(Pauses(1))
    assert (world.shipment("1042-R1").waiting, world.events("1042")[-1].actor) == ([], "Reship")
    assert audit() == []


@pytest.mark.usefixtures("no_closing", "db")
def test_it_waits_for_a_database_that_is_away_ever_longer_up_to_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = Pauses(10)

    def work_once(self: Worker, *, at: object) -> bool:
        if 2 <= len(pauses.seconds) < 8:
            raise OperationalError("the database system is shutting down")
        return False

    monkeypatch.setattr(Worker, "work_once", work_once)
    working.work_until(pauses)
    assert pauses.seconds == [0.5, 0.5, 1, 2, 4, 5, 5, 5, 0.5, 0.5]


@pytest.mark.postgresql
def test_it_goes_on_after_its_connection_was_cut_at_any_statement(
    real_database: RealDatabase,
) -> None:
    world = make_world()
    numbers = [str(number) for number in range(1, 9)]
    for number in numbers:
        world.place(number, MUG=1)
    job = a_job(world, *numbers)
    cuts = set(itertools.accumulate(range(1, 40, 2)))  # Each time it gets a little further.
    passed = itertools.count(1)

    def cut_now_and_then(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if next(passed) in cuts:
            with psycopg.connect(real_database.url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return execute(sql, params, many, context)

    pauses = Pauses(1000)
    with connection.execute_wrapper(cut_now_and_then):
        working.work_until(pauses, or_nothing_is_left=True)
    assert len(pauses.seconds) > 8
    with scope(client=world.acme.pk):
        job = Job.objects.get(pk=job.pk)
    assert (job.state, job.done, job.refused) == (JobState.DONE, 8, 0)
    assert audit() == []
