"""`reship receive [CODE QUANTITY]`: goods that arrived."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.directory import client_by_code
from reship.fulfilment.receive import Goods, Receipt, goods_of_text, receive_goods
from reship.imports.sheet import read_lines


class Command(ReshipCommand):
    help = "Puts goods that arrived on hand, all of them or none, and tells which waiting shipments got some."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?", metavar="CODE", help="the product's SKU or barcode")
        parser.add_argument("quantity", nargs="?", default="1", metavar="QUANTITY", help="in units (default: 1)")
        parser.add_argument("--file", metavar="FILE", help="a line each: code, quantity, bin; - reads standard input")
        add_client(parser)
        parser.add_argument("--warehouse", default="MAIN", metavar="CODE", help="where (default: %(default)s)")
        parser.add_argument("--bin", default="", metavar="B", help="where in the building; empty: as it is")
        parser.add_argument("--reason", default="", metavar="TEXT", help="the delivery note, for the ledger")
        parser.add_argument("--key", metavar="KEY", help="makes the command safe to repeat")
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["code"] is None) == (options["file"] is None):
            raise CommandError("name one product, or a --file with many", returncode=2)
        if options["file"] is None:
            goods = [Goods(options["code"], options["quantity"], options["bin"])]
        else:
            source = sys.stdin.buffer if options["file"] == "-" else Path(options["file"])
            goods = goods_of_text("\n".join(read_lines(source)))
        receipt = receive_goods(
            goods,
            warehouse=options["warehouse"],
            reason=options["reason"],
            key=options["key"],
            client=client_by_code(options["client"]),
            actor=acting(options["acting_email"]),
            at=now(),
        )
        data = {
            "warehouse": options["warehouse"],
            "received": [asdict(one) for one in receipt.received],
            "replayed": receipt.replayed,
        }
        self.answer(data, _in_words(receipt))


def _in_words(receipt: Receipt) -> str:
    lines = [
        f"{one.quantity} × {one.sku} received: {one.on_hand} on hand, {one.available} available."
        for one in receipt.received
    ]
    if receipt.served:
        lines.append(f"Waiting shipments that got some: {', '.join(receipt.served)}.")
    if receipt.replayed:
        lines.append("This was done before, under the same key.")
    return "\n".join(lines)
