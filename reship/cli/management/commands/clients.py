"""`reship clients`: the merchants, and the codes that other commands take."""

from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from reship.cli.command import ReshipCommand
from reship.cli.tables import rendered
from reship.clients.models import Client


class Command(ReshipCommand):
    help = "Lists the clients: their codes, which --client takes, and their names."

    def handle(self, *args: Any, **options: Any) -> None:
        clients = [
            {"code": one.code, "name": one.name, "timezone": one.timezone, "currency": one.currency}
            for one in Client.objects.order_by("code")
        ]
        none = "There are no clients yet; `reship create-client` makes one."
        self.answer(clients, _as_text(clients) if clients else none)


def _as_text(clients: list[dict[str, str]]) -> str:
    table = Table("Code", "Name", "Time zone", "Currency", box=SIMPLE)
    for client in clients:
        table.add_row(*client.values())
    return rendered(table)
