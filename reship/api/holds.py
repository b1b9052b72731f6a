"""`/orders/{number}/holds`: what stops an order, or one of its shipments."""

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.operations import does, reads
from reship.api.schemas import Asked, HoldKindAsked, HoldTold, Told
from reship.clients.roles import Right
from reship.database.snapshot import one_snapshot
from reship.fulfilment import hold as verbs
from reship.fulfilment.desk import order_not_found, orders_numbered
from reship.fulfilment.hold import HoldRequest
from reship.orders.models import Hold, HoldKind

router = Router(tags=["Holds"])
PATH = "/orders/{name:number}/holds"


class HoldAsked(Asked):
    """A hold of one kind, on the whole order or on one of its shipments."""

    kind: HoldKindAsked = Field(examples=["ADDRESS"])
    note: str = Field("", json_schema_extra={"maxLength": 1_000}, examples=["The customer moved."])
    shipment: str | None = Field(
        None,
        json_schema_extra={"maxLength": 60},
        description="Number of the shipment. Default: all of the order that has not departed.",
    )


class LiftAsked(Asked):
    """Which hold to lift."""

    shipment: str | None = Field(
        None, json_schema_extra={"maxLength": 60}, description="Number of the shipment. Default: on the whole order."
    )


class KeptHoldTold(HoldTold):
    """A hold, active or lifted."""

    by_company: bool = Field(description="The fulfilment company placed it, and its people alone lift it.")
    lifted_by: str
    lifted_at: datetime | None = Field(description="Null while it is active.")

    @classmethod
    def of(cls, hold: Hold, shipment: str | None) -> "KeptHoldTold":
        return cls(
            **HoldTold.of(hold, shipment).model_dump(),
            by_company=hold.placed_by_company,
            lifted_by=hold.lifted_by,
            lifted_at=hold.lifted_at,
        )


class HoldsTold(Told):
    data: list[KeptHoldTold]


class LiftedTold(Told):
    """A hold that was lifted, and what still stops the same shipment or order."""

    hold: KeptHoldTold
    remaining: list[HoldKind]


@does(
    router,
    "POST",
    PATH,
    Right.HOLD,
    answers={201: KeptHoldTold},
    example={"kind": "ADDRESS", "note": "The customer moved."},
    links={
        201: {
            "holds": {"operationId": "list_holds", "parameters": {"number": "$request.path.number"}},
            "lift": {
                "operationId": "lift_hold",
                "parameters": {
                    "number": "$request.path.number",
                    "kind": "$response.body#/kind",
                    "shipment": "$response.body#/shipment",
                },
            },
        }
    },
)
def create_hold(request: ApiRequest, number: str, asked: HoldAsked) -> HttpResponse:
    """Hold an order, or one of its shipments.

    What is held cannot be picked, packed or departed. Several kinds may be active at a time, each once. A hold on the
    whole order also stops shipments that are opened later.
    """
    wanted = HoldRequest(number, asked.kind, asked.shipment, asked.note)

    def work() -> Done:
        hold = verbs.place_hold(wanted, client=request.client, actor=request.actor, at=request.at)
        return Done(KeptHoldTold.of(hold, asked.shipment), status=201)

    return answer_once(request, work)


@reads(router, PATH, Right.VIEW, answer=HoldsTold)
def list_holds(request: ApiRequest, number: str) -> HoldsTold:
    """List the holds of an order and of its shipments, oldest first, lifted ones as well."""
    with one_snapshot():
        orders = orders_numbered(number)
        if not orders:
            raise order_not_found(number)
        holds = Hold.objects.filter(order_id=orders[0].pk).select_related("shipment").order_by("placed_at", "pk")
        return HoldsTold(
            data=[KeptHoldTold.of(hold, hold.shipment.number if hold.shipment else None) for hold in holds]
        )


@does(router, "DELETE", PATH + "/{kind}", Right.HOLD, answers={200: LiftedTold})
def lift_hold(request: ApiRequest, number: str, kind: str, asked: Annotated[LiftAsked, Query()]) -> HttpResponse:
    """Lift a hold by its kind.

    What remains is answered. A hold that the fulfilment company placed is lifted by its people alone.
    """
    wanted = HoldRequest(number, kind, asked.shipment)

    def work() -> Done:
        lifted = verbs.lift_hold(wanted, client=request.client, actor=request.actor, at=request.at)
        remaining = [HoldKind(left) for left in lifted.remaining]
        return Done(LiftedTold(hold=KeptHoldTold.of(lifted.hold, asked.shipment), remaining=remaining))

    return answer_once(request, work)
