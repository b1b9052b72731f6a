"""Cancelling a shipment that has not left. Of a reshipment, it undoes exactly what the reship did."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django_scopes import scope

from reship.clients.access import Actor, not_allowed
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.floor.models import PullTask
from reship.fulfilment.desk import Desk, at_desk, shipment_not_found, shipment_numbered
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts
from reship.fulfilment.pull_task import is_binding, pull_tasks
from reship.fulfilment.refusals import not_enough_available, refuse_client_once_picking
from reship.fulfilment.reship import LevelsOnPaper
from reship.fulfilment.reship_plan import Balances
from reship.fulfilment.step import require_status
from reship.inventory.ledger import Place
from reship.inventory.models import EntryKind
from reship.orders.history import Item, items_as_facts
from reship.orders.models import EventType, Order, ReshipmentLine, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class CancelPlan:
    """What cancelling a shipment would do: the units it releases, and those that its source takes again.

    `source` and `back_to_source` tell of a reshipment: the number that it sends again, and the added-back units that
    this one would hold again. A source that `is_unpacked` takes nothing again, and does not go out either.
    """

    released: tuple[Item, ...]
    source: str | None = None
    back_to_source: tuple[Item, ...] = ()
    is_unpacked: bool = False


def cancel_shipments(numbers: Sequence[str], *, client: Client, actor: Actor, at: datetime) -> list[Shipment | Refusal]:
    """Cancels shipments, releases their units and lifts their holds; a reshipment also gives back what it took.

    Whoever made a reshipment may cancel it while nobody has picked it, as the Undo after the click.

    Refuses `shipment_not_found`, `not_allowed`, `picking_started` to clients, `wrong_status` (a shipment that is
    neither OPEN nor PICKING; a reshipment that is not OPEN), and `not_enough_available` when the units that were added
    back have meanwhile been promised to others.
    """
    return at_desk(cancelling_shipments(numbers), client=client, actor=actor, at=at)


def cancelling_shipments(numbers: Sequence[str]) -> Callable[[Desk], list[Shipment | Refusal]]:
    """The work of `cancel_shipments`, for a desk that is there already or a rehearsal."""

    def work(desk: Desk) -> list[Shipment | Refusal]:
        desk.open_orders_of(numbers)
        desk.lock_stock()
        taken = _reshipment_lines(desk.orders.values(), numbers)
        tasks = _pull_tasks(desk.orders.values(), numbers)
        return desk.each(numbers, lambda number: _cancel(desk, number, taken, tasks))

    return work


def cancel_shipment(number: str, *, client: Client, actor: Actor, at: datetime) -> Shipment:
    return result_of(cancel_shipments([number], client=client, actor=actor, at=at))


def cancel_orders(numbers: Sequence[str], *, client: Client, actor: Actor, at: datetime) -> list[Order | Refusal]:
    """Cancels all that has still to go of each order, or nothing of it.

    Refuses `order_not_found`, `no_shipment`, `wrong_status` (nothing of it has still to go, or a parcel of it is
    packed), and whatever `cancel_shipments` refuses of one of its parcels.
    """
    return at_desk(cancelling_orders(numbers), client=client, actor=actor, at=at)


def cancelling_orders(numbers: Sequence[str]) -> Callable[[Desk], list[Order | Refusal]]:
    """The work of `cancel_orders`, for a desk that is there already or a rehearsal."""

    def work(desk: Desk) -> list[Order | Refusal]:
        desk.open_orders(numbers)
        desk.lock_stock()
        parcels = {of_shipment.shipment.number for facts in desk.orders.values() for of_shipment in facts.shipments}
        taken = _reshipment_lines(desk.orders.values(), parcels)
        tasks = _pull_tasks(desk.orders.values(), parcels)
        return desk.each(numbers, lambda number: _cancel_order(desk, number, taken, tasks))

    return work


def preview_cancel(number: str, *, client: Client, actor: Actor) -> CancelPlan:
    """What cancelling would do now. Locks nothing, writes nothing; raises the refusal that the deed would raise."""
    if not actor.sees(client.pk):
        raise shipment_not_found(number)
    with scope(client=client.pk):
        facts, of_shipment = shipment_numbered(client, number)
        check_cancel(of_shipment, actor)
        released = tuple(_released(of_shipment))
        if of_shipment.made_by is None:
            return CancelPlan(released)
        source = _source(facts, of_shipment)
        stays = _stays_added_back(source, _pull_tasks([facts], [number]))
        taken = _of_source(source, _reshipment_lines([facts], [number])[of_shipment.made_by.pk])
        _check_undo(LevelsOnPaper(facts), of_shipment, source, () if stays else taken)
        back = [Item(of_source.line.sku, line.added_back) for line, of_source in taken if line.added_back]
        is_unpacked = stays and source.shipment.is_in_the_building
        return CancelPlan(released, source.shipment.number, () if stays else tuple(back), is_unpacked)


def check_cancel(of_shipment: ShipmentFacts, actor: Actor) -> None:
    """Who may cancel, and until when; a reshipment is only cancelled before anybody picks it."""
    _require_right(actor, of_shipment)
    refuse_client_once_picking(of_shipment, actor)
    if of_shipment.made_by is None:
        require_status(of_shipment, ShipmentStatus.OPEN, ShipmentStatus.PICKING)
    else:
        require_status(of_shipment, ShipmentStatus.OPEN)


def _reshipment_lines(orders: Iterable[OrderFacts], numbers: Collection[str]) -> dict[int, list[ReshipmentLine]]:
    """What the reshipments among these shipments took from their sources, by reshipment id."""
    made_by = [
        of_shipment.made_by.pk
        for facts in orders
        for of_shipment in facts.shipments
        if of_shipment.made_by is not None and of_shipment.shipment.number in numbers
    ]
    lines: dict[int, list[ReshipmentLine]] = {pk: [] for pk in made_by}
    for line in ReshipmentLine.objects.filter(reshipment_id__in=made_by).order_by("pk"):
        lines[line.reshipment_id].append(line)
    return lines


def _pull_tasks(orders: Iterable[OrderFacts], numbers: Collection[str]) -> dict[int, PullTask]:
    """The pull tasks of these parcels, and of those whose reshipments they are, by the parcel's id."""
    meant = [of for facts in orders for of in facts.shipments if of.shipment.number in numbers]
    sources = {of.made_by.source_id for of in meant if of.made_by is not None and of.made_by.added_back}
    return pull_tasks(sources | {of.shipment.pk for of in meant if of.is_superseded})


