"""Working on jobs: one transaction per chunk holds the deeds, the state of each item and how far the job is.

Whoever works on a job holds the lock of its row, and that lock is the lease: it ends with its holder, so a worker that
is killed at any moment loses nothing, does nothing twice, and leaves the job free for the next. See
docs/decisions/0012-jobs.md.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django_scopes import scope, scopes_disabled

from reship.clients.access import Actor
from reship.clients.api_keys import actor_of_key
from reship.clients.models import Client, User
from reship.clients.roles import Right
from reship.database.many import insert_many, update_many
from reship.database.retry import one_transaction
from reship.errors import Figure, Refusal
from reship.fulfilment.desk import at_desk, rehearse
from reship.inventory.ledger import Balance, Move, Place
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.deeds import refusal_of, shipment_of, warning_of, work_of
from reship.jobs.models import ItemState, Job, JobDeed, JobItem, JobState, JobStock
from reship.jobs.parcels import other_parcels

log = structlog.get_logger()

SMALLEST_CHUNK = 20
LARGEST_CHUNK = 500
CHUNK_SECONDS = 0.1
"""What a chunk should take: whoever needs a row that it has locked waits as long. No verb may take more than 0.25 s."""


@dataclass(slots=True)
class Pace:
    """How many orders a worker takes at once: as many as it can do in `CHUNK_SECONDS`."""

    orders: int = 50

    def learn(self, orders: int, seconds: float) -> None:
        """At most doubles or halves, so that one odd chunk does not rule the next.

        A chunk of a few orders costs half as much as one of twenty: where everything is slow, still smaller ones would
        make it slower.
        """
        fitting = max(SMALLEST_CHUNK, int(orders * CHUNK_SECONDS / max(seconds, 0.001)))
        self.orders = min(LARGEST_CHUNK, 2 * self.orders, max(self.orders // 2, fitting))


class _Clock:
    """How long a chunk takes, without its waits for the locks of others: smaller chunks would not shorten these."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def restart(self) -> None:
        self._started = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self._started

    def __call__(self, execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        """Django's hook around each statement."""
        before = time.monotonic()
        result = execute(sql, *more)
        if " FOR NO KEY UPDATE" in sql or " FOR UPDATE" in sql:
            self._started += time.monotonic() - before
        return result


@dataclass(slots=True)
class Worker:
    """Works on one chunk after the other, fair to all clients. `paces` are what it learned about each kind of work."""

    paces: defaultdict[str, Pace] = field(default_factory=lambda: defaultdict(Pace))

    broken: set[int] = field(default_factory=set)
    """Jobs that could not be worked on at all, so that they do not stop the others."""

    served: dict[int, datetime] = field(default_factory=dict)
    """When each client had its last turn here: a client with many short jobs has no more turns than others."""

    def work_once(self, *, at: datetime) -> bool:
        """Works on one chunk of whichever client has waited longest; False when there is nothing to do."""
        return any(self._tried(client_id, job_id, at) for client_id, job_id in self._waiting())

    def is_anything_left(self) -> bool:
        """Whether some job has work, be it that another worker is at it."""
        return bool(self._waiting())

    def _waiting(self) -> list[tuple[int, int]]:
        return [(client_id, job_id) for client_id, job_id in _waiting(self.served) if job_id not in self.broken]

    def _tried(self, client_id: int, job_id: int, at: datetime) -> bool:
        try:
            worked = self.work_on(client_id, job_id, at=at)
            if worked:
                self.served[client_id] = at
            return worked
        except Exception as error:
            if _is_of_the_database(error):
                # It may be this job after all that is too much for it, so that another client comes next.
                self.served[client_id] = at
                raise
            log.exception("A job cannot be worked on, and is left to the next worker.", job=job_id)
            self.broken.add(job_id)
            return False

    def work_on(self, client_id: int, job_id: int, *, at: datetime) -> bool:
        """Works on one chunk of this job; False when it has no work, or another worker is at it."""
        with scope(client=client_id):
            return self._chunk(job_id, at)

    def _chunk(self, job_id: int, at: datetime) -> bool:
        kind = ""
        come_to = taken = 0
        clock = _Clock()

        def transaction() -> bool:
            nonlocal kind, come_to, taken
            clock.restart()
            job = Job.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=job_id).first()
            if job is None or not job.has_work:
                return False
            kind, come_to = _kind_of(job), job.come_to
            with connection.execute_wrapper(clock):
                taken = _Chunk(job, self.paces[kind].orders, at).work()
            return True

        try:
            worked = one_transaction(transaction)
        except Exception as error:
            if _is_of_the_database(error):
                raise
            if self.paces[kind].orders > 1:
                # Something about one of these orders: look for it, so that it does not stop the others.
                log.exception("A chunk failed and is tried one order at a time.", job=job_id)
                self.paces[kind].orders = 1
                return True
            log.exception("An order of a job failed.", job=job_id)
            name = type(error).__name__
            return one_transaction(lambda: _give_up_next(job_id, at, name, kind, come_to))
        if taken:
            self.paces[kind].learn(taken, clock.seconds())
        return worked


