"""When nothing changes in between, each order comes to what the dry run said, whatever the world is like."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import transaction
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reship.fulfilment.reship import Reshipped
from reship.fulfilment.reship_plan import AddBack, ReshipItem
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed, JobItem, JobState
from reship.jobs.queries import job_numbered, stock_effect
from reship.jobs.work import Pace, Worker
from reship.orders.models import ShipmentStatus
from tests.world import World, new_order, reship_request

ITEMS = st.dictionaries(st.sampled_from(["MUG", "TEE"]), st.integers(1, 4), min_size=1)
STATUSES = st.sampled_from(
    [None, None, *(ShipmentStatus[name] for name in ("PICKING", "PACKED", "DEPARTED", "LOST", "RETURNED"))]
)
LATER = st.sampled_from(["", "", "reship", "reship and ship", "add back", "hold", "cancel"])

GONE = {ShipmentStatus.DEPARTED, ShipmentStatus.LOST}


@dataclass(frozen=True)
class Placed:
    """An order, how far its parcel got, what happened to it later, and what a file asks of it alone."""

    items: dict[str, int]
    status: ShipmentStatus | None
    later: str
    asked: dict[str, int] | None
    add_back: AddBack | None


ORDERS = st.lists(
    st.builds(
        Placed,
        items=ITEMS,
        status=STATUSES,
        later=LATER,
        asked=st.one_of(st.none(), st.none(), ITEMS),
        add_back=st.one_of(st.none(), st.none(), st.sampled_from(AddBack)),
    ),
    min_size=1,
    max_size=6,
)
OPTIONS = st.one_of(
    st.builds(
        JobOptions,
        deed=st.just(JobDeed.RESHIP),
        reason=st.just("lost"),
        add_back=st.sampled_from(AddBack),
        hold=st.booleans(),
        all_parcels=st.booleans(),
    ),
    st.just(JobOptions(JobDeed.CANCEL)),
    st.just(JobOptions(JobDeed.HOLD, hold_kind="CLIENT")),
    st.just(JobOptions(JobDeed.LIFT, hold_kind="CLIENT")),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS, options=OPTIONS, spare=st.integers(0, 12), chunk=st.integers(1, 3))
def test_each_order_comes_to_what_the_dry_run_said(
    world: World, orders: list[Placed], options: JobOptions, spare: int, chunk: int
) -> None:
    with transaction.atomic():
        numbers = [place(world, f"{number}", order) for number, order in enumerate(orders, start=1)]
        for sku in ("MUG", "TEE"):
            if surplus := world.stock(sku).available - spare:
                world.adjust(sku, -surplus)
        asked = [
            JobOrder(
                number,
                items=tuple(ReshipItem(*item) for item in order.asked.items()) if order.asked else None,
                add_back=order.add_back,
            )
            for number, order in zip(numbers, orders, strict=True)
        ]
        job = make_job([*asked, JobOrder("none")], options, client=world.acme, actor=world.mara, at=world.later())
        said = forecasts(world, worked(world, job, chunk))
        draft = job_numbered(world.acme, job.number, actor=world.mara)
        effect = {
            level.product.sku: level.on_hand_change - level.allocated_change for level in stock_effect(draft, limit=9)
        }
        before = {sku: world.stock(sku).available for sku in effect}
        job = confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())
        job = worked(world, job, 4 - chunk)
        assert outcomes(world, job) == said
        assert (job.state, job.done, job.refusals) == (JobState.DONE, draft.would_go, draft.would_be_refused)
        assert {sku: world.stock(sku).available - before[sku] for sku in effect} == effect
        assert audit() == []
        transaction.set_rollback(True)


def place(world: World, number: str, order: Placed) -> str:
    def again(*, add_back: bool = False) -> Reshipped:
        return world.send(reship_request(number, {next(iter(order.items)): 1}, add_back=add_back))

    for sku, quantity in order.items.items():
        world.adjust(sku, 2 * quantity)
    world.place_order(new_order(number, order.items))
    if order.status:
        world.ship(f"{number}-1", until=order.status)
    match order.later:
        case "reship":
            again()
        case "reship and ship":
            world.ship(again().shipment)
        case "add back" if order.status not in GONE:
            again(add_back=True)
        case "hold" if order.status is None:
            world.hold(number)
        case "cancel" if order.status is None:
            world.cancel(f"{number}-1")
    return number


def worked(world: World, job: Job, chunk: int) -> Job:
    """To its end, a few orders at a time."""
    worker = Worker(paces=defaultdict(lambda: Pace(chunk)))
    while worker.work_on(job.client_id, job.pk, at=world.later()):
        worker.paces.clear()
    return job_numbered(world.acme, job.number, actor=world.mara)


def forecasts(world: World, job: Job) -> list[tuple[str, str, str]]:
    with scope(client=world.acme.pk):
        items = JobItem.objects.filter(job_id=job.pk).order_by("position")
        return [(item.order_number, item.source, item.forecast.replace("go", "")) for item in items]


def outcomes(world: World, job: Job) -> list[tuple[str, str, str]]:
    with scope(client=world.acme.pk):
        items = JobItem.objects.filter(job_id=job.pk).order_by("position")
        return [(item.order_number, item.source, item.code) for item in items]
