"""`reship buy-label SHIPMENT --client CODE --carrier CODE`: a carrier's label for a parcel in picking."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reship.carriers.labels import LabelRequest, buy_label
from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.directory import client_by_code
from reship.errors import Refusal


class Command(ReshipCommand):
    help = "Buys a carrier's label for a parcel that is being packed; asked again, it is the same label."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shipment", metavar="SHIPMENT")
        add_client(parser)
        parser.add_argument("--carrier", required=True, metavar="CODE")
        parser.add_argument("--service", default="", metavar="NAME", help="default: the cheapest")
        parser.add_argument("--grams", type=int, default=1_000, metavar="N", help="default: %(default)s")
        parser.add_argument("--by-hand", action="store_true", help="of a parcel whose units were not all scanned")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write the label there")
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client, actor = client_by_code(options["client"]), acting(options["acting_email"])
        request = LabelRequest(
            options["shipment"], options["carrier"], options["service"], options["grams"], by_hand=options["by_hand"]
        )
        label = buy_label(request, client=client, actor=actor, at=now())
        if options["output"] is not None:
            _write(options["output"], bytes(label.content))
        data = {
            "shipment": options["shipment"],
            "carrier": label.carrier,
            "service": label.service,
            "tracking_number": label.tracking_number,
            "cost": str(label.cost),
            "currency": label.currency,
            "format": label.format,
        }
        cost = f", {label.cost} {label.currency}" if label.currency else ""
        number = label.tracking_number or "no tracking number"
        self.answer(data, f"{options['shipment']} has a label of {label.service or label.carrier}: {number}{cost}.")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        said = f"The label is bought, but {path} cannot be written: {error.strerror}."
        raise Refusal("file_not_writable", said, file=str(path)) from error
