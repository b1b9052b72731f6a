"""The one function that decides an order's status."""

from collections.abc import Iterable
from typing import NamedTuple

from reship.orders.models import IN_THE_BUILDING, OrderStatus, ShipmentStatus


class Parcel(NamedTuple):
    """What the status of an order needs to know of one of its shipments."""

    status: str
    is_reshipment: bool
    is_superseded: bool
    is_held: bool


def derive_status(parcels: Iterable[Parcel], *, order_is_held: bool) -> OrderStatus:
    """The status of an order with these shipments.

    A superseded parcel (units of it were added back) can never go out, so it is not waited for; but an order of which
    nothing has left, because what replaced it was cancelled, is still awaited by its customer.
    """
    known = list(parcels)
    to_go = [parcel for parcel in known if parcel.status in IN_THE_BUILDING and not parcel.is_superseded]
    if to_go and (order_is_held or any(parcel.is_held for parcel in to_go)):
        return OrderStatus.ON_HOLD
    if any(parcel.is_reshipment for parcel in to_go):
        return OrderStatus.RESHIPPING
    if to_go:
        return OrderStatus.AWAITING
    alive = [parcel for parcel in known if parcel.status != ShipmentStatus.CANCELLED]
    if not alive:
        return OrderStatus.CANCELLED
    has_left = any(parcel.status not in IN_THE_BUILDING for parcel in alive)
    return OrderStatus.FULFILLED if has_left else OrderStatus.AWAITING
