"""A job as the command line shows it, and one that it runs to its end."""

import os
import sys
from collections.abc import Mapping, Sequence

from django.db import InterfaceError, OperationalError
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from reship.cli.people import now
from reship.cli.tables import rendered
from reship.errors import Refusal
from reship.jobs.models import Job, JobDeed, JobItem, JobState, JobStock
from reship.jobs.queries import progress
from reship.jobs.work import work_to_the_end


def worked_to_the_end(job: Job) -> Job:
    """Works on it in this process, with a progress bar on standard error when that is a terminal.

    Ctrl-C ends the watching, not the job. Refuses `database_away`, which ends no more than that.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not os.isatty(2))
    task = bar.add_task("Dry run" if job.state == JobState.DRAFT else f"Job {job.number}", total=None)

    def show(job: Job) -> None:
        far = progress(job, at=now())
        bar.update(task, completed=far.ended, total=far.of)

    try:
        with bar:
            return work_to_the_end(job, now=now, told=show)
    except (OperationalError, InterfaceError) as error:
        goes_on = "" if job.state == JobState.DRAFT else f" Job {job.number} goes on under a worker when it is back."
        raise Refusal("database_away", f"The database went away.{goes_on}", job=job.number) from error
    except KeyboardInterrupt:
        if job.state != JobState.DRAFT:
            said = f"Job {job.number} is not stopped: a worker goes on with it, and `reship job` tells how far it is.\n"
            sys.stderr.write(said)
        raise


def outcome_as_json(job: Job) -> dict[str, object]:
    return {
        "job": job.number,
        "submitted": job.submitted,
        "done": job.done,
        "refused": job.refused,
        "refusals": job.refusals,
    }


def forecast_as_json(job: Job) -> dict[str, object]:
    """The shape of `outcome_as_json`: what the job would come to."""
    return {
        "job": None,
        "submitted": job.submitted,
        "done": job.would_go,
        "refused": sum(job.would_be_refused.values()),
        "refusals": job.would_be_refused,
    }


def outcome_as_text(job: Job) -> str:
    if job.state == JobState.DRAFT:
        return f"Job {job.number} is a dry run of {_orders(job.submitted)} that nobody has confirmed."
    ended = {JobState.CANCELLED: ", and is cancelled", JobState.RUNNING: ", and goes on"}.get(JobState(job.state), "")
    said = f"Job {job.number} did {job.done:,} of {_orders(job.submitted)}, refused {job.refused:,}{ended}."
    return "\n".join([said, *_counts(job.refusals)])


def forecast_as_text(job: Job, stock: Sequence[JobStock]) -> str:
    refused = sum(job.would_be_refused.values())
    lines = [f"Would do {job.would_go:,} of {_orders(job.submitted)}, and refuse {refused:,}."]
    lines += _counts(job.would_be_refused)
    lines += [f"Note: {code}, {_orders(count)}" for code, count in sorted(job.warnings.items())]
    if job.several_parcels:
        orders = _orders(job.several_parcels)
        lines.append(f"Note: {orders} with several parcels of which something is left; --all-parcels sends each.")
    if stock:
        table = Table("SKU", "Warehouse", box=SIMPLE)
        for name in ("Available", "After"):
            table.add_column(name, justify="right")
        for level in stock:
            available = level.on_hand - level.allocated
            after = available + level.on_hand_change - level.allocated_change
            table.add_row(level.product.sku, level.warehouse.code, f"{available:,}", f"{after:,}")
        lines.append(rendered(table))
    return "\n".join([*lines, "Nothing was written."])


def job_as_json(job: Job) -> dict[str, object]:
    """Needs the job's client."""
    return {
        **outcome_as_json(job),
        "client": job.client.code,
        "deed": job.deed,
        "state": job.state,
        "selection": job.selection,
        "made_by": job.made_by,
        "made_at": job.made_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }


def jobs_as_text(jobs: Sequence[Job]) -> str:
    if not jobs:
        return "There are no jobs."
    table = Table("Job", "Client", "Deed", "State", "Made", "By", box=SIMPLE)
    for name in ("Orders", "Done", "Refused"):
        table.add_column(name, justify="right")
    for job in jobs:
        counts = (f"{count:,}" for count in (job.submitted, job.done, job.refused))
        deed, state = JobDeed(job.deed).label, JobState(job.state).label
        made = f"{job.made_at:%Y-%m-%d %H:%M}"
        table.add_row(str(job.number), job.client.code, deed, state, made, job.made_by, *counts)
    return rendered(table)


def item_as_json(item: JobItem) -> dict[str, object]:
    return {
        "order": item.order_number,
        "source": item.source or None,
        "state": item.state,
        "shipment": item.shipment or None,
        "code": item.code or None,
        "message": _message(item) if item.code else None,
    }


def items_as_text(items: Sequence[JobItem]) -> list[str]:
    return [
        f"  {item.source or item.order_number}  {item.shipment or item.state.lower().replace('_', ' ')}"
        + (f"  {item.code}: {_message(item)}" if item.code else "")
        for item in items
    ]


def _message(item: JobItem) -> str:
    return str((item.refusal or {}).get("message", ""))


def _counts(refusals: Mapping[str, int]) -> list[str]:
    width = max(map(len, refusals), default=0)
    return [f"  {code:<{width}}  {count:>9,}" for code, count in sorted(refusals.items())]


def _orders(count: int) -> str:
    return f"{count:,} {'order' if count == 1 else 'orders'}"
