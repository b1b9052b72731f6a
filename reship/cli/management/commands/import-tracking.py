"""`reship import-tracking FILE --client CODE`: what a carrier says, from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.directory import client_by_code
from reship.imports.tracking_list import import_tracking


class Command(ReshipCommand):
    help = "Records what a carrier says of parcels from a CSV file, and says what became of every row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        add_client(parser)
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client, actor = client_by_code(options["client"]), acting(options["acting_email"])
        account = import_tracking(options["file"], client=client, actor=actor, at=now())
        data = {
            "rows": account.rows,
            "new": account.new,
            "known": account.known,
            "refused": dict(sorted(account.refused.items())),
            "parcels": [{"shipment": number, "status": status} for number, status in account.parcels.items()],
            "refusals": [refusal.as_json() for refusal in account.refusals],
        }
        counted = f"{account.rows:,} rows: {account.new:,} new, {account.known:,} known before, "
        counted += f"{account.refused.total():,} refused."
        self.answer(data, "\n".join([counted, *map(str, account.refusals)]))
