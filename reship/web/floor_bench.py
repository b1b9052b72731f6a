"""The packing bench: one parcel as its packer sees it, with what belongs into it and what went wrong last time."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django_scopes import scope

from reship.catalog.models import Product
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.errors import Refusal
from reship.floor.models import Scan, ScanOutcome, ScanPurpose
from reship.floor.questions import questions_of
from reship.fulfilment.facts import OrderFacts, ShipmentFacts, read_orders
from reship.fulfilment.refusals import refuse_other_packer
from reship.fulfilment.step import require_free_to_go, require_status
from reship.fulfilment.verify import VerifiedLine, not_verified, verified_units
from reship.inventory.models import StockLevel
from reship.orders.history import Item
from reship.orders.models import Order, Reshipment, Shipment, ShipmentStatus
from reship.web.question_rows import QuestionRow, question_row
from reship.web.windows import Paths

BAD_SCANS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class BenchLine:
    """Units of one product that belong into the parcel, and how many are in it."""

    sku: str
    name: str
    barcode: str
    bin: str
    expected: int
    verified: int

    @property
    def left(self) -> int:
        return self.expected - self.verified

    @property
    def is_complete(self) -> bool:
        return self.left == 0


@dataclass(frozen=True, slots=True)
class LastTime:
    """The parcel that a reshipment sends again: why, what was in it, who packed it, and what was scanned wrongly."""

    number: str
    url: str
    reason: str
    fault: str
    note: str
    picked_by: str
    packed_at: datetime | None
    items: list[Item]
    bad_scans: list[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Bench:
    """A parcel on the bench. `problem` is why nothing may go into it now; `is_verified` that it can be closed."""

    client: Client
    shipment: Shipment
    order: str
    order_url: str
    lines: list[BenchLine]
    problem: Refusal | None
    last_time: LastTime | None
    is_reshipment: bool
    questions: list[QuestionRow]
    pull_url: str

    @property
    def number(self) -> str:
        return self.shipment.number

    @property
    def is_verified(self) -> bool:
        return all(line.is_complete for line in self.lines)

    @property
    def unverified(self) -> Refusal | None:
        lines = [VerifiedLine(line.sku, line.expected, line.verified) for line in self.lines]
        return None if self.is_verified else not_verified(self.number, lines)

    @property
    def units(self) -> int:
        return sum(line.expected for line in self.lines)

    @property
    def verified(self) -> int:
        return sum(line.verified for line in self.lines)

    @property
    def can_be_taken_over(self) -> bool:
        return self.problem is not None and self.problem.code == "working_on_it"

    @property
    def can_be_picked(self) -> bool:
        """Nobody has claimed it, and nothing else is in the way."""
        return (
            self.problem is not None
            and self.problem.code == "wrong_status"
            and self.shipment.status == ShipmentStatus.OPEN
        )

    @property
    def is_packed(self) -> bool:
        return self.shipment.status == ShipmentStatus.PACKED

    def means(self, code: str) -> bool:
        """Whether a code is of a product in this parcel, with or without a quantity before it."""
        spoken = {code.casefold(), code.rpartition("*")[2].strip().casefold()}
        return any({line.sku.casefold(), line.barcode.casefold()} - {""} & spoken for line in self.lines)


def bench_of(client: Client, number: str, *, actor: Actor) -> Bench | None:
    """The parcel with this number, read without a lock; None when the client has none."""
    with scope(client=client.pk):
        order = Order.objects.filter(pk__in=Shipment.objects.filter(number=number).values("order_id")).first()
        if order is None:
            return None
        (facts,) = read_orders([order], lock=False).values()
        of_shipment = facts.shipment(number)
        if of_shipment is None:
            return None
        verified = verified_units([of_shipment.shipment.pk])
        lines = _lines(of_shipment, verified)
        last_time = _last_time(facts, of_shipment.made_by, client) if of_shipment.made_by else None
    asked = questions_of(client, [of_shipment.shipment.pk], only_open=True)[of_shipment.shipment.pk]
    paths = Paths(client.code, order.number)
    problem = _problem(facts, of_shipment, actor)
    return Bench(
        client=client,
        shipment=of_shipment.shipment,
        order=order.number,
        order_url=paths.shown(number),
        lines=lines,
        problem=problem,
        last_time=last_time,
        is_reshipment=of_shipment.made_by is not None,
        questions=[question_row(question, number, paths, actor=actor) for question in asked],
        pull_url=_pull_url(client, number) if problem and problem.code == "units_added_back" else "",
    )


def _problem(facts: OrderFacts, of_shipment: ShipmentFacts, actor: Actor) -> Refusal | None:
    """What matters most to whoever has the parcel in their hands comes first."""
    try:
        if of_shipment.shipment.is_in_the_building:
            require_free_to_go(facts, of_shipment)
        require_status(of_shipment, ShipmentStatus.PICKING)
        refuse_other_packer(of_shipment, actor)
    except Refusal as refusal:
        return refusal
    return None


def _lines(of_shipment: ShipmentFacts, verified: dict[int, int]) -> list[BenchLine]:
    products = {line.line.product_id for line in of_shipment.units}
    found = {product.pk: product for product in Product.objects.filter(pk__in=sorted(products))}
    levels = StockLevel.objects.filter(
        product_id__in=sorted(products), warehouse_id=of_shipment.shipment.warehouse_id
    ).values_list("product_id", "bin")
    bins = dict(levels)
    lines = []
    for line in of_shipment.units:
        product = found[line.line.product_id]
        lines.append(
            BenchLine(
                sku=line.line.sku,
                name=product.name,
                barcode=product.barcode,
                bin=bins.get(product.pk, ""),
                expected=line.line.quantity,
                verified=verified.get(line.line.pk, 0),
            )
        )
    return lines


def _last_time(facts: OrderFacts, made_by: Reshipment, client: Client) -> LastTime | None:
    source = next((of for of in facts.shipments if of.shipment.pk == made_by.source_id), None)
    if source is None:
        return None
    return LastTime(
        number=source.shipment.number,
        url=Paths(client.code, facts.order.number).shown(source.shipment.number),
        reason=made_by.reason_label or made_by.reason,
        fault=made_by.fault,
        note=made_by.note,
        picked_by=source.shipment.picked_by,
        packed_at=source.shipment.packed_at,
        items=[line.item for line in source.units],
        bad_scans=_bad_scans(source.shipment),
    )


def _bad_scans(shipment: Shipment) -> list[tuple[str, str, int]]:
    """The last of them: what was wrong with it, the code, the units."""
    bad = Scan.objects.filter(
        shipment=shipment,
        purpose=ScanPurpose.PACK,
        outcome__in=[ScanOutcome.WRONG_ITEM, ScanOutcome.TOO_MANY, ScanOutcome.UNKNOWN],
    ).order_by("-sequence")
    rows = bad.values_list("outcome", "code", "quantity")[:BAD_SCANS_SHOWN]
    return [(ScanOutcome(outcome).label, code, quantity) for outcome, code, quantity in rows]


def _pull_url(client: Client, number: str) -> str:
    try:
        return f"{reverse('web:pull_tasks')}?{urlencode({'pull_client': client.code, 'parcel': number})}"
    except NoReverseMatch:
        return ""
