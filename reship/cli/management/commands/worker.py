"""`reship worker`: what has to be done beside the portal, until it is told to end."""

import signal
import threading
from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.parent import end_with_server
from reship.cli.polling import start_polling
from reship.cli.sending import LAST_ANSWERS_SECONDS, send_until, start_sending
from reship.cli.shop_rounds import start_shop_rounds
from reship.cli.working import HOUSEKEEPING_SECONDS, POLL_SECONDS, work_until


class Command(ReshipCommand):
    help = "Works on jobs, sends webhooks, asks carriers and shops, keeps house, until it is ended. Several are safe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when no job has anything left to do")

    def handle(self, *args: Any, **options: Any) -> None:
        end_with_server()
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        if options["once"]:
            chunks = work_until(ended, or_nothing_is_left=True)
            send_until(ended, or_nothing_is_due=True)
            self.answer({"chunks": chunks}, f"No job has anything left to do ({chunks:,} chunks were done).")
            return
        self.answer(
            {"polling_seconds": POLL_SECONDS, "housekeeping_seconds": HOUSEKEEPING_SECONDS},
            "Working on jobs as they come (Ctrl-C ends it).",
        )
        self.stdout.flush()
        start_polling(ended)
        start_shop_rounds(ended)
        sending = start_sending(ended)
        work_until(ended)
        sending.join(LAST_ANSWERS_SECONDS + 1)
