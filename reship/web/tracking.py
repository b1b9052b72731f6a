"""What a parcel's card shows of its carrier: the label, and what was said of the parcel."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from reship.floor.models import LabelState, TrackingEvent
from reship.floor.tracking import Carried
from reship.fulfilment.track import opened_at
from reship.fulfilment.tracking import TRACKING_LABELS, Said, TrackingStatus, is_timely
from reship.orders.models import Shipment

_TONES = {
    TrackingStatus.DELIVERED: ("package-check", "green"),
    TrackingStatus.EXCEPTION: ("triangle-alert", "amber"),
    TrackingStatus.LOST: ("package-x", "red"),
    TrackingStatus.RETURNED: ("rotate-ccw", "orange"),
    TrackingStatus.RETURNING: ("rotate-ccw", "orange"),
    TrackingStatus.ANNOUNCED: ("info", ""),
    TrackingStatus.TO_COLLECT: ("map-pin", "blue"),
}


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One thing that the carrier said. `remark` says why it counts for nothing, if so."""

    label: str
    text: str
    at: datetime
    icon: str
    tone: str
    remark: str


@dataclass(frozen=True, slots=True)
class TrackingPart:
    """`label` is what was bought, with its cost; `said` the newest first."""

    label: str
    is_asked_for: bool
    said: tuple[SaidRow, ...]


def tracking_part(shipment: Shipment, known: Carried) -> TrackingPart:
    label = known.label
    bought = ""
    if label is not None and label.state == LabelState.BOUGHT:
        cost = f"{label.cost:,.2f} {label.currency}" if label.cost else ""
        bought = ", ".join(part for part in (label.service, cost) if part)
    return TrackingPart(
        label=bought,
        is_asked_for=label is not None and label.state == LabelState.ASKED,
        said=tuple(_row(shipment, event) for event in reversed(known.said)),
    )


def _row(shipment: Shipment, event: TrackingEvent) -> SaidRow:
    status = TrackingStatus(event.status)
    icon, tone = _TONES.get(status, ("truck", "blue"))
    return SaidRow(
        label=TRACKING_LABELS[status],
        text=" · ".join(part for part in (event.detail, event.place) if part),
        at=event.at,
        icon=icon,
        tone=tone,
        remark=_remark(shipment, event, status),
    )


def _remark(shipment: Shipment, event: TrackingEvent, status: TrackingStatus) -> str:
    since = opened_at(shipment)
    if is_timely(Said(status, event.at), opened_at=since, now=timezone.now()):
        return ""
    why = "older than the parcel" if event.at < since else "from the future"
    return f"{why}, so it counts for nothing"
