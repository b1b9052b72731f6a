"""The one function that decides an order's status, row by row."""

import pytest

from reship.orders.models import OrderStatus, ShipmentStatus
from reship.orders.status import Parcel, derive_status

OPEN, PACKED, GONE, LOST = (
    ShipmentStatus.OPEN,
    ShipmentStatus.PACKED,
    ShipmentStatus.DEPARTED,
    ShipmentStatus.LOST,
)
CANCELLED = ShipmentStatus.CANCELLED


def parcel(status: str, *traits: str) -> Parcel:
    return Parcel(status, "reshipment" in traits, "superseded" in traits, "held" in traits)


@pytest.mark.parametrize(
    ("parcels", "order_is_held", "status"),
    [
        ([parcel(OPEN)], False, OrderStatus.AWAITING),
        ([parcel(PACKED)], False, OrderStatus.AWAITING),
        ([parcel(OPEN)], True, OrderStatus.ON_HOLD),
        ([parcel(OPEN, "held")], False, OrderStatus.ON_HOLD),
        ([parcel(GONE), parcel(OPEN, "held")], False, OrderStatus.ON_HOLD),
        ([parcel(GONE, "held")], True, OrderStatus.FULFILLED),
        ([parcel(GONE)], False, OrderStatus.FULFILLED),
        ([parcel(LOST)], False, OrderStatus.FULFILLED),
        ([parcel(LOST), parcel(OPEN, "reshipment")], False, OrderStatus.RESHIPPING),
        ([parcel(LOST), parcel(OPEN, "reshipment", "held")], False, OrderStatus.ON_HOLD),
        ([parcel(LOST), parcel(GONE, "reshipment")], False, OrderStatus.FULFILLED),
        ([parcel(LOST), parcel(CANCELLED, "reshipment")], False, OrderStatus.FULFILLED),
        ([parcel(PACKED, "superseded"), parcel(OPEN, "reshipment")], False, OrderStatus.RESHIPPING),
        ([parcel(PACKED, "superseded"), parcel(GONE, "reshipment")], False, OrderStatus.FULFILLED),
        ([parcel(OPEN, "superseded", "held"), parcel(GONE, "reshipment")], False, OrderStatus.FULFILLED),
        ([parcel(PACKED, "superseded"), parcel(CANCELLED, "reshipment")], False, OrderStatus.AWAITING),
        ([parcel(OPEN), parcel(OPEN, "reshipment")], False, OrderStatus.RESHIPPING),
        ([parcel(CANCELLED)], False, OrderStatus.CANCELLED),
        ([parcel(CANCELLED), parcel(CANCELLED, "reshipment")], True, OrderStatus.CANCELLED),
        ([parcel(CANCELLED), parcel(GONE)], False, OrderStatus.FULFILLED),
    ],
)
def test_the_status_of_an_order(parcels: list[Parcel], order_is_held: bool, status: OrderStatus) -> None:
    assert derive_status(parcels, order_is_held=order_is_held) == status
