"""Tracking: what carriers say of parcels is kept, and moves them on, whoever brings it and in whatever order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.rows import Reader, read_by
from reship.errors import Refusal
from reship.floor.models import QuestionKind, TrackingEvent
from reship.fulfilment.depart import check_depart, record_departure
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.outcome import record_delivery, record_loss, record_return
from reship.fulfilment.tracking import (
    TRACKING_LABELS,
    Said,
    TrackingStatus,
    Whereabouts,
    counts,
    is_further,
    is_timely,
    whereabouts,
)
from reship.orders.models import Departure, EventType, Shipment, ShipmentStatus

_TOLD = Reader(TrackingEvent, alias="t")
# What moves no parcel and yet is what a person looks for in the history.
_TOLD_IN_HISTORY = frozenset({TrackingStatus.EXCEPTION, TrackingStatus.RETURNING})
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tracked:
    """One thing that a carrier says of a parcel. `status` is a TrackingStatus, `at` the carrier's time.

    Without a `carrier`, the number alone tells which parcel is meant; a `shipment` tells it without a tracking number.
    `detail` and `place` are cut to what is kept.
    """

    tracking_number: str
    status: str
    at: datetime
    detail: str = ""
    place: str = ""
    carrier: str = ""
    shipment: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: the parcel that it is about, with the status it has now; new, or said before.

    What does not `count` is kept and moves nothing: it is older than the parcel, from the future, or tells nothing of
    where the parcel is.
    """

    shipment: str
    status: str
    is_new: bool
    counts: bool


def record_tracking(
    events: Sequence[Tracked], *, client: Client, actor: Actor, at: datetime
) -> list[Recorded | Refusal]:
    """Keeps what was said of parcels of one client, each thing once, and moves the parcels on by all that is known.

    A packed parcel that was seen outside departs (its units leave on hand), and goes on to lost, delivered or returned;
    never back. One that cannot have left by our books (not packed, cancelled, on hold, superseded) stays as it is, and
    somebody is asked. A delivery holds the reshipments of the parcel that are still here.

    Refuses `not_allowed`, `invalid_text`, `invalid_time`, `invalid_tracking_status`, `tracking_number_not_found`,
    `tracking_number_ambiguous` when several parcels have the number, and `shipment_not_found`.
    """

    def work(desk: Desk) -> list[Recorded | Refusal]:
        checked = desk.each(events, lambda event: _checked(event, desk.actor))
        known = [event for event in checked if isinstance(event, Tracked)]
        desk.open_orders_tracked(
            [event.tracking_number for event in known if not event.shipment],
            shipment_numbers=[event.shipment for event in known if event.shipment],
        )
        book = _Book(desk)
        recorded = desk.each(checked, book.record)
        book.settle()
        return [one if isinstance(one, Refusal) else book.with_status(one) for one in recorded]

    return at_desk(work, client=client, actor=actor, at=at)


def _checked(event: Tracked, actor: Actor) -> Tracked:
    require(actor, Right.WAREHOUSE_WORK)
    if event.status not in set(TrackingStatus):
        raise Refusal(
            "invalid_tracking_status",
            f"{intake.shown(event.status)} is nothing that a carrier says; known are {', '.join(TrackingStatus)}.",
            given=intake.shown(event.status),
            known=list(TrackingStatus),
        )
    if event.at.tzinfo is None or not _EARLIEST <= event.at <= _LATEST:
        raise Refusal(
            "invalid_time",
            f"{intake.shown(event.at.isoformat())} is no time that a carrier can name.",
            given=event.at.isoformat(),
        )
    return replace(
        event,
        tracking_number=intake.text(
            event.tracking_number, field="tracking number", longest=80, required=not event.shipment
        ),
        at=event.at.astimezone(UTC),
        carrier=intake.text(event.carrier, field="carrier", longest=60),
        detail=intake.text(event.detail[:300], field="detail", longest=300),
        place=intake.text(event.place[:200], field="place", longest=200),
    )


