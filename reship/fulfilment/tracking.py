"""What a carrier says of a parcel, and where the parcel is by all that was said: a rule without a clock or a database.

The answer depends on the set of things said and on nothing else: they come late, twice, and in any order. Each can only
take the parcel further on its way, so the furthest wins: seen, lost, delivered, returned. A carrier that finds a lost
parcel delivers it; one that has delivered it cannot lose it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reship.orders.models import ShipmentStatus


class TrackingStatus(StrEnum):
    """What a carrier can say. The first and EXCEPTION tell nothing of where the parcel is."""

    ANNOUNCED = "ANNOUNCED"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    TO_COLLECT = "TO_COLLECT"
    EXCEPTION = "EXCEPTION"
    DELIVERED = "DELIVERED"
    LOST = "LOST"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"


TRACKING_LABELS = {
    TrackingStatus.ANNOUNCED: "Announced",
    TrackingStatus.IN_TRANSIT: "In transit",
    TrackingStatus.OUT_FOR_DELIVERY: "Out for delivery",
    TrackingStatus.TO_COLLECT: "To be collected",
    TrackingStatus.EXCEPTION: "Exception",
    TrackingStatus.DELIVERED: "Delivered",
    TrackingStatus.LOST: "Lost",
    TrackingStatus.RETURNING: "On its way back",
    TrackingStatus.RETURNED: "Returned",
}
EARLY = timedelta(days=1)
"""How far ahead of our clock a carrier's may be: some write local time and call it UTC."""

_LEADS_TO = {
    TrackingStatus.IN_TRANSIT: ShipmentStatus.DEPARTED,
    TrackingStatus.OUT_FOR_DELIVERY: ShipmentStatus.DEPARTED,
    TrackingStatus.TO_COLLECT: ShipmentStatus.DEPARTED,
    TrackingStatus.RETURNING: ShipmentStatus.DEPARTED,
    TrackingStatus.LOST: ShipmentStatus.LOST,
    TrackingStatus.DELIVERED: ShipmentStatus.DELIVERED,
    TrackingStatus.RETURNED: ShipmentStatus.RETURNED,
}
_WAY = (ShipmentStatus.DEPARTED, ShipmentStatus.LOST, ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a carrier said of a parcel: what, and when by the carrier's clock."""

    status: TrackingStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a parcel is by all that was said of it, since when, and when it was first seen outside."""

    status: ShipmentStatus
    at: datetime
    seen_at: datetime


def whereabouts(said: Iterable[Said], *, opened_at: datetime, now: datetime) -> Whereabouts | None:
    """Where the parcel is; None when nothing that counts says so.

    What is older than the parcel is about another one that had its number; what is from the future is no fact yet.
    Delivered after it had turned round is returned: it was delivered to the sender.
    """
    counted = [one for one in said if counts(one, opened_at=opened_at, now=now)]
    if not counted:
        return None
    turned = min((one.at for one in counted if one.status == TrackingStatus.RETURNING), default=None)
    steps = [(_status_of(one, turned), one.at) for one in counted]
    furthest = max((status for status, _ in steps), key=_WAY.index)
    return Whereabouts(
        furthest,
        at=min(at for status, at in steps if status == furthest),
        seen_at=min(at for _, at in steps),
    )


def counts(said: Said, *, opened_at: datetime, now: datetime) -> bool:
    return said.status in _LEADS_TO and is_timely(said, opened_at=opened_at, now=now)


def is_timely(said: Said, *, opened_at: datetime, now: datetime) -> bool:
    return opened_at <= said.at <= now + EARLY


def is_further(status: ShipmentStatus, than: str) -> bool:
    """Whether a parcel with the status `than` still has `status` before it. What is in the building has everything."""
    return than not in _WAY or _WAY.index(status) > _WAY.index(ShipmentStatus(than))


def _status_of(one: Said, turned: datetime | None) -> ShipmentStatus:
    if one.status == TrackingStatus.DELIVERED and turned is not None and turned < one.at:
        return ShipmentStatus.RETURNED
    return _LEADS_TO[one.status]
