"""The pure plan of a reship: the same for the preview, the dry run and the deed. No clock, no query, no write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from reship import intake
from reship.catalog.models import Warehouse
from reship.clients.access import Actor, not_allowed, require
from reship.clients.models import Client
from reship.clients.reasons import Fault, Reason, reasons_of
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.desk import order_not_found, shipment_not_found
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts
from reship.fulfilment.items import chosen_items, unknown_warehouse
from reship.fulfilment.policy import ReshipsSoFar, check_policy
from reship.fulfilment.refusals import already_added_back, already_reshipped, not_enough_available
from reship.fulfilment.step import refuse_waiting
from reship.inventory.ledger import Balance, Place
from reship.orders.addresses import Address
from reship.orders.history import Item
from reship.orders.models import OrderStatus, ShipmentStatus
from reship.orders.postal import entered_address


class AddBack(StrEnum):
    """Whether the source's units are made available again; WHERE_HERE does it where it can be done."""

    NO = "no"
    YES = "yes"
    WHERE_HERE = "where_here"


@dataclass(frozen=True, slots=True)
class ReshipItem:
    """Units of one SKU to send again; the quantity may still be the text that somebody typed."""

    sku: str
    quantity: int | str


@dataclass(frozen=True, slots=True)
class ReshipRequest:
    """What somebody asks to be sent again.

    `source` is a shipment's number; without it, the latest shipment with something left to reship. Without `items`,
    all that is left of the source. `key` makes the request safe to repeat. `warehouse` is the code of the one that
    sends it; without it, the source's. With `wait_for_stock`, what is not available is waited for.
    """

    order_number: str
    source: str | None = None
    items: tuple[ReshipItem, ...] | None = None
    reason: str = ""
    fault: str = ""
    note: str = ""
    add_back: AddBack = AddBack.NO
    hold: bool = False
    address: Address | None = None
    method: str | None = None
    key: str | None = None
    send_again_anyway: bool = False
    warehouse: str = ""
    wait_for_stock: bool = False


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """Units of a source line that go out again, and how many of them wait for stock."""

    source: LineFacts
    quantity: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class StockEffect:
    """One SKU's balance in one warehouse, now and after the reship, in units."""

    sku: str
    now: Balance
    after: Balance
    warehouse_id: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ReshipWarning:
    """Something the reader should know before confirming; it stops nothing."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ReshipPlan:
    """What a reship will do; `add_back` is False when nothing is added back."""

    facts: OrderFacts
    source: ShipmentFacts
    lines: tuple[PlannedLine, ...]
    number: str
    reason: Reason
    fault: str
    note: str
    add_back: bool
    hold: bool
    held_by_policy: bool
    address: Address
    method: str
    warehouse_id: int
    sent_again_anyway: bool
    stock: tuple[StockEffect, ...]
    warnings: tuple[ReshipWarning, ...]

    @property
    def items(self) -> list[Item]:
        return [Item(planned.source.line.sku, planned.quantity) for planned in self.lines]

    @property
    def waiting(self) -> list[Item]:
        """The units of them that wait for stock."""
        return [Item(planned.source.line.sku, planned.waiting) for planned in self.lines if planned.waiting]


class Balances(Protocol):
    """The stock levels that a plan reads: locked ones for the deed, plain ones for a preview."""

    def balance(self, place: Place) -> Balance: ...


def plan_reship(
    facts: OrderFacts | None,
    balances: Balances,
    request: ReshipRequest,
    *,
    client: Client,
    actor: Actor,
    so_far: ReshipsSoFar | None = None,
    warehouses: Mapping[str, Warehouse] = MappingProxyType({}),
) -> ReshipPlan:
    """What `request` will do to this order, or a refusal, checked in the order of the design's section 5.

    `so_far` is given when the client has a policy that counts reships; `warehouses` are those that requests name, by
    code, and their levels are among the balances.
    """
    if facts is None or not actor.sees(client.pk):
        raise order_not_found(request.order_number)
    _check_rights(request, client=client, actor=actor)
    _check_order(facts)
    if so_far is not None:
        check_policy(facts, so_far, client=client, actor=actor)
    source = _source(facts, request.source)
    warehouse_id = _warehouse_id(source, request, warehouses)
    note, reason = _note_and_reason(request, client=client, actor=actor)
    lines = _lines(source, request)
    sent_again_anyway = _check_quantities(source, lines, request)
    add_back = _adds_back(source, lines, request.add_back)
    address = _address(source, request.address)
    method = (
        source.shipment.method if request.method is None else intake.text(request.method, field="method", longest=60)
    )
    stock = stock_effects(source, lines, balances, add_back=add_back, warehouse_id=warehouse_id)
    if request.wait_for_stock:
        lines, stock = _let_wait(lines, stock)
    else:
        _check_stock(stock, lines)
    return ReshipPlan(
        facts=facts,
        source=source,
        lines=lines,
        number=f"{facts.order.number}-R{facts.order.reshipments_made + 1}",
        reason=reason,
        fault=check_fault(request.fault, reason),
        note=note,
        add_back=add_back,
        hold=request.hold or client.hold_every_reship,
        held_by_policy=client.hold_every_reship,
        address=address,
        method=method,
        warehouse_id=warehouse_id,
        sent_again_anyway=sent_again_anyway,
        stock=stock,
        warnings=reship_warnings(source, lines, add_back=add_back),
    )


def check_reship(facts: OrderFacts, *, actor: Actor) -> ShipmentFacts:
    """The shipment that a reship of this order starts from, before anything is chosen.

    Refuses `not_allowed`, `order_cancelled`, `no_shipment`.
    """
    require(actor, Right.RESHIP)
    _check_order(facts)
    return _source(facts, None)


def check_reason(code: str, *, client: Client, actor: Actor) -> Reason:
    """The reason of the client's list; one without a code where none is given and none is required.

    Refuses `invalid_reason`, and `reason_required` where the client's policy asks for one.
    """
    reasons = reasons_of(client)
    known = [reason.code for reason in reasons]
    if not code:
        if actor.must_give_reason(client):
            raise Refusal("reason_required", "Say why the items are sent again: a reason is required.", known=[*known])
        return Reason("", "")
    for reason in reasons:
        if reason.code == code:
            return reason
    raise Refusal(
        "invalid_reason",
        f"{intake.shown(code)} is no reason; known are {', '.join(known)}.",
        given=intake.shown(code),
        known=[*known],
    )


def check_fault(given: str, reason: Reason) -> str:
    """Whose fault it was: as given, else as the reason says. Refuses `invalid_fault`."""
    if given and given not in {fault.value for fault in Fault}:
        known = [fault.value for fault in Fault]
        raise Refusal(
            "invalid_fault",
            f"{intake.shown(given)} is nobody whose fault it can be; known are {', '.join(known)}.",
            given=intake.shown(given),
            known=[*known],
        )
    return given or str(reason.fault)


def source_to_reship(facts: OrderFacts) -> ShipmentFacts | None:
    """The latest shipment with something left to reship; else the latest that is not cancelled.

    A reshipment that has still to go is meant only when it is named: two people who reship one order at once, or one
    who clicks twice, mean the same goods, and the second is told so instead of sending the first one's parcel again.
    """
    alive = [of_shipment for of_shipment in facts.shipments if of_shipment.shipment.status != ShipmentStatus.CANCELLED]
    meant = [of_shipment for of_shipment in alive if not of_shipment.is_reshipment_to_go] or alive
    candidates = [of_shipment for of_shipment in meant if of_shipment.has_something_left] or meant
    return candidates[-1] if candidates else None


def reship_warnings(
    source: ShipmentFacts, lines: Sequence[PlannedLine], *, add_back: bool
) -> tuple[ReshipWarning, ...]:
    """What happens to a source that has not left: it goes out too, or never. One that has left needs no word."""
    if not source.shipment.is_in_the_building:
        return ()
    number = source.shipment.number
    if not add_back and source.is_superseded:
        text = f"{number} cannot go out any more, and keeps the units that are not added back."
        return (ReshipWarning("units_stay_in_original", text),)
    if not add_back:
        return (
            ReshipWarning(
                "both_parcels_will_go",
                f"{number} has not left the warehouse. Without adding its items back, both parcels will "
                "go out and both are deducted from stock.",
            ),
        )
    back = {planned.source.line.pk: planned.quantity for planned in lines}
    kept = [
        Item(line.line.sku, line.left_to_add_back - back.get(line.line.pk, 0))
        for line in source.units
        if line.left_to_add_back > back.get(line.line.pk, 0)
    ]
    text = f"{number} will not go out any more: its items are put back into stock."
    if kept:
        text = (
            f"{number} will not go out any more: what is re-shipped of it is put back into stock. "
            f"{', '.join(f'{item.quantity} × {item.sku}' for item in kept)} will be left in it: re-ship that as well."
        )
    return (ReshipWarning("original_superseded", text),)


def stock_effects(
    source: ShipmentFacts,
    lines: Sequence[PlannedLine],
    balances: Balances,
    *,
    add_back: bool,
    warehouse_id: int | None = None,
) -> tuple[StockEffect, ...]:
    """Per SKU, the balance now and after in the warehouse that sends it, the source's when none is named.

    Adding back what came back in a parcel puts it on hand again. What is added back in another warehouse follows after
    the effects of the lines.
    """
    returned = source.shipment.status == ShipmentStatus.RETURNED
    effects, elsewhere = [], []
    for planned in lines:
        sku, at_source = planned.source.line.sku, source.place(planned.source)
        place = at_source if warehouse_id is None else Place(at_source.product_id, warehouse_id)
        put_away = planned.quantity if add_back and returned else 0
        freed = planned.quantity if add_back and not returned else 0
        now = before = balances.balance(place)
        if place == at_source:
            before = Balance(now.on_hand + put_away, now.allocated - freed)
        elif add_back:
            was = balances.balance(at_source)
            back = Balance(was.on_hand + put_away, was.allocated - freed)
            elsewhere.append(StockEffect(sku, was, back, at_source.warehouse_id))
        after = Balance(before.on_hand, before.allocated + planned.quantity)
        effects.append(StockEffect(sku, now, after, place.warehouse_id))
    return (*effects, *elsewhere)


def why_not_added_back(source: ShipmentFacts) -> Refusal | None:
    """Why units of this shipment cannot be added back, whatever their quantity; None when they can."""
    shipment = source.shipment
    if shipment.is_in_the_building or shipment.status == ShipmentStatus.RETURNED:
        return None
    assert shipment.departed_at is not None
    return Refusal(
        "already_left",
        f"{shipment.number} has left the warehouse and has not come back, so its items cannot be added back to stock.",
        shipment=shipment.number,
        status=shipment.status,
        departed_at=shipment.departed_at.isoformat(),
    )


def _check_rights(request: ReshipRequest, *, client: Client, actor: Actor) -> None:
    require(actor, Right.RESHIP)
    if request.add_back != AddBack.NO and not actor.may_add_back(client):
        raise not_allowed(actor, Right.ADD_BACK)
    if request.send_again_anyway:
        require(actor, Right.SEND_AGAIN_ANYWAY)


def _check_order(facts: OrderFacts) -> None:
    if facts.order.status == OrderStatus.CANCELLED:
        raise Refusal(
            "order_cancelled",
            f"Order {facts.order.number} is cancelled: nothing of it can be sent again.",
            order=facts.order.number,
        )


def _source(facts: OrderFacts, number: str | None) -> ShipmentFacts:
    source = source_to_reship(facts) if number is None else facts.shipment(number)
    if source is None and number is not None:
        raise shipment_not_found(number)
    if source is None:
        raise Refusal(
            "no_shipment",
            f"Order {facts.order.number} has no shipment to send again.",
            order=facts.order.number,
        )
    if source.shipment.status == ShipmentStatus.CANCELLED:
        raise Refusal(
            "shipment_cancelled",
            f"{source.shipment.number} is cancelled: nothing of it can be sent again.",
            shipment=source.shipment.number,
        )
    # What it waits for never left a shelf: it is edited or cancelled, not sent again.
    refuse_waiting(source)
    return source


def _address(source: ShipmentFacts, asked: Address | None) -> Address:
    before = source.shipment.address
    return before if asked is None else entered_address(asked, before=[before])


def _note_and_reason(request: ReshipRequest, *, client: Client, actor: Actor) -> tuple[str, Reason]:
    note = intake.text(request.note, field="note", longest=1000, lines=True)
    reason = check_reason(request.reason, client=client, actor=actor)
    if request.send_again_anyway and not note:
        raise Refusal("note_required", "Sending again anyway needs a note that says why.")
    return note, reason


def _lines(source: ShipmentFacts, request: ReshipRequest) -> tuple[PlannedLine, ...]:
    if request.items is None:
        everything = [PlannedLine(line, line.left_to_reship) for line in source.units if line.left_to_reship]
        if not everything:
            # Nothing left is not nothing selected: say what was sent again already, by asking for all of it.
            return tuple(PlannedLine(line, line.line.quantity) for line in source.units)
        return tuple(everything)
    chosen = chosen_items(source, ((item.sku, item.quantity) for item in request.items))
    return tuple(PlannedLine(line, quantity) for line, quantity in chosen)


def _check_quantities(source: ShipmentFacts, lines: Sequence[PlannedLine], request: ReshipRequest) -> bool:
    """Refuses more than was sent, and what is sent again already. True when a manager sends it again anyway."""
    for planned in lines:
        sent = planned.source.line.quantity
        if planned.quantity > sent:
            raise Refusal(
                "more_than_shipped",
                f"{source.shipment.number} sent {sent} × {planned.source.line.sku}; {planned.quantity} were asked for.",
                shipment=source.shipment.number,
                sku=planned.source.line.sku,
                shipped=sent,
                asked=planned.quantity,
            )
    anyway = False
    for planned in lines:
        if planned.quantity > planned.source.left_to_reship:
            if not request.send_again_anyway:
                raise already_reshipped(source, planned.source, planned.quantity)
            anyway = True
    return anyway


def _adds_back(source: ShipmentFacts, lines: Sequence[PlannedLine], asked: AddBack) -> bool:
    if asked == AddBack.NO:
        return False
    refusal = why_not_added_back(source)
    for planned in lines:
        if refusal is None and planned.quantity > planned.source.left_to_add_back:
            refusal = already_added_back(source, planned.source, planned.quantity)
    if refusal is not None and asked == AddBack.YES:
        raise refusal
    return refusal is None


def _warehouse_id(source: ShipmentFacts, request: ReshipRequest, warehouses: Mapping[str, Warehouse]) -> int:
    if not request.warehouse:
        return source.shipment.warehouse_id
    if request.warehouse not in warehouses:
        raise unknown_warehouse(request.warehouse)
    return warehouses[request.warehouse].pk


def _let_wait(
    lines: Sequence[PlannedLine], stock: Sequence[StockEffect]
) -> tuple[tuple[PlannedLine, ...], tuple[StockEffect, ...]]:
    """What is available is allocated; the rest waits."""
    waiting = [max(0, -effect.after.available) for effect in stock[: len(lines)]]
    effects = [
        replace(effect, after=Balance(effect.after.on_hand, effect.after.allocated - units))
        for effect, units in zip(stock, waiting, strict=False)
    ]
    planned = [replace(line, waiting=units) for line, units in zip(lines, waiting, strict=True)]
    return tuple(planned), (*effects, *stock[len(lines) :])


def _check_stock(stock: Sequence[StockEffect], lines: Sequence[PlannedLine]) -> None:
    for effect, planned in zip(stock, lines, strict=False):
        if effect.after.available < 0:
            raise not_enough_available(
                effect.sku, asked=planned.quantity, available=effect.after.available + planned.quantity
            )
