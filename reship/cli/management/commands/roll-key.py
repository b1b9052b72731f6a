"""`reship roll-key PREFIX`: another key in its place, without a moment when neither holds."""

import argparse
import re
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.key_answer import ONCE, made_key_as_json
from reship.cli.people import acting, add_as, now
from reship.clients.api_keys import key_seen_by, roll_key


class Command(ReshipCommand):
    help = "Replaces an API key by a new one, whose text is the only line on standard output; the old one ends later."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", metavar="PREFIX", help="how the key begins, as `reship keys` shows it")
        overlap = "how long the old key still holds, 0 to 720 (default: %(default)s)"
        parser.add_argument("--overlap", type=_hours, default="24", metavar="HOURS", help=overlap)
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, at = acting(options["acting_email"]), now()
        old = key_seen_by(actor, options["prefix"])
        made = roll_key(old.prefix, overlap=options["overlap"], client=old.client, actor=actor, at=at, address="")
        self.answer(made_key_as_json(made, at=at), made.text)
        if not self.as_json:
            end = f"{at + options['overlap']:%Y-%m-%d %H:%M} UTC"
            self.stderr.write(
                f"{old.prefix} ends at {end} at the latest; {made.key.prefix} takes its place. {ONCE}", str
            )


def _hours(text: str) -> timedelta:
    if not re.fullmatch("[0-9]{1,4}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of hours")
    return timedelta(hours=int(text))