def _cancel(desk: Desk, number: str, taken: dict[int, list[ReshipmentLine]], tasks: dict[int, PullTask]) -> Shipment:
    facts, of_shipment = desk.shipment(number)
    shipment, reshipment = of_shipment.shipment, of_shipment.made_by
    check_cancel(of_shipment, desk.actor)
    if reshipment is None:
        _settle(desk, of_shipment)
        released = _release(desk, of_shipment)
        desk.change(shipment, status=ShipmentStatus.CANCELLED, cancelled_at=desk.at)
        _void(desk, tasks.get(shipment.pk))
        desk.touch(facts)
        desk.history.record(
            EventType.SHIPMENT_CANCELLED, facts.order, shipment=shipment, items=items_as_facts(released)
        )
        return shipment
    source = _source(facts, of_shipment)
    lines = _of_source(source, taken[reshipment.pk])
    stays = _stays_added_back(source, tasks)
    _check_undo(desk.ledger, of_shipment, source, () if stays else lines)
    _settle(desk, of_shipment)
    released = _release(desk, of_shipment)
    undone = _undo(desk, of_shipment, source, lines, stays_added_back=stays)
    if not source.is_superseded:
        # Nobody has opened the parcel yet, and it can go out as it is.
        _void(desk, tasks.get(source.shipment.pk))
    _void(desk, tasks.get(shipment.pk))
    source.reshipped_as.remove(number)
    desk.change(shipment, status=ShipmentStatus.CANCELLED, cancelled_at=desk.at)
    desk.change(reshipment, cancelled_at=desk.at, cancelled_by=desk.actor.name)
    desk.touch(facts)
    desk.history.record(
        EventType.RESHIPMENT_CANCELLED,
        facts.order,
        shipment=shipment,
        reshipment=reshipment,
        source=source.shipment.number,
        items=items_as_facts(released),
        add_back_undone=items_as_facts(undone),
    )
    return shipment


