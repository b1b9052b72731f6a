"""Verifying: every unit of a parcel is scanned into it before it is closed, and every scan is on record, good or not.

Each scan is a transaction of its own, so a browser or a server that is killed between two of them has lost none. What
is verified is counted from the scans: the good ones since the parcel was begun, or begun again.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from reship import intake
from reship.catalog.models import Product
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.search import whole_spellings
from reship.errors import Refusal
from reship.floor.models import Scan, ScanOutcome, ScanPurpose
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import ShipmentFacts
from reship.fulfilment.keep_scan import keep_scan
from reship.fulfilment.once import once
from reship.fulfilment.refusals import refuse_other_packer
from reship.fulfilment.scanned import clean_code, products_scanned
from reship.fulfilment.step import require_free_to_go, require_status
from reship.orders.models import ShipmentStatus

_MULTIPLIED = re.compile(r"([0-9]{1,7}) ?\* ?(.+)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class PackScan:
    """Units of one thing that go into a parcel: a SKU or barcode, in its place also `12*SKU`.

    A scan that is sent again under its `key` counts once.
    """

    shipment: str
    code: str
    quantity: int | str = 1
    key: str | None = None


@dataclass(frozen=True, slots=True)
class VerifiedLine:
    """How many units of a line belong into the parcel, and how many were scanned into it."""

    sku: str
    expected: int
    verified: int

    @property
    def is_complete(self) -> bool:
        return self.verified == self.expected


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of one scan, and the parcel's lines after it. `sku` is empty for a code that nobody knows."""

    outcome: ScanOutcome
    code: str
    sku: str
    quantity: int
    lines: tuple[VerifiedLine, ...]
    replayed: bool = False

    @property
    def is_complete(self) -> bool:
        return all(line.is_complete for line in self.lines)


def scan_to_pack(request: PackScan, *, client: Client, actor: Actor, at: datetime) -> Verified:
    """Notes that units went into a parcel in picking. A scan that does not count is kept, and answered, as well.

    Refuses `shipment_not_found`, `not_allowed`, `wrong_status`, `on_hold`, `units_added_back`, `waits_for_stock`,
    `working_on_it`, `invalid_text`, `invalid_quantity`, `invalid_request_key`, `request_key_reused`.
    """

    def scan() -> dict[str, Any]:
        told = at_desk(lambda desk: _scan(desk, request), client=client, actor=actor, at=at)
        lines = [[line.sku, line.expected, line.verified] for line in told.lines]
        return {"outcome": told.outcome, "code": told.code, "sku": told.sku, "quantity": told.quantity, "lines": lines}

    asked = ["pack", request.shipment, request.code, str(request.quantity)]
    answered = once(scan, key=request.key, asked=asked, client=client, actor=actor, at=at)
    answer = answered.answer
    return Verified(
        ScanOutcome(answer["outcome"]),
        answer["code"],
        answer["sku"],
        answer["quantity"],
        tuple(VerifiedLine(*line) for line in answer["lines"]),
        answered.replayed,
    )


def start_again(shipment: str, *, client: Client, actor: Actor, at: datetime) -> None:
    """Takes everything out of a parcel again: what was scanned so far no longer counts, and stays on record.

    Refuses as `scan_to_pack` does before it looks at the code.
    """

    def work(desk: Desk) -> None:
        of_shipment = _on_the_bench(desk, shipment)
        keep_scan(desk, of_shipment, None, purpose=ScanPurpose.PACK, outcome=ScanOutcome.RESTARTED)

    at_desk(work, client=client, actor=actor, at=at)


def verified_units(shipment_ids: Collection[int]) -> dict[int, int]:
    """The units of each line, by its id, that were scanned into these shipments; one statement."""
    scans = Scan.objects.filter(purpose=ScanPurpose.PACK)
    begun_again = scans.filter(shipment_id=OuterRef("shipment_id"), outcome=ScanOutcome.RESTARTED)
    last = Subquery(begun_again.order_by("-sequence").values("sequence")[:1])
    good = scans.filter(
        shipment_id__in=sorted(shipment_ids), outcome=ScanOutcome.GOOD, sequence__gt=Coalesce(last, Value(0))
    )
    return dict(good.order_by().values_list("line_id").annotate(Sum("quantity")))


