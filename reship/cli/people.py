"""On whose behalf a command acts, and for which client."""

from datetime import UTC, datetime

from django.core.management.base import CommandParser

from reship.clients.access import Actor
from reship.clients.directory import active_user


def add_client(parser: CommandParser, *, required: bool = True) -> None:
    parser.add_argument("--client", required=required, metavar="CODE", help="the client's code")


def add_as(parser: CommandParser) -> None:
    parser.add_argument("--as", dest="acting_email", metavar="EMAIL", help="act as this person, with their rights")


def acting(email: str | None) -> Actor:
    """The person with this e-mail, or the command line itself, which may everything. Refuses `user_not_found`."""
    return Actor.program("command line") if email is None else Actor.of(active_user(email))


def now() -> datetime:
    return datetime.now(UTC)
