"""What is asked of a job: the deed with its options, and the orders."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self, cast

from reship import intake
from reship.clients.access import Actor, not_allowed, require
from reship.clients.models import Client
from reship.clients.reasons import Reason
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.hold import hold_kind
from reship.fulfilment.place_order import NewOrder
from reship.fulfilment.reship_plan import AddBack, ReshipItem, check_fault, check_reason
from reship.jobs.kept_orders import new_order_as_json, new_order_of, refusal_of_json
from reship.jobs.models import JobDeed, JobItem

MOST_ORDERS = 100_000
"""Orders that one list of numbers or one file may name; a filter may match any number."""

_RIGHTS = {
    JobDeed.RESHIP: Right.RESHIP,
    JobDeed.HOLD: Right.HOLD,
    JobDeed.LIFT: Right.HOLD,
    JobDeed.CANCEL: Right.CANCEL,
    JobDeed.IMPORT: Right.PLACE_ORDER,
}


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What is done to each order, and how.

    Of a reship: `reason`, `fault` (empty: whose it is as the reason says), `note`, `add_back`, `hold` (an Operator Hold
    on each new shipment), and `all_parcels`, which sends every parcel of an order with something left instead of the
    latest. Of holds: `hold_kind` and `note`. Of an import: the `warehouse` where goods lie, `opening_stock`, the reason
    with which those come that left with their orders, `create_products` for what is not there, and of the file its
    `layout`, the `rows_read`, by cause the `rows_left_out` that belong to no order, and how many orders were changed
    when they were read, by what is `noted` of them.
    """

    deed: JobDeed
    reason: str = ""
    note: str = ""
    add_back: AddBack = AddBack.NO
    hold: bool = False
    all_parcels: bool = False
    hold_kind: str = ""
    fault: str = ""
    warehouse: str = ""
    opening_stock: str = ""
    create_products: bool = False
    layout: str = ""
    rows_read: int = 0
    rows_left_out: dict[str, int] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{**stored, "deed": JobDeed(stored["deed"]), "add_back": AddBack(stored["add_back"])})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class JobOrder:
    """An order of a job. What is not None is asked for this order alone, as a row of a file does.

    An order with a reason of its own has that reason's fault, unless it names one: the job's belongs to the job's own.
    An order of a file that is imported is `new`, or was `refused` when it was read; it has the line where it begins,
    and its rows.
    """

    number: str
    source: str = ""
    items: tuple[ReshipItem, ...] | None = None
    reason: str | None = None
    add_back: AddBack | None = None
    fault: str | None = None
    new: NewOrder | None = None
    refused: Refusal | None = None
    line: int = 0
    rows: int = 0

    @classmethod
    def of(cls, item: JobItem) -> Self:
        asked = cast(Mapping[str, Any], item.asked or {})
        items = asked.get("items")
        return cls(
            number=item.order_number,
            source=item.source,
            items=None if items is None else tuple(ReshipItem(sku, quantity) for sku, quantity in items),
            reason=asked.get("reason"),
            add_back=AddBack(asked["add_back"]) if "add_back" in asked else None,
            fault=asked.get("fault"),
            new=new_order_of(asked["new"]) if "new" in asked else None,
            refused=refusal_of_json(asked["refused"]) if "refused" in asked else None,
            line=asked.get("line", 0),
            rows=asked.get("rows", 0),
        )

    def asked(self) -> dict[str, Any] | None:
        """What a JobItem keeps of it beside order and source; None when neither that nor a parcel is named.

        So an item whose parcel was named is told from one that the job named: see `name_all_parcels`.
        """
        kept: dict[str, Any] = {}
        if self.items is not None:
            kept["items"] = [[item.sku, item.quantity] for item in self.items]
        if self.reason is not None:
            kept["reason"] = self.reason
        if self.add_back is not None:
            kept["add_back"] = self.add_back.value
        if self.fault is not None:
            kept["fault"] = self.fault
        if self.line:
            kept |= {"line": self.line, "rows": self.rows}
        if self.new is not None:
            kept["new"] = new_order_as_json(self.new)
        if self.refused is not None:
            kept["refused"] = self.refused.as_json()
        return kept if kept or self.source else None


def checked_options(
    options: JobOptions, *, client: Client, actor: Actor, rows_give_reasons: bool = False
) -> JobOptions:
    """The options in the form in which they are stored.

    What would refuse every single order is refused here, once: `not_allowed`, `invalid_reason`, `reason_required`,
    `invalid_fault`, `invalid_hold`, `invalid_text`. With `rows_give_reasons`, a missing reason is left to each order.
    """
    require(actor, Right.BULK)
    require(actor, _RIGHTS[options.deed])
    note = intake.text(options.note, field="note", longest=1000, lines=True)
    if options.deed in {JobDeed.HOLD, JobDeed.LIFT}:
        return JobOptions(options.deed, note=note, hold_kind=hold_kind(options.hold_kind))
    if options.deed == JobDeed.CANCEL:
        return JobOptions(options.deed)
    if options.deed == JobDeed.IMPORT:
        return options
    if options.add_back != AddBack.NO and not actor.may_add_back(client):
        raise not_allowed(actor, Right.ADD_BACK)
    if not rows_give_reasons or options.reason:
        check_reason(options.reason, client=client, actor=actor)
    check_fault(options.fault, Reason("", ""))
    return replace(options, note=note, hold_kind="")


def checked_orders(orders: list[JobOrder]) -> list[JobOrder]:
    """The orders with their numbers cleaned. Refuses `nothing_selected`, `too_many_orders`, `duplicate_order`."""
    if not orders:
        raise Refusal("nothing_selected", "Select at least one order.")
    if len(orders) > MOST_ORDERS:
        raise too_many_orders(len(orders))
    cleaned = [
        replace(
            order,
            number=intake.text(order.number, field="order number", longest=40, required=True),
            source=intake.text(order.source, field="shipment", longest=60),
        )
        for order in orders
    ]
    # An order beside one of its parcels would be the same goods twice, if that parcel is the one meant by default.
    whole = {order.number for order in cleaned if not order.source}
    seen: set[tuple[str, str]] = set()
    twice: dict[str, None] = {}
    for order in cleaned:
        if (order.number, order.source) in seen or (order.source and order.number in whole):
            twice[order.source or order.number] = None
        seen.add((order.number, order.source))
    if twice:
        named = list(twice)
        more = f" and {len(named) - 5:,} more" if len(named) > 5 else ""
        raise Refusal(
            "duplicate_order",
            f"Each order can be named once; named twice: {', '.join(named[:5])}{more}.",
            numbers=named[:100],
            count=len(named),
        )
    return cleaned


def too_many_orders(named: int) -> Refusal:
    return Refusal(
        "too_many_orders",
        f"{named:,} orders are named; at most {MOST_ORDERS:,} can be. Select them by a filter, or in parts.",
        named=named,
        most=MOST_ORDERS,
    )


def fingerprint(options: JobOptions, what: object) -> str:
    """Text that stands for the whole of what was asked, for a request key."""
    return json.dumps([options.as_json(), what], sort_keys=True, default=str)
