"""Workers that are killed, and workers that meet: every order of a job is done once, or refused."""

import io
import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django_scopes import scope

from reship.cli import working
from reship.fulfilment.reship_plan import AddBack
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed, JobItem, JobState
from reship.orders.models import EventType, OrderEvent, Reshipment, ShipmentStatus
from tests.concurrency.children import Child, in_processes
from tests.concurrency.deadlocks import deadlocks
from tests.concurrency.scene import make_products, place_each, receive_each
from tests.databases import RealDatabase
from tests.world import World, make_world

RESHIP = Path(sys.executable).parent / "reship"
ORDERS = int(os.environ.get("RESHIP_JOB_ORDERS", "2000"))
KILLS = int(os.environ.get("RESHIP_KILLS", "50"))
SEED = int(os.environ.get("RESHIP_SEED", "3"))


def confirmed_job(world: World, numbers: Sequence[str], add_back: AddBack = AddBack.NO) -> Job:
    options = JobOptions(JobDeed.RESHIP, reason="lost", add_back=add_back)
    orders = [JobOrder(number) for number in numbers]
    job = make_job(orders, options, client=world.acme, actor=world.mara, at=world.later())
    return confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that look for work again at once."""
    monkeypatch.setattr(working, "POLL_SECONDS", 0.01)


@pytest.mark.usefixtures("impatient")
def test_workers_killed_at_random_moments_lose_nothing_and_double_nothing(
    real_database: RealDatabase, tmp_path: Path
) -> None:
    world = make_world()
    make_products(world, ["TEA"])
    too_many = ORDERS // 20
    receive_each(world, ["TEA"], 2 * ORDERS - too_many)
    numbers = [f"S{number}" for number in range(ORDERS)]
    place_each(world, {number: ["TEA"] for number in numbers}, status=ShipmentStatus.DEPARTED, quantity=1)
    job = confirmed_job(world, numbers)
    choose = random.Random(SEED)

    for _ in range(KILLS):
        killed_at(choose.randint(1, 80), partial(call_command, "worker", stdout=io.StringIO()))
    assert 0 < ended_items(world, job) < ORDERS, "the workers were killed in the midst of the job"
    environment = real_database.environment | {"RESHIP_VAR": str(tmp_path)}
    subprocess.run([RESHIP, "worker", "--once"], env=environment, stdout=subprocess.DEVNULL, check=True)

    with scope(client=world.acme.pk):
        job = Job.objects.get(pk=job.pk)
        states = Counter(JobItem.objects.values_list("state", "code"))
        done = list(JobItem.objects.filter(state="DONE").values_list("order_number", "shipment"))
        made = list(Reshipment.objects.values_list("order__number", "shipment__number"))
        told = list(OrderEvent.objects.filter(type=EventType.RESHIPPED).values_list("order__number", flat=True))
    assert (job.state, job.done, job.refused) == (JobState.DONE, ORDERS - too_many, too_many)
    assert states == {("DONE", ""): ORDERS - too_many, ("REFUSED", "not_enough_available"): too_many}
    assert sorted(made) == sorted(done)
    assert sorted(told) == sorted({number for number, _ in made})
    assert audit() == []


def killed_at(point: int, command: Callable[[], object]) -> None:
    """Runs a command in a process that is ended by SIGKILL from outside soon after it passed this point: the point is
    the seed's, and where in its next statement, commit or thought it is struck is chance.
    """
    reading, writing = os.pipe()
    child = Child(partial(telling, writing, command))
    os.close(writing)
    with os.fdopen(reading, "rb") as points:
        points.read(point)
        child.kill()
    assert child.answer() is None


def telling(writing: int, command: Callable[[], object]) -> None:
    """In the child: writes a byte before and after each statement and commit of the command."""

    def at_statement(execute: Any, *statement: Any) -> Any:
        os.write(writing, b".")
        result = execute(*statement)
        os.write(writing, b".")
        return result

    # The commit does not pass Django's execute wrappers.
    connection._commit = partial(at_statement, connection._commit)  # type: ignore[attr-defined]
    with connection.execute_wrapper(at_statement):
        command()


def test_a_killed_bulk_reship_goes_on_when_it_is_called_again_with_its_key(
    real_database: RealDatabase, tmp_path: Path
) -> None:
    world = make_world()
    make_products(world, ["TEA"])
    receive_each(world, ["TEA"], 240)
    numbers = [f"S{number}" for number in range(120)]
    place_each(world, {number: ["TEA"] for number in numbers}, status=ShipmentStatus.DEPARTED, quantity=1)
    (tmp_path / "numbers").write_text("\n".join(numbers))
    said = io.StringIO()
    asked = ["--client=ACME", f"--numbers={tmp_path / 'numbers'}", "--key=k", "--json"]
    command = partial(call_command, "bulk-reship", *asked, stdout=said)

    for point in (5, 30, 90):  # Before the job is made, in its first chunk, and after that.
        killed_at(point, command)
    command()

    assert json.loads(said.getvalue()) == {"job": 1, "submitted": 120, "done": 120, "refused": 0, "refusals": {}}
    with scope(client=world.acme.pk):
        assert sorted(Reshipment.objects.values_list("order__number", flat=True)) == sorted(numbers)
    assert audit() == []


def ended_items(world: World, job: Job) -> int:
    with scope(client=world.acme.pk):
        return JobItem.objects.filter(job_id=job.pk, state__in=["DONE", "REFUSED"]).count()


WORKERS = 4
SHARED_ORDERS = int(os.environ.get("RESHIP_SHARED_ORDERS", "600"))
MAY_BE_SAID = {"not_enough_available", "already_reshipped", "already_left", "already_added_back"}


@pytest.mark.usefixtures("impatient")
def test_overlapping_jobs_of_scarce_goods_end_with_every_order_done_or_refused(real_database: RealDatabase) -> None:
    world = make_world()
    skus = ["TEA", "PAN"]
    make_products(world, skus)
    receive_each(world, skus, 2 * SHARED_ORDERS + SHARED_ORDERS // 4)
    numbers = [f"S{number}" for number in range(SHARED_ORDERS)]
    half = SHARED_ORDERS // 2
    place_each(world, dict.fromkeys(numbers[:half], skus), status=ShipmentStatus.DEPARTED)
    place_each(world, dict.fromkeys(numbers[half:], skus[::-1]), status=ShipmentStatus.PACKED)
    choose = random.Random(SEED)
    jobs = [
        confirmed_job(world, choose.sample(numbers, SHARED_ORDERS * 2 // 3), add_back)
        for add_back in [AddBack.NO, AddBack.YES, AddBack.WHERE_HERE] * 2
    ]

    in_processes([partial(working.work_until, threading.Event(), or_nothing_is_left=True)] * WORKERS)

    for job in jobs:
        with scope(client=world.acme.pk):
            ended = Job.objects.get(pk=job.pk)
            codes = Counter(JobItem.objects.filter(job_id=job.pk).values_list("state", "code"))
        assert (ended.state, ended.done + ended.refused) == (JobState.DONE, ended.submitted)
        assert codes.pop(("DONE", ""), 0) == ended.done
        assert codes == {("REFUSED", code): count for code, count in ended.refusals.items()}
        assert set(ended.refusals) <= MAY_BE_SAID
    assert sum(job.submitted for job in jobs) == 6 * (SHARED_ORDERS * 2 // 3)
    assert deadlocks() == 0
    assert audit() == []
