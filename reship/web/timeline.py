"""The history of an order, as a timeline shows it. Its wording is history.py's."""

from dataclasses import dataclass
from datetime import datetime

from reship.orders.history import wording
from reship.orders.models import EventType, OrderEvent


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened. `shipment` is the number of the parcel that it is about, if it is about one; `job` that
    of the job that did it.
    """

    text: str
    actor: str
    at: datetime
    shipment: str
    icon: str
    tone: str
    job: str


def history_entry(event: OrderEvent) -> HistoryEntry:
    icon, tone = _LOOKS[EventType(event.type)]
    shipment = event.facts.get("shipment") or ""
    return HistoryEntry(wording(event), event.actor, event.at, shipment, icon, tone, str(event.facts.get("job") or ""))


_LOOKS = {
    EventType.ORDER_PLACED: ("inbox", ""),
    EventType.ORDER_COPIED: ("copy", ""),
    EventType.RESHIPPED: ("repeat", "violet"),
    EventType.RESHIPMENT_CANCELLED: ("undo-2", "orange"),
    EventType.SHIPMENT_EDITED: ("pencil", ""),
    EventType.SHIPMENT_CANCELLED: ("circle-x", "orange"),
    EventType.SHIPMENT_PICKING: ("package-open", "blue"),
    EventType.SHIPMENT_PACKED: ("package", "blue"),
    EventType.SHIPMENT_DEPARTED: ("truck", "blue"),
    EventType.SHIPMENT_DELIVERED: ("package-check", "green"),
    EventType.SHIPMENT_LOST: ("package-x", "red"),
    EventType.SHIPMENT_RETURNED: ("rotate-ccw", "orange"),
    EventType.SHIPMENT_RESTOCKED: ("package-plus", "green"),
    EventType.SHIPMENT_ALLOCATED: ("package-plus", "green"),
    EventType.SHIPMENT_TAKEN_OVER: ("users", "blue"),
    EventType.SHIPMENT_PULLED: ("package-minus", "violet"),
    EventType.SHIPMENT_TRACKED: ("map-pin", "blue"),
    EventType.LABEL_BOUGHT: ("printer", ""),
    EventType.LABEL_VOIDED: ("ban", "orange"),
    EventType.QUESTION_ASKED: ("message-square", "amber"),
    EventType.QUESTION_ANSWERED: ("message-square", "green"),
    EventType.EVIDENCE_ADDED: ("upload", ""),
    EventType.HOLD_ADDED: ("hand", "amber"),
    EventType.HOLD_LIFTED: ("lock-open", "green"),
}
