"""What is told of each line of history: the one table from events to messages, and what stands in them.

A message is made of what the event itself keeps, so that one which arrives late tells what happened then.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from reship.errors import Figure
from reship.orders.history import parcels_placed, wording
from reship.orders.models import EventType, HoldKind, OrderEvent

Data = dict[str, Figure]
_Facts = Mapping[str, Figure]


class WebhookType(StrEnum):
    ORDER_PLACED = "order.placed"
    ORDER_COPIED = "order.copied"
    ORDER_RESHIPPED = "order.reshipped"
    RESHIPMENT_CANCELLED = "reshipment.cancelled"
    SHIPMENT_CREATED = "shipment.created"
    SHIPMENT_EDITED = "shipment.edited"
    SHIPMENT_CANCELLED = "shipment.cancelled"
    SHIPMENT_PICKING = "shipment.picking"
    SHIPMENT_PACKED = "shipment.packed"
    SHIPMENT_DEPARTED = "shipment.departed"
    SHIPMENT_TRACKED = "shipment.tracked"
    SHIPMENT_DELIVERED = "shipment.delivered"
    SHIPMENT_LOST = "shipment.lost"
    SHIPMENT_RETURNED = "shipment.returned"
    SHIPMENT_RESTOCKED = "shipment.restocked"
    SHIPMENT_ALLOCATED = "shipment.allocated"
    SHIPMENT_PULLED = "shipment.pulled"
    HOLD_ADDED = "order.hold.added"
    HOLD_LIFTED = "order.hold.lifted"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    TEST = "webhook.test"


CHOSEN_FROM = tuple(kind for kind in WebhookType if kind is not WebhookType.TEST)
"""What an endpoint may choose among; a test goes to whatever endpoint it is sent to."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message that an event becomes: its type, and what `data` has beside what every message has."""

    type: WebhookType
    data: Data


def messages_of(event: OrderEvent) -> list[Told]:
    """What is told of an event, in this order; nothing of what concerns only the warehouse."""
    return _TELLERS.get(EventType(event.type), _nothing)(cast(_Facts, event.facts))


def body_of(told: Told, event: OrderEvent, *, order: str) -> str:
    """The message as it is signed and sent."""
    facts = cast(_Facts, event.facts)
    data: Data = {"order": order, "sequence": event.sequence, "by": event.actor, "text": wording(event)}
    if facts.get("job"):
        data["job"] = facts["job"]
    return as_body(told.type, event.at, data | told.data)


def as_body(kind: WebhookType, at: datetime, data: Data) -> str:
    timestamp = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": kind.value, "timestamp": timestamp, "data": data}, ensure_ascii=False)


_Teller = Callable[[_Facts], list[Told]]


def _nothing(facts: _Facts) -> list[Told]:
    return []


_LISTS = frozenset({"items", "waiting", "damaged", "remaining", "add_back_undone", "changes"})


def _plainly(kind: WebhookType, *names: str) -> _Teller:
    """Tells these facts as they are; what the event did not need is null, or an empty list."""

    def teller(facts: _Facts) -> list[Told]:
        return [Told(kind, {name: facts.get(name) or ([] if name in _LISTS else None) for name in names})]

    return teller


def _order_placed(facts: _Facts) -> list[Told]:
    parcels = parcels_placed(facts)
    placed: Data = {
        "items": facts["items"],
        "shipments": [parcel["shipment"] for parcel in parcels],
        "copied_from": facts.get("copied_from") or None,
        "note": facts.get("note") or None,
    }
    return [Told(WebhookType.ORDER_PLACED, placed), *(_created(parcel, reshipment_of=None) for parcel in parcels)]


