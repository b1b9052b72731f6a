"""Pulling: a parcel that was superseded is found and unpacked, and its goods are put away, unit by unit.

A reship made the task when it added units of the parcel back. The scans say what was put away; at the end all units
that are still allocated to the parcel become available as well: it can never go out. Its own row stays as it is.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django_scopes import scope

from reship import intake
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.floor.models import PullTask, Scan, ScanOutcome, ScanPurpose
from reship.fulfilment.desk import Desk, at_desk, shipment_numbered
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts
from reship.fulfilment.keep_scan import keep_scan
from reship.fulfilment.once import once
from reship.fulfilment.scanned import clean_code, products_scanned, unknown_code
from reship.inventory.models import EntryKind
from reship.orders.history import Item, items_as_facts
from reship.orders.models import EventType, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class PullLine:
    """Units of one SKU that lie in a parcel to pull, and how many of them were put away already."""

    sku: str
    quantity: int
    scanned: int

    @property
    def left(self) -> int:
        return self.quantity - self.scanned


@dataclass(frozen=True, slots=True)
class PullInProgress:
    """A parcel that somebody is about to unpack, or is unpacking."""

    shipment: Shipment
    order_number: str
    lines: tuple[PullLine, ...]
    superseded_by: tuple[str, ...]

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def left(self) -> int:
        return sum(line.left for line in self.lines)


@dataclass(frozen=True, slots=True)
class PullScan:
    """A scan that counted, and what is left to scan after it; `replayed` when the same scan was sent before."""

    sku: str
    lines: tuple[PullLine, ...]
    replayed: bool = False

    @property
    def left(self) -> int:
        return sum(line.left for line in self.lines)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A task that is done: the units that became available with it, and those that nobody scanned."""

    shipment: str
    available_again: tuple[Item, ...]
    not_scanned: tuple[Item, ...]


def units_in(of_shipment: ShipmentFacts) -> dict[int, int]:
    """How many units of each line, by its id, lie in the parcel. One that nobody has begun to pick is empty."""
    is_begun = of_shipment.shipment.status in {ShipmentStatus.PICKING, ShipmentStatus.PACKED}
    return {line.line.pk: line.line.quantity if is_begun else 0 for line in of_shipment.units}


def scanned_units(shipment_id: int) -> Counter[int]:
    """The units of each line, by its id, that were scanned while they were put away."""
    scans = Scan.objects.filter(shipment_id=shipment_id, purpose=ScanPurpose.PULL, outcome=ScanOutcome.GOOD)
    counted: Counter[int] = Counter()
    for line_id, quantity in scans.values_list("line_id", "quantity"):
        counted[line_id] += quantity
    return counted


def pull_lines(of_shipment: ShipmentFacts) -> tuple[PullLine, ...]:
    """The lines of a parcel to pull, as far as it got."""
    inside, scanned = units_in(of_shipment), scanned_units(of_shipment.shipment.pk)
    lines = of_shipment.units
    return tuple(PullLine(line.line.sku, inside[line.line.pk], scanned[line.line.pk]) for line in lines)


def pull_in_progress(number: str, *, client: Client) -> PullInProgress:
    """How far a parcel to pull got, by its shipment number. Locks nothing.

    Refuses `shipment_not_found`, `no_pull_task`, `already_pulled`.
    """
    with scope(client=client.pk):
        facts, of_shipment = shipment_numbered(client, number)
        _open_task(of_shipment.shipment)
        lines, names = pull_lines(of_shipment), tuple(of_shipment.reshipped_as)
        return PullInProgress(of_shipment.shipment, facts.order.number, lines, names)


def scan_pulled(
    number: str,
    code: str,
    *,
    quantity: int | str = 1,
    key: str | None = None,
    client: Client,
    actor: Actor,
    at: datetime,
) -> PullScan:
    """Notes that units of a superseded parcel were put away. A scan that does not count is kept as well.

    Refuses `shipment_not_found`, `not_allowed`, `no_pull_task`, `already_pulled`, `not_superseded`, `invalid_quantity`,
    `invalid_text`, `request_key_reused`, and, with the scan on record, `unknown_code`, `wrong_unit`, `too_many`.
    """

    def scan() -> dict[str, Any]:
        told = at_desk(lambda desk: _scan(desk, number, code, quantity), client=client, actor=actor, at=at)
        if isinstance(told, Refusal):
            return {"refused": told.as_json()}
        return {"sku": told.sku, "lines": [[line.sku, line.quantity, line.scanned] for line in told.lines]}

    asked = ["pull", number, code, str(quantity)]
    answered = once(scan, key=key, asked=asked, client=client, actor=actor, at=at)
    if refused := answered.answer.get("refused"):
        # Raised when the scan is committed: what was wrong is on record, too.
        raise Refusal(refused["code"], refused["message"], **refused["figures"])
    lines = tuple(PullLine(*line) for line in answered.answer["lines"])
    return PullScan(answered.answer["sku"], lines, answered.replayed)