def _void(desk: Desk, task: PullTask | None) -> None:
    """Nobody has to pull the parcel any more: it may go out, or is cancelled and holds nothing."""
    if task is not None and task.done_at is None:
        desk.change(task, voided_at=desk.at)


def _settle(desk: Desk, of_shipment: ShipmentFacts) -> None:
    """Lifts the holds of a shipment, which have nothing left to stop, and answers what is asked about it."""
    for hold in of_shipment.holds:
        desk.change(hold, lifted_at=desk.at, lifted_by=desk.actor.name)
    if of_shipment.made_by is not None or of_shipment.shipment.status != ShipmentStatus.OPEN:
        # Nobody asks about an original that was not touched yet.
        desk.answer_all(of_shipment, f"{of_shipment.shipment.number} is cancelled.")


def _cancel_order(desk: Desk, number: str, taken: dict[int, list[ReshipmentLine]], tasks: dict[int, PullTask]) -> Order:
    """Originals first: a source that is cancelled takes nothing back, so its reshipment's units simply become free.

    What takes units again comes last, when all units of the others are free.
    """
    facts = desk.order(number)
    if not facts.shipments:
        raise Refusal("no_shipment", f"Order {number} has no shipment to cancel.", order=number)
    to_go = [of_shipment for of_shipment in facts.shipments if of_shipment.shipment.is_in_the_building]
    for of_shipment in to_go or facts.shipments[-1:]:
        check_cancel(of_shipment, desk.actor)
    to_go.sort(key=lambda of_shipment: (of_shipment.made_by is not None, _takes_again(of_shipment, taken)))
    _check_undo_together(desk, facts, to_go, taken, tasks)
    for of_shipment in to_go:
        _cancel(desk, of_shipment.shipment.number, taken, tasks)
    return facts.order


def _check_undo_together(
    desk: Desk,
    facts: OrderFacts,
    to_go: Sequence[ShipmentFacts],
    taken: dict[int, list[ReshipmentLine]],
    tasks: dict[int, PullTask],
) -> None:
    """Refuses when the parcels that came back cannot get again what reshipments of them had put away.

    Goes through the parcels as they will be cancelled, because a refusal in their midst would be half a deed.
    """
    left: Counter[Place] = Counter()
    for of_shipment in to_go:
        left.update({of_shipment.place(line): line.allocated for line in of_shipment.units})
        if of_shipment.made_by is None:
            continue
        source = _source(facts, of_shipment)
        if any(source is other for other in to_go) or _stays_added_back(source, tasks):
            continue
        for line, of_source in _of_source(source, taken[of_shipment.made_by.pk]):
            place = source.place(of_source)
            available = desk.ledger.balance(place).available + left[place]
            if line.added_back > available:
                raise not_enough_available(
                    of_source.line.sku, asked=line.added_back, available=available, shipment=of_shipment.shipment.number
                )
            left[place] -= line.added_back


def _takes_again(of_shipment: ShipmentFacts, taken: dict[int, list[ReshipmentLine]]) -> bool:
    return of_shipment.made_by is not None and any(line.added_back for line in taken[of_shipment.made_by.pk])


def _source(facts: OrderFacts, of_shipment: ShipmentFacts) -> ShipmentFacts:
    assert of_shipment.made_by is not None
    source_id = of_shipment.made_by.source_id
    return next(other for other in facts.shipments if other.shipment.pk == source_id)