class _Chunk:
    """The next items of a job whose row is locked, and what becomes of them."""

    def __init__(self, job: Job, orders: int, at: datetime) -> None:
        self._job = job
        self._orders = orders
        self._at = at
        self._client = Client.objects.get(pk=job.client_id)
        self._options = JobOptions.from_json(job.options)

    def work(self) -> int:
        """Answers how many items it took."""
        is_draft = self._job.state == JobState.DRAFT
        items = list(_next_items(self._job)[: self._orders])
        if items:
            (self._rehearse if is_draft else self._do)(items)
        if len(items) < self._orders:
            self._end(is_draft=is_draft)
        self._job.worked_at = self._at
        self._job.save()
        return len(items)

    def _end(self, *, is_draft: bool) -> None:
        if is_draft:
            self._job.rehearsed = self._job.last_position
            return
        self._job.state = JobState.DONE
        self._job.ended_at = self._at

    def _do(self, items: Sequence[JobItem]) -> None:
        actor = self._actor()
        if actor is None:
            outcomes: Sequence[object] = [self._no_longer_allowed()] * len(items)
        else:
            orders = [JobOrder.of(item) for item in items]
            outcomes = at_desk(work_of(self._options, orders), client=self._client, actor=actor, at=self._at)
        refused: Counter[str] = Counter(self._job.refusals)
        for item, outcome in zip(items, outcomes, strict=True):
            refusal = refusal_of(outcome)
            item.state = ItemState.DONE if refusal is None else ItemState.REFUSED
            item.code, item.refusal = ("", None) if refusal is None else (refusal.code, _told(refusal))
            item.shipment = shipment_of(outcome)
            if refusal is None:
                self._job.done += 1
            else:
                self._job.refused += 1
                refused[refusal.code] += 1
        self._job.refusals = dict(refused)
        self._job.reached = items[-1].position
        self._write(items, "state", "code", "refusal", "shipment", *self._forget_placed(items))

    def _forget_placed(self, items: Sequence[JobItem]) -> list[str]:
        """An order that was placed stands for itself: people's names and addresses are not kept twice."""
        if self._options.deed != JobDeed.IMPORT:
            return []
        for item in items:
            if item.state == ItemState.DONE and item.asked:
                item.asked = {"line": item.asked["line"], "rows": item.asked["rows"]}
        return ["asked"]

    def _rehearse(self, items: Sequence[JobItem]) -> None:
        actor = self._actor()
        numbers = [item.order_number for item in items]
        several = other_parcels(numbers) if self._options.deed == JobDeed.RESHIP else {}
        if actor is None:
            outcomes: Sequence[object] = [self._no_longer_allowed()] * len(items)
        else:
            outcomes, moves = rehearse(
                work_of(self._options, [JobOrder.of(item) for item in items]),
                client=self._client,
                actor=actor,
                at=self._at,
                assumed=self._changes,
            )
            self._add_changes(moves)
        refused: Counter[str] = Counter(self._job.would_be_refused)
        warned: Counter[str] = Counter(self._job.warnings)
        for item, outcome in zip(items, outcomes, strict=True):
            refusal = refusal_of(outcome)
            item.forecast = "go" if refusal is None else refusal.code
            item.refusal = None if refusal is None else _told(refusal)
            item.warning = warning_of(outcome)
            # An item that names its parcel, or its goods, leaves nothing open.
            item.other_parcels = 0 if item.source or item.asked else several.get(item.order_number, 0)
            if refusal is None:
                self._job.would_go += 1
                warned.update([item.warning] if item.warning else [])
                self._job.several_parcels += item.other_parcels > 0
            else:
                refused[refusal.code] += 1
        self._job.would_be_refused, self._job.warnings = dict(refused), dict(warned)
        self._job.rehearsed = items[-1].position
        self._write(items, "forecast", "refusal", "warning", "other_parcels")

    def _write(self, items: Sequence[JobItem], *names: str) -> None:
        rows = [(item.pk, *(getattr(item, name) for name in names)) for item in items]
        update_many(JobItem, self._job.client_id, names, rows)

    def _actor(self) -> Actor | None:
        """Whoever asked for it, with the rights that they have now; None when they have none any more."""
        actor = self._maker()
        if actor is None or not actor.sees(self._job.client_id) or not actor.may(Right.BULK):
            return None
        return replace(actor, job=self._job.number)

    def _maker(self) -> Actor | None:
        if self._job.api_key_id is not None:
            return actor_of_key(self._job.api_key_id, at=self._at)
        if self._job.user_id is None:
            return Actor.program(self._job.made_by)
        user = User.objects.filter(pk=self._job.user_id, is_active=True).first()
        return Actor.of(user) if user else None

    def _no_longer_allowed(self) -> Refusal:
        name = self._job.made_by
        return Refusal("not_allowed", f"{name} may not do this any more.", right=Right.BULK.value, name=name)

    def _changes(self, places: Collection[Place]) -> dict[Place, Balance]:
        """What the dry run has done to these places so far."""
        known = JobStock.objects.filter(job_id=self._job.pk, product_id__in={place.product_id for place in places})
        self._known = {Place(stock.product_id, stock.warehouse_id): stock for stock in known}
        return {place: Balance(stock.on_hand_change, stock.allocated_change) for place, stock in self._known.items()}

    def _add_changes(self, moves: dict[Place, Move]) -> None:
        new = []
        changed = []
        for place, move in moves.items():
            stock = self._known.get(place)
            on_hand = move.after.on_hand - move.before.on_hand
            allocated = move.after.allocated - move.before.allocated
            if stock is not None:
                changed.append((stock.pk, stock.on_hand_change + on_hand, stock.allocated_change + allocated))
                continue
            new.append(
                JobStock(
                    client_id=self._job.client_id,
                    job=self._job,
                    product_id=place.product_id,
                    warehouse_id=place.warehouse_id,
                    on_hand=move.before.on_hand,
                    allocated=move.before.allocated,
                    on_hand_change=on_hand,
                    allocated_change=allocated,
                )
            )
        insert_many(self._job.client_id, new)
        update_many(JobStock, self._job.client_id, ["on_hand_change", "allocated_change"], changed)


