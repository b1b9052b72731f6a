"""The order's history: its only writer, and its only wording."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, cast

from reship.clients.access import Actor
from reship.database.many import insert_columns
from reship.errors import Figure
from reship.orders.models import EventToSend, EventType, HoldKind, Order, OrderEvent, Reshipment, Shipment


class Item(NamedTuple):
    """Units of one SKU, as history names them."""

    sku: str
    quantity: int


class _Event(NamedTuple):
    """An event that is still to be written; what it refers to may still be on its way into the database."""

    order: Order
    sequence: int
    type: EventType
    shipment: Shipment | None
    reshipment: Reshipment | None
    facts: dict[str, Figure]
    at: datetime


class History:
    """Collects the events of one verb and writes them with one statement.

    The caller holds the lock of each order, whose counter gives the event its place in that order's history.
    """

    def __init__(self, *, client_id: int, actor: Actor, at: datetime, sends: bool = False) -> None:
        """`sends` when somebody outside waits for the events."""
        self._client_id = client_id
        self._sends = sends
        self._actor = actor
        self._at = at
        self._events: list[_Event] = []
        self._untold: set[int] = set()

    def keep_from_others(self, order: Order) -> None:
        """Sends nobody outside what this verb writes about the order: it is past, and was told elsewhere long ago."""
        self._untold.add(id(order))

    def record(
        self,
        event_type: EventType,
        order: Order,
        *,
        shipment: Shipment | None = None,
        reshipment: Reshipment | None = None,
        at: datetime | None = None,
        **facts: Figure,
    ) -> None:
        """Adds one event; `facts` are what the wording below needs, `items` among them as `items_as_facts`."""
        order.events_written += 1
        if shipment is not None:
            facts = {"shipment": shipment.number, **facts}
        if self._actor.job is not None:
            facts["job"] = self._actor.job
        self._events.append(
            _Event(order, order.events_written, event_type, shipment, reshipment, facts, at or self._at)
        )

    def write(self) -> None:
        events, count = self._events, len(self._events)
        insert_columns(
            OrderEvent,
            self._client_id,
            {
                "client_id": [self._client_id] * count,
                "order_id": [event.order.pk for event in events],
                "sequence": [event.sequence for event in events],
                "type": [event.type.value for event in events],
                "shipment_id": [event.shipment and event.shipment.pk for event in events],
                "reshipment_id": [event.reshipment and event.reshipment.pk for event in events],
                "facts": [event.facts for event in events],
                "actor": [self._actor.name] * count,
                "user_id": [self._actor.user_id] * count,
                "at": [event.at for event in events],
            },
        )
        if self._sends:
            told = [event for event in events if id(event.order) not in self._untold]
            columns = {
                "client_id": [self._client_id] * len(told),
                "order_id": [event.order.pk for event in told],
                "sequence": [event.sequence for event in told],
            }
            insert_columns(EventToSend, self._client_id, columns)


def items_as_facts(items: Iterable[Item]) -> list[Figure]:
    return [{"sku": item.sku, "quantity": item.quantity} for item in items]


def items_of(event: OrderEvent) -> list[Item]:
    """Which items and quantities the event is about."""
    return _items(event.facts, "items")


def parcels_placed(facts: Mapping[str, Figure]) -> list[Mapping[str, Figure]]:
    """The parcels that a placed order went as, each with `shipment` and `items`; told one by one only if several."""
    only = {"shipment": facts["shipments"], "items": facts["items"]}
    return cast(list[Mapping[str, Figure]], facts.get("parcels") or [only])


def facts_told(event: OrderEvent) -> dict[str, Figure]:
    """The event's facts as programs read them: of a placed order `shipments` is a list, and what it lacks is null."""
    facts = dict(cast(Mapping[str, Figure], event.facts))
    if event.type == EventType.ORDER_PLACED:
        facts["shipments"] = [parcel["shipment"] for parcel in parcels_placed(facts)]
        facts["copied_from"] = facts.get("copied_from") or None
        facts["note"] = facts.get("note") or None
    return facts


def wording(event: OrderEvent) -> str:
    """The event in one sentence, as every door shows it."""
    facts = cast(Mapping[str, Figure], event.facts)
    told = _WORDINGS[EventType(event.type)](facts)
    return f"{told} (Job {facts['job']})" if facts.get("job") else told


