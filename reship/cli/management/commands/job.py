"""`reship job NUMBER --client CODE`: one job with its orders, which it can also cancel, or try again if refused."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.job_answer import item_as_json, items_as_text, job_as_json, outcome_as_text, worked_to_the_end
from reship.cli.people import acting, add_as, add_client, add_limit, now
from reship.clients.access import Actor
from reship.clients.directory import client_by_code
from reship.clients.models import Client
from reship.jobs.change_job import cancel_job, confirm_job
from reship.jobs.make_job import retry_refused
from reship.jobs.models import Job
from reship.jobs.queries import Shown, find_items, job_numbered


class Command(ReshipCommand):
    help = "Shows one job with what became of its orders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", metavar="NUMBER", type=int)
        add_client(parser)
        parser.add_argument("--refused", action="store_true", help="show the refused orders only")
        add_limit(parser)
        deed = parser.add_mutually_exclusive_group()
        deed.add_argument("--cancel", action="store_true", help="end it: what is done stays done")
        deed.add_argument("--retry", action="store_true", help="try the refused orders again, as a new job, to its end")
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client, actor = client_by_code(options["client"]), acting(options["acting_email"])
        job = self._asked(options, client, actor)
        shown = Shown.REFUSED if options["refused"] else Shown.ALL
        part = find_items(job, shown=shown, limit=options["limit"])
        more = ["There are more: raise --limit."] if part.next else []
        items = [item_as_json(item) for item in part.rows]
        self.answer(
            {**job_as_json(job), "items": items, "has_more": bool(part.next)},
            "\n".join([outcome_as_text(job), *items_as_text(part.rows), *more]),
        )

    def _asked(self, options: dict[str, Any], client: Client, actor: Actor) -> Job:
        number = options["number"]
        if options["cancel"]:
            return cancel_job(number, client=client, actor=actor, at=now())
        if options["retry"]:
            draft = retry_refused(number, client=client, actor=actor, at=now())
            return worked_to_the_end(confirm_job(draft.number, client=client, actor=actor, at=now()))
        return job_numbered(client, number, actor=actor)
