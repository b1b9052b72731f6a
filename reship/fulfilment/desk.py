"""The desk on which every verb works: one client's orders, locked, with all that a verb decides on.

Every writer takes locks in one order: orders by id, shipments by id, stock levels by id. What decides is read in later
statements, after the locks are held: under READ COMMITTED an earlier one shows an old snapshot. A verb reads, changes
what lies on the desk in memory, and the desk writes it all with a number of statements that does not depend on how many
orders, shipments and lines there are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, QuerySet
from django_scopes import scope

from reship import intake
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.many import insert_many, update_many
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.inventory.ledger import Assumed, Ledger, Move, PaperLedger, Place
from reship.inventory.models import EntryKind
from reship.orders.history import History, Item
from reship.orders.models import (
    CustomerText,
    Hold,
    HoldKind,
    LineUsage,
    Order,
    OrderLine,
    Reshipment,
    ReshipmentLine,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
)
from reship.orders.status import Parcel, derive_status

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)
Question = TypeVar("Question")

_PARENTS_FIRST: tuple[type[Model], ...] = (
    Order,
    CustomerText,
    OrderLine,
    Shipment,
    ShipmentLine,
    Reshipment,
    ReshipmentLine,
    Hold,
)


@dataclass(slots=True)
class Usage:
    """What became of a line's units, counted beside it; stored from its first use on."""

    added_back: int = 0
    reshipped: int = 0
    is_stored: bool = False


@dataclass(slots=True)
class LineFacts:
    """A shipment line and what became of its units."""

    line: ShipmentLine
    usage: Usage = field(default_factory=Usage)

    @property
    def left_to_reship(self) -> int:
        return max(0, self.line.quantity - self.usage.reshipped)

    @property
    def left_to_add_back(self) -> int:
        return self.line.quantity - self.usage.added_back

    @property
    def item(self) -> Item:
        return Item(self.line.sku, self.line.quantity)


@dataclass(slots=True)
class ShipmentFacts:
    """A shipment with its lines, its active holds, the record that made it, and the numbers that send it again."""

    shipment: Shipment
    lines: list[LineFacts] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    made_by: Reshipment | None = None
    reshipped_as: list[str] = field(default_factory=list)

    @property
    def units(self) -> list[LineFacts]:
        """The lines that still hold units; an edit leaves a line that it takes out with a quantity of 0."""
        return [line for line in self.lines if line.line.quantity]

    @property
    def is_superseded(self) -> bool:
        """Units of it were added back before it departed, so it can never go out."""
        return self.shipment.is_in_the_building and any(line.usage.added_back for line in self.lines)

    @property
    def has_something_left(self) -> bool:
        return self.shipment.status != ShipmentStatus.CANCELLED and any(line.left_to_reship for line in self.lines)

    @property
    def is_reshipment_to_go(self) -> bool:
        return self.made_by is not None and self.shipment.is_in_the_building

    def place(self, line: LineFacts) -> Place:
        return Place(line.line.product_id, self.shipment.warehouse_id)


@dataclass(slots=True)
class OrderFacts:
    """An order with its shipments, oldest first, and the active holds on the whole of it."""

    order: Order
    shipments: list[ShipmentFacts] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)

    def shipment(self, number: str) -> ShipmentFacts | None:
        return next((facts for facts in self.shipments if facts.shipment.number == number), None)

    @property
    def places(self) -> list[Place]:
        return [facts.place(line) for facts in self.shipments for line in facts.lines]

    def status(self) -> str:
        return derive_status(
            (
                Parcel(facts.shipment.status, facts.made_by is not None, facts.is_superseded, bool(facts.holds))
                for facts in self.shipments
            ),
            order_is_held=bool(self.holds),
        )


def read_orders(orders: Sequence[Order], *, lock: bool) -> dict[int, OrderFacts]:
    """The facts of these orders, by order id; inside the client's scope, with a constant number of statements."""
    facts = {order.pk: OrderFacts(order) for order in orders}
    if not facts:
        return {}
    shipments = Shipment.objects.filter(order_id__in=list(facts)).order_by("pk")
    by_shipment: dict[int, ShipmentFacts] = {}
    for shipment in shipments.select_for_update(no_key=True) if lock else shipments:
        by_shipment[shipment.pk] = ShipmentFacts(shipment)
        facts[shipment.order_id].shipments.append(by_shipment[shipment.pk])
    lines: dict[int, LineFacts] = {}
    for line in ShipmentLine.objects.filter(shipment_id__in=list(by_shipment)).order_by("shipment_id", "position"):
        lines[line.pk] = LineFacts(line)
        by_shipment[line.shipment_id].lines.append(lines[line.pk])
    usages = LineUsage.objects.filter(line_id__in=list(lines)).values_list("line_id", "added_back", "reshipped")
    for line_id, added_back, reshipped in usages:
        lines[line_id].usage = Usage(added_back, reshipped, is_stored=True)
    # Without locks, a shipment may have been opened since the shipments were read; it is not in this picture yet.
    for hold in Hold.objects.filter(order_id__in=list(facts), lifted_at__isnull=True).order_by("pk"):
        held = by_shipment.get(hold.shipment_id) if hold.shipment_id else facts[hold.order_id]
        if held is not None:
            held.holds.append(hold)
    for reshipment in Reshipment.objects.filter(order_id__in=list(facts)).order_by("pk"):
        made = by_shipment.get(reshipment.shipment_id)
        if made is None:
            continue
        made.made_by = reshipment
        if reshipment.cancelled_at is None:
            by_shipment[reshipment.source_id].reshipped_as.append(made.shipment.number)
    for of_order in facts.values():
        of_order.shipments.sort(key=lambda of_shipment: (of_shipment.shipment.opened_at, of_shipment.shipment.pk))
    return facts


