"""Rows about the deed itself: in bulk, and one by one."""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django_scopes import scope

from bench.hand_made import Asked
from bench.measure import in_turn, median, p99
from bench.scene import Scene
from bench.table import Row, duel_row
from reship.clients.reasons import reason_of
from reship.fulfilment.reship import reship_order
from reship.fulfilment.reship_plan import ReshipRequest
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed, JobItem, JobState
from reship.jobs.work import Worker

REASON = "lost"
MOST_GROWTH = 1.2
MOST_MS_A_CHUNK = 250.0
PER_ORDER = "ms CPU an order"


def bulk_rows(scene: Scene) -> list[Row]:
    """Jobs of many orders: ours chunk by chunk, each a transaction; hand-made all of it in one."""
    chunks: list[float] = []
    rows = [
        _bulk_row(scene, 10_000, rounds=3, share=0.34, chunks=chunks),
        _bulk_row(scene, 1_000, rounds=7, share=0.1, chunks=chunks),
    ]
    chunk = Row(
        name="bulk_chunk",
        database=scene.kind,
        ours=median(chunks),
        ours_p99=p99(chunks),
        unit="ms a chunk, by the wall",
        at_most=f"p99 {MOST_MS_A_CHUNK:g}",
        is_met=p99(chunks) <= MOST_MS_A_CHUNK,
        figures={"chunks": len(chunks)},
    )
    return [*rows, chunk]


def _bulk_row(scene: Scene, size: int, *, rounds: int, share: float, chunks: list[float]) -> Row:
    times = 2 * (scene.sizes.rounds(rounds) + 1)
    orders = scene.untouched.share(size, times=times, share=share)
    jobs = ready_jobs(scene, times, orders)
    worker = Worker()
    duel = in_turn(
        lambda: work_through(scene, next(jobs), worker, chunks),
        lambda: scene.hand_made.reship(asked_by_job(scene, next(jobs))),
        rounds=scene.sizes.rounds(rounds),
        warm_up=1,
        watches=scene.watches,
        tick=lambda: scene.tick(f"bulk of {size}"),
    )
    return duel_row(f"bulk_{size}", scene.kind, duel, per=orders, unit=PER_ORDER, most_times=4, orders=orders)


def among_few_row(scene: Scene, among_all: Row) -> Row:
    """The cost among all orders, beside the cost in this scene, which has a tenth of them."""
    among_few = _bulk_row(scene, 1_000, rounds=7, share=0.9, chunks=[])
    return Row(
        name="bulk_among_few",
        database=scene.kind,
        ours=among_all.ours,
        base=among_few.ours,
        beside=f"ours: among {scene.sizes.orders:,} orders",
        unit=PER_ORDER,
        at_most=f"{MOST_GROWTH:g} ×",
        is_met=among_all.ours <= MOST_GROWTH * among_few.ours,
        figures={"orders": among_few.figures["orders"], "hand_made_among_few": among_few.hand_made},
    )


def verb_row(scene: Scene) -> Row:
    """One order, one transaction, with a request key."""
    rounds, warm_up = scene.sizes.rounds(200), scene.sizes.rounds(20)
    numbers = scene.untouched.scatter(2 * (rounds + warm_up))
    keys = itertools.count()
    duel = in_turn(
        lambda: one_ours(scene, next(numbers), key=f"bench-{next(keys)}"),
        lambda: scene.hand_made.reship(asked(scene, [next(numbers)], key=f"bench-{next(keys)}")),
        rounds=rounds,
        warm_up=warm_up,
        watches=scene.watches,
        tick=lambda: scene.tick("reship_verb"),
    )
    return duel_row("reship_verb", scene.kind, duel, unit="ms CPU", most_times=5)


def ready_jobs(scene: Scene, number: int, orders: int) -> Iterator[Job]:
    """So many confirmed jobs of so many untouched orders each, made beforehand: making them is not measured."""
    return iter([job_for(scene, scene.untouched.take(orders)) for _ in range(number)])


def job_for(scene: Scene, numbers: Sequence[str]) -> Job:
    """A confirmed job of these orders."""
    options = JobOptions(JobDeed.RESHIP, reason=REASON)
    orders = [JobOrder(number) for number in numbers]
    draft = make_job(orders, options, client=scene.client, actor=scene.actor, at=scene.now)
    return confirm_job(draft.number, client=scene.client, actor=scene.actor, at=scene.now)


def work_through(scene: Scene, job: Job, worker: Worker, chunks: list[float]) -> None:
    """What a worker of Reship does: chunk after chunk, each a transaction, until the job is done.

    Adds to `chunks` how many ms each took by the wall.
    """
    while True:
        started = time.perf_counter()
        worker.work_on(job.client_id, job.pk, at=scene.now)
        chunks.append(1000 * (time.perf_counter() - started))
        with scope(client=job.client_id):
            job.refresh_from_db()
        if job.state == JobState.DONE:
            break
    assert job.done == job.submitted, job.refusals


def one_ours(scene: Scene, number: str, *, key: str) -> None:
    reship_order(ReshipRequest(number, reason=REASON, key=key), client=scene.client, actor=scene.actor, at=scene.now)


def asked_by_job(scene: Scene, job: Job) -> Asked:
    """The same for the hand-made SQL, which gets the numbers as well."""
    with scope(client=job.client_id):
        items = JobItem.objects.filter(job_id=job.pk).order_by("position")
        numbers = list(items.values_list("order_number", flat=True))
    return replace(asked(scene, numbers), job_id=job.pk, job_number=job.number)


def asked(scene: Scene, numbers: Sequence[str], *, key: str = "") -> Asked:
    """The same for the hand-made SQL."""
    actor, reason = scene.actor, reason_of(scene.client, REASON)
    assert reason is not None, f"{REASON} is no reason"
    return Asked(scene.client.pk, numbers, reason, actor.name, actor.user_id, scene.now, key)
