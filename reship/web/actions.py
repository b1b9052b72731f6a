"""The Actions box of Order Details. A refused action stays, with the reason in the words of the rule that refuses."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from reship.clients.access import Actor
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.allowed import (
    STEPS,
    Deed,
    why_not,
    why_not_asked,
    why_not_held,
    why_not_placed,
    why_not_reshipped,
)
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.orders.models import Shipment, ShipmentStatus
from reship.web.windows import Paths


@dataclass(frozen=True, slots=True)
class Action:
    """Something to click; with `refused`, the reason why not. `id` is its own on the page."""

    id: str
    label: str
    url: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the warehouse: a button that posts `name`, or a link to the window at `url`."""

    name: str
    label: str
    url: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class ShipmentActions:
    """What can be done with one shipment; `is_folded` when another is more likely meant.

    `ask` is offered to whoever cannot edit it any more because it is being picked, `label` to whoever packs it.
    """

    id: str
    number: str
    status: str
    status_label: str
    is_folded: bool
    edit: Action
    ask: Action | None
    label: Action | None
    cancel: Action
    step_url: str
    steps: tuple[Step, ...]
    next_refused: str
    """Why the step that would come next cannot be taken, when it is the parcel's turn for none other."""

    @property
    def has_refused_steps(self) -> bool:
        return any(step.refused for step in self.steps)


@dataclass(frozen=True, slots=True)
class ActionsBox:
    reship: Action
    hold: Action
    copy: Action
    shipments: tuple[ShipmentActions, ...]

    @property
    def can_fold(self) -> bool:
        return len(self.shipments) > 1


def actions_of(facts: OrderFacts, paths: Paths, *, actor: Actor) -> ActionsBox:
    """The newest shipment comes first. Those in the building stand open, or the newest when all have gone."""
    to_go = [of_shipment for of_shipment in facts.shipments if of_shipment.shipment.is_in_the_building]
    likely = {of_shipment.shipment.number for of_shipment in to_go or facts.shipments[-1:]}
    return ActionsBox(
        reship=Action(
            "reship", "Re-Ship", paths.to("reshipment_new"), reason_of(why_not_reshipped(facts, actor=actor))
        ),
        hold=Action("hold", "Place hold", paths.to("hold_new"), reason_of(_why_nothing_can_be_held(facts, actor))),
        copy=Action("copy", "Copy to manual order", _copy_url(paths), reason_of(why_not_placed(actor=actor))),
        shipments=tuple(
            _of_shipment(facts, of_shipment, paths, actor=actor, is_folded=of_shipment.shipment.number not in likely)
            for of_shipment in reversed(facts.shipments)
        ),
    )


def _why_nothing_can_be_held(facts: OrderFacts, actor: Actor) -> Refusal | None:
    of_order = why_not_held(facts, actor=actor)
    if any(why_not(Deed.HOLD, facts, of_shipment, actor=actor) is None for of_shipment in facts.shipments):
        return None
    return of_order


def _of_shipment(
    facts: OrderFacts, of_shipment: ShipmentFacts, paths: Paths, *, actor: Actor, is_folded: bool
) -> ShipmentActions:
    shipment, anchor = of_shipment.shipment, paths.anchor(of_shipment.shipment.number)

    def reason(deed: Deed) -> str:
        return reason_of(why_not(deed, facts, of_shipment, actor=actor))

    steps: tuple[Step, ...] = ()
    if actor.may(Right.WAREHOUSE_WORK):
        steps = tuple(
            Step(
                deed.value,
                _STEP_LABELS[deed],
                paths.to("shipment_pack", shipment.number) if deed is Deed.PACK else "",
                reason(deed),
            )
            for deed in STEPS
        )
    refused = {step.name: step.refused for step in steps}
    following = _NEXT.get(ShipmentStatus(shipment.status))
    return ShipmentActions(
        id=f"actions-{anchor}",
        number=shipment.number,
        status=shipment.status,
        status_label=ShipmentStatus(shipment.status).label,
        is_folded=is_folded,
        edit=Action(f"edit-{anchor}", "Edit", paths.to("shipment_edit", shipment.number), reason(Deed.EDIT)),
        ask=Action(f"ask-{anchor}", "Ask the warehouse", paths.to("shipment_questions", shipment.number))
        if not actor.is_of_company and why_not_asked(of_shipment, actor=actor) is None
        else None,
        label=Action(f"label-{anchor}", "Carrier label", paths.to("shipment_label", shipment.number))
        if actor.may(Right.WAREHOUSE_WORK) and _may_have_label(shipment)
        else None,
        cancel=Action(
            f"cancel-{anchor}", "Cancel shipment", paths.to("shipment_cancel", shipment.number), reason(Deed.CANCEL)
        ),
        step_url=paths.to("shipment_step", shipment.number),
        steps=steps,
        next_refused=refused.get(following.value, "") if following else "",
    )


def _may_have_label(shipment: Shipment) -> bool:
    """While it is packed; and when it was cancelled with one, which is to be given back."""
    is_at_the_bench = shipment.status in {ShipmentStatus.PICKING, ShipmentStatus.PACKED}
    return is_at_the_bench or (shipment.status == ShipmentStatus.CANCELLED and bool(shipment.tracking_number))


def reason_of(refusal: Refusal | None) -> str:
    """Why not, beside the thing that is locked; empty when it is not. Whoever reads it knows their own name."""
    if refusal is None:
        return ""
    if refusal.code != "not_allowed":
        return refusal.message
    if refusal.figures.get("right") == Right.LIFT_OPERATOR_HOLD:
        return "Only the fulfilment company lifts what it has placed."
    return f"Your role ({refusal.figures['role']}) does not include it."


def _copy_url(paths: Paths) -> str:
    return f"{reverse('web:order_new')}?{urlencode({'client': paths.client, 'copied_from': paths.order})}"


_STEP_LABELS = {
    Deed.PICK: "Pick",
    Deed.PACK: "Pack",
    Deed.DEPART: "Depart",
    Deed.DELIVERED: "Delivered",
    Deed.LOST: "Lost",
    Deed.RETURNED: "Returned",
    Deed.RESTOCK: "Restock",
}
_NEXT = {
    ShipmentStatus.OPEN: Deed.PICK,
    ShipmentStatus.PICKING: Deed.PACK,
    ShipmentStatus.PACKED: Deed.DEPART,
    ShipmentStatus.RETURNED: Deed.RESTOCK,
}
