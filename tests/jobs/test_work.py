"""A job from its draft to its end: what the dry run says, and what becomes of each order."""

import pytest
from django_scopes import scope

from reship.fulfilment.reship_plan import AddBack
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job, make_job_of_matching
from reship.jobs.models import Job, JobDeed, JobItem, JobState
from reship.jobs.work import work_to_the_end
from reship.orders.queries import OrderFilter
from tests.world import World, refused

RESHIP = JobOptions(JobDeed.RESHIP, reason="lost")


def draft(world: World, *numbers: str, options: JobOptions = RESHIP) -> Job:
    """A job of these orders with its dry run made."""
    orders = [JobOrder(number) for number in numbers]
    job = make_job(orders, options, client=world.acme, actor=world.mara, at=world.later())
    return work_to_the_end(job, now=world.later)


def run(world: World, job: Job) -> Job:
    confirmed = confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())
    return work_to_the_end(confirmed, now=world.later)


def outcomes(world: World, job: Job) -> list[tuple[str, str, str]]:
    """Each order, with its state, and the new shipment or the code of the refusal."""
    with scope(client=world.acme.pk):
        items = JobItem.objects.filter(job_id=job.pk).order_by("position")
        return [(item.order_number, item.state, item.shipment or item.code) for item in items]


def test_a_job_does_what_its_dry_run_says(world: World) -> None:
    world.place("1001", TEE=6)
    world.place("1002", TEE=4)
    world.place("1003", MUG=2)
    world.receive(TEE=6)
    job = draft(world, "1001", "1002", "1003", "no such")
    assert (job.would_go, job.would_be_refused) == (2, {"not_enough_available": 1, "order_not_found": 1})
    job = run(world, job)
    assert (job.state, job.submitted, job.done, job.refused) == (JobState.DONE, 4, 2, 2)
    assert job.refusals == job.would_be_refused
    assert outcomes(world, job) == [
        ("1001", "DONE", "1001-R1"),
        ("1002", "REFUSED", "not_enough_available"),
        ("1003", "DONE", "1003-R1"),
        ("no such", "REFUSED", "order_not_found"),
    ]
    assert world.history("1001")[-1].endswith("(Job 1)")
    assert audit() == []


@pytest.mark.parametrize(("add_back", "gone"), [(AddBack.YES, 1), (AddBack.WHERE_HERE, 2)])
def test_where_the_parcel_has_left_nothing_is_added_back(world: World, add_back: AddBack, gone: int) -> None:
    world.place("1001", MUG=2)
    world.place("1002", MUG=2)
    world.ship("1001-1")
    job = draft(world, "1001", "1002", options=JobOptions(JobDeed.RESHIP, reason="lost", add_back=add_back))
    assert (job.would_go, job.warnings) == (gone, {"original_superseded": 1})
    job = run(world, job)
    assert job.done == gone
    assert world.stock("MUG").allocated == 2 * gone
    assert audit() == []


@pytest.mark.parametrize(
    ("orders", "twice"),
    [
        ([JobOrder("1001"), JobOrder(" 1001 ")], "1001"),
        ([JobOrder("1001", source="1001-1"), JobOrder("1001", source="1001-1")], "1001-1"),
        ([JobOrder("1001"), JobOrder("1001", source="1001-1")], "1001-1"),
    ],
)
def test_the_same_goods_are_not_asked_for_twice_in_one_job(world: World, orders: list[JobOrder], twice: str) -> None:
    with refused("duplicate_order", numbers=[twice], count=1):
        make_job(orders, RESHIP, client=world.acme, actor=world.mara, at=world.later())


def test_all_that_match_a_filter_become_a_job_whose_set_is_fixed(world: World) -> None:
    world.place("1001", MUG=1)
    world.place("1002", MUG=1)
    job = make_job_of_matching(OrderFilter(), RESHIP, client=world.acme, actor=world.mara, at=world.later())
    world.place("1003", MUG=1)
    job = run(world, work_to_the_end(job, now=world.later))
    assert (job.submitted, job.done) == (2, 2)
    assert audit() == []


def test_every_parcel_of_an_order_can_be_sent_again(world: World) -> None:
    world.place("1001", MUG=2)
    world.place("1002", MUG=1)
    world.ship("1001-1")
    world.ship(world.reship("1001", MUG=1).shipment)
    job = draft(world, "1001", "1002")
    assert (job.submitted, job.several_parcels) == (2, 1)
    options = JobOptions(JobDeed.RESHIP, reason="lost", all_parcels=True)
    job = run(world, draft(world, "1001", "1002", options=options))
    assert (job.submitted, job.done) == (3, 3)
    assert {order for order, _, _ in outcomes(world, job)} == {"1001", "1002"}
    assert audit() == []


@pytest.mark.parametrize(
    ("deed", "status"), [(JobDeed.HOLD, "ON_HOLD"), (JobDeed.LIFT, "AWAITING"), (JobDeed.CANCEL, "CANCELLED")]
)
def test_holds_and_cancellations_go_in_bulk_too(world: World, deed: JobDeed, status: str) -> None:
    world.place("1001", MUG=1)
    if deed == JobDeed.LIFT:
        world.hold("1001")
    kind = "" if deed == JobDeed.CANCEL else "CLIENT"
    job = run(world, draft(world, "1001", options=JobOptions(deed, hold_kind=kind)))
    assert (job.done, world.status("1001")) == (1, status)
    assert world.history("1001")[-1].endswith(f"(Job {job.number})")
    assert audit() == []


def test_holds_on_shipments_are_lifted_in_bulk_all_or_none(world: World) -> None:
    world.place("1001", MUG=2)
    world.hold("1001", shipment="1001-1")
    world.hold("1001")
    world.place("1002", MUG=1)
    world.hold("1002", shipment="1002-1")
    world.hold("1002", actor=world.otto)
    job = run(world, draft(world, "1001", "1002", options=JobOptions(JobDeed.LIFT, hold_kind="CLIENT")))
    assert outcomes(world, job) == [("1001", "DONE", ""), ("1002", "REFUSED", "not_allowed")]
    assert (world.status("1001"), world.status("1002")) == ("AWAITING", "ON_HOLD")
    assert len(world.shipment("1002-1").holds) == 1
    assert world.history("1001")[-2:] == [
        f"Client hold lifted from the whole order. (Job {job.number})",
        f"Client hold lifted from 1001-1. (Job {job.number})",
    ]
    assert audit() == []
