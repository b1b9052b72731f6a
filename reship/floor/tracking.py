"""What the carriers said of parcels, and the labels with which they go."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django_scopes import scope

from reship.clients.models import Client
from reship.floor.models import Label, LabelState, TrackingEvent


@dataclass(slots=True)
class Carried:
    """A parcel as its carrier knows it: the label that was bought or asked for, and what was said, oldest first."""

    label: Label | None = None
    said: list[TrackingEvent] = field(default_factory=list)


def carried(client: Client, shipment_ids: Collection[int]) -> dict[int, Carried]:
    """By the shipments' ids; the labels without their pictures. Two statements."""
    found = {shipment_id: Carried() for shipment_id in shipment_ids}
    with scope(client=client.pk):
        labels = Label.objects.filter(shipment_id__in=sorted(found), state__in=[LabelState.ASKED, LabelState.BOUGHT])
        for label in labels.defer("content"):
            found[label.shipment_id].label = label
        for event in TrackingEvent.objects.filter(shipment_id__in=sorted(found)).order_by("at", "pk"):
            found[event.shipment_id].said.append(event)
    return found
