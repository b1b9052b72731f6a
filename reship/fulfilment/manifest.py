"""Manifests: which parcels left a warehouse together. A parcel departs as it is scanned into the truck.

Each scan is one transaction: the parcel departs, and stands on the manifest, or neither. So nothing waits in a browser
that may be killed, and what the list shows is what has left. A manifest is open while the truck is loaded, by as many
people as it takes; once it is closed nothing is added to the paper that the driver signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reship import intake
from reship.catalog.models import Warehouse
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.many import insert_many
from reship.errors import Refusal, result_of
from reship.floor.models import Manifest, ManifestShipment
from reship.fulfilment.depart import check_depart, record_departure
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.items import known_warehouse
from reship.fulfilment.once import once
from reship.fulfilment.scanned import clean_code, parcels_scanned, unknown_parcel
from reship.orders.models import Departure, NumberCounter, Shipment
from reship.orders.numbers import locked_counter

MOST_PARCELS = 500


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """Where the parcels leave from and with which carrier (empty: any); with a number, the open manifest to add to."""

    warehouse: str
    carrier: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of each scanned code, in order; `number` is None when nothing departed and no manifest was begun."""

    number: int | None
    outcomes: tuple[Shipment | Refusal, ...]

    @property
    def departed(self) -> list[Shipment]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, Shipment)]

    @property
    def refused(self) -> list[Refusal]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, Refusal)]


def depart_on_manifest(
    codes: Sequence[str], request: ManifestRequest, *, client: Client, actor: Actor, at: datetime
) -> Loaded:
    """Lets packed parcels depart, given by shipment or tracking number, on a manifest that is open or begun with them.

    A parcel that may not go stops no other. Refuses as a whole `not_allowed`, `unknown_warehouse`, `invalid_text`,
    `nothing_selected`, `too_many_rows`, `manifest_not_found`, `manifest_closed`; a parcel `invalid_text`,
    `unknown_parcel`, `other_warehouse`, `other_carrier`, `already_departed`, `wrong_status`, `on_hold`,
    `units_added_back`.
    """

    def work(desk: Desk) -> Loaded:
        require(actor, Right.WAREHOUSE_WORK)
        if not 1 <= len(codes) <= MOST_PARCELS:
            raise _how_many(len(codes))
        truck = _Truck(desk, request)
        clean = desk.each(codes, clean_code)
        numbers = parcels_scanned(code for code in clean if isinstance(code, str))
        desk.open_orders_of(numbers.values())
        desk.lock_stock()

        def load(code: str | Refusal) -> Shipment:
            if isinstance(code, Refusal):
                raise code
            if code not in numbers:
                raise unknown_parcel(code)
            facts, of_shipment = desk.shipment(numbers[code])
            truck.load(facts, of_shipment)
            desk.touch(facts)
            return of_shipment.shipment

        outcomes = tuple(desk.each(clean, load))
        return Loaded(truck.close(), outcomes)

    return at_desk(work, client=client, actor=actor, at=at)


@dataclass(frozen=True, slots=True)
class Departed:
    """A parcel that left with a manifest; `replayed` when the same scan was sent before."""

    shipment: str
    number: int
    replayed: bool


def scan_onto_manifest(
    code: str, request: ManifestRequest, *, key: str | None = None, client: Client, actor: Actor, at: datetime
) -> Departed:
    """One scan at the truck. Refuses what `depart_on_manifest` does, and `request_key_reused`."""

    def work() -> dict[str, Any]:
        loaded = depart_on_manifest([code], request, client=client, actor=actor, at=at)
        return {"shipment": result_of(loaded.outcomes).number, "number": loaded.number}

    asked = ["manifest", code, request.warehouse, request.carrier, request.number]
    answered = once(work, key=key, asked=asked, client=client, actor=actor, at=at)
    return Departed(answered.answer["shipment"], answered.answer["number"], answered.replayed)


def close_manifest(number: int, *, client: Client, actor: Actor, at: datetime) -> Manifest:
    """Nothing is added to it any more. Refuses `not_allowed`, `manifest_not_found`, `manifest_closed`."""

    def work(desk: Desk) -> Manifest:
        require(actor, Right.WAREHOUSE_WORK)
        manifest = _open_manifest(number)
        manifest.closed_at, manifest.closed_by = at, actor.name
        Manifest.objects.filter(pk=manifest.pk).update(closed_at=at, closed_by=actor.name)
        return manifest

    return at_desk(work, client=client, actor=actor, at=at)