def _items(facts: Mapping[str, Figure], name: str) -> list[Item]:
    stored = cast(list[Mapping[str, Figure]], facts.get(name) or [])
    return [Item(str(item["sku"]), cast(int, item["quantity"])) for item in stored]


def _listed(facts: Mapping[str, Figure], name: str = "items") -> str:
    return ", ".join(f"{item.quantity} × {item.sku}" for item in _items(facts, name)) or "nothing"


def _order_placed(facts: Mapping[str, Figure]) -> str:
    origin = f", copied from order {facts['copied_from']}" if facts.get("copied_from") else ""
    return _with_note(f"Order placed{origin}: {_listed(facts)}, to go as {facts['shipments']}", facts)


def _order_copied(facts: Mapping[str, Figure]) -> str:
    return f"Copied to manual order {facts['copy']}: {_listed(facts)}."


def _reshipped(facts: Mapping[str, Figure]) -> str:
    parts = [f"Re-shipped {_listed(facts)} of {facts['source']} as {facts['shipment']}"]
    if facts.get("reason"):
        parts.append(f"reason: {str(facts['reason_label']).lower()}")
    if facts.get("fault"):
        parts.append(f"fault of the {facts['fault']}")
    if facts.get("warehouse"):
        parts.append(f"from {facts['warehouse']}")
    if facts.get("waiting"):
        parts.append(f"waits for stock: {_listed(facts, 'waiting')}")
    parts.append(
        f"added back to stock: {_listed(facts, 'added_back')}" if facts.get("added_back") else "nothing added back"
    )
    if facts.get("hold"):
        parts.append("set on Operator Hold")
    if facts.get("anyway"):
        parts.append("sent again anyway, although already re-shipped")
    return _with_note("; ".join(parts), facts)


def _reshipment_cancelled(facts: Mapping[str, Figure]) -> str:
    undone = f"; add-back undone: {_listed(facts, 'add_back_undone')}" if facts.get("add_back_undone") else ""
    return f"Reshipment {facts['shipment']} of {facts['source']} cancelled: {_listed(facts)} released{undone}."


def _shipment_edited(facts: Mapping[str, Figure]) -> str:
    changes = cast(list[Mapping[str, Figure]], facts["changes"])
    return f"{facts['shipment']} edited: {'; '.join(edit_in_words(change) for change in changes)}."


def edit_in_words(change: Mapping[str, Figure]) -> str:
    """What one edit changed, before and after: a part of the address, the method, or the units of a SKU."""
    what, before, after = change["what"], change["before"], change["after"]
    if not isinstance(before, int) or not isinstance(after, int):
        return f"{what}: {before or '–'} → {after or '–'}"
    if not before:
        return f"{after} × {what} added"
    return f"{what}: {before} → {after} units" if after else f"{before} × {what} taken out"


def _shipment_cancelled(facts: Mapping[str, Figure]) -> str:
    return f"{facts['shipment']} cancelled: {_listed(facts)} released."


def _picking(facts: Mapping[str, Figure]) -> str:
    batch = f" in batch {facts['batch']}" if facts.get("batch") else ""
    return f"Picking of {facts['shipment']} started{batch}."


def _packed(facts: Mapping[str, Figure]) -> str:
    how = " by hand, without scans" if facts.get("by_hand") else ""
    return f"{facts['shipment']} packed{how}{_tracking(facts)}."


def _departed(facts: Mapping[str, Figure]) -> str:
    manifest = f", manifest {facts['manifest']}" if facts.get("manifest") else ""
    return f"{facts['shipment']} left the warehouse ({facts['how']}{manifest}){_tracking(facts)}: {_listed(facts)}."


def _delivered(facts: Mapping[str, Figure]) -> str:
    return f"{facts['shipment']} was delivered."


def _lost(facts: Mapping[str, Figure]) -> str:
    return f"{facts['shipment']} was lost."


def _returned(facts: Mapping[str, Figure]) -> str:
    return f"{facts['shipment']} came back to the warehouse."


def _restocked(facts: Mapping[str, Figure]) -> str:
    told = []
    if facts.get("items"):
        told.append(f"{_listed(facts)} of {facts['shipment']} put back into stock")
    if facts.get("damaged"):
        told.append(f"{_listed(facts, 'damaged')} of {facts['shipment']} written off as damaged")
    return _with_note("; ".join(told), facts)


