"""The desk on which every verb works: one client's orders, locked, with all that a verb decides on.

Every writer takes locks in one order: orders by id, shipments by id, stock levels by id. What decides is read in later
statements, after the locks are held: under READ COMMITTED an earlier one shows an old snapshot. A verb reads, changes
what lies on the desk in memory, and the desk writes it all with a number of statements that does not depend on how many
orders, shipments and lines there are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from django.db.models import Model
from django_scopes import scope

from reship import intake
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.many import insert_columns, insert_many, update_many
from reship.database.retry import one_transaction
from reship.database.rows import read_by
from reship.errors import Refusal
from reship.floor.models import Label, PullTask, Question, QuestionKind, TrackingEvent
from reship.fulfilment.facts import (
    ORDERS,
    LineFacts,
    OrderFacts,
    ShipmentFacts,
    name_reshipments,
    read_orders,
    read_orders_to_reship,
)
from reship.inventory.ledger import Assumed, Ledger, Move, PaperLedger, Place
from reship.inventory.models import EntryKind
from reship.orders.history import History
from reship.orders.models import (
    CustomerText,
    EventType,
    Hold,
    HoldKind,
    LineUsage,
    Order,
    OrderLine,
    Reshipment,
    ReshipmentLine,
    Shipment,
    ShipmentLine,
)

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)
Asked = TypeVar("Asked")

_PARENTS_FIRST: tuple[type[Model], ...] = (
    Order,
    CustomerText,
    OrderLine,
    Shipment,
    ShipmentLine,
    Reshipment,
    ReshipmentLine,
    Hold,
    PullTask,
    Label,
    TrackingEvent,
    Question,
)


_USED_BEFORE = (
    "(client_id, line_id) DO UPDATE SET quantity = excluded.quantity,"
    " added_back = excluded.added_back, reshipped = excluded.reshipped, waiting = excluded.waiting"
)


class _SentAgain(NamedTuple):
    """A line of a reshipment that is still to be written; `added_back` is in units."""

    reshipment: Reshipment
    source_line: ShipmentLine
    line: ShipmentLine
    added_back: int


class Desk:
    """What one transaction of one client has locked, has changed in memory, and will write when it closes."""

    def __init__(self, *, client: Client, actor: Actor, at: datetime, ledger: Ledger | None = None) -> None:
        self.client = client
        self.actor = actor
        self.at = at
        self.ledger = ledger or Ledger(client_id=client.pk, actor=actor, at=at)
        self.history = History(client_id=client.pk, actor=actor, at=at, sends=client.sends_events)
        self.orders: dict[str, OrderFacts] = {}
        self._order_of_shipment: dict[str, OrderFacts] = {}
        self._touched: dict[str, OrderFacts] = {}
        self._changed: dict[type[Model], dict[int, tuple[Model, set[str]]]] = {}
        self._used: dict[int, LineFacts] = {}
        self._new: dict[type[Model], list[Model]] = {}
        self._sent_again: list[_SentAgain] = []
        self._unnamed: set[str] = set()
        self._open_questions: dict[int, list[Question]] | None = None

    def open_orders(self, numbers: Iterable[str]) -> None:
        """Locks these orders and their shipments, then reads what is decided on."""
        self._lay_out(read_orders(self._locked("number", _storable(numbers)), lock=self.ledger.locks))

    def open_orders_to_reship(self, wanted: Iterable[tuple[str, str | None]]) -> None:
        """The same, with those shipments only that a reship of these sources, or of the latest, depends on.

        An order that is wanted several times, and not each time by its source, is read whole: what the first reship
        leaves decides which parcel the next one means.
        """
        asked = list(wanted)
        times = Counter(number for number, _ in asked)
        open_ones = {number for number, source in asked if source is None and times[number] > 1}
        orders = self._locked("number", _storable(times))
        sources = _storable(source for _, source in asked if source is not None)
        narrow = [order for order in orders if order.number not in open_ones]
        self._lay_out(read_orders_to_reship(narrow, sources, lock=self.ledger.locks))
        self._unnamed = {order.number for order in narrow}
        whole = [order for order in orders if order.number in open_ones]
        self._lay_out(read_orders(whole, lock=self.ledger.locks))

    def name_reshipments(self) -> bool:
        """Lets orders that were opened to reship know the numbers of their reshipments; False when they know them."""
        unnamed = [of_shipment for number in sorted(self._unnamed) for of_shipment in self.orders[number].shipments]
        self._unnamed = set()
        if unnamed:
            name_reshipments(self.client.pk, [of_shipment for of_shipment in unnamed if of_shipment.shipment.pk])
        return bool(unnamed)

    def open_orders_of(self, shipment_numbers: Iterable[str]) -> None:
        """The same for the orders of these shipments. A shipment never changes its order: this look needs no lock."""
        self._open_by_id(
            Shipment.objects.filter(number__in=_storable(shipment_numbers)).values_list("order_id", flat=True)
        )

    def open_orders_tracked(self, tracking_numbers: Iterable[str], *, shipment_numbers: Iterable[str] = ()) -> None:
        """The same for the orders of whichever shipments have these tracking numbers now; look again at the desk.

        And for those of the shipments that are named by their own numbers.
        """
        wanted, named = _storable(tracking_numbers), _storable(shipment_numbers)
        found = Shipment.objects.filter(tracking_number__in=wanted).exclude(tracking_number="")
        ids = list(found.values_list("order_id", flat=True)) if wanted else []
        if named:
            ids += Shipment.objects.filter(number__in=named).values_list("order_id", flat=True)
        self._open_by_id(ids)

    def _open_by_id(self, order_ids: Iterable[int]) -> None:
        self._lay_out(read_orders(self._locked("id", sorted(set(order_ids))), lock=self.ledger.locks))

    def _locked(self, column: str, keys: list[str] | list[int]) -> list[Order]:
        return read_by(ORDERS, self.client.pk, column, keys, lock=self.ledger.locks)

    def _lay_out(self, orders: dict[int, OrderFacts]) -> None:
        for facts in orders.values():
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

    def each(self, questions: Sequence[Asked], answer: Callable[[Asked], T]) -> list[T | Refusal]:
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

    def add_line(self, opened: ShipmentFacts, line: ShipmentLine, *, waiting: int = 0) -> LineFacts:
        """Adds a line to an open shipment and allocates its units, which are no longer available to others.

        `waiting` units of it are not: they wait for stock.
        """
        added = LineFacts(self.add(line))
        opened.lines.append(added)
        if waiting:
            self.use(added, waiting=waiting)
            self.change(opened.shipment, waits_for_stock=True)
        if line.quantity > waiting:
            self.ledger.record(
                EntryKind.ALLOCATED, opened.place(added), line.quantity - waiting, line=line, reshipment=opened.made_by
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

    def use(self, line: LineFacts, *, reshipped: int = 0, added_back: int = 0, waiting: int = 0) -> None:
        """Moves the counters beside a line, by these numbers of units."""
        line.usage.reshipped += reshipped
        line.usage.added_back += added_back
        line.usage.waiting += waiting
        assert 0 <= line.usage.waiting <= line.line.quantity, f"{line.usage.waiting} of {line.line.quantity} wait"
        assert 0 <= line.usage.added_back <= line.line.quantity, (
            f"{line.usage.added_back} of {line.line.quantity} came back"
        )
        self._used[id(line)] = line

    def send_again(self, reshipment: Reshipment, source: LineFacts, line: ShipmentLine, *, added_back: bool) -> None:
        """Notes that `line` of the reshipment's shipment sends units of a source line again, and counts them there."""
        back = line.quantity if added_back else 0
        self._sent_again.append(_SentAgain(reshipment, source.line, line, back))
        self.use(source, reshipped=line.quantity, added_back=back)

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

    def ask_once(self, facts: OrderFacts, of_shipment: ShipmentFacts, *, kind: QuestionKind, text: str) -> None:
        """Asks somebody about a shipment, unless a question of the kind is open there already."""
        if not any(question.kind == kind for question in self._open_about(of_shipment.shipment)):
            self.ask(facts, of_shipment, kind=kind, text=text)

    def ask(self, facts: OrderFacts, of_shipment: ShipmentFacts, *, kind: QuestionKind, text: str) -> Question:
        shipment = of_shipment.shipment
        question = Question(
            client_id=self.client.pk,
            order=facts.order,
            shipment=shipment,
            kind=kind,
            text=text,
            asked_by=self.actor.name,
            asked_by_company=self.actor.is_of_company,
            user_id=self.actor.user_id,
            asked_at=self.at,
        )
        self.add(question)
        if self._open_questions is not None:
            self._open_about(shipment).append(question)
        self.touch(facts)
        self.history.record(EventType.QUESTION_ASKED, facts.order, shipment=shipment, kind=kind, text=text)
        return question

    def answer_all(self, of_shipment: ShipmentFacts, answer: str) -> None:
        """Closes what is asked about a shipment when a deed has answered it, which the history tells by itself."""
        for question in self._open_about(of_shipment.shipment):
            self.change(question, answer=answer, answered_by=self.actor.name, answered_at=self.at)
        self._open_about(of_shipment.shipment).clear()

    def _open_about(self, shipment: Shipment) -> list[Question]:
        """The open questions about a shipment: at the first look, those about all that lies on the desk."""
        if self._open_questions is None:
            self._open_questions = {}
            here = [of.shipment.pk for of_order in self.orders.values() for of in of_order.shipments if of.shipment.pk]
            for question in Question.objects.filter(shipment__in=here, answered_at__isnull=True).order_by("pk"):
                self._open_questions.setdefault(question.shipment_id, []).append(question)
        return self._open_questions.setdefault(shipment.pk, [])

    def close(self) -> None:
        """Writes everything, parents first. Nothing is written for what did not change."""
        for facts in self._touched.values():
            self.change(facts.order, status=facts.status(), events_written=facts.order.events_written)
        for model in _PARENTS_FIRST:
            if model in self._new:
                insert_many(self.client.pk, self._new[model])
        self._write_sent_again()
        self._write_usage()
        for model in _PARENTS_FIRST:
            self._write_changes(model)
        self.ledger.write()
        self.history.write()

    def _write_sent_again(self) -> None:
        sent = self._sent_again
        insert_columns(
            ReshipmentLine,
            self.client.pk,
            {
                "client_id": [self.client.pk] * len(sent),
                "reshipment_id": [each.reshipment.pk for each in sent],
                "source_line_id": [each.source_line.pk for each in sent],
                "line_id": [each.line.pk for each in sent],
                "quantity": [each.line.quantity for each in sent],
                "added_back": [each.added_back for each in sent],
            },
        )

    def _write_usage(self) -> None:
        used = list(self._used.values())
        insert_columns(
            LineUsage,
            self.client.pk,
            {
                "client_id": [self.client.pk] * len(used),
                "line_id": [each.line.pk for each in used],
                "quantity": [each.line.quantity for each in used],
                "added_back": [each.usage.added_back for each in used],
                "reshipped": [each.usage.reshipped for each in used],
                "waiting": [each.usage.waiting for each in used],
            },
            conflict=_USED_BEFORE,
        )

    def _write_changes(self, model: type[Model]) -> None:
        changed = self._changed.get(model)
        if not changed:
            return
        names = sorted(set().union(*(columns for _, columns in changed.values())))
        rows = [(pk, *(getattr(row, name) for name in names)) for pk, (row, _) in sorted(changed.items())]
        update_many(model, self.client.pk, names, rows)