def _reshipped(facts: _Facts) -> list[Told]:
    reshipped: Data = {
        "reshipment": facts["shipment"],
        "source": facts["source"],
        "items": facts["items"],
        "added_back": facts.get("added_back") or [],
        "waiting": facts.get("waiting") or [],
        "hold": bool(facts.get("hold")),
        "reason": facts.get("reason") or None,
        "fault": facts.get("fault") or None,
        "note": facts.get("note") or None,
        "sent_again_anyway": bool(facts.get("anyway")),
    }
    messages = [Told(WebhookType.ORDER_RESHIPPED, reshipped), _created(facts, reshipment_of=facts["source"])]
    if facts.get("hold"):
        # The history keeps no event of its own for it, but whoever counts holds hears later that it is lifted.
        held: Data = {"shipment": facts["shipment"], "kind": HoldKind.OPERATOR, "note": facts.get("note") or None}
        messages.append(Told(WebhookType.HOLD_ADDED, held))
    return messages


def _asked(facts: _Facts) -> list[Told]:
    asked: Data = {"shipment": facts["shipment"], "kind": facts.get("kind") or None, "question": facts.get("text")}
    return [Told(WebhookType.QUESTION_ASKED, asked)]


def _created(facts: _Facts, *, reshipment_of: Figure) -> Told:
    return Told(
        WebhookType.SHIPMENT_CREATED,
        {"shipment": facts["shipment"], "items": facts["items"], "reshipment_of": reshipment_of},
    )


_TELLERS: dict[EventType, _Teller] = {
    EventType.ORDER_PLACED: _order_placed,
    EventType.ORDER_COPIED: _plainly(WebhookType.ORDER_COPIED, "copy", "items"),
    EventType.RESHIPPED: _reshipped,
    EventType.RESHIPMENT_CANCELLED: _plainly(
        WebhookType.RESHIPMENT_CANCELLED, "shipment", "source", "items", "add_back_undone"
    ),
    EventType.SHIPMENT_EDITED: _plainly(WebhookType.SHIPMENT_EDITED, "shipment", "changes"),
    EventType.SHIPMENT_CANCELLED: _plainly(WebhookType.SHIPMENT_CANCELLED, "shipment", "items"),
    EventType.SHIPMENT_PICKING: _plainly(WebhookType.SHIPMENT_PICKING, "shipment"),
    EventType.SHIPMENT_PACKED: _plainly(WebhookType.SHIPMENT_PACKED, "shipment", "tracking_number"),
    EventType.SHIPMENT_DEPARTED: _plainly(
        WebhookType.SHIPMENT_DEPARTED, "shipment", "tracking_number", "items", "how", "manifest"
    ),
    EventType.SHIPMENT_TRACKED: _plainly(WebhookType.SHIPMENT_TRACKED, "shipment", "status", "detail"),
    EventType.SHIPMENT_DELIVERED: _plainly(WebhookType.SHIPMENT_DELIVERED, "shipment"),
    EventType.SHIPMENT_LOST: _plainly(WebhookType.SHIPMENT_LOST, "shipment"),
    EventType.SHIPMENT_RETURNED: _plainly(WebhookType.SHIPMENT_RETURNED, "shipment"),
    EventType.SHIPMENT_RESTOCKED: _plainly(WebhookType.SHIPMENT_RESTOCKED, "shipment", "items", "damaged", "note"),
    EventType.SHIPMENT_ALLOCATED: _plainly(WebhookType.SHIPMENT_ALLOCATED, "shipment", "items", "waiting"),
    EventType.SHIPMENT_PULLED: _plainly(WebhookType.SHIPMENT_PULLED, "shipment", "items"),
    EventType.HOLD_ADDED: _plainly(WebhookType.HOLD_ADDED, "shipment", "kind", "note"),
    EventType.HOLD_LIFTED: _plainly(WebhookType.HOLD_LIFTED, "shipment", "kind", "remaining"),
    EventType.QUESTION_ASKED: _asked,
    EventType.QUESTION_ANSWERED: _plainly(WebhookType.QUESTION_ANSWERED, "shipment", "answer"),
}
