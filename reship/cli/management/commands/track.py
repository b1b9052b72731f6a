"""`reship track`: asks the carriers where the parcels are."""

from typing import Any

from django.core.management.base import CommandParser

from reship.carriers.poll import Polled, poll_tracking
from reship.cli.command import ReshipCommand
from reship.cli.people import add_client, now
from reship.clients.directory import client_by_code
from reship.clients.models import Client

_REFUSALS_SHOWN = 20


class Command(ReshipCommand):
    help = "Asks every carrier that can be asked where its parcels are, and records what it says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shipments", metavar="SHIPMENT", nargs="*", help="default: all on their way, or lost")
        add_client(parser, required=False)

    def handle(self, *args: Any, **options: Any) -> None:
        codes = options["client"]
        clients = [client_by_code(codes)] if codes else list(Client.objects.order_by("code"))
        polled = {
            client.code: poll_tracking(client=client, at=now, shipments=options["shipments"] or None)
            for client in clients
        }
        self.answer(
            [{"client": code, **_as_json(one)} for code, one in polled.items()],
            "\n".join(_as_text(code, one) for code, one in polled.items()),
        )


def _as_json(polled: Polled) -> dict[str, Any]:
    return {
        "parcels": polled.parcels,
        "events": polled.events,
        "moved": [{"shipment": number, "status": status} for number, status in polled.moved],
        "refusals": [refusal.as_json() for refusal in polled.refusals],
    }


def _as_text(code: str, polled: Polled) -> str:
    lines = [f"{code}: asked about {polled.parcels:,} parcels; {polled.events:,} things are new."]
    lines += [f"  {number} is {status}" for number, status in polled.moved]
    lines += [f"  {refusal}" for refusal in polled.refusals[:_REFUSALS_SHOWN]]
    more = len(polled.refusals) - _REFUSALS_SHOWN
    return "\n".join([*lines, *([f"  and {more:,} refusals more"] if more > 0 else [])])
