"""Restocking: the goods of a returned parcel are inspected and put away, or written off as damaged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django_scopes import scope

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Figure, Refusal, result_of
from reship.fulfilment.desk import Desk, shipment_numbered
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts
from reship.fulfilment.items import chosen_items
from reship.fulfilment.once import once
from reship.fulfilment.outcome import check_returned, record_return
from reship.fulfilment.refusals import already_added_back
from reship.fulfilment.step import require_status, take_steps
from reship.inventory.models import EntryKind
from reship.orders.history import Item, items_as_facts
from reship.orders.models import EventType, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class RestockRequest:
    """A returned shipment whose goods are put away; without `items` and `damaged`, all that is still to inspect is.

    `damaged` are units that came back and cannot be sold; `note` says what is wrong with them.
    """

    shipment: str
    items: tuple[Item, ...] | None = None
    damaged: tuple[Item, ...] = ()
    note: str = ""


def restock_shipments(
    requests: Sequence[RestockRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Shipment | Refusal]:
    """Puts units of returned parcels on hand again. Damaged ones come back as well, and are written off at once.

    What is named neither as sellable nor as damaged stays to inspect. Refuses `shipment_not_found`, `not_allowed`,
    `wrong_status`, `nothing_selected`, `unknown_item`, `invalid_quantity`, `duplicate_item`, `invalid_text`, and
    `already_added_back`: each unit comes back once.
    """
    steps = [(request.shipment, partial(_restock, request)) for request in requests]
    return take_steps(steps, client=client, actor=actor, at=at)


def check_restock(facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    require_status(of_shipment, ShipmentStatus.RETURNED)
    if not any(line.left_to_add_back for line in of_shipment.units):
        raise already_added_back(of_shipment, of_shipment.units[0], of_shipment.units[0].line.quantity)


def restock_shipment(request: RestockRequest, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(restock_shipments([request], client=client, actor=actor, at=at))


def inspect_return(
    request: RestockRequest, *, key: str | None = None, client: Client, actor: Actor, at: datetime
) -> bool:
    """The same for one parcel, once for each request key; answers whether it had been done before.

    Refuses as `restock_shipments`, and `request_key_reused`.
    """

    def work() -> dict[str, object]:
        restock_shipment(request, client=client, actor=actor, at=at)
        return {}

    asked = ["inspect", request.shipment, request.items, request.damaged, request.note]
    return once(work, key=key, asked=asked, client=client, actor=actor, at=at).replayed


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one SKU that left with a parcel, and how many of them were inspected since it came back."""

    sku: str
    quantity: int
    inspected: int

    @property
    def left(self) -> int:
        return self.quantity - self.inspected


@dataclass(frozen=True, slots=True)
class ReturnedParcel:
    """A parcel on the returns desk."""

    shipment: Shipment
    order_number: str
    lines: tuple[ReturnLine, ...]

    @property
    def left(self) -> int:
        return sum(line.left for line in self.lines)


def returned_parcel(number: str, *, client: Client) -> ReturnedParcel:
    """What is to inspect of a returned parcel. Locks nothing. Refuses `shipment_not_found`, `wrong_status`."""
    with scope(client=client.pk):
        facts, of_shipment = shipment_numbered(client, number)
        require_status(of_shipment, ShipmentStatus.RETURNED)
        units = of_shipment.units
        lines = (ReturnLine(line.line.sku, line.line.quantity, line.usage.added_back) for line in units)
        return ReturnedParcel(of_shipment.shipment, facts.order.number, tuple(lines))


def receive_return(number: str, *, client: Client, actor: Actor, at: datetime) -> bool:
    """A parcel that came back is marked as returned, unless it was before; answers whether it was now.

    Refuses `not_allowed`, and whatever `mark_returned` refuses.
    """

    def receive(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
        if of_shipment.shipment.status != ShipmentStatus.RETURNED:
            check_returned(facts, of_shipment)
            record_return(desk, facts, of_shipment, at=at)

    (outcome,) = take_steps([(number, receive)], client=client, actor=actor, at=at)
    return result_of([outcome]).returned_at == at


def _restock(request: RestockRequest, desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
    check_restock(facts, of_shipment)
    note = intake.text(request.note, field="note", longest=200)
    sellable, damaged = _inspected(of_shipment, request)
    if damaged:
        require(desk.actor, Right.ADJUST_STOCK)
    for line, quantity in sellable:
        _come_back(desk, of_shipment, line, quantity)
    number = of_shipment.shipment.number
    for line, quantity in damaged:
        _come_back(desk, of_shipment, line, quantity)
        # Without the line: the unit came back, once, and it is the stock that loses it again.
        reason = f"Damaged, came back in {number}{f': {note}' if note else ''}"
        desk.ledger.record(EntryKind.ADJUSTED, of_shipment.place(line), -quantity, reason=reason)
    desk.history.record(
        EventType.SHIPMENT_RESTOCKED,
        facts.order,
        shipment=of_shipment.shipment,
        items=_as_facts(sellable),
        damaged=_as_facts(damaged),
        note=note,
    )


def _come_back(desk: Desk, of_shipment: ShipmentFacts, line: LineFacts, quantity: int) -> None:
    desk.ledger.record(EntryKind.RESTOCKED, of_shipment.place(line), quantity, line=line.line)
    desk.use(line, added_back=quantity)


def _as_facts(chosen: Sequence[tuple[LineFacts, int]]) -> list[Figure]:
    return items_as_facts(Item(line.line.sku, quantity) for line, quantity in chosen)


_Chosen = list[tuple[LineFacts, int]]


def _inspected(of_shipment: ShipmentFacts, request: RestockRequest) -> tuple[_Chosen, _Chosen]:
    """The sellable and the damaged units of each line, together at most as many as are still to come back."""
    if request.items is None and not request.damaged:
        return [(line, line.left_to_add_back) for line in of_shipment.units if line.left_to_add_back], []
    sellable, damaged = _chosen(of_shipment, request.items or ()), _chosen(of_shipment, request.damaged)
    if not sellable and not damaged:
        raise Refusal("nothing_selected", "Select at least one item.", shipment=of_shipment.shipment.number)
    for line in of_shipment.units:
        together = sum(quantity for of_line, quantity in [*sellable, *damaged] if of_line is line)
        if together > line.left_to_add_back:
            raise already_added_back(of_shipment, line, together)
    return sellable, damaged


def _chosen(of_shipment: ShipmentFacts, items: Sequence[Item]) -> _Chosen:
    return chosen_items(of_shipment, ((item.sku, item.quantity) for item in items)) if items else []
