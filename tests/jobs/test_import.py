"""A job that imports orders: its dry run writes nothing, its chunks write each order once, whoever works on it."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
from django_scopes import scope

from reship.catalog.models import Product
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.inventory.models import LedgerEntry
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.kept_orders import new_order_as_json, new_order_of
from reship.jobs.make_job import make_job, retry_refused
from reship.jobs.models import Job, JobDeed, JobItem
from reship.jobs.queries import job_numbered
from reship.jobs.work import Pace, Worker, work_to_the_end
from reship.orders.models import Order
from tests.statements import captured_statements, tables_without_client
from tests.world import NINE, World, new_order

IMPORT = JobOptions(JobDeed.IMPORT, warehouse="MAIN", opening_stock="Opening stock", create_products=True)
CANCELLED = Refusal("cancelled", "The order was cancelled in the shop before it left.", order="C")


def departed(number: str, **items: int) -> JobOrder:
    return asked(new_order(number, dict(items), departed_at=NINE))


def asked(new: NewOrder) -> JobOrder:
    return JobOrder(new.number, new=new, line=2, rows=1)


def draft(world: World, *orders: JobOrder, options: JobOptions = IMPORT) -> Job:
    return make_job(orders, options, client=world.acme, actor=world.mara, at=world.later())


def run(world: World, job: Job) -> Job:
    work_to_the_end(job, now=world.later)
    confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())
    return work_to_the_end(job, now=world.later)


def test_the_dry_run_foresees_what_the_run_does(world: World) -> None:
    world.place("7", MUG=1)
    to_go = [asked(new_order(number, {"TEE": 6})) for number in ("3", "4")]
    job = draft(
        world,
        departed("1", NEW=2),
        departed("2", NEW=1, MUG=1),
        *to_go,
        departed("7", MUG=1),
        JobOrder("C", refused=CANCELLED),
    )
    work_to_the_end(job, now=world.later)
    foreseen = job_numbered(world.acme, job.number, actor=world.mara)
    refusals = {"not_enough_available": 1, "order_exists": 1, "cancelled": 1}
    assert (foreseen.would_go, foreseen.would_be_refused) == (3, refusals)
    with scope(client=world.acme.pk):
        assert not Product.objects.filter(sku="NEW").exists()
        assert Order.objects.count() == 1
    done = run(world, job)
    assert (done.done, done.refusals) == (3, refusals)
    assert (world.status("1"), world.status("3"), world.stock("NEW")) == ("FULFILLED", "AWAITING", Balance(0, 0))
    assert audit() == []


def test_a_placed_order_is_not_kept_twice_and_a_refused_one_can_be_tried_again(world: World) -> None:
    job = run(world, draft(world, departed("1", MUG=1), asked(new_order("2", {"HAT": 1}))))
    with scope(client=world.acme.pk):
        kept = dict(JobItem.objects.filter(job=job).values_list("order_number", "asked"))
    assert (kept["1"], sorted(kept["2"] or {})) == ({"line": 2, "rows": 1}, ["line", "new", "rows"])
    world.receive(HAT=1)
    again = run(world, retry_refused(job.number, client=world.acme, actor=world.mara, at=world.later()))
    assert (again.done, world.status("2")) == (1, "AWAITING")
    assert audit() == []


def test_another_worker_goes_on_where_one_was_killed(world: World) -> None:
    job = draft(world, *(departed(str(number), MUG=1) for number in range(50)))
    work_to_the_end(job, now=world.later)
    confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())
    assert Worker(paces=defaultdict(lambda: Pace(20))).work_once(at=world.later())
    assert job_numbered(world.acme, job.number, actor=world.mara).reached == 20
    assert work_to_the_end(job, now=world.later).done == 50
    with scope(client=world.acme.pk):
        received = LedgerEntry.objects.filter(kind="RECEIVED", reason="Opening stock")
        assert sum(entry.on_hand_change for entry in received) == 50
    assert audit() == []


def test_whoever_may_not_any_more_imports_nothing(world: World) -> None:
    job = draft(world, departed("1", MUG=1))
    work_to_the_end(job, now=world.later)
    confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())
    mara = world.user_of(world.mara)
    mara.role = "agent"
    mara.save()
    assert work_to_the_end(job, now=world.later).refusals == {"not_allowed": 1}
    assert audit() == []


def test_a_chunk_of_one_and_one_of_fifty_take_the_same_statements(world: World) -> None:
    run(world, draft(world, departed("first", CUP=1)))
    counts = []
    for size in (1, 50):
        lines = (NewLine("MUG", 1), NewLine(f"NEW-{size}", 2), NewLine("CUP", 1, parcel=2))
        new = [
            replace(new_order(f"{size}-{n}", {}, departed_at=NINE), lines=lines, still_here=(2,)) for n in range(size)
        ]
        job = draft(world, *(asked(order) for order in new))
        of_dry_run = statements_of_a_chunk(world)
        confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())
        counts.append((of_dry_run, statements_of_a_chunk(world)))
    assert counts == [(14, 22)] * 2
    assert audit() == []


def statements_of_a_chunk(world: World) -> int:
    worker, at = Worker(paces=defaultdict(lambda: Pace(100))), world.later()
    with captured_statements() as statements:
        assert worker.work_once(at=at)
    looking, *working = statements
    assert "jobs_job" in looking  # The one that looks at all clients.
    assert not [sql for sql in working if tables_without_client(sql, client_id=world.acme.pk)]
    return len(working)


@pytest.mark.parametrize(
    "new",
    [
        new_order("1", {"MUG": 1}),
        replace(
            new_order("2", {}, departed_at=NINE),
            lines=(NewLine("É", 2, Decimal("1.2345"), "Thing\u2009one", 1), NewLine("B", 1, parcel=2)),
            still_here=(2,),
            hold="PAYMENT",
            note="Two\nlines",
        ),
    ],
    ids=lambda new: new.number,
)
def test_an_order_that_is_kept_is_the_same_order(new: NewOrder) -> None:
    assert new_order_of(new_order_as_json(new)) == new
