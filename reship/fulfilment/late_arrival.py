"""The late arrival: an original that was believed lost is delivered while its replacement is still here.

The replacement is held, so that it does not go out for nothing, and somebody is asked. Whoever says that the original
arrived, a carrier or a person, comes through here.
"""

from collections.abc import Iterator

from reship.floor.models import QuestionKind
from reship.fulfilment.desk import Desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.orders.models import EventType, HoldKind

_BELIEVED_LOST = frozenset({"lost", ""})
"""The built-in reason, and none at all: without one somebody had better look. A client's own list may have others; then
it is the status of the original that tells."""


def hold_what_sends_it_again(desk: Desk, facts: OrderFacts, arrived: ShipmentFacts) -> None:
    """Holds each reshipment of this parcel that has not gone, and asks whether it is still wanted.

    Only of a parcel that was believed lost: what was sent again because it was damaged, or the wrong item, is wanted
    all the more when the carrier says at last that the original arrived.

    The caller moves the parcel to delivered, which happens once, so a hold that somebody lifted is not placed again.
    """
    for reship in _still_here(facts, arrived):
        came = f"{arrived.shipment.number}, which {reship.shipment.number} sends again, was delivered after all."
        if not any(hold.kind == HoldKind.OPERATOR for hold in reship.holds):
            desk.hold(facts, reship, kind=HoldKind.OPERATOR, note=came, by_company=True)
            desk.history.record(
                EventType.HOLD_ADDED, facts.order, shipment=reship.shipment, kind=HoldKind.OPERATOR, note=came
            )
        desk.ask_once(facts, reship, kind=QuestionKind.LATE_ARRIVAL, text=f"{came} Should it still go out?")


def _still_here(facts: OrderFacts, arrived: ShipmentFacts) -> Iterator[ShipmentFacts]:
    """The reshipments of a parcel that are in the building, and those of its reshipments, however far down."""
    for other in facts.shipments:
        made_by = other.made_by
        if made_by is None or made_by.source_id != arrived.shipment.pk or made_by.cancelled_at is not None:
            continue
        if arrived.shipment.lost_at is None and made_by.reason not in _BELIEVED_LOST:
            continue
        if other.shipment.is_in_the_building:
            yield other
        yield from _still_here(facts, other)
