"""`reship revoke-key PREFIX`: shuts a program out."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.key_answer import key_as_json
from reship.cli.people import acting, add_as, now
from reship.clients.api_keys import key_seen_by, revoke_key


class Command(ReshipCommand):
    help = "Revokes an API key: it opens nothing from the next request on, and the jobs made with it stop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", metavar="PREFIX", help="how the key begins, as `reship keys` shows it")
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, at = acting(options["acting_email"]), now()
        client = key_seen_by(actor, options["prefix"]).client
        key = revoke_key(options["prefix"], client=client, actor=actor, at=at, address="")
        self.answer(key_as_json(key, at=at), f"Revoked the key {key.name} ({key.prefix}) of {client.code}.")
