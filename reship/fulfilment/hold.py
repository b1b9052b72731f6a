"""Holds: what stops a shipment, or a whole order, and who may let it go again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reship import intake
from reship.clients.access import Actor, not_allowed, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk, at_desk, shipment_not_found
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.refusals import refuse_client_once_picking
from reship.fulfilment.step import require_status
from reship.orders.models import IN_THE_BUILDING, EventType, Hold, HoldKind


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """A hold of one kind on one shipment of an order, or on the whole order when no shipment is named.

    `with_shipments` asks for the holds of that kind on the order and on each of its shipments; only a lift knows it.
    """

    order_number: str
    kind: str
    shipment: str | None = None
    note: str = ""
    with_shipments: bool = False


@dataclass(frozen=True, slots=True)
class Lifted:
    """A hold that was lifted (of several, the last), and the kinds that still stop the same shipment or order."""

    hold: Hold
    remaining: tuple[str, ...]


def place_holds(requests: Sequence[HoldRequest], *, client: Client, actor: Actor, at: datetime) -> list[Hold | Refusal]:
    """Places holds on many orders of one client, in one transaction.

    Refuses `order_not_found`, `shipment_not_found`, `not_allowed`, `invalid_hold`, `invalid_text`, `already_on_hold`,
    `wrong_status` when the parcel has left, and `picking_started` to clients.
    """

    return at_desk(placing_holds(requests), client=client, actor=actor, at=at)


def placing_holds(requests: Sequence[HoldRequest]) -> Callable[[Desk], list[Hold | Refusal]]:
    """The work of `place_holds`, for a desk that is there already or a rehearsal."""

    def work(desk: Desk) -> list[Hold | Refusal]:
        desk.open_orders(request.order_number for request in requests)
        return desk.each(requests, lambda request: _place(desk, request))

    return work


def lift_holds(
    requests: Sequence[HoldRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Lifted | Refusal]:
    """Lifts holds by name; the result says which remain.

    Refuses `order_not_found`, `shipment_not_found`, `not_allowed` (also to a client, for what an operator placed),
    `invalid_hold`, `no_such_hold`.
    """

    return at_desk(lifting_holds(requests), client=client, actor=actor, at=at)


def lifting_holds(requests: Sequence[HoldRequest]) -> Callable[[Desk], list[Lifted | Refusal]]:
    """The work of `lift_holds`, for a desk that is there already or a rehearsal."""

    def work(desk: Desk) -> list[Lifted | Refusal]:
        desk.open_orders(request.order_number for request in requests)
        return desk.each(requests, lambda request: _lift(desk, request))

    return work


def place_hold(request: HoldRequest, *, client: Client, actor: Actor, at: datetime) -> Hold:
    return result_of(place_holds([request], client=client, actor=actor, at=at))


def lift_hold(request: HoldRequest, *, client: Client, actor: Actor, at: datetime) -> Lifted:
    return result_of(lift_holds([request], client=client, actor=actor, at=at))


def _place(desk: Desk, request: HoldRequest) -> Hold:
    facts, of_shipment = _subject(desk, request)
    require(desk.actor, Right.HOLD)
    kind = hold_kind(request.kind)
    note = intake.text(request.note, field="note", longest=1000, lines=True)
    check_hold(facts, of_shipment, desk.actor)
    for hold in _active(facts, of_shipment):
        if hold.kind == kind:
            raise Refusal(
                "already_on_hold",
                f"{_name(facts, of_shipment)} already has the {kind.label} that {hold.placed_by} placed.",
                subject=_name(facts, of_shipment),
                kind=kind,
                placed_by=hold.placed_by,
                placed_at=hold.placed_at.isoformat(),
            )
    placed = desk.hold(facts, of_shipment, kind=kind, note=note, by_company=desk.actor.is_of_company)
    desk.touch(facts)
    shipment = of_shipment.shipment if of_shipment else None
    desk.history.record(EventType.HOLD_ADDED, facts.order, shipment=shipment, kind=kind, note=note)
    return placed


def _lift(desk: Desk, request: HoldRequest) -> Lifted:
    facts, of_shipment = _subject(desk, request)
    require(desk.actor, Right.HOLD)
    kind = hold_kind(request.kind)
    places = [None, *facts.shipments] if request.with_shipments else [of_shipment]
    found = [(place, hold) for place in places for hold in _active(facts, place) if hold.kind == kind]
    if not found:
        raise Refusal(
            "no_such_hold",
            f"{_name(facts, of_shipment)} has no {kind.label}.",
            subject=_name(facts, of_shipment),
            kind=kind,
            active=[other.kind for place in places for other in _active(facts, place)],
        )
    # All of them or none: who may not lift one of them leaves the others as they are.
    for _, hold in found:
        check_lift(hold, desk.actor)
    return [let_go(desk, facts, place, hold) for place, hold in found][-1]


def let_go(desk: Desk, facts: OrderFacts, of_shipment: ShipmentFacts | None, hold: Hold) -> Lifted:
    """Lifts a hold of a shipment, or of the whole order when there is none; the caller has asked who may."""
    active = _active(facts, of_shipment)
    active.remove(hold)
    desk.change(hold, lifted_at=desk.at, lifted_by=desk.actor.name)
    desk.touch(facts)
    remaining = tuple(other.kind for other in [*active, *(facts.holds if of_shipment else [])])
    shipment = of_shipment.shipment if of_shipment else None
    desk.history.record(
        EventType.HOLD_LIFTED, facts.order, shipment=shipment, kind=hold.kind, remaining=list(remaining)
    )
    return Lifted(hold, remaining)


def check_hold(facts: OrderFacts, of_shipment: ShipmentFacts | None, actor: Actor) -> None:
    """Who may place a hold on this shipment, or on the whole order when there is none, and until when."""
    require(actor, Right.HOLD)
    if of_shipment is not None:
        require_status(of_shipment, *sorted(IN_THE_BUILDING))
    for concerned in [of_shipment] if of_shipment else facts.shipments:
        refuse_client_once_picking(concerned, actor)


def check_lift(hold: Hold, actor: Actor) -> None:
    """A client cannot lift what an operator placed."""
    require(actor, Right.HOLD)
    if hold.placed_by_company and not actor.may(Right.LIFT_OPERATOR_HOLD):
        raise not_allowed(actor, Right.LIFT_OPERATOR_HOLD)


def _subject(desk: Desk, request: HoldRequest) -> tuple[OrderFacts, ShipmentFacts | None]:
    facts = desk.order(request.order_number)
    if request.shipment is None:
        return facts, None
    of_shipment = facts.shipment(request.shipment)
    if of_shipment is None:
        raise shipment_not_found(request.shipment)
    return facts, of_shipment


def _active(facts: OrderFacts, of_shipment: ShipmentFacts | None) -> list[Hold]:
    return of_shipment.holds if of_shipment else facts.holds


def _name(facts: OrderFacts, of_shipment: ShipmentFacts | None) -> str:
    return of_shipment.shipment.number if of_shipment else facts.order.number


def hold_kind(given: str) -> HoldKind:
    if given not in HoldKind.values:
        raise Refusal(
            "invalid_hold",
            f"{intake.shown(given)} is no kind of hold; known are {', '.join(HoldKind.values)}.",
            given=intake.shown(given),
            known=list(HoldKind.values),
        )
    return HoldKind(given)
