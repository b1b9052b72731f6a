"""`reship void-label SHIPMENT --client CODE`: gives a parcel's label back to its carrier."""

from typing import Any

from django.core.management.base import CommandParser

from reship.carriers.labels import void_label
from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.directory import client_by_code


class Command(ReshipCommand):
    help = "Gives the label of a parcel that has not left back to its carrier."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shipment", metavar="SHIPMENT")
        add_client(parser)
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client, actor = client_by_code(options["client"]), acting(options["acting_email"])
        label = void_label(options["shipment"], client=client, actor=actor, at=now())
        data = {"shipment": options["shipment"], "carrier": label.carrier, "tracking_number": label.tracking_number}
        self.answer(data, f"The label of {options['shipment']} is given back.")