def _scan(desk: Desk, number: str, code: str, quantity: int | str) -> PullScan | Refusal:
    desk.open_orders_of([number])
    _, of_shipment, _ = _to_pull(desk, number)
    clean, units = clean_code(code), intake.quantity(quantity)
    inside, scanned = units_in(of_shipment), scanned_units(of_shipment.shipment.pk)
    product = products_scanned([clean]).get(clean)
    line = next((line for line in of_shipment.units if product and line.line.product_id == product.pk), None)
    outcome, refusal = ScanOutcome.GOOD, None
    if product is None:
        outcome, refusal = ScanOutcome.UNKNOWN, unknown_code(clean)
    elif line is None:
        outcome = ScanOutcome.WRONG_ITEM
        text = f"{product.sku} is not among the items of {number}."
        refusal = Refusal("wrong_unit", text, shipment=number, sku=product.sku)
    elif scanned[line.line.pk] + units > inside[line.line.pk]:
        outcome = ScanOutcome.TOO_MANY
        refusal = _too_many(of_shipment, line, inside[line.line.pk], scanned[line.line.pk], units)
    keep_scan(desk, of_shipment, line, purpose=ScanPurpose.PULL, outcome=outcome, code=clean, quantity=units)
    if refusal is not None:
        return refusal
    assert line is not None
    scanned[line.line.pk] += units
    lines = (PullLine(of.line.sku, inside[of.line.pk], scanned[of.line.pk]) for of in of_shipment.units)
    return PullScan(line.line.sku, tuple(lines))


def finish_pull(
    number: str, *, rest_was_not_inside: bool = False, client: Client, actor: Actor, at: datetime
) -> Pulled:
    """The parcel is unpacked and its goods are put away: what it still held is available again, in the ledger.

    `rest_was_not_inside` says that what was not scanned never was in it, as when picking had only begun; history tells.

    Refuses `shipment_not_found`, `not_allowed`, `no_pull_task`, `already_pulled`, `not_superseded`, and `units_left`
    with what has still to be scanned.
    """

    def work(desk: Desk) -> Pulled:
        desk.open_orders_of([number])
        desk.lock_stock()
        facts, of_shipment, task = _to_pull(desk, number)
        missing = tuple(Item(line.sku, line.left) for line in pull_lines(of_shipment) if line.left)
        if missing and not rest_was_not_inside:
            raise _units_left(number, missing)
        again = tuple(Item(line.line.sku, line.allocated) for line in of_shipment.units if line.allocated)
        for line in of_shipment.units:
            _put_away(desk, of_shipment, line)
        PullTask.objects.filter(pk=task.pk).update(done_at=desk.at, done_by=desk.actor.name, user_id=desk.actor.user_id)
        desk.touch(facts)
        desk.history.record(
            EventType.SHIPMENT_PULLED,
            facts.order,
            shipment=of_shipment.shipment,
            items=items_as_facts(again),
            not_scanned=items_as_facts(missing),
        )
        return Pulled(number, again, missing)

    return at_desk(work, client=client, actor=actor, at=at)


def _to_pull(desk: Desk, number: str) -> tuple[OrderFacts, ShipmentFacts, PullTask]:
    """The order's lock guards its shipments' tasks: every writer of one holds it."""
    facts, of_shipment = desk.shipment(number)
    require(desk.actor, Right.WAREHOUSE_WORK)
    task = _open_task(of_shipment.shipment)
    if not of_shipment.is_superseded:
        raise Refusal(
            "not_superseded",
            f"No unit of {number} was added back: the parcel may go out, and is not to be unpacked.",
            shipment=number,
        )
    return facts, of_shipment, task


def _open_task(shipment: Shipment) -> PullTask:
    task = PullTask.objects.filter(shipment=shipment, voided_at__isnull=True).first()
    if task is None:
        raise Refusal("no_pull_task", f"Nobody asked to pull {shipment.number}.", shipment=shipment.number)
    if task.done_at is not None:
        raise Refusal(
            "already_pulled",
            f"{task.done_by} pulled {shipment.number} on {task.done_at:%Y-%m-%d %H:%M} UTC already.",
            shipment=shipment.number,
            done_by=task.done_by,
            done_at=task.done_at.isoformat(),
        )
    return task


def _put_away(desk: Desk, of_shipment: ShipmentFacts, line: LineFacts) -> None:
    quantity = line.allocated
    if quantity:
        place = of_shipment.place(line)
        desk.ledger.record(EntryKind.ADDED_BACK, place, quantity, line=line.line, reason="Pulled")
        desk.use(line, added_back=quantity)


def _too_many(of_shipment: ShipmentFacts, line: LineFacts, inside: int, scanned: int, asked: int) -> Refusal:
    number, sku = of_shipment.shipment.number, line.line.sku
    return Refusal(
        "too_many",
        f"Only {inside} × {sku} are in {number}; {scanned} were scanned already, so {asked} more are too many.",
        shipment=number,
        sku=sku,
        inside=inside,
        scanned=scanned,
        asked=asked,
    )


def _units_left(number: str, missing: Collection[Item]) -> Refusal:
    listed = ", ".join(f"{item.quantity} × {item.sku}" for item in missing)
    return Refusal(
        "units_left",
        f"{listed} of {number} are not scanned yet.",
        shipment=number,
        not_scanned=items_as_facts(missing),
    )