def verified_lines(of_shipment: ShipmentFacts, verified: dict[int, int]) -> tuple[VerifiedLine, ...]:
    return tuple(
        VerifiedLine(line.line.sku, line.line.quantity, verified.get(line.line.pk, 0)) for line in of_shipment.units
    )


class VerifiedUnits:
    """The units that were scanned into the parcels on a desk, read once, under their locks, when somebody asks."""

    def __init__(self) -> None:
        self._units: dict[int, int] | None = None

    def lines(self, desk: Desk, of_shipment: ShipmentFacts) -> tuple[VerifiedLine, ...]:
        if self._units is None:
            parcels = [of.shipment for facts in desk.orders.values() for of in facts.shipments]
            self._units = verified_units([parcel.pk for parcel in parcels if parcel.status == ShipmentStatus.PICKING])
        return verified_lines(of_shipment, self._units)


def not_verified(shipment: str, lines: Sequence[VerifiedLine]) -> Refusal:
    missing = [line for line in lines if not line.is_complete]
    listed = ", ".join(f"{line.verified} of {line.expected} × {line.sku}" for line in missing)
    return Refusal(
        "not_verified",
        f"{shipment} is not verified: {listed} scanned.",
        shipment=shipment,
        lines=[{"sku": line.sku, "expected": line.expected, "verified": line.verified} for line in missing],
    )


def _on_the_bench(desk: Desk, number: str) -> ShipmentFacts:
    """The parcel, locked, if the actor may put something into it."""
    desk.open_orders_of([number])
    facts, of_shipment = desk.shipment(number)
    require(desk.actor, Right.WAREHOUSE_WORK)
    require_status(of_shipment, ShipmentStatus.PICKING)
    require_free_to_go(facts, of_shipment)
    refuse_other_packer(of_shipment, desk.actor)
    if of_shipment.shipment.picker_id is None and desk.actor.user_id is not None:
        # A program began to pick it; whoever scans first works on it.
        desk.change(of_shipment.shipment, picker_id=desk.actor.user_id, picked_by=desk.actor.name)
    return of_shipment


def _scan(desk: Desk, request: PackScan) -> Verified:
    of_shipment = _on_the_bench(desk, request.shipment)
    code, quantity = clean_code(request.code), intake.quantity(request.quantity)
    product, times = _product(code, of_shipment)
    quantity = intake.quantity(quantity * times)
    verified = verified_units([of_shipment.shipment.pk])
    line = next((line for line in of_shipment.units if product and line.line.product_id == product.pk), None)
    if product is None:
        outcome = ScanOutcome.UNKNOWN
    elif line is None:
        outcome = ScanOutcome.WRONG_ITEM
    elif verified.get(line.line.pk, 0) + quantity > line.line.quantity:
        outcome = ScanOutcome.TOO_MANY
    else:
        outcome = ScanOutcome.GOOD
        verified[line.line.pk] = verified.get(line.line.pk, 0) + quantity
    keep_scan(desk, of_shipment, line, purpose=ScanPurpose.PACK, outcome=outcome, code=code, quantity=quantity)
    sku = line.line.sku if line else product.sku if product else ""
    return Verified(outcome, code, sku, quantity, verified_lines(of_shipment, verified))


def _product(code: str, of_shipment: ShipmentFacts) -> tuple[Product | None, int]:
    """What a code stands for, and how many of it; nothing when it could stand for two. The whole code comes first."""
    multiplied = _MULTIPLIED.fullmatch(code)
    inner = multiplied[2] if multiplied else code
    # The parcel's own SKUs, however their letters are mixed.
    own = [
        line.line.sku for line in of_shipment.units if line.line.sku.casefold() in {code.casefold(), inner.casefold()}
    ]
    found = products_scanned([*whole_spellings(code), *whole_spellings(inner), *own])
    for spelling, times in ((code, 1), (inner, int(multiplied[1]) if multiplied else 1)):
        if spelling in found:
            return found[spelling], times
        alike = {product.pk: product for known, product in found.items() if known.casefold() == spelling.casefold()}
        if len(alike) == 1:
            return next(iter(alike.values())), times
    return None, 1
