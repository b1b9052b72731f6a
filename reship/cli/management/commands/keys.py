"""`reship keys --client CODE`: the programs that may come in."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.key_answer import keys_as_text, listed_key_as_json
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.api_keys import keys_of
from reship.clients.directory import client_by_code


class Command(ReshipCommand):
    help = "Lists a client's API keys, newest first, also those that have ended."

    def add_arguments(self, parser: CommandParser) -> None:
        add_client(parser)
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        keys, at = keys_of(client_by_code(options["client"]), actor=acting(options["acting_email"])), now()
        self.answer([listed_key_as_json(key, at=at) for key in keys], keys_as_text(keys, at=at))
