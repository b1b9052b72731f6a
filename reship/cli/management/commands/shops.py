"""`reship shops --client CODE`: the shops that orders come in from, and how each of them is."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser
from rich.box import SIMPLE
from rich.table import Table

from reship.channels.queries import ListedShop, shops_of, untold
from reship.channels.registry import KINDS
from reship.channels.shops import require_shops
from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_as, add_client
from reship.cli.tables import rendered
from reship.clients.directory import client_by_code


class Command(ReshipCommand):
    help = "Lists a client's shops by name: their state, what they said last, and what they have still to be told."

    def add_arguments(self, parser: CommandParser) -> None:
        add_client(parser)
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client = client_by_code(options["client"])
        require_shops(acting(options["acting_email"]), client)
        shops = shops_of(client)
        self.answer([_as_json(listed) for listed in shops], _as_text(shops) if shops else "No shop is connected.")


def _as_json(listed: ListedShop) -> dict[str, object]:
    """Without any secret, and without the address of its webhooks."""
    shop, last = listed.shop, listed.last
    return {
        "name": shop.name,
        "kind": shop.kind,
        "address": shop.address,
        "state": shop.state,
        "state_since": shop.state_since,
        "why": shop.why,
        "connected_at": shop.connected_at,
        "connected_by": shop.connected_by,
        "synced_until": shop.synced_until,
        "said_last": {"at": last.at, "outcome": last.outcome, "order": last.order_number} if last else None,
        "refused_orders": listed.refused,
        "tracking_to_send": untold(shop),
    }


def _as_text(shops: Sequence[ListedShop]) -> str:
    table = Table("Shop", "Kind", "Address", "State", "Said last", "Refused orders", "Tracking to send", box=SIMPLE)
    for listed in shops:
        shop, last = listed.shop, listed.last
        table.add_row(
            shop.name,
            KINDS[shop.kind].name,
            shop.address,
            f"{shop.get_state_display()}{f': {shop.why}' if shop.why else ''}",
            f"{last.at:%Y-%m-%d %H:%M} {last.get_outcome_display()}" if last else "–",
            str(listed.refused),
            str(untold(shop)),
        )
    return rendered(table)
