"""Rows about what must not grow: statements with the chunk, cost with earlier reships, memory with the job."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from django_scopes import scope

from bench.measure import in_turn
from bench.pages import counted
from bench.reships import MOST_GROWTH, REASON, ready_jobs
from bench.scene import BIGGEST, Scene
from bench.table import Row, compared_row
from reship.fulfilment.reship import Reshipped, reship_orders
from reship.fulfilment.reship_plan import ReshipRequest
from reship.jobs.asking import JobOptions
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job_of_matching
from reship.jobs.models import Job, JobDeed
from reship.jobs.work import Pace, Worker
from reship.orders.models import Order, OrderStatus
from reship.orders.queries import OrderFilter

EARLIER = 50
_MB = 1024 * 1024


def statements_row(scene: Scene) -> Row:
    """Statements of one chunk of 500 orders beside one of 50."""
    large, small = (10, 2) if scene.sizes.is_quick else (500, 50)
    counts = {orders: _statements_of_chunk(scene, orders) for orders in (large, small)}
    return Row(
        name="statements_per_chunk",
        database=scene.kind,
        ours=counts[large],
        base=counts[small],
        beside=f"ours: a chunk of {small} instead of {large}",
        unit="statements",
        at_most="the same",
        is_met=counts[large] == counts[small],
    )


def _statements_of_chunk(scene: Scene, orders: int) -> int:
    (job,) = ready_jobs(scene, 1, orders)
    worker = Worker(defaultdict(lambda: Pace(orders)))
    with counted() as count:
        worker.work_on(job.client_id, job.pk, at=scene.now)
    return count()


def earlier_row(scene: Scene) -> Row:
    """Orders that were sent again often, beside orders that never were."""
    earlier, orders, rounds = (3, 2, 1) if scene.sizes.is_quick else (EARLIER, 20, 8)
    often = scene.untouched.take(orders)
    for _ in range(earlier):
        _send_again(scene, often)
    duel = in_turn(
        lambda: _send_again(scene, often),
        lambda: _send_again(scene, scene.untouched.take(orders)),
        rounds=rounds,
        warm_up=1,
        watches=(scene.watches[0], scene.watches[0]),
        tick=lambda: scene.tick("after_50_reships"),
    )
    return compared_row(
        "after_50_reships",
        scene.kind,
        duel,
        per=orders,
        unit="ms CPU an order",
        beside="ours: orders never sent again before",
        most_times=MOST_GROWTH,
    )


def _send_again(scene: Scene, numbers: list[str]) -> None:
    requests = [
        ReshipRequest(number, source=f"{number}-1", reason=REASON, note="Lost once more", send_again_anyway=True)
        for number in numbers
    ]
    outcomes = reship_orders(requests, client=scene.client, actor=scene.actor, at=scene.now)
    assert all(isinstance(outcome, Reshipped) for outcome in outcomes), outcomes


def memory_row(scene: Scene) -> Row:
    """The most memory that a `reship worker` had, with a job of all orders there are, up to 100,000; and of 1,000."""
    many, few = (40, 40) if scene.sizes.is_quick else (100_000, 1_000)
    peaks = {}
    for orders in sorted({few, many}):
        job = _job_of_oldest(scene, orders)
        peaks[orders] = _peak_of_worker(scene)
        with scope(client=BIGGEST):
            job.refresh_from_db()
        assert not job.has_work, f"job {job.number} is {job.state}"
        scene.tick("worker_memory")
        submitted = job.submitted
    return Row(
        name="worker_memory",
        database=scene.kind,
        ours=peaks[many],
        base=peaks[few],
        beside=f"ours: a job of {few:,} instead of {submitted:,}",
        unit="MB at most",
        at_most=f"{MOST_GROWTH:g} ×",
        is_met=peaks[many] <= MOST_GROWTH * peaks[few],
        figures={"orders": submitted},
    )


def _job_of_oldest(scene: Scene, orders: int) -> Job:
    """A job by a filter, as the portal makes it of "all that match": so many of the oldest fulfilled orders."""
    with scope(client=BIGGEST):
        fulfilled = Order.objects.filter(status=OrderStatus.FULFILLED).order_by("placed_at")
        after_them = fulfilled.values_list("placed_at", flat=True)[orders : orders + 1].first()
    wanted = OrderFilter(status=OrderStatus.FULFILLED, placed_before=after_them)
    options = JobOptions(JobDeed.RESHIP, reason=REASON)
    draft = make_job_of_matching(wanted, options, client=scene.client, actor=scene.actor, at=scene.now)
    return confirm_job(draft.number, client=scene.client, actor=scene.actor, at=scene.now)


def _peak_of_worker(scene: Scene) -> float:
    """In MB, of a worker that ends when nothing is left."""
    command = [str(Path(sys.executable).parent / "reship"), "worker", "--once"]
    process = subprocess.Popen(command, env=scene.database.environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"the worker ended with {process.returncode}"
    # Linux tells it in kB, macOS in bytes.
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / _MB
