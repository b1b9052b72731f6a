"""`reship reship NUMBER`: sends items of an order again, or says what that would do."""

import argparse
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.directory import client_by_code
from reship.clients.reasons import Fault
from reship.fulfilment.reship import Reshipped, preview_reship, reship_order
from reship.fulfilment.reship_plan import AddBack, ReshipItem, ReshipPlan, ReshipRequest, ReshipWarning
from reship.inventory.ledger import Balance
from reship.orders.addresses import ADDRESS_FIELDS, Address
from reship.orders.history import Item

_FAULTS = ", ".join(fault.value for fault in Fault)


class Command(ReshipCommand):
    help = "Sends items of an order again, within the same order; without --item, all that is left of the shipment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", metavar="NUMBER", help="of the order")
        add_client(parser)
        parser.add_argument("--source", metavar="SHIPMENT", help="default: the latest with something left to reship")
        parser.add_argument("--item", dest="items", action="append", type=_item, metavar="SKU=QTY", help="repeatable")
        parser.add_argument("--reason", default="", metavar="CODE", help="one of the client's list")
        parser.add_argument("--fault", default="", metavar="WHOSE", help=f"{_FAULTS}; default: as the reason says")
        parser.add_argument("--note", default="", metavar="TEXT")
        parser.add_argument("--add-back", action="store_true", help="make the source's units available again")
        parser.add_argument("--hold", action="store_true", help="keep it from the pick queue by an Operator Hold")
        parser.add_argument(
            "--address",
            dest="address",
            action="append",
            type=_part,
            metavar="PART=TEXT",
            help=f"of the new shipment only, all of its parts ({', '.join(ADDRESS_FIELDS)}); default: the source's",
        )
        parser.add_argument("--method", metavar="TEXT", help="of the new shipment; default: the source's")
        parser.add_argument("--warehouse", default="", metavar="CODE", help="that sends it; default: the source's")
        parser.add_argument("--wait", action="store_true", help="wait for what is not available, instead of a refusal")
        parser.add_argument(
            "--send-again-anyway", action="store_true", help="what is sent again already, too; needs a note"
        )
        parser.add_argument("--key", help="makes the command safe to repeat: the same key does it once")
        add_as(parser)
        parser.add_argument("--dry-run", action="store_true", help="say what it would do, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        client, actor = client_by_code(options["client"]), acting(options["acting_email"])
        request = ReshipRequest(
            order_number=options["number"],
            source=options["source"],
            items=tuple(options["items"]) if options["items"] else None,
            reason=options["reason"],
            fault=options["fault"],
            note=options["note"],
            add_back=AddBack.YES if options["add_back"] else AddBack.NO,
            hold=options["hold"],
            address=Address(**dict(options["address"])) if options["address"] else None,
            method=options["method"],
            key=options["key"],
            send_again_anyway=options["send_again_anyway"],
            warehouse=options["warehouse"],
            wait_for_stock=options["wait"],
        )
        if options["dry_run"]:
            plan = preview_reship(request, client=client, actor=actor)
            self.answer(_plan_as_json(plan), _plan_as_text(plan))
        else:
            done = reship_order(request, client=client, actor=actor, at=now())
            self.answer(_done_as_json(done), _done_as_text(done))


def _part(text: str) -> tuple[str, str]:
    """A part of an address by its name; the verb checks what stands in it."""
    name, equals, value = text.partition("=")
    if not equals or name not in ADDRESS_FIELDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not PART=TEXT with one of {', '.join(ADDRESS_FIELDS)}")
    return name, value


def _item(text: str) -> ReshipItem:
    """The verb checks the quantity. A SKU may hold an equals sign, a quantity not."""
    sku, equals, quantity = text.rpartition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not SKU=QTY")
    return ReshipItem(sku, quantity)


def _done_as_json(done: Reshipped) -> dict[str, object]:
    return {
        "order": done.order,
        "source": done.source,
        "shipment": done.shipment,
        "items": [item._asdict() for item in done.items],
        "added_back": done.added_back,
        "held": done.held,
        "waiting": [item._asdict() for item in done.waiting],
        "replayed": done.replayed,
        "warnings": _warnings(done.warnings),
    }


def _done_as_text(done: Reshipped) -> str:
    again = " This request was answered before: nothing was done again." if done.replayed else ""
    what = f"{_listed(done.items)} of {done.source} as {done.shipment}"
    lines = [f"Re-shipped {what}{_ways(hold=done.held, add_back=done.added_back)}.{again}"]
    return "\n".join([*lines, *_waits(done.waiting), *_notes(done.warnings)])


def _plan_as_json(plan: ReshipPlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "order": plan.facts.order.number,
        "source": plan.source.shipment.number,
        "shipment": plan.number,
        "items": [item._asdict() for item in plan.items],
        "added_back": plan.add_back,
        "held": plan.hold,
        "waiting": [item._asdict() for item in plan.waiting],
        "stock": [
            {"sku": effect.sku, "now": _balance(effect.now), "after": _balance(effect.after)} for effect in plan.stock
        ],
        "warnings": _warnings(plan.warnings),
    }


def _plan_as_text(plan: ReshipPlan) -> str:
    what = f"{_listed(plan.items)} of {plan.source.shipment.number} as {plan.number}"
    lines = [f"Would re-ship {what}{_ways(hold=plan.hold, add_back=plan.add_back)}."]
    lines += [f"  {effect.sku}: {_change(effect.now, effect.after)}" for effect in plan.stock]
    return "\n".join([*lines, *_waits(plan.waiting), *_notes(plan.warnings), "Nothing was written."])


def _ways(*, hold: bool, add_back: bool) -> str:
    held = ", on Operator Hold" if hold else ""
    return f"{held}; {'added back to stock' if add_back else 'nothing added back'}"


def _waits(items: Sequence[Item]) -> list[str]:
    return [f"Waits for stock: {_listed(items)}."] if items else []


def _notes(warnings: tuple[ReshipWarning, ...]) -> list[str]:
    return [f"Note: {warning.message}" for warning in warnings]


def _listed(items: Sequence[Item]) -> str:
    return ", ".join(f"{item.quantity} × {item.sku}" for item in items)


def _change(now: Balance, after: Balance) -> str:
    return (
        f"on hand {now.on_hand} → {after.on_hand}, allocated {now.allocated} → {after.allocated}, "
        f"available {now.available} → {after.available}"
    )


def _balance(balance: Balance) -> dict[str, int]:
    return {"on_hand": balance.on_hand, "allocated": balance.allocated, "available": balance.available}


def _warnings(warnings: tuple[ReshipWarning, ...]) -> list[dict[str, str]]:
    return [{"code": warning.code, "message": warning.message} for warning in warnings]