class _Book:
    """All that was said of the parcels on the desk, and what is added to it now."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._parcels: dict[str, list[tuple[OrderFacts, ShipmentFacts]]] = {}
        for facts in desk.orders.values():
            for of_shipment in facts.shipments:
                if number := of_shipment.shipment.tracking_number:
                    self._parcels.setdefault(number, []).append((facts, of_shipment))
        ids = {of.shipment.pk for facts in desk.orders.values() for of in facts.shipments}
        self._said: dict[int, dict[Said, None]] = {shipment_id: {} for shipment_id in ids}
        for told in read_by(_TOLD, desk.client.pk, "shipment_id", ids) if ids else ():
            self._said[told.shipment_id][Said(TrackingStatus(told.status), told.at)] = None
        self._touched: dict[str, tuple[OrderFacts, ShipmentFacts]] = {}
        self._has_news: set[str] = set()

    def record(self, event: Tracked | Refusal) -> Recorded:
        if isinstance(event, Refusal):
            raise event
        facts, of_shipment = self._parcel(event)
        shipment = of_shipment.shipment
        said = Said(TrackingStatus(event.status), event.at)
        known = self._said[shipment.pk]
        is_new = said not in known
        window = {"opened_at": opened_at(shipment), "now": self._desk.at}
        does_count = counts(said, **window)
        if is_new:
            known[said] = None
            self._desk.add(_row(event, shipment, received_at=self._desk.at))
            if does_count:
                self._has_news.add(shipment.number)
            if event.status in _TOLD_IN_HISTORY and is_timely(said, **window):
                self._tell(facts, of_shipment, event)
        self._touched[shipment.number] = (facts, of_shipment)
        return Recorded(shipment.number, shipment.status, is_new, does_count)

    def _tell(self, facts: OrderFacts, of_shipment: ShipmentFacts, event: Tracked) -> None:
        status = TRACKING_LABELS[TrackingStatus(event.status)].lower()
        detail = ", ".join(part for part in (event.detail, event.place) if part)
        self._desk.touch(facts)
        self._desk.history.record(
            EventType.SHIPMENT_TRACKED,
            facts.order,
            shipment=of_shipment.shipment,
            at=min(event.at, self._desk.at),
            status=status,
            detail=detail,
        )

    def with_status(self, recorded: Recorded) -> Recorded:
        _, of_shipment = self._touched[recorded.shipment]
        return replace(recorded, status=of_shipment.shipment.status)

    def settle(self) -> None:
        """Takes each parcel as far as it is by all that was said of it."""
        to_move: list[tuple[OrderFacts, ShipmentFacts, Whereabouts]] = []
        for facts, of_shipment in self._touched.values():
            shipment = of_shipment.shipment
            found = whereabouts(self._said[shipment.pk], opened_at=opened_at(shipment), now=self._desk.at)
            if found is not None and is_further(found.status, shipment.status):
                to_move.append((facts, of_shipment, found))
        if any(of_shipment.shipment.status == ShipmentStatus.PACKED for _, of_shipment, _ in to_move):
            # Only a departure moves stock; without one, nobody has to wait for the levels.
            self._desk.lock_stock()
        # What has left by now is gone: a late arrival among the others must not hold it, whichever was said first.
        to_move.sort(key=lambda moving: moving[1].shipment.has_left_warehouse)
        for facts, of_shipment, found in to_move:
            self._move(facts, of_shipment, found)

    def _move(self, facts: OrderFacts, of_shipment: ShipmentFacts, found: Whereabouts) -> None:
        desk, shipment = self._desk, of_shipment.shipment
        if not shipment.has_left_warehouse:
            try:
                check_depart(facts, of_shipment)
            except Refusal as refusal:
                self._ask(facts, of_shipment, found, refusal)
                return
            seen_at = _between(shipment.packed_at, found.seen_at, desk.at)
            record_departure(desk, facts, of_shipment, how=Departure.CARRIER, departed_at=seen_at)
        moved_at = _between(shipment.departed_at, found.at, desk.at)
        if found.status == ShipmentStatus.LOST:
            record_loss(desk, facts, of_shipment, at=moved_at)
        elif found.status == ShipmentStatus.DELIVERED:
            record_delivery(desk, facts, of_shipment, at=moved_at)
        elif found.status == ShipmentStatus.RETURNED:
            record_return(desk, facts, of_shipment, at=moved_at)
        desk.touch(facts)

    def _ask(self, facts: OrderFacts, of_shipment: ShipmentFacts, found: Whereabouts, refusal: Refusal) -> None:
        """Only when there is news: the same things are said at each poll, and were answered perhaps."""
        number = of_shipment.shipment.number
        if number not in self._has_news:
            return
        said = "has" if found.status == ShipmentStatus.DEPARTED else f"says that it was {found.status.label.lower()}:"
        text = f"By our books {number} cannot have left, but the carrier {said} it since {found.at:%Y-%m-%d %H:%M} UTC."
        self._desk.ask_once(facts, of_shipment, kind=QuestionKind.TRACKING, text=f"{text} {refusal.message}"[:1000])

    def _parcel(self, event: Tracked) -> tuple[OrderFacts, ShipmentFacts]:
        if event.shipment:
            return self._desk.shipment(event.shipment)
        number = event.tracking_number
        found = [
            (facts, of_shipment)
            for facts, of_shipment in self._parcels.get(number, ())
            if _fits(event.carrier, of_shipment.shipment.carrier)
        ]
        # A label that was taken off a cancelled parcel may be on another one now.
        meant = [parcel for parcel in found if parcel[1].shipment.status != ShipmentStatus.CANCELLED] or found
        if not meant:
            raise Refusal(
                "tracking_number_not_found",
                f"No parcel{f' of {intake.named(event.carrier)}' if event.carrier else ''} has the tracking number "
                f"{intake.named(number)}.",
                tracking_number=intake.named(number),
                carrier=intake.named(event.carrier) if event.carrier else "",
            )
        if len(meant) > 1:
            numbers = sorted(of_shipment.shipment.number for _, of_shipment in meant)
            raise Refusal(
                "tracking_number_ambiguous",
                f"{' and '.join(numbers)} have the same tracking number {intake.named(number)}: "
                "nobody can tell which of them the carrier means.",
                tracking_number=intake.named(number),
                shipments=numbers,
            )
        return meant[0]


def _row(event: Tracked, shipment: Shipment, *, received_at: datetime) -> TrackingEvent:
    return TrackingEvent(
        client_id=shipment.client_id,
        shipment=shipment,
        carrier=event.carrier,
        status=event.status,
        detail=event.detail,
        place=event.place,
        at=event.at,
        received_at=received_at,
    )


def _fits(said: str, stored: str) -> bool:
    """Whoever types a parcel's carrier, or brings what one said, may leave its name out."""
    return not said or not stored or said.casefold() == stored.casefold()


def opened_at(shipment: Shipment) -> datetime:
    """Since when the parcel can be out there; one that left before Reship knew of it has left before it was opened."""
    return min(shipment.opened_at, shipment.departed_at or shipment.opened_at)


def _between(earliest: datetime | None, given: datetime, latest: datetime) -> datetime:
    """The carrier's time, unless its clock says what cannot be."""
    return min(max(given, earliest or given), latest)