def work_to_the_end(
    job: Job,
    *,
    now: Callable[[], datetime],
    seconds: float | None = None,
    told: Callable[[Job], None] = lambda job: None,
) -> Job:
    """Works on this job until it has no work left, or for about so many seconds; answers it as it is then.

    Where another worker is at it, that one goes on and this one waits. `told` hears how far it is after each chunk.
    """
    worker = Worker()
    give_up_at = None if seconds is None else time.monotonic() + seconds
    with scope(client=job.client_id):
        while True:
            worked = worker.work_on(job.client_id, job.pk, at=now())
            job = Job.objects.get(pk=job.pk)
            told(job)
            if not job.has_work or (give_up_at is not None and time.monotonic() > give_up_at):
                return job
            if not worked:
                time.sleep(0.05)


def delete_old_drafts(*, before: datetime) -> int:
    """Deletes drafts that nobody confirmed, discarded ones too; answers how many. Nothing was done in their name."""
    with scopes_disabled():
        old = list(Job.objects.filter(started_at__isnull=True, made_at__lt=before).values_list("client_id", "pk"))
    for client_id, job_id in old:
        delete_draft(client_id, job_id)
    return len(old)


def delete_draft(client_id: int, job_id: int) -> None:
    """Deletes a draft and all that it holds; nothing when it is confirmed by now."""

    def transaction() -> None:
        draft = Job.objects.select_for_update().filter(pk=job_id, started_at__isnull=True).first()
        if draft is not None:
            JobStock.objects.filter(job_id=job_id).delete()
            JobItem.objects.filter(job_id=job_id).delete()
            draft.delete()

    with scope(client=client_id):
        one_transaction(transaction)


