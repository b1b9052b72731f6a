"""Cancelling what has not left: an order, or one of its shipments."""

from collections.abc import Callable, Sequence
from typing import Annotated

from django.http import HttpResponse
from ninja import Body, Router
from pydantic import Field

from reship.api.answers import Done, answer_once, told
from reship.api.caller import ApiRequest
from reship.api.deeds import do, stock_effects
from reship.api.links import to_order
from reship.api.operations import does
from reship.api.orders import OrderTold, orders_told
from reship.api.schemas import Asked, StockEffectTold, Told
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.fulfilment.cancel import cancelling_orders, cancelling_shipments
from reship.fulfilment.desk import Desk
from reship.orders.models import Order, Shipment

router = Router(tags=["Cancellations"])


class CancelAsked(Asked):
    """How to cancel. The body may be left out."""

    dry_run: bool = Field(default=False, description="Answer what would be done, and do nothing.")


_AT_ONCE = CancelAsked()


class CancelledTold(Told):
    """What was cancelled, or in a dry run would be."""

    dry_run: bool
    cancelled: list[str] = Field(description="Numbers of the shipments.", examples=[["1042-R1"]])
    order: OrderTold = Field(description="The order afterwards.")
    stock: list[StockEffectTold]


@does(
    router,
    "POST",
    "/orders/{name:number}/cancellation",
    Right.CANCEL,
    answers={200: CancelledTold},
    example={"dry_run": True},
    links={200: to_order("$response.body#/order/number")},
)
def cancel_order(request: ApiRequest, number: str, asked: Annotated[CancelAsked, Body()] = _AT_ONCE) -> HttpResponse:
    """Cancel all that has still to go of an order.

    All of it or nothing. Its units become available, its holds on what is cancelled are lifted, and reshipments give
    back what they took. What has left is not touched. With `dry_run` nothing is done, and refused what the deed would.
    """
    return _cancel(request, cancelling_orders([number]), dry_run=asked.dry_run)


@does(
    router,
    "POST",
    "/shipments/{name:number}/cancellation",
    Right.CANCEL,
    answers={200: CancelledTold},
    example={"dry_run": True},
    links={200: to_order("$response.body#/order/number")},
)
def cancel_shipment(request: ApiRequest, number: str, asked: Annotated[CancelAsked, Body()] = _AT_ONCE) -> HttpResponse:
    """Cancel a shipment that has not left.

    A reshipment is cancelled only while nobody picks it, which undoes exactly what the reship did: its source holds
    again the units that were added back. With `dry_run` nothing is done, and refused what the deed would.
    """
    return _cancel(request, cancelling_shipments([number]), dry_run=asked.dry_run)


def _cancel(
    request: ApiRequest,
    work: Callable[[Desk], Sequence[Order | Shipment | Refusal]],
    *,
    dry_run: bool,
) -> HttpResponse:
    def cancel() -> Done:
        outcomes, desk = do(work, request, dry_run=dry_run)
        result_of(outcomes)
        (facts,) = desk.orders.values()
        cancelled = [of.shipment.number for of in facts.shipments if of.shipment.cancelled_at == request.at]
        (order,) = orders_told(request.client, [facts])
        return Done(CancelledTold(dry_run=dry_run, cancelled=cancelled, order=order, stock=stock_effects(desk)))

    return told(cancel()) if dry_run else answer_once(request, cancel)