class Desk:
    """What one transaction of one client has locked, has changed in memory, and will write when it closes."""

    def __init__(self, *, client: Client, actor: Actor, at: datetime, ledger: Ledger | None = None) -> None:
        self.client = client
        self.actor = actor
        self.at = at
        self.ledger = ledger or Ledger(client_id=client.pk, actor=actor, at=at)
        self.history = History(client_id=client.pk, actor=actor, at=at)
        self.orders: dict[str, OrderFacts] = {}
        self._order_of_shipment: dict[str, OrderFacts] = {}
        self._touched: dict[str, OrderFacts] = {}
        self._changed: dict[type[Model], dict[int, tuple[Model, set[str]]]] = {}
        self._used: dict[int, LineFacts] = {}
        self._new: dict[type[Model], list[Model]] = {}

    def open_orders(self, numbers: Iterable[str]) -> None:
        """Locks these orders and their shipments, then reads what is decided on."""
        wanted = {number for number in numbers if intake.can_be_stored(number)}
        self._open(Order.objects.filter(number__in=sorted(wanted)))

    def open_orders_of(self, shipment_numbers: Iterable[str]) -> None:
        """The same for the orders of these shipments. A shipment never changes its order: this look needs no lock."""
        wanted = {number for number in shipment_numbers if intake.can_be_stored(number)}
        order_ids = set(Shipment.objects.filter(number__in=sorted(wanted)).values_list("order_id", flat=True))
        self._open(Order.objects.filter(pk__in=sorted(order_ids)))

    def _open(self, orders: QuerySet[Order]) -> None:
        orders = orders.order_by("pk")
        found = list(orders.select_for_update(no_key=True) if self.ledger.locks else orders)
        for facts in read_orders(found, lock=self.ledger.locks).values():
            self.orders[facts.order.number] = facts
            for of_shipment in facts.shipments:
                self._order_of_shipment[of_shipment.shipment.number] = facts

    def lock_stock(self, places: Iterable[Place] = ()) -> None:
        """Locks the levels of everything on the desk, and of these places besides."""
        self.ledger.lock([*places, *(place for facts in self.orders.values() for place in facts.places)])

    def order(self, number: str) -> OrderFacts:
        """Refuses `order_not_found`; another client's order looks the same."""
        if number not in self.orders:
            raise order_not_found(number)
        return self.orders[number]

    def shipment(self, number: str) -> tuple[OrderFacts, ShipmentFacts]:
        """Refuses `shipment_not_found`; another client's shipment looks the same."""
        facts = self._order_of_shipment.get(number)
        found = facts.shipment(number) if facts else None
        if facts is None or found is None:
            raise shipment_not_found(number)
        return facts, found

    def each(self, questions: Sequence[Question], answer: Callable[[Question], T]) -> list[T | Refusal]:
        """The outcome of each question in turn; the refusal of one never stops another.

        `answer` refuses before it changes anything that lies on the desk.
        """
        outcomes: list[T | Refusal] = []
        for question in questions:
            try:
                outcomes.append(answer(question))
            except Refusal as refusal:
                outcomes.append(refusal)
        return outcomes

    def touch(self, facts: OrderFacts) -> None:
        """Something of this order changed: its status is derived again when the desk closes."""
        self._touched[facts.order.number] = facts

    def add(self, row: Row) -> Row:
        """A row that will be inserted when the desk closes; others may already refer to it."""
        self._new.setdefault(type(row), []).append(row)
        return row

    def add_order(self, order: Order) -> OrderFacts:
        self.orders[order.number] = OrderFacts(self.add(order))
        return self.orders[order.number]

    def add_shipment(
        self, facts: OrderFacts, shipment: Shipment, *, reshipment: Reshipment | None = None
    ) -> ShipmentFacts:
        """Opens a shipment of the order, made by a reshipment or not; `add_line` fills it."""
        opened = ShipmentFacts(self.add(shipment), made_by=reshipment)
        facts.shipments.append(opened)
        self._order_of_shipment[shipment.number] = facts
        self.touch(facts)
        return opened

    def add_line(self, opened: ShipmentFacts, line: ShipmentLine) -> LineFacts:
        """Adds a line to an open shipment and allocates its units: they are no longer available to others."""
        added = LineFacts(self.add(line))
        opened.lines.append(added)
        self.ledger.record(
            EntryKind.ALLOCATED, opened.place(added), line.quantity, line=line, reshipment=opened.made_by
        )
        return added

    def change(self, row: Model, **values: object) -> None:
        """Sets columns of a locked row, now in memory and in the database when the desk closes."""
        for name, value in values.items():
            setattr(row, name, value)
        if row.pk is None:
            return
        _, names = self._changed.setdefault(type(row), {}).setdefault(row.pk, (row, set()))
        names.update(values)

    def use(self, line: LineFacts, *, reshipped: int = 0, added_back: int = 0) -> None:
        """Moves the counters beside a line, by these numbers of units."""
        line.usage.reshipped += reshipped
        line.usage.added_back += added_back
        assert 0 <= line.usage.added_back <= line.line.quantity, (
            f"{line.usage.added_back} of {line.line.quantity} came back"
        )
        self._used[id(line)] = line

    def hold(
        self,
        facts: OrderFacts,
        shipment: ShipmentFacts | None,
        *,
        kind: HoldKind,
        note: str,
        by_company: bool,
    ) -> Hold:
        """Places a hold; the caller has refused one that is there already."""
        hold = Hold(
            client_id=self.client.pk,
            order=facts.order,
            shipment=shipment.shipment if shipment else None,
            kind=kind,
            note=note,
            placed_by=self.actor.name,
            placed_by_company=by_company,
            placed_at=self.at,
        )
        (shipment or facts).holds.append(self.add(hold))
        return hold

    def close(self) -> None:
        """Writes everything, parents first. Nothing is written for what did not change."""
        for facts in self._touched.values():
            self.change(facts.order, status=facts.status(), events_written=facts.order.events_written)
        for model in _PARENTS_FIRST:
            if model in self._new:
                insert_many(self.client.pk, self._new[model])
        if self._used:
            LineUsage.objects.bulk_create(
                [
                    LineUsage(
                        client_id=self.client.pk,
                        line_id=used.line.pk,
                        quantity=used.line.quantity,
                        added_back=used.usage.added_back,
                        reshipped=used.usage.reshipped,
                    )
                    for used in self._used.values()
                ],
                update_conflicts=True,
                unique_fields=["client", "line"],
                update_fields=["quantity", "added_back", "reshipped"],
            )
        for model in _PARENTS_FIRST:
            self._write_changes(model)
        self.ledger.write()
        self.history.write()

    def _write_changes(self, model: type[Model]) -> None:
        changed = self._changed.get(model)
        if not changed:
            return
        names = sorted(set().union(*(columns for _, columns in changed.values())))
        rows = [(pk, *(getattr(row, name) for name in names)) for pk, (row, _) in sorted(changed.items())]
        update_many(model, self.client.pk, names, rows)


