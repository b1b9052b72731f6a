"""What may be done with a shipment now, and why not: the guards of the verbs, asked without doing anything."""

from collections.abc import Callable
from enum import StrEnum

from reship.clients.access import Actor, require
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.floor.models import Question
from reship.fulfilment.ask import check_answer, check_ask
from reship.fulfilment.cancel import check_cancel
from reship.fulfilment.depart import check_depart
from reship.fulfilment.edit_shipment import check_edit
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.hold import check_hold, check_lift
from reship.fulfilment.outcome import check_delivered, check_lost, check_returned
from reship.fulfilment.pack import check_pack
from reship.fulfilment.pick import check_pick
from reship.fulfilment.reship_plan import check_reship
from reship.fulfilment.restock import check_restock
from reship.orders.models import Hold


class Deed(StrEnum):
    """What can be done with one shipment."""

    HOLD = "hold"
    EDIT = "edit"
    CANCEL = "cancel"
    PICK = "pick"
    PACK = "pack"
    DEPART = "depart"
    DELIVERED = "delivered"
    LOST = "lost"
    RETURNED = "returned"
    RESTOCK = "restock"


_STEPS: dict[Deed, Callable[[OrderFacts, ShipmentFacts], None]] = {
    Deed.PICK: check_pick,
    Deed.PACK: check_pack,
    Deed.DEPART: check_depart,
    Deed.DELIVERED: check_delivered,
    Deed.LOST: check_lost,
    Deed.RETURNED: check_returned,
    Deed.RESTOCK: check_restock,
}
STEPS = tuple(_STEPS)
"""The warehouse's steps, in the order in which a parcel takes them."""


def why_not(deed: Deed, facts: OrderFacts, of_shipment: ShipmentFacts, *, actor: Actor) -> Refusal | None:
    """The refusal that the verb would raise now, as far as it does not depend on what is asked; None when it may."""
    if deed is Deed.HOLD:
        return _refusal_of(lambda: check_hold(facts, of_shipment, actor))
    if deed is Deed.EDIT:
        return _refusal_of(lambda: check_edit(of_shipment, actor))
    if deed is Deed.CANCEL:
        return _refusal_of(lambda: check_cancel(of_shipment, actor))
    return _refusal_of(lambda: require(actor, Right.WAREHOUSE_WORK)) or _refusal_of(
        lambda: _STEPS[deed](facts, of_shipment)
    )


def why_not_reshipped(facts: OrderFacts, *, actor: Actor) -> Refusal | None:
    return _refusal_of(lambda: check_reship(facts, actor=actor))


def why_not_placed(*, actor: Actor) -> Refusal | None:
    """Why a person cannot place a manual order."""
    return _refusal_of(lambda: require(actor, Right.PLACE_ORDER))


def why_not_held(facts: OrderFacts, *, actor: Actor) -> Refusal | None:
    """Why the whole order cannot be held."""
    return _refusal_of(lambda: check_hold(facts, None, actor))


def why_not_lifted(hold: Hold, *, actor: Actor) -> Refusal | None:
    return _refusal_of(lambda: check_lift(hold, actor))


def why_not_asked(of_shipment: ShipmentFacts, *, actor: Actor) -> Refusal | None:
    """Why the warehouse cannot be asked for a change of this shipment."""
    return _refusal_of(lambda: check_ask(of_shipment, actor))


def why_not_answered(question: Question, *, actor: Actor) -> Refusal | None:
    return _refusal_of(lambda: check_answer(question, actor))


def _refusal_of(check: Callable[[], object]) -> Refusal | None:
    try:
        check()
    except Refusal as refusal:
        return refusal
    return None
