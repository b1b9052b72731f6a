"""Polling: every carrier that can be asked is asked where the parcels with its labels are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django_scopes import scope

from reship.carriers.port import Carrier
from reship.carriers.registry import carriers
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal
from reship.floor.models import Label, LabelState
from reship.fulfilment.track import Recorded, Tracked, record_tracking
from reship.orders.models import ShipmentStatus

ASKED_FOR = timedelta(days=120)
"""How long after its label was bought a parcel is asked about."""
_ON_THEIR_WAY = (ShipmentStatus.PACKED, ShipmentStatus.DEPARTED, ShipmentStatus.LOST)
_AT_ONCE = 20
_GIVES_UP_AFTER = 3


@dataclass(slots=True)
class Polled:
    """What came of it: how many parcels were asked about, what was new, what moved, and what was refused."""

    parcels: int = 0
    events: int = 0
    moved: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


class _Parcel(NamedTuple):
    """A parcel on its way: whom to ask, and by which number; `carried_by` is the carrier's name on the parcel."""

    carrier: str
    number: str
    status: str
    tracking_number: str
    carried_by: str


def poll_tracking(
    *,
    client: Client,
    at: Callable[[], datetime],
    shipments: Sequence[str] | None = None,
    is_ended: Callable[[], bool] = lambda: False,
) -> Polled:
    """Asks about the parcels of one client that are packed, on their way, or lost; or about these of them only.

    No transaction is open while a carrier is asked; what it says is recorded for some parcels at a time. A carrier that
    does not answer three times running is left alone for this time. Nothing is refused: `refusals` tells of it.
    """
    known = {code: carrier for code, carrier in carriers().items() if carrier.can_track}
    polled = Polled()
    failures = dict.fromkeys(known, 0)
    parcels = iter(_on_their_way(client, list(known), since=at() - ASKED_FOR, shipments=shipments))
    while some := list(islice(parcels, _AT_ONCE)):
        said: dict[str, list[Tracked]] = {}
        for parcel in some:
            if is_ended():
                return polled
            if failures[parcel.carrier] < _GIVES_UP_AFTER:
                said.setdefault(parcel.carrier, []).extend(_asked(known[parcel.carrier], parcel, polled, failures))
        before = {parcel.number: parcel.status for parcel in some}
        for code, events in said.items():
            if not events:
                continue
            actor = Actor.program(f"carrier {known[code].name}")
            client.hear_of_listeners()
            _count(polled, record_tracking(events, client=client, actor=actor, at=at()), before)
    return polled


def _asked(carrier: Carrier, parcel: _Parcel, polled: Polled, failures: dict[str, int]) -> Iterator[Tracked]:
    polled.parcels += 1
    try:
        said = carrier.track(parcel.tracking_number)
        failures[carrier.code] = 0
    except Refusal as refusal:
        failures[carrier.code] += refusal.code == "carrier_unreachable"
        polled.refusals.append(refusal)
        return
    for event in said:
        yield Tracked(
            event.tracking_number, event.status, event.at, event.detail, event.place, carrier=parcel.carried_by
        )


def _count(polled: Polled, outcomes: Sequence[Recorded | Refusal], before: dict[str, str]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            polled.refusals.append(outcome)
            continue
        polled.events += outcome.is_new
        if before.get(outcome.shipment, outcome.status) != outcome.status:
            before[outcome.shipment] = outcome.status
            polled.moved.append((outcome.shipment, outcome.status))


def _on_their_way(
    client: Client, codes: Sequence[str], *, since: datetime, shipments: Sequence[str] | None
) -> list[_Parcel]:
    if not codes:
        return []
    with scope(client=client.pk):
        found = Label.objects.filter(
            state=LabelState.BOUGHT, bought_at__gte=since, carrier__in=codes, shipment__status__in=_ON_THEIR_WAY
        ).exclude(shipment__tracking_number="")
        if shipments is not None:
            found = found.filter(shipment__number__in=shipments)
        columns = ("carrier", "shipment__number", "shipment__status", "shipment__tracking_number", "shipment__carrier")
        return [_Parcel(*row) for row in found.order_by("bought_at", "pk").values_list(*columns)]
