"""A job that a program asked for has the rights of its key, as they are while it is worked on."""

from collections import defaultdict
from collections.abc import Callable

import pytest

from reship.clients.api_keys import MadeKey, NewKey, caller_of, make_key, revoke_key
from reship.clients.models import ApiKey, User
from reship.inventory.audit import audit
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import JobDeed, JobState
from reship.jobs.work import Pace, Worker, work_to_the_end
from tests.jobs.test_work import outcomes
from tests.world import World

RESHIP = JobOptions(JobDeed.RESHIP, reason="lost")


def revoke(world: World, made: MadeKey) -> None:
    revoke_key(made.key.prefix, client=world.acme, actor=world.mara, at=world.now, address="")


def expire(world: World, made: MadeKey) -> None:
    ApiKey.objects.filter(pk=made.key.pk).update(expires_at=world.now)


def deactivate(world: World, made: MadeKey) -> None:
    User.objects.filter(pk=world.user_of(world.mara).pk).update(is_active=False)


def demote(world: World, made: MadeKey) -> None:
    User.objects.filter(pk=world.user_of(world.mara).pk).update(role="agent")


@pytest.mark.parametrize("end", [revoke, expire, deactivate, demote])
def test_a_job_stops_when_its_key_may_no_more(world: World, end: Callable[[World, MadeKey], None]) -> None:
    world.place("1001", MUG=1)
    world.place("1002", MUG=1)
    new = NewKey("Help desk", ["orders", "bulk"])
    made = make_key(new, client=world.acme, actor=world.mara, at=world.later(), address="")
    program = caller_of(made.text, at=world.now).actor
    job = make_job([JobOrder("1001"), JobOrder("1002")], RESHIP, client=world.acme, actor=program, at=world.later())
    job = confirm_job(job.number, client=world.acme, actor=program, at=world.later())
    one_by_one = Worker(paces=defaultdict(lambda: Pace(orders=1)))
    assert one_by_one.work_once(at=world.later())
    world.later()
    end(world, made)
    job = work_to_the_end(job, now=world.later)
    assert (job.state, outcomes(world, job)) == (
        JobState.DONE,
        [("1001", "DONE", "1001-R1"), ("1002", "REFUSED", "not_allowed")],
    )
    assert audit() == []
