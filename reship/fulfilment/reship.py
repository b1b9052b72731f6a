"""Re-shipping: sending items of an earlier shipment again, within the same order."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from django.utils import timezone
from django_scopes import scope

from reship.catalog.models import Warehouse
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.rows import new_row
from reship.errors import Refusal, result_of
from reship.fulfilment import policy
from reship.fulfilment.desk import Desk, at_desk, order_not_found, orders_numbered
from reship.fulfilment.facts import OrderFacts, read_orders
from reship.fulfilment.items import known_warehouses
from reship.fulfilment.pull_task import ask_to_pull
from reship.fulfilment.request_keys import RequestKeys
from reship.fulfilment.reship_plan import ReshipItem, ReshipPlan, ReshipRequest, ReshipWarning, plan_reship
from reship.inventory.ledger import Balance, Place, levels_at
from reship.inventory.models import EntryKind
from reship.orders.addresses import Address
from reship.orders.history import Item, items_as_facts
from reship.orders.models import (
    EventType,
    HoldKind,
    Reshipment,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
)


@dataclass(frozen=True, slots=True)
class Reshipped:
    """The result of a reship. `replayed` when the same request was answered before; `waiting` units are to come.

    `plan` is what was carried out, and None in an answer that was stored.
    """

    order: str
    source: str
    shipment: str
    items: tuple[Item, ...]
    added_back: bool
    held: bool
    warnings: tuple[ReshipWarning, ...] = ()
    waiting: tuple[Item, ...] = ()
    replayed: bool = False
    plan: ReshipPlan | None = field(default=None, compare=False, repr=False)


def reship_orders(
    requests: Sequence[ReshipRequest], *, client: Client, actor: Actor, at: datetime
) -> list[Reshipped | Refusal]:
    """Re-ships many orders of one client in one transaction, each planned against what those before it left.

    One request and five hundred run the same statements. Refusals (section 5 of the design, in that order):
    `request_key_reused`, `order_not_found`, `not_allowed`, `order_cancelled`, `shipment_not_found`, `no_shipment`,
    `shipment_cancelled`, `invalid_text`, `invalid_reason`, `reason_required`, `note_required`, `nothing_selected`,
    `unknown_item`, `invalid_quantity`, `duplicate_item`, `more_than_shipped`, `already_reshipped`, `already_left`,
    `already_added_back`, `not_enough_available`. The refusal of one never stops another.
    """

    if not actor.sees(client.pk):
        return [order_not_found(request.order_number) for request in requests]
    return at_desk(reshipping(requests), client=client, actor=actor, at=at)


def reshipping(requests: Sequence[ReshipRequest]) -> Callable[[Desk], list[Reshipped | Refusal]]:
    """The work of `reship_orders`, for a desk that is there already or a rehearsal."""

    def work(desk: Desk) -> list[Reshipped | Refusal]:
        keys = RequestKeys(client_id=desk.client.pk, at=desk.at)
        asked = {id(request): _fingerprint(request) for request in requests if request.key is not None}
        keys.claim((request.key, asked[id(request)]) for request in requests if request.key is not None)
        is_bound = policy.is_bound(desk.client, desk.actor)
        if is_bound and desk.ledger.locks:
            policy.lock_the_day(desk.client)
        desk.open_orders_to_reship((request.order_number, request.source) for request in requests)
        known = _Known(desk, requests, counts=is_bound)

        def answer(request: ReshipRequest) -> Reshipped:
            if request.key is None:
                return _reship(desk, request, known)
            first = keys.first_answer(request.key, asked[id(request)])
            if first is not None:
                return replace(_from_json(first), replayed=True)
            result = _reship(desk, request, known)
            keys.answer(request.key, _to_json(result))
            return result

        outcomes = desk.each(requests, answer)
        keys.settle()
        return outcomes

    return work


def reship_order(request: ReshipRequest, *, client: Client, actor: Actor, at: datetime) -> Reshipped:
    """Re-ships one order: a batch of one. Raises the refusal."""
    return result_of(reship_orders([request], client=client, actor=actor, at=at))


def preview_reship(request: ReshipRequest, *, client: Client, actor: Actor) -> ReshipPlan:
    """What the request would do now. Locks nothing and writes nothing; raises the refusal that the deed would raise."""
    with scope(client=client.pk):
        orders = orders_numbered(request.order_number)
        facts = next(iter(read_orders(orders, lock=False).values()), None)
        warehouses = known_warehouses([request.warehouse] if request.warehouse else [])
        so_far = None
        if facts and policy.is_bound(client, actor):
            so_far = policy.reships_so_far([facts], client=client, at=timezone.now())
        return plan_reship(
            facts,
            LevelsOnPaper(facts, warehouses.values()),
            request,
            client=client,
            actor=actor,
            so_far=so_far,
            warehouses=warehouses,
        )


class LevelsOnPaper:
    """The stock of an order's products as it is now, read without a lock: where its shipments lie, and in others."""

    def __init__(self, facts: OrderFacts | None, others: Iterable[Warehouse] = ()) -> None:
        places = facts.places if facts else []
        places += _places_in(others, places)
        self._levels = levels_at(facts.order.client_id, places) if facts else {}

    def balance(self, place: Place) -> Balance:
        level = self._levels.get(place)
        return Balance(level.on_hand, level.allocated) if level else Balance(0, 0)


class _Known:
    """What a batch of requests refers to besides its orders: the warehouses they name, and the reships so far."""

    def __init__(self, desk: Desk, requests: Sequence[ReshipRequest], *, counts: bool) -> None:
        named = {request.warehouse for request in requests if request.warehouse}
        self.warehouses = known_warehouses(named) if named else {}
        orders = desk.orders.values()
        desk.lock_stock(_places_in(self.warehouses.values(), [place for facts in orders for place in facts.places]))
        self.so_far = policy.reships_so_far(orders, client=desk.client, at=desk.at) if counts else None


