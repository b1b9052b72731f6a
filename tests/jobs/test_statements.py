"""How many statements making a job, a chunk of its dry run and a chunk of its deeds take, whatever their size."""

from collections import defaultdict
from dataclasses import replace

import pytest

from reship.errors import Refusal
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.reship_plan import AddBack
from reship.fulfilment.stock import Delivery, NewProduct, add_products, receive_stock
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job, make_job_of_matching
from reship.jobs.models import Job, JobDeed
from reship.jobs.queries import job_numbered
from reship.jobs.work import Pace, Worker
from reship.orders.models import OrderStatus
from reship.orders.queries import OrderFilter
from tests.statements import captured_statements, tables_without_client
from tests.world import World, new_order

SKUS = ["P0", "P1"]
MOST = 500
SIZES = [1, 50, MOST]
RESHIP = JobOptions(JobDeed.RESHIP, reason="lost")


@pytest.fixture
def stocked(world: World) -> World:
    client, at = world.acme, world.later()
    add_products([NewProduct(sku, sku) for sku in SKUS], client=client, actor=world.otto, at=at)
    receive_stock([Delivery(sku, "MAIN", 100_000) for sku in SKUS], client=client, actor=world.pim, at=at)
    made(world, ["no such order"], RESHIP)  # The first job of a client makes its counter.
    while Worker().work_once(at=at):
        pass
    return world


def place(world: World, count: int) -> list[str]:
    numbers = [f"{count}-{number}" for number in range(count)]
    orders = [new_order(number, dict.fromkeys(SKUS, 1)) for number in numbers]
    placed = place_orders(orders, client=world.acme, actor=world.dana, at=world.later())
    assert not [order for order in placed if isinstance(order, Refusal)]
    return numbers


def made(world: World, numbers: list[str], options: JobOptions) -> Job:
    return make_job(
        [JobOrder(number) for number in numbers], options, client=world.acme, actor=world.mara, at=world.later()
    )


def statements_of_a_chunk(world: World) -> int:
    worker = Worker(paces=defaultdict(lambda: Pace(MOST + 1)))
    at = world.later()
    with captured_statements() as statements:
        assert worker.work_once(at=at)
    looking, *working = statements
    assert "jobs_job" in looking  # The one that looks at all clients.
    assert not [sql for sql in working if tables_without_client(sql, client_id=world.acme.pk)]
    return len(working)


CHUNKS = [
    (RESHIP, 15, 21),
    (replace(RESHIP, add_back=AddBack.WHERE_HERE, hold=True), 14, 22),
    (JobOptions(JobDeed.HOLD, hold_kind="CLIENT"), 11, 14),
    (JobOptions(JobDeed.CANCEL), 14, 17),
]


@pytest.mark.parametrize(("options", "dry_run", "run"), CHUNKS, ids=["reship", "everything", "hold", "cancel"])
def test_a_chunk_of_one_and_one_of_five_hundred_take_the_same_statements(
    stocked: World, options: JobOptions, dry_run: int, run: int
) -> None:
    counts = []
    for size in SIZES:
        job = made(stocked, place(stocked, size), options)
        of_dry_run = statements_of_a_chunk(stocked)
        confirm_job(job.number, client=stocked.acme, actor=stocked.mara, at=stocked.later())
        counts.append((of_dry_run, statements_of_a_chunk(stocked)))
        job = job_numbered(stocked.acme, job.number, actor=stocked.mara)
        assert (job.state, job.done) == ("DONE", size)
    assert counts == [(dry_run, run)] * len(SIZES)
    assert audit() == []


def test_a_job_of_a_filter_is_made_with_the_same_statements_however_many_match(stocked: World) -> None:
    counts = []
    for size in SIZES:
        place(stocked, size)
        with captured_statements() as statements:
            make_job_of_matching(
                OrderFilter(status=OrderStatus.AWAITING),
                RESHIP,
                client=stocked.acme,
                actor=stocked.mara,
                at=stocked.later(),
            )
        assert not [sql for sql in statements if tables_without_client(sql, client_id=stocked.acme.pk)]
        counts.append(len(statements))
    assert counts == [5] * len(SIZES)


def test_a_job_of_named_orders_is_made_with_the_same_statements_however_many_they_are(stocked: World) -> None:
    counts = []
    for size in SIZES:
        with captured_statements() as statements:
            made(stocked, [f"{size}-{number}" for number in range(size)], RESHIP)
        assert not [sql for sql in statements if tables_without_client(sql, client_id=stocked.acme.pk)]
        counts.append(len(statements))
    assert counts == [5] * len(SIZES)
