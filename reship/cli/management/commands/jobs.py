"""`reship jobs`: the newest jobs."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.job_answer import job_as_json, jobs_as_text
from reship.cli.people import add_client, add_limit
from reship.clients.directory import client_by_code
from reship.jobs.queries import find_jobs


class Command(ReshipCommand):
    help = "Lists jobs, newest first: what was asked of many orders at once, and how far it is."

    def add_arguments(self, parser: CommandParser) -> None:
        add_client(parser, required=False)
        add_limit(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client = client_by_code(options["client"]) if options["client"] else None
        part = find_jobs(client_ids=[client.pk] if client else None, limit=options["limit"])
        more = "\nThere are more: raise --limit." if part.next else ""
        self.answer([job_as_json(job) for job in part.rows], jobs_as_text(part.rows) + more)
