"""What all commands share: `--json`, and how they answer, refuse and end."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from reship.clients.directory import naming_the_clients
from reship.errors import Refusal


class ReshipCommand(BaseCommand):
    """A command that answers a person in text and, with `--json`, a program in JSON.

    It calls `answer` once. A `Refusal` that leaves `handle` becomes one line on standard error, or
    `{"code", "message", "figures"}` on standard output with `--json`, and exit code 1. (Through `call_command` it is
    simply raised.)
    """

    requires_system_checks = []  # They are for developers, take a second, and the test suite runs them.
    as_json = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.as_json = options["json"]
        try:
            return super().execute(*args, **options)
        except Refusal as refusal:
            # Whoever acts with `--as` may see no other client.
            acts_itself = options.get("client") and not options.get("acting_email")
            if refusal.code == "client_not_found" and acts_itself:
                raise naming_the_clients(refusal) from refusal
            raise

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except Refusal as refusal:
            if self.as_json:
                self.stdout.write(_json(refusal.as_json()))
            else:
                self.stderr.write(str(refusal))
            sys.exit(1)

    def answer(self, data: Any, text: str) -> None:
        """Prints `data` with `--json`, else `text`."""
        self.stdout.write(_json(data) if self.as_json else text)


def _json(data: Any) -> str:
    return json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
