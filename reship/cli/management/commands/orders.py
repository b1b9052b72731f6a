"""`reship orders`: the newest orders that match."""

from typing import Any

from django.core.management.base import CommandParser
from rich.box import SIMPLE
from rich.table import Table

from reship.cli.command import ReshipCommand
from reship.cli.people import add_client, add_limit
from reship.cli.tables import rendered
from reship.clients.directory import client_by_code
from reship.orders.models import OrderStatus
from reship.orders.queries import OrderFilter, OrderRow, find_orders


class Command(ReshipCommand):
    help = "Lists orders, newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        add_client(parser, required=False)
        parser.add_argument("--status", choices=OrderStatus.values)
        what = "order, shipment or tracking number, customer, e-mail, or SKU"
        parser.add_argument("--search", default="", metavar="Q", help=what)
        add_limit(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client = client_by_code(options["client"]) if options["client"] else None
        status = OrderStatus(options["status"]) if options["status"] else None
        page = find_orders(
            OrderFilter(search=options["search"], status=status),
            client_ids=[client.pk] if client else None,
            limit=options["limit"],
        )
        self.answer([_as_json(row) for row in page.rows], _table(page.rows, has_more=page.next is not None))


def _as_json(row: OrderRow) -> dict[str, object]:
    order = row.order
    return {
        "number": order.number,
        "client": order.client.code,
        "status": order.status,
        "customer": order.customer_name,
        "placed_at": order.placed_at,
    }


def _table(rows: tuple[OrderRow, ...], *, has_more: bool) -> str:
    if not rows:
        return "No orders match."
    table = Table("Order", "Client", "Status", "Customer", "Placed", box=SIMPLE)
    for row in rows:
        order = row.order
        placed = f"{order.placed_at:%Y-%m-%d %H:%M}"
        table.add_row(order.number, order.client.code, OrderStatus(order.status).label, order.customer_name, placed)
    return rendered(table) + ("\nThere are more: raise --limit." if has_more else "")
