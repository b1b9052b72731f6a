"""On whose behalf a command acts, for which client, and how much it answers."""

import argparse
import re
from datetime import UTC, datetime

from django.core.management.base import CommandParser

from reship.clients.access import Actor
from reship.clients.directory import active_user

MOST_ROWS = 1_000


def add_client(parser: CommandParser, *, required: bool = True) -> None:
    parser.add_argument("--client", required=required, metavar="CODE", help="the client's code")


def add_as(parser: CommandParser) -> None:
    parser.add_argument("--as", dest="acting_email", metavar="EMAIL", help="act as this person, with their rights")


def add_limit(parser: CommandParser) -> None:
    parser.add_argument("--limit", type=_limit, default=50, metavar="N", help="at most (default: %(default)s)")


def acting(email: str | None) -> Actor:
    """The person with this e-mail, or the command line itself, which may everything. Refuses `user_not_found`."""
    return Actor.program("command line") if email is None else Actor.of(active_user(email))


def now() -> datetime:
    return datetime.now(UTC)


def _limit(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text, re.ASCII) or not 1 <= int(text) <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST_ROWS:,}")
    return int(text)
