"""`reship ship NUMBER`: pick, pack and depart in one go."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_client, now
from reship.clients.directory import client_by_code
from reship.fulfilment.ship import ShipRequest, ship_shipment


class Command(ReshipCommand):
    help = "Picks, packs and departs a shipment in one go, from whichever step it is at."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", metavar="NUMBER", help="of the order")
        add_client(parser)
        parser.add_argument("--shipment", help="default: the latest that may go")
        parser.add_argument("--tracking", default="", metavar="NO", help="the label's tracking number")

    def handle(self, *args: Any, **options: Any) -> None:
        request = ShipRequest(options["number"], options["shipment"], options["tracking"])
        client = client_by_code(options["client"])
        shipment = ship_shipment(request, client=client, actor=acting(None), at=now())
        data = {
            "order": options["number"],
            "shipment": shipment.number,
            "status": shipment.status,
            "tracking_number": shipment.tracking_number,
            "departed_at": shipment.departed_at,
        }
        self.answer(data, f"{shipment.number} left the warehouse.")
