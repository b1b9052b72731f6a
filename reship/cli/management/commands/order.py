"""`reship order NUMBER --client CODE`: one order with its shipments, stock and history."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.order_answer import order_as_json, order_as_text, read_order
from reship.cli.people import add_client
from reship.clients.directory import client_by_code


class Command(ReshipCommand):
    help = "Shows one order: lines, shipments, holds, the stock of its SKUs, and its history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", metavar="NUMBER")
        add_client(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        order = read_order(options["number"], client=client_by_code(options["client"]))
        self.answer(order_as_json(order), order_as_text(order))
