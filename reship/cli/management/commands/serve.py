"""`reship serve`: the portal, until it is told to end."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.serving import LOOPBACK, PORT, serve


class Command(ReshipCommand):
    help = "Serves the portal until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=PORT, help="or the next free one (default: %(default)s)")
        parser.add_argument("--host", default=LOOPBACK, help="the address to listen on (default: %(default)s)")
        parser.add_argument("--workers", type=int, help="processes (default: one on SQLite, else one per core)")
        parser.add_argument("--no-worker", action="store_true", help="leave jobs to a `reship worker` elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        serve(
            port=options["port"],
            host=options["host"],
            processes=options["workers"],
            worker=not options["no_worker"],
            opened=self._opened,
        )

    def _opened(self, url: str) -> None:
        self.answer({"url": url}, f"Reship is open at {url} (Ctrl-C ends it)")
        self.stdout.flush()