def _storable(numbers: Iterable[str]) -> list[str]:
    return sorted({number for number in numbers if intake.can_be_stored(number)})


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


def order_numbered(client: Client, number: str) -> OrderFacts:
    """An order as it is now, without a lock. Refuses `order_not_found`."""
    facts = _facts_numbered(client, number)
    if facts is None:
        raise order_not_found(number)
    return facts


def shipment_numbered(client: Client, number: str) -> tuple[OrderFacts, ShipmentFacts]:
    """A shipment and its order as they are now, without a lock. Refuses `shipment_not_found`."""
    # An order's number and its shipment's are one but for the suffix.
    facts = _facts_numbered(client, number.rpartition("-")[0])
    of_shipment = facts.shipment(number) if facts else None
    if facts is None or of_shipment is None:
        raise shipment_not_found(number)
    return facts, of_shipment


def _facts_numbered(client: Client, number: str) -> OrderFacts | None:
    orders = read_by(ORDERS, client.pk, "number", [number]) if intake.can_be_stored(number) else []
    return next(iter(read_orders(orders, lock=False).values()), None)


def order_not_found(number: str) -> Refusal:
    return Refusal("order_not_found", f"There is no order {intake.named(number)}.", order=intake.named(number))


def shipment_not_found(number: str) -> Refusal:
    return Refusal("shipment_not_found", f"There is no shipment {intake.named(number)}.", shipment=intake.named(number))
