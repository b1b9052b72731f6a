"""What people do with a job that is there: confirm it, leave orders out, choose parcels, cancel it."""

from collections.abc import Callable, Collection
from datetime import datetime

from django_scopes import scope

from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.jobs.asking import JobOptions, checked_options
from reship.jobs.models import ItemState, Job, JobItem, JobState, JobStock
from reship.jobs.parcels import name_all_parcels, name_latest_parcels
from reship.jobs.queries import job_not_found

Change = Callable[[Job], None]


def confirm_job(
    number: int,
    *,
    out: Collection[int] = (),
    back: Collection[int] = (),
    client: Client,
    actor: Actor,
    at: datetime,
) -> Job:
    """Lets the job run, in the name of whoever confirms it; confirming it twice is confirming it once.

    `out` and `back` are left out and taken in first, as `leave_out` does. Refuses `job_not_found`, `not_allowed`,
    `job_ended`, `nothing_selected` when every order was left out.
    """

    def confirm(job: Job) -> None:
        if job.state == JobState.RUNNING or (job.state == JobState.DONE and job.started_at):
            return
        _refuse_ended(job)
        _choose_items(job, out, back)
        checked_options(JobOptions.from_json(job.options), client=client, actor=actor, rows_give_reasons=True)
        if not job.submitted:
            raise Refusal("nothing_selected", "Every order was left out, so there is nothing to do.", job=number)
        job.state = JobState.RUNNING
        job.started_at = at
        job.made_by, job.user_id, job.api_key_id = actor.name, actor.user_id, actor.api_key_id

    return _change(number, confirm, client=client, actor=actor)


def cancel_job(number: int, *, client: Client, actor: Actor, at: datetime) -> Job:
    """Ends the job: what was done stays done, what is left is not done.

    Refuses `job_not_found`, `not_allowed`, `job_ended`.
    """

    def cancel(job: Job) -> None:
        if job.state == JobState.CANCELLED:
            return
        _refuse_ended(job)
        job.state = JobState.CANCELLED
        job.ended_at, job.ended_by = at, actor.name

    return _change(number, cancel, client=client, actor=actor)


def leave_out(
    number: int, *, out: Collection[int] = (), back: Collection[int] = (), client: Client, actor: Actor
) -> Job:
    """Leaves items out of a draft, or takes them in again, by their positions; the dry run starts again.

    Scarce goods that one order leaves go to another, so every forecast may change. Refuses `job_not_found`,
    `not_allowed`, `job_started`, `job_ended`.
    """

    def choose(job: Job) -> None:
        _refuse_started(job)
        _choose_items(job, out, back)

    return _change(number, choose, client=client, actor=actor)


def choose_parcels(number: int, *, all_parcels: bool, client: Client, actor: Actor) -> Job:
    """Lets a draft send all parcels of orders that have several with something left, or the latest of each only.

    The dry run starts again. Refuses `job_not_found`, `not_allowed`, `job_started`, `job_ended`.
    """

    def choose(job: Job) -> None:
        _refuse_started(job)
        if JobOptions.from_json(job.options).all_parcels == all_parcels:
            return
        job.options = {**job.options, "all_parcels": all_parcels}
        (name_all_parcels if all_parcels else name_latest_parcels)(job)
        _rehearse_again(job)

    return _change(number, choose, client=client, actor=actor)


def _change(number: int, change: Change, *, client: Client, actor: Actor) -> Job:
    require(actor, Right.BULK)

    def transaction() -> Job:
        job = Job.objects.select_for_update(no_key=True).filter(number=number).first()
        if job is None:
            raise job_not_found(number)
        change(job)
        job.save()
        return job

    if not actor.sees(client.pk):
        raise job_not_found(number)
    with scope(client=client.pk):
        return one_transaction(transaction)


def _choose_items(job: Job, out: Collection[int], back: Collection[int]) -> None:
    if not out and not back:
        return
    items = JobItem.objects.filter(job_id=job.pk)
    left = items.filter(position__in=sorted(out), state=ItemState.PENDING).update(
        state=ItemState.LEFT_OUT, forecast="", warning="", code="", refusal=None
    )
    taken = items.filter(position__in=sorted(back), state=ItemState.LEFT_OUT).update(state=ItemState.PENDING)
    job.submitted += taken - left
    if left or taken:
        _rehearse_again(job)


def _rehearse_again(job: Job) -> None:
    JobStock.objects.filter(job_id=job.pk).delete()
    job.rehearsed = job.would_go = job.several_parcels = 0
    job.would_be_refused, job.warnings = {}, {}


def _refuse_started(job: Job) -> None:
    if job.state == JobState.RUNNING:
        raise Refusal("job_started", f"Job {job.number} is running already.", job=job.number, state=job.state)
    _refuse_ended(job)


def _refuse_ended(job: Job) -> None:
    if job.state in {JobState.DONE, JobState.CANCELLED}:
        ended = "done" if job.state == JobState.DONE else "cancelled"
        raise Refusal("job_ended", f"Job {job.number} is {ended}.", job=job.number, state=job.state)