def _places_in(warehouses: Iterable[Warehouse], places: Iterable[Place]) -> list[Place]:
    """The same products in these warehouses."""
    ids = [warehouse.pk for warehouse in warehouses]
    return [Place(product_id, pk) for product_id in {place.product_id for place in places} for pk in ids] if ids else []


def _reship(desk: Desk, request: ReshipRequest, known: _Known) -> Reshipped:
    plan = _plan(desk, request, known)
    source, order = plan.source, plan.facts.order
    shipment = new_row(
        Shipment,
        client_id=desk.client.pk,
        order=order,
        number=plan.number,
        warehouse_id=plan.warehouse_id,
        method=plan.method,
        opened_at=desk.at,
    ).set_address(plan.address)
    reshipment = desk.add(
        new_row(
            Reshipment,
            client_id=desk.client.pk,
            order=order,
            source=source.shipment,
            shipment=shipment,
            reason=plan.reason.code,
            reason_label=plan.reason.label,
            fault=plan.fault,
            fee=desk.client.reship_fee,
            note=plan.note,
            added_back=plan.add_back,
            sent_again_anyway=plan.sent_again_anyway,
            made_at=desk.at,
            made_by=desk.actor.name,
            user_id=desk.actor.user_id,
        )
    )
    was_superseded = source.is_superseded
    if plan.add_back:
        _add_back(desk, plan, reshipment)
    opened = desk.add_shipment(plan.facts, shipment, reshipment=reshipment)
    for position, planned in enumerate(plan.lines, start=1):
        of_source = planned.source.line
        line = new_row(
            ShipmentLine,
            client_id=desk.client.pk,
            shipment=shipment,
            position=position,
            order_line_id=of_source.order_line_id,
            product_id=of_source.product_id,
            sku=of_source.sku,
            quantity=planned.quantity,
        )
        desk.add_line(opened, line, waiting=planned.waiting)
        desk.send_again(reshipment, planned.source, line, added_back=plan.add_back)
    source.reshipped_as.append(plan.number)
    if source.is_superseded and not was_superseded:
        ask_to_pull(desk, source)
    if known.so_far is not None:
        known.so_far.add(plan.facts)
    desk.change(order, reshipments_made=order.reshipments_made + 1)
    if plan.hold:
        desk.hold(
            plan.facts,
            opened,
            kind=HoldKind.OPERATOR,
            note=plan.note,
            by_company=plan.held_by_policy or desk.actor.is_of_company,
        )
    items = items_as_facts(plan.items)
    desk.history.record(
        EventType.RESHIPPED,
        order,
        shipment=shipment,
        reshipment=reshipment,
        source=source.shipment.number,
        items=items,
        added_back=items if plan.add_back else [],
        reason=plan.reason.code,
        reason_label=plan.reason.label,
        fault=plan.fault if plan.fault != plan.reason.fault else "",
        note=plan.note,
        hold=plan.hold,
        anyway=plan.sent_again_anyway,
        waiting=items_as_facts(plan.waiting),
        warehouse=request.warehouse if plan.warehouse_id != source.shipment.warehouse_id else "",
    )
    return Reshipped(
        order=order.number,
        source=source.shipment.number,
        shipment=plan.number,
        items=tuple(plan.items),
        added_back=plan.add_back,
        held=plan.hold,
        warnings=plan.warnings,
        waiting=tuple(plan.waiting),
        plan=plan,
    )


def _plan(desk: Desk, request: ReshipRequest, known: _Known) -> ReshipPlan:
    def plan() -> ReshipPlan:
        return plan_reship(
            desk.orders.get(request.order_number),
            desk.ledger,
            request,
            client=desk.client,
            actor=desk.actor,
            so_far=known.so_far,
            warehouses=known.warehouses,
        )

    try:
        return plan()
    except Refusal as refusal:
        # It names the reshipments, and nothing else asks for them: they are looked up once, for all orders on the desk.
        if refusal.code != "already_reshipped" or not desk.name_reshipments():
            raise
    return plan()


def _add_back(desk: Desk, plan: ReshipPlan, reshipment: Reshipment) -> None:
    """Units still in the building become available again; a returned parcel's goods are put on hand again."""
    returned = plan.source.shipment.status == ShipmentStatus.RETURNED
    kind = EntryKind.RESTOCKED if returned else EntryKind.ADDED_BACK
    for planned in plan.lines:
        place = plan.source.place(planned.source)
        desk.ledger.record(kind, place, planned.quantity, line=planned.source.line, reshipment=reshipment)


def _fingerprint(request: ReshipRequest) -> str:
    """Everything that was asked, but the key."""
    return json.dumps(["reship", [getattr(request, name) for name in _ASKED]], default=_parts)


def _parts(value: Address | ReshipItem | ReshipWarning) -> list[object]:
    return [getattr(value, field.name) for field in fields(value)]


_ASKED = [field.name for field in fields(ReshipRequest) if field.name != "key"]


_STORED = [field.name for field in fields(Reshipped) if field.name != "plan"]


def _to_json(result: Reshipped) -> str:
    stored = {name: getattr(result, name) for name in _STORED}
    return json.dumps(stored, default=_parts)


def _from_json(answer: str) -> Reshipped:
    stored = json.loads(answer)
    items, warnings, waiting = stored.pop("items"), stored.pop("warnings"), stored.pop("waiting")
    return Reshipped(
        **stored,
        items=tuple(Item(*item) for item in items),
        warnings=tuple(ReshipWarning(*warning) for warning in warnings),
        waiting=tuple(Item(*item) for item in waiting),
    )