def at_desk(work: Callable[[Desk], T], *, client: Client, actor: Actor, at: datetime) -> T:
    """Runs a verb in one transaction of one client; tried again on a deadlock or serialisation failure.

    Refuses `client_not_found` to whoever does not belong to the client: they learn nothing of it.
    """
    _require_sight(client, actor)

    def transaction() -> T:
        desk = Desk(client=client, actor=actor, at=at)
        result = work(desk)
        desk.close()
        return result

    with scope(client=client.pk):
        return one_transaction(transaction)


def rehearse(
    work: Callable[[Desk], T], *, client: Client, actor: Actor, at: datetime, assumed: Assumed
) -> tuple[T, dict[Place, Move]]:
    """What a verb would answer now, and how it would move the stock. Locks nothing and writes nothing.

    The work is the verb's own, at a desk that is never closed. `assumed` answers how earlier rehearsals changed the
    balances of these places, in units. Refuses `client_not_found`, as the deed.
    """
    _require_sight(client, actor)
    with scope(client=client.pk):
        ledger = PaperLedger(client_id=client.pk, actor=actor, at=at, assumed=assumed)
        return work(Desk(client=client, actor=actor, at=at, ledger=ledger)), ledger.moves()


def _require_sight(client: Client, actor: Actor) -> None:
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)


def orders_numbered(number: str) -> list[Order]:
    """The order of this number, or none; inside the client's scope, without a lock."""
    return list(Order.objects.filter(number=number)) if intake.can_be_stored(number) else []


def order_not_found(number: str) -> Refusal:
    return Refusal("order_not_found", f"There is no order {intake.named(number)}.", order=intake.named(number))


def shipment_not_found(number: str) -> Refusal:
    return Refusal("shipment_not_found", f"There is no shipment {intake.named(number)}.", shipment=intake.named(number))
