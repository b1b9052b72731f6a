"""`reship create-client CODE --name N`: a new merchant."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, now
from reship.fulfilment.new_client import create_client


class Command(ReshipCommand):
    help = "Makes a client, and the warehouse MAIN if there is none yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="1 to 20 letters, digits, - and _")
        parser.add_argument("--name", required=True, help="what people read")

    def handle(self, *args: Any, **options: Any) -> None:
        client = create_client(options["code"], name=options["name"], actor=acting(None), at=now())
        self.answer({"code": client.code, "name": client.name}, f"Made the client {client.code} ({client.name}).")
