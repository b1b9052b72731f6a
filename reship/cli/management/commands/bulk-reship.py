"""`reship bulk-reship`: sends many orders again, and tells what became of them."""

import contextlib
from typing import Any

from django.core.management.base import CommandParser
from django.db import InterfaceError, OperationalError

from reship.cli.command import ReshipCommand
from reship.cli.job_answer import (
    forecast_as_json,
    forecast_as_text,
    outcome_as_json,
    outcome_as_text,
    worked_to_the_end,
)
from reship.cli.order_choice import OrderChoice, add_order_choice, chosen_orders
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.access import Actor
from reship.clients.directory import client_by_code
from reship.clients.models import Client
from reship.clients.reasons import Fault
from reship.database.retry import one_transaction
from reship.fulfilment.reship_plan import AddBack
from reship.jobs.asking import JobOptions
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job, make_job_of_matching
from reship.jobs.models import Job, JobDeed, JobState
from reship.jobs.queries import stock_effect
from reship.jobs.work import delete_draft

_SKUS_SHOWN = 10


class Command(ReshipCommand):
    help = "Sends many orders again, each with all that is left of its latest shipment, as one job, to its end."

    def add_arguments(self, parser: CommandParser) -> None:
        add_client(parser)
        add_order_choice(parser)
        what = "make the sources' units available again; where_here: of parcels that are still here (default: no)"
        parser.add_argument("--add-back", choices=list(AddBack), default=AddBack.NO.value, help=what)
        parser.add_argument("--reason", default="", metavar="CODE", help="one of the client's list")
        parser.add_argument("--fault", choices=list(Fault), default="", help="default: as the reason says")
        parser.add_argument("--note", default="", metavar="TEXT")
        parser.add_argument("--hold", action="store_true", help="keep them from the pick queue by Operator Holds")
        parser.add_argument("--all-parcels", action="store_true", help="of orders with several, each, not the latest")
        parser.add_argument("--key", default="", help="makes the command safe to repeat: the same key is the same job")
        add_as(parser)
        parser.add_argument("--dry-run", action="store_true", help="say what would become of each, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        client, actor = client_by_code(options["client"]), acting(options["acting_email"])
        wanted = JobOptions(
            JobDeed.RESHIP,
            reason=options["reason"],
            fault=options["fault"],
            note=options["note"],
            add_back=AddBack(options["add_back"]),
            hold=options["hold"],
            all_parcels=options["all_parcels"],
        )
        choice = chosen_orders(options, client=client)
        if options["dry_run"]:
            self._rehearse(_made(choice, wanted, client, actor, key=""), client)
            return
        job = one_transaction(lambda: _confirmed(_made(choice, wanted, client, actor, options["key"]), client, actor))
        job = worked_to_the_end(job)
        self.answer(outcome_as_json(job), outcome_as_text(job))

    def _rehearse(self, draft: Job, client: Client) -> None:
        """Leaves nothing behind, also after Ctrl-C.

        What is killed outright, or loses the database, leaves a draft for the housekeeping.
        """
        try:
            job = worked_to_the_end(draft)
            self.answer(forecast_as_json(job), forecast_as_text(job, stock_effect(job, limit=_SKUS_SHOWN)))
        finally:
            with contextlib.suppress(OperationalError, InterfaceError):
                delete_draft(client.pk, draft.pk)


def _made(choice: OrderChoice, wanted: JobOptions, client: Client, actor: Actor, key: str) -> Job:
    if choice.matching is not None:
        return make_job_of_matching(
            choice.matching, wanted, client=client, actor=actor, at=now(), selection=choice.said, key=key
        )
    return make_job(choice.orders or [], wanted, client=client, actor=actor, at=now(), selection=choice.said, key=key)


def _confirmed(job: Job, client: Client, actor: Actor) -> Job:
    """The first time. The same request again means the job as it is, even if it was cancelled."""
    if job.state != JobState.DRAFT:
        return job
    return confirm_job(job.number, client=client, actor=actor, at=now())