class _Truck:
    """The manifest that is loaded, locked before any order: the counter when it is a new one, else its row."""

    def __init__(self, desk: Desk, request: ManifestRequest) -> None:
        self._desk = desk
        self._counter: NumberCounter | None = None
        self._loaded: list[Shipment] = []
        if request.number is None:
            self._counter = locked_counter(desk.client.pk)
            self._manifest = _new_manifest(desk, request, self._counter.next_manifest)
        else:
            self._manifest = _open_manifest(request.number)

    def load(self, facts: OrderFacts, of_shipment: ShipmentFacts) -> None:
        shipment, warehouse = of_shipment.shipment, self._manifest.warehouse
        if shipment.has_left_warehouse:
            raise _already_departed(shipment, self._manifest.number if shipment in self._loaded else None)
        if shipment.warehouse_id != warehouse.pk:
            raise _other_warehouse(shipment, warehouse)
        # The rules of departing first: that it is on hold matters more than whose van it misses.
        check_depart(facts, of_shipment)
        carrier = self._manifest.carrier
        if carrier and shipment.carrier and shipment.carrier != carrier:
            raise Refusal(
                "other_carrier",
                f"{shipment.number} goes with {shipment.carrier}, this manifest is for {carrier}.",
                shipment=shipment.number,
                carrier=shipment.carrier,
                needed=carrier,
            )
        record_departure(
            self._desk,
            facts,
            of_shipment,
            how=Departure.MANIFEST,
            departed_at=self._desk.at,
            manifest=self._manifest.number,
        )
        self._loaded.append(shipment)

    def close(self) -> int | None:
        """Writes what was loaded; a manifest without a parcel is not begun."""
        if self._loaded:
            if self._counter is not None:
                NumberCounter.objects.filter(pk=self._counter.pk).update(next_manifest=self._manifest.number + 1)
                insert_many(self._desk.client.pk, [self._manifest])
            insert_many(
                self._desk.client.pk,
                [
                    ManifestShipment(client_id=self._desk.client.pk, manifest=self._manifest, shipment=shipment)
                    for shipment in self._loaded
                ],
            )
        return self._manifest.number if self._manifest.pk else None


def _new_manifest(desk: Desk, request: ManifestRequest, number: int) -> Manifest:
    return Manifest(
        client_id=desk.client.pk,
        number=number,
        warehouse=known_warehouse(request.warehouse),
        carrier=intake.text(request.carrier, field="carrier", longest=60),
        made_by=desk.actor.name,
        user_id=desk.actor.user_id,
        made_at=desk.at,
    )


def _open_manifest(number: int) -> Manifest:
    # Warehouses are looked up apart: PostgreSQL would lock them, too.
    manifest = Manifest.objects.select_for_update(no_key=True).filter(number=number).first()
    if manifest is None:
        raise manifest_not_found(str(number))
    if manifest.closed_at is not None:
        raise Refusal(
            "manifest_closed",
            f"{manifest.closed_by} closed manifest {number} on {manifest.closed_at:%Y-%m-%d %H:%M} UTC; "
            "begin another one.",
            manifest=number,
            closed_by=manifest.closed_by,
            closed_at=manifest.closed_at.isoformat(),
        )
    return manifest


def manifest_not_found(number: str) -> Refusal:
    return Refusal("manifest_not_found", f"There is no manifest {intake.named(number)}.", manifest=intake.named(number))


def _already_departed(shipment: Shipment, loaded_now: int | None) -> Refusal:
    """Scanned twice, or gone before: with which manifest, if it was one."""
    on = ManifestShipment.objects.filter(shipment=shipment).values_list("manifest__number", flat=True)
    manifest = loaded_now if loaded_now is not None else on.first() if shipment.pk else None
    assert shipment.departed_at is not None
    how = f"with manifest {manifest}" if manifest is not None else f"({Departure(shipment.departure).label})"
    return Refusal(
        "already_departed",
        f"{shipment.number} left already {how}, on {shipment.departed_at:%Y-%m-%d %H:%M} UTC.",
        shipment=shipment.number,
        manifest=manifest,
        departed_at=shipment.departed_at.isoformat(),
    )


def _other_warehouse(shipment: Shipment, warehouse: Warehouse) -> Refusal:
    return Refusal(
        "other_warehouse",
        f"{shipment.number} leaves from {shipment.warehouse.name}, this manifest is of {warehouse.name}.",
        shipment=shipment.number,
        warehouse=shipment.warehouse.code,
        needed=warehouse.code,
    )


def _how_many(given: int) -> Refusal:
    if not given:
        return Refusal("nothing_selected", "Scan or tick at least one parcel.")
    return Refusal(
        "too_many_rows",
        f"{given} parcels are too many at once; at most {MOST_PARCELS} are taken.",
        given=given,
        most=MOST_PARCELS,
    )
