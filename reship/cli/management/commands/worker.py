"""`reship worker`: what has to be done beside the portal, until it is told to end."""

import signal
import threading
from typing import Any

from django.core.management import call_command

from reship.cli.command import ReshipCommand

HOUR = 3600.0


class Command(ReshipCommand):
    help = "Does the housekeeping (expired sessions) every hour, until Ctrl-C or SIGTERM. There are no jobs yet."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self.answer(
            {"housekeeping_seconds": HOUR, "jobs": []},
            "There is no background work yet: expired sessions are cleared every hour (Ctrl-C ends it).",
        )
        self.stdout.flush()
        while True:
            call_command("clearsessions")
            if ended.wait(HOUR):
                return
