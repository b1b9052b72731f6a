"""`/shipments/{number}/tracking-events`: what carriers say of a parcel."""

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from ninja import Router
from pydantic import Field, WithJsonSchema

from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.links import to_shipment
from reship.api.operations import does, reads
from reship.api.schemas import Asked, Moment, Told
from reship.clients.roles import Right
from reship.database.snapshot import one_snapshot
from reship.errors import result_of
from reship.floor.models import TrackingEvent
from reship.fulfilment.desk import shipment_numbered
from reship.fulfilment.track import Tracked, record_tracking
from reship.fulfilment.tracking import TrackingStatus
from reship.orders.models import ShipmentStatus

router = Router(tags=["Tracking"])
PATH = "/shipments/{name:number}/tracking-events"


class TrackedAsked(Asked):
    """One thing that a carrier says of the parcel."""

    status: Annotated[str, WithJsonSchema({"type": "string", "enum": [status.value for status in TrackingStatus]})]
    at: Moment = Field(description="By the carrier's clock.", examples=["2026-03-02T09:00:00Z"])
    detail: str = Field("", description="Its first 300 characters are kept.", examples=["Left with a neighbour"])
    place: str = Field("", description="Its first 200 characters are kept.", examples=["Springfield"])
    carrier: str = Field("", json_schema_extra={"maxLength": 60}, examples=["DHL"])


class TrackingEventTold(Told):
    """One thing that a carrier said of the parcel."""

    status: TrackingStatus
    at: datetime = Field(description="By the carrier's clock.")
    received_at: datetime = Field(description="When we first heard of it.")
    carrier: str
    detail: str
    place: str


class TrackingEventsTold(Told):
    data: list[TrackingEventTold]


class RecordedTold(Told):
    """What became of it."""

    shipment: str = Field(examples=["1042-1"])
    status: ShipmentStatus = Field(description="The parcel's, by all that was said of it.")
    is_new: bool = Field(description="It was not said before.")
    counts: bool = Field(
        description="It tells where the parcel is. False for what is older than the parcel, from the future, or an "
        "announcement: that is kept, and moves nothing."
    )


@does(
    router,
    "POST",
    PATH,
    Right.WAREHOUSE_WORK,
    answers={201: RecordedTold, 200: RecordedTold},
    example={"status": "DELIVERED", "at": "2026-03-02T09:00:00Z", "place": "Springfield", "carrier": "DHL"},
    links={status: to_shipment("$request.path.number") for status in (200, 201)},
)
def record_tracking_event(request: ApiRequest, number: str, asked: TrackedAsked) -> HttpResponse:
    """Record what a carrier says of a parcel.

    For carriers' callbacks: send each as often as it comes, in any order. 201 when it is new, 200 when it was said
    before, which does nothing twice. A packed parcel that was seen outside departs, and goes on to lost, delivered or
    returned, never back; one that by our books cannot have left stays as it is, and somebody is asked. The key's role
    is one of the fulfilment company.
    """
    event = Tracked(
        tracking_number="",
        status=asked.status,
        at=asked.at,
        detail=asked.detail,
        place=asked.place,
        carrier=asked.carrier,
        shipment=number,
    )

    def work() -> Done:
        recorded = result_of(record_tracking([event], client=request.client, actor=request.actor, at=request.at))
        body = RecordedTold(
            shipment=recorded.shipment,
            status=ShipmentStatus(recorded.status),
            is_new=recorded.is_new,
            counts=recorded.counts,
        )
        return Done(body, status=201 if recorded.is_new else 200)

    return answer_once(request, work)


@reads(router, PATH, Right.VIEW, answer=TrackingEventsTold)
def list_tracking_events(request: ApiRequest, number: str) -> TrackingEventsTold:
    """List what carriers said of a parcel, oldest first by their clocks."""
    with one_snapshot():
        _, of_shipment = shipment_numbered(request.client, number)
        events = list(TrackingEvent.objects.filter(shipment_id=of_shipment.shipment.pk).order_by("at", "pk"))
    return TrackingEventsTold(
        data=[
            TrackingEventTold(
                status=TrackingStatus(event.status),
                at=event.at,
                received_at=event.received_at,
                carrier=event.carrier,
                detail=event.detail,
                place=event.place,
            )
            for event in events
        ]
    )
