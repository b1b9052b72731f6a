"""What people do with a job, and what becomes of it when rights, wishes or the world change in its midst."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django_scopes import scope

from reship.clients.roles import Role
from reship.fulfilment import reship_plan
from reship.fulfilment.reship_plan import AddBack
from reship.inventory.audit import audit
from reship.jobs import work
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import cancel_job, choose_parcels, confirm_job, leave_out
from reship.jobs.make_job import make_job, make_job_of_matching, retry_refused
from reship.jobs.models import Job, JobDeed, JobItem, JobState
from reship.jobs.queries import Progress, job_numbered, progress
from reship.jobs.work import Pace, Worker, delete_draft, delete_old_drafts, work_to_the_end
from reship.orders.models import HoldKind
from reship.orders.queries import OrderFilter
from tests.databases import RealDatabase
from tests.world import World, make_world, refused

LOST = JobOptions(JobDeed.RESHIP, reason="lost")


def make(world: World, *numbers: str, options: JobOptions = LOST, key: str = "") -> Job:
    orders = [JobOrder(number) for number in numbers]
    return make_job(orders, options, client=world.acme, actor=world.mara, at=world.later(), key=key)


def draft(world: World, *numbers: str, options: JobOptions = LOST) -> Job:
    return work_to_the_end(make(world, *numbers, options=options), now=world.later)


def confirm(world: World, job: Job) -> Job:
    return confirm_job(job.number, client=world.acme, actor=world.mara, at=world.later())


def run(world: World, job: Job) -> Job:
    return work_to_the_end(confirm(world, job), now=world.later)


def do_one(world: World) -> None:
    """One chunk of one order."""
    assert Worker(paces=defaultdict(lambda: Pace(1))).work_once(at=world.later())


def outcomes(world: World, job: Job) -> dict[str, str]:
    with scope(client=world.acme.pk):
        items = JobItem.objects.filter(job_id=job.pk).order_by("position")
        return {item.source or item.order_number: item.shipment or item.code or item.state for item in items}


@pytest.fixture
def orders(world: World) -> World:
    for number in ("1001", "1002", "1003"):
        world.place(number, MUG=1)
    return world


def deactivated(world: World) -> None:
    mara = world.user_of(world.mara)
    mara.is_active = False
    mara.save()


def demoted(world: World) -> None:
    mara = world.user_of(world.mara)
    mara.role = Role.AGENT
    mara.save()


@pytest.mark.parametrize("change", [deactivated, demoted])
def test_whoever_loses_the_right_in_mid_job_does_no_more_of_it(orders: World, change: Callable[[World], None]) -> None:
    job = confirm(orders, make(orders, "1001", "1002", "1003"))
    do_one(orders)
    change(orders)
    job = work_to_the_end(job, now=orders.later)
    assert outcomes(orders, job) == {"1001": "1001-R1", "1002": "not_allowed", "1003": "not_allowed"}
    assert (job.state, job.done, job.refusals) == (JobState.DONE, 1, {"not_allowed": 2})
    again = retry_refused(job.number, client=orders.acme, actor=orders.otto, at=orders.later())
    again = confirm_job(again.number, client=orders.acme, actor=orders.otto, at=orders.later())
    assert work_to_the_end(again, now=orders.later).done == 2
    assert audit() == []


def test_a_right_to_add_back_that_is_lost_is_refused_order_by_order(orders: World) -> None:
    job = confirm(orders, make(orders, "1001", "1002", options=JobOptions(JobDeed.RESHIP, "lost", "", AddBack.YES)))
    do_one(orders)
    orders.acme.may_add_back = False
    orders.acme.save()
    job = work_to_the_end(job, now=orders.later)
    assert outcomes(orders, job) == {"1001": "1001-R1", "1002": "not_allowed"}
    assert audit() == []


def test_cancelling_in_mid_job_keeps_what_is_done_and_leaves_the_rest(orders: World) -> None:
    job = confirm(orders, make(orders, "1001", "1002", "1003"))
    do_one(orders)
    cancel_job(job.number, client=orders.acme, actor=orders.mara, at=orders.later())
    assert not Worker().work_once(at=orders.later())
    job = cancel_job(job.number, client=orders.acme, actor=orders.mara, at=orders.later())
    assert (job.state, job.done, job.left, job.ended_by) == (JobState.CANCELLED, 1, 2, "Mara")
    assert outcomes(orders, job) == {"1001": "1001-R1", "1002": "PENDING", "1003": "PENDING"}
    with refused("job_ended", job=job.number, state="CANCELLED"):
        confirm(orders, job)
    assert audit() == []


def test_an_order_that_is_left_out_gives_its_goods_to_the_next(world: World) -> None:
    world.place("1001", TEE=4)
    world.place("1002", TEE=4)
    world.receive(TEE=3)
    job = draft(world, "1001", "1002")
    assert (job.would_go, job.would_be_refused) == (1, {"not_enough_available": 1})
    job = leave_out(job.number, out=[1], client=world.acme, actor=world.mara)
    assert (job.submitted, job.is_rehearsed, job.would_go, job.would_be_refused) == (1, False, 0, {})
    job = work_to_the_end(job, now=world.later)
    assert (job.would_go, job.would_be_refused) == (1, {})
    job = leave_out(job.number, out=[2], back=[1], client=world.acme, actor=world.mara)
    job = run(world, work_to_the_end(job, now=world.later))
    assert outcomes(world, job) == {"1001": "1001-R1", "1002": "LEFT_OUT"}
    with refused("job_ended", job=job.number, state="DONE"):
        leave_out(job.number, out=[1], client=world.acme, actor=world.mara)
    assert audit() == []


def test_a_job_of_which_every_order_was_left_out_cannot_be_confirmed(orders: World) -> None:
    job = draft(orders, "1001")
    leave_out(job.number, out=[1], client=orders.acme, actor=orders.mara)
    with refused("nothing_selected", job=job.number):
        confirm(orders, job)


def test_choosing_all_parcels_and_choosing_back_starts_the_dry_run_again(world: World) -> None:
    world.place("1001", MUG=2)
    world.place("1002", MUG=1)
    world.ship("1001-1")
    world.ship(world.reship("1001", MUG=1).shipment)
    job = draft(world, "1001", "1002")
    assert (job.submitted, job.several_parcels) == (2, 1)
    job = choose_parcels(job.number, all_parcels=True, client=world.acme, actor=world.mara)
    assert (job.submitted, job.is_rehearsed, job.would_go) == (3, False, 0)
    assert set(outcomes(world, job)) == {"1001-1", "1001-R1", "1002"}
    job = choose_parcels(job.number, all_parcels=False, client=world.acme, actor=world.mara)
    assert set(outcomes(world, job)) == {"1001", "1002"}
    job = run(world, work_to_the_end(job, now=world.later))
    assert (job.submitted, job.would_go, job.done) == (2, 2, 2)
    with refused("job_ended", job=job.number, state="DONE"):
        choose_parcels(job.number, all_parcels=True, client=world.acme, actor=world.mara)
    assert audit() == []


def test_the_refused_can_be_tried_again_with_what_was_asked_of_them(world: World) -> None:
    world.place("1001", TEE=6)
    world.place("1002", MUG=1)
    named = [JobOrder("1001", reason="damaged"), JobOrder("1002")]
    job = make_job(named, LOST, client=world.acme, actor=world.mara, at=world.later())
    job = run(world, job)
    world.receive(TEE=2)
    again = retry_refused(job.number, client=world.acme, actor=world.mara, at=world.later())
    assert (again.submitted, again.selection) == (1, f"Refused by job {job.number}")
    again = run(world, again)
    assert outcomes(world, again) == {"1001": "1001-R1"}
    made_by = world.shipment("1001-R1").made_by
    assert made_by is not None
    assert made_by.reason == "damaged"
    with refused("nothing_selected"):
        retry_refused(again.number, client=world.acme, actor=world.mara, at=world.later())
    assert audit() == []


def test_the_same_key_is_the_same_job(orders: World) -> None:
    first = make(orders, "1001", key="k")
    assert make(orders, "1001", key="k").pk == first.pk
    with refused("request_key_reused", key="k"):
        make(orders, "1002", key="k")


def test_the_same_key_is_the_same_job_of_a_filter(orders: World) -> None:
    def matching(search: str) -> Job:
        wanted = OrderFilter(search=search)
        return make_job_of_matching(wanted, LOST, client=orders.acme, actor=orders.mara, at=orders.later(), key="k")

    first = matching("1001")
    assert matching("1001").pk == first.pk
    with refused("request_key_reused", key="k"):
        matching("1002")


def test_another_clients_job_and_one_that_is_not_there_look_the_same(orders: World) -> None:
    job = draft(orders, "1001")
    deeds: list[Callable[..., Any]] = [
        lambda number, **who: job_numbered(who["client"], number, actor=who["actor"]),
        lambda number, **who: confirm_job(number, **who, at=orders.later()),
        lambda number, **who: cancel_job(number, **who, at=orders.later()),
        lambda number, **who: leave_out(number, out=[1], **who),
        lambda number, **who: choose_parcels(number, all_parcels=True, **who),
        lambda number, **who: retry_refused(number, **who, at=orders.later()),
    ]
    for deed in deeds:
        with refused("job_not_found", job=str(job.number)):
            deed(job.number, client=orders.acme, actor=orders.wren)
        with refused("job_not_found", job="99"):
            deed(99, client=orders.acme, actor=orders.mara)


def test_what_may_no_longer_be_done_is_refused_when_it_is_confirmed(orders: World) -> None:
    job = draft(orders, "1001", options=JobOptions(JobDeed.RESHIP, "lost", "", AddBack.YES))
    orders.acme.may_add_back = False
    orders.acme.save()
    with refused("not_allowed", right="add_back", role="manager"):
        confirm(orders, job)
    assert outcomes(orders, job) == {"1001": "PENDING"}


def test_only_whoever_may_do_it_to_many_may(orders: World) -> None:
    job = draft(orders, "1001")
    with refused("not_allowed", right="bulk", role="agent"):
        make_job([JobOrder("1001")], LOST, client=orders.acme, actor=orders.dana, at=orders.later())
    with refused("not_allowed", right="bulk", role="agent"):
        confirm_job(job.number, client=orders.acme, actor=orders.dana, at=orders.later())


@pytest.mark.parametrize("is_draft", [True, False])
def test_an_order_that_fails_in_a_way_no_rule_foresees_does_not_stop_the_others(
    orders: World, monkeypatch: pytest.MonkeyPatch, is_draft: bool
) -> None:
    plan = reship_plan.plan_reship

    def fails_on_1002(facts: Any, *more: Any, **options: Any) -> Any:
        assert facts is None or facts.order.number != "1002", "a bug"
        return plan(facts, *more, **options)

    monkeypatch.setattr("reship.fulfilment.reship.plan_reship", fails_on_1002)
    job = make(orders, "1001", "1002", "1003")
    if is_draft:
        job = work_to_the_end(job, now=orders.later)
        assert (job.would_go, job.would_be_refused) == (2, {"failed": 1})
        return
    job = run(orders, job)
    assert outcomes(orders, job) == {"1001": "1001-R1", "1002": "failed", "1003": "1003-R1"}
    assert (job.state, job.done, job.refusals) == (JobState.DONE, 2, {"failed": 1})
    assert audit() == []


def test_an_order_that_failed_is_not_given_up_once_the_job_was_cancelled(
    orders: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = confirm(orders, make(orders, "1001"))

    def fails(*_: Any, **__: Any) -> Any:
        raise AssertionError("a bug")

    def give_up(*arguments: Any) -> bool:
        cancel_job(job.number, client=orders.acme, actor=orders.mara, at=orders.later())
        return give_up_next(*arguments)

    give_up_next = work._give_up_next
    monkeypatch.setattr("reship.fulfilment.reship.plan_reship", fails)
    monkeypatch.setattr(work, "_give_up_next", give_up)
    do_one(orders)
    job = job_numbered(orders.acme, job.number, actor=orders.mara)
    assert (job.state, job.refused, outcomes(orders, job)) == (JobState.CANCELLED, 0, {"1001": "PENDING"})


def test_a_job_that_cannot_be_worked_on_at_all_does_not_stop_the_others(orders: World) -> None:
    broken = confirm(orders, make(orders, "1001"))
    with scope(client=orders.acme.pk):
        Job.objects.filter(pk=broken.pk).update(options={"deed": "no such deed"}, refusals=5)
    good = confirm(orders, make(orders, "1002"))
    worker = Worker()
    while worker.work_once(at=orders.later()):
        pass
    assert outcomes(orders, good) == {"1002": "1002-R1"}
    assert outcomes(orders, broken) == {"1001": "PENDING"}
    assert worker.broken == {broken.pk}
    assert not worker.is_anything_left()
    assert audit() == []


def test_drafts_go_when_they_are_old_and_running_jobs_never(orders: World) -> None:
    old, discarded, new = draft(orders, "1001"), draft(orders, "1001"), draft(orders, "1002")
    cancel_job(discarded.number, client=orders.acme, actor=orders.mara, at=orders.later())
    running = confirm(orders, make(orders, "1003"))
    assert delete_old_drafts(before=new.made_at) == 2
    delete_draft(orders.acme.pk, running.pk)
    with scope(client=orders.acme.pk):
        assert list(Job.objects.order_by("pk").values_list("pk", flat=True)) == [new.pk, running.pk]
        assert not JobItem.objects.filter(job_id=old.pk).exists()


def test_nothing_is_left_of_a_filter_that_matches_nothing(real_database: RealDatabase) -> None:
    world = make_world()
    with refused("nothing_selected"):
        make_job_of_matching(
            OrderFilter(hold=HoldKind.FRAUD), LOST, client=world.acme, actor=world.mara, at=world.later()
        )
    world.place("1001", MUG=1)
    assert make(world, "1001").number == 1


def test_choosing_parcels_keeps_what_was_left_out_and_what_somebody_named(world: World) -> None:
    for number in ("1001", "1002", "1003"):
        world.place(number, MUG=2)
        world.ship(f"{number}-1")
        world.ship(world.reship(number, MUG=1).shipment)
    named = [JobOrder("1001"), JobOrder("1002"), JobOrder("1003", source="1003-1")]
    job = make_job(named, LOST, client=world.acme, actor=world.mara, at=world.later())
    job = work_to_the_end(job, now=world.later)
    assert (job.would_go, job.several_parcels) == (3, 2)
    leave_out(job.number, out=[1], client=world.acme, actor=world.mara)
    job = choose_parcels(job.number, all_parcels=True, client=world.acme, actor=world.mara)
    assert set(outcomes(world, job).items()) == {
        *{("1001", "LEFT_OUT"), ("1003-1", "PENDING")},
        *{("1002-1", "PENDING"), ("1002-R1", "PENDING")},
    }
    with scope(client=world.acme.pk):
        of_1002 = JobItem.objects.filter(job_id=job.pk, order_number="1002").values_list("position", flat=True)
        leave_out(job.number, out=list(of_1002), client=world.acme, actor=world.mara)
    job = choose_parcels(job.number, all_parcels=False, client=world.acme, actor=world.mara)
    assert outcomes(world, job) == {"1003-1": "PENDING", "1001": "LEFT_OUT", "1002": "LEFT_OUT"}
    # Positions never grow by more than there are items, however often somebody changes their mind.
    assert (job.submitted, job.last_position) == (1, 6)
    job = work_to_the_end(job, now=world.later)
    assert progress(job, at=world.now) == Progress(1, 1, None, None)
    assert audit() == []


def test_a_refused_parcel_is_tried_again_and_no_other(world: World) -> None:
    world.place("1001", TEE=6)
    world.ship("1001-1")
    world.ship(world.reship("1001", TEE=1).shipment)
    options = JobOptions(JobDeed.RESHIP, reason="lost", all_parcels=True)
    job = run(world, draft(world, "1001", options=options))
    assert outcomes(world, job) == {"1001-1": "not_enough_available", "1001-R1": "1001-R2"}
    again = retry_refused(job.number, client=world.acme, actor=world.mara, at=world.later())
    for all_parcels in (True, False):
        again = choose_parcels(again.number, all_parcels=all_parcels, client=world.acme, actor=world.mara)
        assert set(outcomes(world, again)) == {"1001-1"}
    assert audit() == []
