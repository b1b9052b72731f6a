"""Which orders a command is about: those that are named, or all that match."""

import argparse
import contextlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError, CommandParser

from reship.clients.models import Client
from reship.clients.reasons import reasons_of
from reship.imports.reship_list import read_reship_list
from reship.imports.sheet import read_lines
from reship.jobs.asking import JobOrder
from reship.orders.models import HoldKind, OrderStatus
from reship.orders.queries import OrderFilter

_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FILTERS = ("status", "since", "until", "search", "held", "reshipped")


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """Either `orders` or `matching` is there; `said` tells it in words."""

    said: str
    orders: list[JobOrder] | None = None
    matching: OrderFilter | None = None


def add_order_choice(parser: CommandParser) -> None:
    named = parser.add_mutually_exclusive_group()
    named.add_argument("--numbers", metavar="FILE", help="order numbers, one a line; - reads them from standard input")
    named.add_argument("--file", type=Path, metavar="CSV", help="a list with items, reason and add-back of each order")
    parser.add_argument("--status", choices=OrderStatus.values, help="all orders that match, as in Manage Orders:")
    parser.add_argument("--since", type=a_day, metavar="DAY", help="placed on this day or later, in the client's zone")
    parser.add_argument("--until", type=a_day, metavar="DAY", help="placed on this day or earlier")
    what = "order, shipment or tracking number, customer, e-mail, or SKU"
    parser.add_argument("--search", metavar="Q", help=what)
    parser.add_argument("--held", choices=["any", *HoldKind.values], help="with a hold, of any kind or of this one")
    parser.add_argument("--reshipped", choices=["yes", "no"])


def chosen_orders(options: Mapping[str, Any], *, client: Client) -> OrderChoice:
    """Ends with exit code 2 when nothing is chosen, or in two ways. Refuses as the readers of the files."""
    filters = {name: options[name] for name in _FILTERS if options[name] is not None}
    if filters and (options["numbers"] or options["file"]):
        raise CommandError("name the orders, or give filters, not both", returncode=2)
    if options["numbers"]:
        source = sys.stdin.buffer if options["numbers"] == "-" else Path(options["numbers"])
        numbers = [number for line in read_lines(source) if (number := line.strip())]
        return OrderChoice("", orders=[JobOrder(number) for number in numbers])
    if options["file"]:
        orders = read_reship_list(options["file"], reasons=reasons_of(client))
        return OrderChoice(f"File {options['file'].name}", orders=orders)
    if not filters:
        raise CommandError("say which orders: --numbers, --file, or a filter such as --status", returncode=2)
    said = ", ".join(f"{name}: {value}" for name, value in filters.items())
    return OrderChoice(f"All that match {said}", matching=_filter(filters, client))


def _filter(given: Mapping[str, Any], client: Client) -> OrderFilter:
    held = given.get("held")
    until = given.get("until")
    return OrderFilter(
        search=given.get("search", ""),
        status=OrderStatus(given["status"]) if "status" in given else None,
        placed_from=_midnight(given["since"], client) if "since" in given else None,
        placed_before=_midnight(until + timedelta(days=1), client) if until else None,
        on_hold=held == "any",
        hold=HoldKind(held) if held in HoldKind.values else None,
        reshipped={"yes": True, "no": False}.get(given.get("reshipped", "")),
    )


def a_day(text: str) -> date:
    """In this century, so that the day after it is one too."""
    with contextlib.suppress(ValueError):
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-03-31")


def _midnight(day: date, client: Client) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(client.timezone))