# In the words of the index of these jobs: SQLite takes an index of some rows only when no value is left open.
_UNFINISHED = RawSQL("state IN ('DRAFT', 'RUNNING')", (), output_field=BooleanField())


def _waiting(served: Mapping[int, datetime]) -> list[tuple[int, int]]:
    """The jobs with work of each client, oldest first, the client first that has waited longest since its last chunk.

    That is known of unfinished jobs, whoever worked on them, and of the clients that were `served` here.
    """
    with scopes_disabled():
        unfinished = Job.objects.filter(_UNFINISHED).order_by("client_id", "number")
        jobs = [job for job in unfinished.defer("options") if job.has_work]
    last: dict[int, datetime | None] = {}
    first: dict[int, list[int]] = defaultdict(list)
    for job in jobs:
        first[job.client_id].append(job.pk)
        known = last.get(job.client_id, served.get(job.client_id))
        last[job.client_id] = max(filter(None, [known, job.worked_at]), default=None)
    by_wait = sorted(first, key=lambda client_id: (last[client_id] is not None, last[client_id], client_id))
    # A worker that finds the first job taken helps with the next one of the same client.
    return [(client_id, job_id) for client_id in by_wait for job_id in first[client_id]]


def _is_of_the_database(error: Exception) -> bool:
    """It is not there, or full, or so busy that the answer is `try_again`: nothing about the job is wrong."""
    if isinstance(error, Refusal):
        return error.code == "try_again"
    return isinstance(error, (OperationalError, InterfaceError))


def _kind_of(job: Job) -> str:
    return f"{job.deed} {job.state}"


def _next_items(job: Job) -> QuerySet[JobItem]:
    items = JobItem.objects.filter(job_id=job.pk, state=ItemState.PENDING, position__gt=job.come_to)
    return items.order_by("position")


def _give_up_next(job_id: int, at: datetime, error: str, kind: str, come_to: int) -> bool:
    """Refuses the order whose deed failed in a way that no rule foresees, so that the job comes to its end.

    Not when the job has gone on since, or was confirmed or cancelled: its next order is then another one.
    """
    job = Job.objects.select_for_update(no_key=True).get(pk=job_id)
    if (_kind_of(job), job.come_to) != (kind, come_to):
        return True
    item = _next_items(job).first()
    if item is None:
        return False
    refusal = Refusal("failed", "This order could not be worked on; the log says more.", error=error)
    item.refusal = _told(refusal)
    if job.state == JobState.DRAFT:
        item.forecast = refusal.code
        job.rehearsed = item.position
        job.would_be_refused = dict(Counter(job.would_be_refused) + Counter([refusal.code]))
    else:
        item.state, item.code = ItemState.REFUSED, refusal.code
        job.reached, job.refused = item.position, job.refused + 1
        job.refusals = dict(Counter(job.refusals) + Counter([refusal.code]))
    item.save()
    job.worked_at = at
    job.save()
    return True


def _told(refusal: Refusal) -> dict[str, Figure]:
    return {"message": refusal.message, "figures": refusal.figures}
