"""`reship demo`: an installation to try, filled and served by one command."""

import os
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from rich.console import Console
from rich.progress import Progress

from reship.cli.command import ReshipCommand
from reship.cli.serving import PORT, serve
from reship.clients.demo_people import demo_people
from reship.clients.models import User
from reship.demo.load import is_loaded, load_demo
from reship.demo.people import PASSWORD


class Command(ReshipCommand):
    help = "Fills an empty database with demo data, and serves the portal with one-click sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=PORT, help="or the next free one (default: %(default)s)")
        parser.add_argument("--no-browser", action="store_true", help="do not open the portal in a browser")
        parser.add_argument("--no-worker", action="store_true", help="leave jobs to a `reship worker` elsewhere")
        parser.add_argument("--setup-only", action="store_true", help="make the demo and end")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if not is_loaded():
            self._load()
        people = demo_people()
        if options["setup_only"]:
            self.answer({"url": None, "people": _as_json(people)}, self._told(people, "The demo is set up."))
            return
        # The server's processes are copies of this one, or read the environment when they start.
        settings.DEMO = True
        os.environ["RESHIP_DEMO"] = "1"

        def opened(url: str) -> None:
            first = f"Reship is open at {url} (Ctrl-C ends it)."
            self.answer({"url": url, "people": _as_json(people)}, self._told(people, first))
            self.stdout.flush()

        serve(
            port=options["port"],
            worker=not options["no_worker"],
            opened=opened,
            browser=not options["no_browser"],
        )

    def _load(self) -> None:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Making sixty days of orders", total=None)
            load_demo(
                datetime.now(UTC).replace(microsecond=0),
                progress=lambda done, of: progress.update(task, completed=done, total=of),
            )

    def _told(self, people: list[User], first: str) -> str:
        if not people:
            return f"{first}\nThe database holds other data, so there are no demo people."
        width = max(len(user.email) for user in people)
        lines = [
            f"  {user.email:<{width}}  {user.role:<8}  "
            + (f"{user.client.code}, {user.client.name}" if user.client else "fulfilment company")
            for user in people
        ]
        told = "\n".join(lines)
        return f"{first}\nSign in with one click, or with the password {PASSWORD}:\n{told}"


def _as_json(people: list[User]) -> list[dict[str, str | None]]:
    return [
        {"email": user.email, "role": user.role, "client": user.client.code if user.client else None} for user in people
    ]
