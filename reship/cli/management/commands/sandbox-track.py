"""`reship sandbox-track SHIPMENT STATUS`: plays the sandbox's part of saying where a parcel is."""

from typing import Any

from django.core.management.base import CommandParser

from reship.carriers.sandbox import say
from reship.cli.command import ReshipCommand
from reship.cli.people import add_client, now
from reship.clients.directory import client_by_code
from reship.fulfilment.tracking import TrackingStatus
from reship.imports.times import read_time


class Command(ReshipCommand):
    help = "Lets the sandbox carrier say something of a parcel that has one of its labels."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shipment", metavar="SHIPMENT")
        statuses = [status.value.lower() for status in TrackingStatus]
        parser.add_argument("status", metavar="STATUS", choices=statuses, help=", ".join(statuses))
        add_client(parser)
        parser.add_argument("--at", metavar="TIME", help="by the carrier's clock, such as 2026-03-02T09:30:00Z")
        parser.add_argument("--place", default="", metavar="TEXT")
        parser.add_argument("--detail", default="", metavar="TEXT")

    def handle(self, *args: Any, **options: Any) -> None:
        at = now()
        recorded = say(
            options["shipment"],
            TrackingStatus(options["status"].upper()),
            said_at=read_time(1, options["at"]) if options["at"] else at,
            place=options["place"],
            detail=options["detail"],
            client=client_by_code(options["client"]),
            at=at,
        )
        data = {"shipment": recorded.shipment, "status": recorded.status, "is_new": recorded.is_new}
        data["counts"] = recorded.counts
        self.answer(data, f"{recorded.shipment} is {recorded.status}.")
