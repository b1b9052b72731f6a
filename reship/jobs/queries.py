"""Jobs and what became of their orders: the questions of every door."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import F, Q
from django_scopes import scope, scopes_disabled

from reship import intake
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.keyset import Cursor, Keyset, Part
from reship.errors import Refusal
from reship.jobs.models import ItemState, Job, JobDeed, JobItem, JobState, JobStock

_NEWEST = Keyset("-made", "made_at", datetime, is_descending=True)
_BY_POSITION = Keyset("position", "position", int)
_ITEMS_AT_ONCE = 2_000


class Shown(StrEnum):
    """Which items of a job are asked for. The first ones are about its dry run, the others about its run."""

    ALL = "all"
    WOULD_GO = "would-go"
    WOULD_BE_REFUSED = "would-be-refused"
    BOTH_PARCELS = "both-parcels"
    SEVERAL_PARCELS = "several-parcels"
    LEFT_OUT = "left-out"
    DONE = "done"
    REFUSED = "refused"
    PENDING = "pending"


_SHOWN = {
    Shown.ALL: Q(),
    Shown.WOULD_GO: Q(forecast="go"),
    Shown.WOULD_BE_REFUSED: ~Q(forecast__in=["", "go"]),
    Shown.BOTH_PARCELS: Q(warning="both_parcels_will_go"),
    Shown.SEVERAL_PARCELS: Q(other_parcels__gt=0),
    Shown.LEFT_OUT: Q(state=ItemState.LEFT_OUT),
    Shown.DONE: Q(state=ItemState.DONE),
    Shown.REFUSED: Q(state=ItemState.REFUSED),
    Shown.PENDING: Q(state=ItemState.PENDING),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running job is, and how fast: orders, orders per second, seconds."""

    ended: int
    of: int
    per_second: float | None
    seconds_left: int | None

    @property
    def percent(self) -> int:
        return 100 * self.ended // self.of if self.of else 100


def job_not_found(number: object) -> Refusal:
    """Another client's job looks the same."""
    return Refusal("job_not_found", f"There is no job {number}.", job=str(number))


def job_numbered(client: Client, number: int, *, actor: Actor, deed: JobDeed | None = None) -> Job:
    """The job; with a `deed`, one of another deed looks like none. Refuses `job_not_found`."""
    with scope(client=client.pk):
        job = Job.objects.filter(number=number).first() if actor.sees(client.pk) else None
    if job is None or (deed is not None and job.deed != deed):
        raise job_not_found(number)
    return job


def find_jobs(
    *, client_ids: Sequence[int] | None, deed: JobDeed | None = None, limit: int, after: Cursor | None = None
) -> Part[Job]:
    """Jobs of these clients, newest first, each with its client; None asks for all, and is for the company only.

    `deed` narrows to jobs that do this. One statement. Refuses `invalid_cursor`.
    """
    with scopes_disabled():
        jobs = Job.objects.select_related("client")
        if client_ids is not None:
            jobs = jobs.filter(client_id__in=sorted(client_ids))
        if deed is not None:
            jobs = jobs.filter(deed=deed)
        return _NEWEST.part_of(jobs, limit=limit, after=after)


def find_items(
    job: Job, *, shown: Shown = Shown.ALL, code: str = "", limit: int, after: Cursor | None = None
) -> Part[JobItem]:
    """Items of a job in their order; `code` narrows to one refusal. One statement. Refuses `invalid_cursor`."""
    with scope(client=job.client_id):
        items = JobItem.objects.filter(_SHOWN[shown], job_id=job.pk)
        if code:
            items = items.filter(Q(code=code) | Q(forecast=code)) if intake.can_be_stored(code) else items.none()
        return _BY_POSITION.part_of(items, limit=limit, after=after)


def every_item(job: Job, *, shown: Shown = Shown.ALL) -> Iterator[JobItem]:
    """All of them, a few thousand at a time, for a file."""
    after: Cursor | None = None
    while True:
        part = find_items(job, shown=shown, limit=_ITEMS_AT_ONCE, after=after)
        yield from part.rows
        if part.next is None:
            return
        after = part.next


def stock_effect(job: Job, *, limit: int) -> list[JobStock]:
    """What the dry run does to the stock, the SKUs with the greatest change first; each with product and warehouse."""
    with scope(client=job.client_id):
        effects = JobStock.objects.filter(job_id=job.pk).select_related("product", "warehouse")
        return list(effects.order_by(F("allocated_change").desc(), "product__sku", "pk")[:limit])


def progress(job: Job, *, at: datetime) -> Progress:
    """Of the run when it has started, else of the dry run."""
    if job.state == JobState.DRAFT:
        return Progress(job.would_go + sum(job.would_be_refused.values()), job.submitted, None, None)
    ended = job.done + job.refused
    until = job.ended_at or at
    seconds = (until - job.started_at).total_seconds() if job.started_at else 0
    per_second = ended / seconds if ended and seconds > 0 else None
    left = None if per_second is None or job.state != JobState.RUNNING else round(job.left / per_second)
    return Progress(ended, job.submitted, per_second, left)