def _allocated(facts: Mapping[str, Figure]) -> str:
    rest = f"; still waits for {_listed(facts, 'waiting')}" if facts.get("waiting") else ""
    return f"Stock came in for {facts['shipment']}: {_listed(facts)} allocated{rest}."


def _taken_over(facts: Mapping[str, Figure]) -> str:
    return f"{facts['shipment']} taken over from {facts['before']}."


def _pulled(facts: Mapping[str, Figure]) -> str:
    rest = f"; {_listed(facts)} of it became available as well" if facts.get("items") else ""
    missing = f"; not in it: {_listed(facts, 'not_scanned')}" if facts.get("not_scanned") else ""
    return f"{facts['shipment']} was found, unpacked and put away{rest}{missing}."


def _tracked(facts: Mapping[str, Figure]) -> str:
    detail = f": {facts['detail']}" if facts.get("detail") else ""
    return f"The carrier says of {facts['shipment']}: {facts['status']}{detail}."


def _label_bought(facts: Mapping[str, Figure]) -> str:
    service = f" {facts['service']}" if facts.get("service") else ""
    cost = f", {facts['cost']} {facts['currency']}" if facts.get("cost") else ""
    return f"Label for {facts['shipment']} bought from {facts['carrier']}{service}{_tracking(facts)}{cost}."


def _label_voided(facts: Mapping[str, Figure]) -> str:
    return f"Label of {facts['shipment']} from {facts['carrier']} voided{_tracking(facts)}."


def _question_asked(facts: Mapping[str, Figure]) -> str:
    return f"Asked about {facts['shipment']}: {facts['text']}"


def _question_answered(facts: Mapping[str, Figure]) -> str:
    return f"Answered about {facts['shipment']}: {facts['answer']}"


def _evidence_added(facts: Mapping[str, Figure]) -> str:
    return f"Photo added to {facts['shipment']}: {facts['name']}."


def _hold_added(facts: Mapping[str, Figure]) -> str:
    where = facts.get("shipment") or "the whole order"
    return _with_note(f"{HoldKind(str(facts['kind'])).label} placed on {where}", facts)


def _hold_lifted(facts: Mapping[str, Figure]) -> str:
    where = facts.get("shipment") or "the whole order"
    remaining = cast(list[str], facts.get("remaining") or [])
    rest = f"; still held by: {', '.join(HoldKind(kind).label for kind in remaining)}" if remaining else ""
    return f"{HoldKind(str(facts['kind'])).label} lifted from {where}{rest}."


def _tracking(facts: Mapping[str, Figure]) -> str:
    return f", tracking number {facts['tracking_number']}" if facts.get("tracking_number") else ""


def _with_note(sentence: str, facts: Mapping[str, Figure]) -> str:
    return f"{sentence}. Note: {facts['note']}" if facts.get("note") else f"{sentence}."


_WORDINGS = {
    EventType.ORDER_PLACED: _order_placed,
    EventType.ORDER_COPIED: _order_copied,
    EventType.RESHIPPED: _reshipped,
    EventType.RESHIPMENT_CANCELLED: _reshipment_cancelled,
    EventType.SHIPMENT_EDITED: _shipment_edited,
    EventType.SHIPMENT_CANCELLED: _shipment_cancelled,
    EventType.SHIPMENT_PICKING: _picking,
    EventType.SHIPMENT_PACKED: _packed,
    EventType.SHIPMENT_DEPARTED: _departed,
    EventType.SHIPMENT_DELIVERED: _delivered,
    EventType.SHIPMENT_LOST: _lost,
    EventType.SHIPMENT_RETURNED: _returned,
    EventType.SHIPMENT_RESTOCKED: _restocked,
    EventType.SHIPMENT_ALLOCATED: _allocated,
    EventType.SHIPMENT_TAKEN_OVER: _taken_over,
    EventType.SHIPMENT_PULLED: _pulled,
    EventType.SHIPMENT_TRACKED: _tracked,
    EventType.LABEL_BOUGHT: _label_bought,
    EventType.LABEL_VOIDED: _label_voided,
    EventType.QUESTION_ASKED: _question_asked,
    EventType.QUESTION_ANSWERED: _question_answered,
    EventType.EVIDENCE_ADDED: _evidence_added,
    EventType.HOLD_ADDED: _hold_added,
    EventType.HOLD_LIFTED: _hold_lifted,
}