def _of_source(source: ShipmentFacts, taken: Sequence[ReshipmentLine]) -> list[tuple[ReshipmentLine, LineFacts]]:
    sources = {line.line.pk: line for line in source.lines}
    return [(line, sources[line.source_line_id]) for line in taken]


def _require_right(actor: Actor, of_shipment: ShipmentFacts) -> None:
    reshipment = of_shipment.made_by
    made_it = reshipment is not None and reshipment.user_id is not None and reshipment.user_id == actor.user_id
    if not actor.may(Right.CANCEL) and not (made_it and actor.may(Right.RESHIP)):
        raise not_allowed(actor, Right.CANCEL)


def _released(of_shipment: ShipmentFacts) -> list[Item]:
    """The units that the shipment still holds: all but those that a reship added back, and those that it waits for."""
    return [Item(line.line.sku, line.allocated) for line in of_shipment.units if line.allocated]


def _release(desk: Desk, of_shipment: ShipmentFacts) -> list[Item]:
    released = _released(of_shipment)
    for line in of_shipment.units:
        quantity = line.allocated
        if quantity:
            place = of_shipment.place(line)
            desk.ledger.record(EntryKind.RELEASED, place, quantity, line=line.line, reshipment=of_shipment.made_by)
        if line.usage.waiting:
            desk.use(line, waiting=-line.usage.waiting)
    if of_shipment.shipment.waits_for_stock:
        desk.change(of_shipment.shipment, waits_for_stock=False)
    return released


def _check_undo(
    balances: Balances,
    of_shipment: ShipmentFacts,
    source: ShipmentFacts,
    lines: Sequence[tuple[ReshipmentLine, LineFacts]],
) -> None:
    """Refuses when units that were added back are no longer there to be taken again."""
    freed: dict[Place, int] = {}
    for line in of_shipment.units:
        place = of_shipment.place(line)
        freed[place] = freed.get(place, 0) + line.allocated
    for taken, of_source in lines:
        if taken.added_back:
            place = source.place(of_source)
            available = balances.balance(place).available + freed.get(place, 0)
            if available < taken.added_back:
                raise not_enough_available(
                    of_source.line.sku,
                    asked=taken.added_back,
                    available=available,
                    shipment=of_shipment.shipment.number,
                )


def _stays_added_back(source: ShipmentFacts, tasks: Mapping[int, PullTask]) -> bool:
    """A source that was cancelled, or is being unpacked, takes no units again: they simply stay available."""
    task = tasks.get(source.shipment.pk)
    is_pulled = task is not None and is_binding(task)
    return is_pulled or source.shipment.status == ShipmentStatus.CANCELLED


def _undo(
    desk: Desk,
    of_shipment: ShipmentFacts,
    source: ShipmentFacts,
    lines: Sequence[tuple[ReshipmentLine, LineFacts]],
    *,
    stays_added_back: bool,
) -> list[Item]:
    """Gives the source back what this reshipment took, with counter-entries in the ledger."""
    undone = []
    for taken, of_source in lines:
        added_back = 0 if stays_added_back else taken.added_back
        if added_back:
            _undo_add_back(desk, of_shipment, source, of_source, added_back)
            undone.append(Item(of_source.line.sku, added_back))
        desk.use(of_source, reshipped=-taken.quantity, added_back=-added_back)
    return undone


def _undo_add_back(
    desk: Desk, of_shipment: ShipmentFacts, source: ShipmentFacts, of_source: LineFacts, quantity: int
) -> None:
    place, reshipment = source.place(of_source), of_shipment.made_by
    if source.shipment.status == ShipmentStatus.RETURNED:
        # The goods were put away by the reship; they lie on the returns desk again.
        desk.ledger.record(
            EntryKind.ADJUSTED,
            place,
            -quantity,
            line=of_source.line,
            reshipment=reshipment,
            reason=f"Restocking by {of_shipment.shipment.number} undone",
        )
    else:
        desk.ledger.record(EntryKind.ADD_BACK_UNDONE, place, quantity, line=of_source.line, reshipment=reshipment)
