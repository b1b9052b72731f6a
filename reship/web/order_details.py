"""Order Details: one order with its parcels, its stock and its history, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django_scopes import scope

from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.floor.models import Question
from reship.floor.questions import questions_of
from reship.floor.tracking import Carried, carried
from reship.fulfilment.add_evidence import MOST_PHOTOS
from reship.fulfilment.allowed import Deed, why_not, why_not_lifted
from reship.fulfilment.desk import order_not_found
from reship.fulfilment.facts import LineFacts, OrderFacts, ShipmentFacts, read_orders
from reship.http_status import status_of
from reship.inventory.models import StockLevel
from reship.orders.models import (
    Departure,
    EventType,
    EvidencePhoto,
    Hold,
    HoldKind,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    ShipmentStatus,
)
from reship.web.access import PortalRequest, client_of, needs
from reship.web.actions import ActionsBox, actions_of, reason_of
from reship.web.countries import label_lines
from reship.web.question_rows import QuestionRow, question_row
from reship.web.refusals import FigureInWords, figures_in_words
from reship.web.timeline import HistoryEntry, history_entry
from reship.web.tracking import TrackingPart, tracking_part
from reship.web.windows import Paths

RESHIPPED = "reshipped"
"""Marks the message after a reship, which Order Details shows with a link and an Undo."""


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class OrderedLine:
    sku: str
    name: str
    quantity: int
    unit_price: str
    price: str


@dataclass(frozen=True, slots=True)
class ShippedLine:
    sku: str
    name: str
    quantity: int
    added_back: int
    reshipped: int
    waiting: int


@dataclass(frozen=True, slots=True)
class StepTime:
    """A step that a parcel has taken, with `remark` on who or how; or, without a time, one that is still to come."""

    label: str
    at: datetime | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold. `subject` is empty for one on the whole order; `why_not_lifted` is empty when it may be lifted."""

    kind: str
    label: str
    subject: str
    shipment: str
    note: str
    placed_by: str
    placed_at: datetime
    lifted_by: str
    lifted_at: datetime | None
    why_not_lifted: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a shipment sends another's items again."""

    source: Link
    photos: tuple["PhotoLink", ...]
    photos_url: str
    """Where further ones are sent; empty when there are five, or this person may add none."""
    reason: str
    fault: str
    note: str
    made_by: str
    made_at: datetime
    added_back: bool


@dataclass(frozen=True, slots=True)
class PhotoLink:
    url: str
    name: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Superseded:
    """A shipment that cannot go out any more, because `units` of it were added back by these.

    `pull_url` is for those who have to pull the parcel and put its goods away; `pulled` tells that somebody did.
    """

    by: tuple[Link, ...]
    units: int
    pull_url: str
    pulled: OrderEvent | None


@dataclass(frozen=True, slots=True)
class ShipmentCard:
    number: str
    anchor: str
    is_shown: bool
    status: str
    status_label: str
    warehouse: str
    method: str
    carrier: str
    tracking_number: str
    address: tuple[str, ...]
    """Only when it differs from the order's."""
    steps: tuple[StepTime, ...]
    lines: tuple[ShippedLine, ...]
    units: int
    holds: tuple[HoldRow, ...]
    questions: tuple[QuestionRow, ...]
    tracking: TrackingPart
    origin: Origin | None
    reshipped_as: tuple[Link, ...]
    superseded: Superseded | None
    shows_added_back: bool
    shows_reshipped: bool
    waits_for_stock: bool
    edit_url: str


@dataclass(frozen=True, slots=True)
class StockRow:
    sku: str
    name: str
    warehouse: str
    on_hand: int
    allocated: int
    available: int
    url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal of something that was clicked on the page, shown at the shipment that it concerns if there is one."""

    refusal: Refusal
    figures: tuple[FigureInWords, ...]
    shipment: str


@dataclass(frozen=True, slots=True)
class Toast:
    text: str
    link: Link
    undo_url: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    number: str
    client_code: str
    client_name: str
    status: str
    status_label: str
    is_held: bool
    has_been_reshipped: bool
    customer_name: str
    customer_email: str
    placed_at: datetime
    method: str
    address: tuple[str, ...]
    phone: str
    currency: str
    lines: tuple[OrderedLine, ...]
    total: str
    copied_from: Link | None
    copies: tuple[Link, ...]
    holds: tuple[HoldRow, ...]
    lifted_holds: tuple[HoldRow, ...]
    lift_url: str
    shipments: tuple[ShipmentCard, ...]
    stock: tuple[StockRow, ...]
    history: tuple[HistoryEntry, ...]
    actions: ActionsBox
    toasts: tuple[Toast, ...]
    refused: Refused | None


@needs(Right.VIEW)
@require_safe
def order(request: PortalRequest, client: str, number: str) -> HttpResponse:
    return order_response(request, client_of(request, client), number)


def order_response(
    request: PortalRequest, client: Client, number: str, *, refusal: Refusal | None = None, shipment: str = ""
) -> HttpResponse:
    """Order Details; after a click that was refused, with the refusal where it was clicked."""
    page = _read_page(request, client, number, refusal=refusal, shipment=shipment)
    return render(request, "web/order.html", {"order": page}, status=status_of(refusal) if refusal else HTTPStatus.OK)


def facts_of(client: Client, number: str) -> OrderFacts:
    """The order as it is now, read without a lock, inside the client's scope.

    Refuses `order_not_found`: as a page that is the one of every 404, in a window it says so.
    """
    orders = list(Order.objects.filter(number=number))
    if not orders:
        raise order_not_found(number)
    (facts,) = read_orders(orders, lock=False).values()
    return facts


def _read_page(
    request: PortalRequest, client: Client, number: str, *, refusal: Refusal | None, shipment: str
) -> OrderPage:
    with scope(client=client.pk):
        facts = facts_of(client, number)
        bought = list(OrderLine.objects.filter(order=facts.order).order_by("position"))
        lifted = list(Hold.objects.filter(order=facts.order, lifted_at__isnull=False).order_by("-lifted_at", "-pk"))
        related = list(
            Order.objects.filter(Q(pk=facts.order.copied_from_id) | Q(copied_from=facts.order)).order_by("pk")
        )
        product_ids = {line.product_id for line in bought} | {place.product_id for place in facts.places}
        products = {product.pk: product for product in Product.objects.filter(pk__in=sorted(product_ids))}
        warehouses = {warehouse.pk: warehouse for warehouse in Warehouse.objects.all()}
        levels = list(StockLevel.objects.filter(product_id__in=sorted(product_ids)))
        events = list(OrderEvent.objects.filter(order=facts.order).order_by("-sequence"))
        pulled = {event.shipment_id: event for event in events if event.type == EventType.SHIPMENT_PULLED}
        photos = list(EvidencePhoto.objects.filter(reshipment__order=facts.order).defer("content").order_by("position"))
    shipment_ids = [of_shipment.shipment.pk for of_shipment in facts.shipments]
    questions, known = questions_of(client, shipment_ids), carried(client, shipment_ids)
    actor, of_order = request.actor, facts.order
    paths = Paths(client.code, of_order.number)
    shown = shipment or request.GET.get("shown", "")
    copied_from = [original for original in related if original.pk == of_order.copied_from_id]
    return OrderPage(
        number=of_order.number,
        client_code=client.code,
        client_name=client.name,
        status=of_order.status,
        status_label=OrderStatus(of_order.status).label,
        is_held=bool(facts.holds),
        has_been_reshipped=any(of_shipment.reshipped_as for of_shipment in facts.shipments),
        customer_name=of_order.customer_name,
        customer_email=of_order.customer_email,
        placed_at=of_order.placed_at,
        method=of_order.method,
        address=label_lines(of_order.address),
        phone=of_order.phone,
        currency=of_order.currency,
        lines=tuple(_ordered_line(line) for line in bought),
        total=_money(sum((line.quantity * line.unit_price for line in bought), Decimal(0))),
        copied_from=_order_link(client, copied_from[0]) if copied_from else None,
        copies=tuple(_order_link(client, copy) for copy in related if copy not in copied_from),
        holds=tuple(_hold_row(hold, "", actor) for hold in facts.holds),
        lifted_holds=tuple(_hold_row(hold, _subject(facts, hold), actor) for hold in lifted),
        lift_url=paths.to("hold_lift"),
        shipments=tuple(
            _card(
                facts,
                of_shipment,
                paths,
                products=products,
                warehouses=warehouses,
                questions=questions[of_shipment.shipment.pk],
                known=known[of_shipment.shipment.pk],
                photos=photos,
                pulled=pulled.get(of_shipment.shipment.pk),
                actor=actor,
                shown=shown,
            )
            for of_shipment in facts.shipments
        ),
        stock=_stock_rows(client, levels, products, warehouses),
        history=tuple(history_entry(event) for event in events),
        actions=actions_of(facts, paths, actor=actor),
        toasts=_toasts(request, facts, paths),
        refused=_refused(facts, refusal, shipment),
    )


def _refused(facts: OrderFacts, refusal: Refusal | None, shipment: str) -> Refused | None:
    if refusal is None:
        return None
    return Refused(refusal, tuple(figures_in_words(refusal)), shipment if facts.shipment(shipment) else "")


def _ordered_line(line: OrderLine) -> OrderedLine:
    price = line.quantity * line.unit_price
    return OrderedLine(line.sku, line.description, line.quantity, _money(line.unit_price), _money(price))


def _money(amount: Decimal) -> str:
    """With the two decimals that people expect, and more only where there is something in them."""
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int), f"{amount} is no amount"
    return f"{amount:,.{max(2, -exponent)}f}"


def _order_link(client: Client, other: Order) -> Link:
    return Link(other.number, Paths(client.code, other.number).to("order"))


def _subject(facts: OrderFacts, hold: Hold) -> str:
    return next(
        (of_shipment.shipment.number for of_shipment in facts.shipments if of_shipment.shipment.pk == hold.shipment_id),
        "",
    )


def _hold_row(hold: Hold, shipment: str, actor: Actor) -> HoldRow:
    return HoldRow(
        kind=hold.kind,
        label=HoldKind(hold.kind).label,
        subject=shipment or "the whole order",
        shipment=shipment,
        note=hold.note,
        placed_by=hold.placed_by,
        placed_at=hold.placed_at,
        lifted_by=hold.lifted_by,
        lifted_at=hold.lifted_at,
        why_not_lifted=reason_of(why_not_lifted(hold, actor=actor)),
    )


def _card(
    facts: OrderFacts,
    of_shipment: ShipmentFacts,
    paths: Paths,
    *,
    products: dict[int, Product],
    warehouses: dict[int, Warehouse],
    questions: Sequence[Question],
    known: Carried,
    photos: Sequence[EvidencePhoto],
    pulled: OrderEvent | None,
    actor: Actor,
    shown: str,
) -> ShipmentCard:
    shipment = of_shipment.shipment
    may_edit = why_not(Deed.EDIT, facts, of_shipment, actor=actor) is None
    return ShipmentCard(
        number=shipment.number,
        anchor=paths.anchor(shipment.number),
        is_shown=shipment.number == shown,
        status=shipment.status,
        status_label=ShipmentStatus(shipment.status).label,
        warehouse=warehouses[shipment.warehouse_id].name,
        method=shipment.method,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        address=label_lines(shipment.address) if shipment.address != facts.order.address else (),
        steps=_steps(of_shipment),
        lines=tuple(_shipped_line(line, products) for line in of_shipment.units),
        units=sum(line.line.quantity for line in of_shipment.units),
        holds=tuple(_hold_row(hold, shipment.number, actor) for hold in of_shipment.holds),
        questions=tuple(
            question_row(question, shipment.number, paths, actor=actor)
            for question in questions
            # The history tells the answered ones of a parcel that has gone.
            if question.answered_at is None or shipment.is_in_the_building
        ),
        tracking=tracking_part(shipment, known),
        origin=_origin(facts, of_shipment, paths, photos=photos, actor=actor),
        reshipped_as=tuple(_shipment_link(number, paths) for number in of_shipment.reshipped_as),
        superseded=_superseded(facts, of_shipment, paths, pulled, actor),
        shows_added_back=any(line.usage.added_back for line in of_shipment.units),
        shows_reshipped=any(line.usage.reshipped for line in of_shipment.units),
        waits_for_stock=shipment.waits_for_stock,
        edit_url=paths.to("shipment_edit", shipment.number) if may_edit else "",
    )


def _shipped_line(line: LineFacts, products: dict[int, Product]) -> ShippedLine:
    return ShippedLine(
        sku=line.line.sku,
        name=products[line.line.product_id].name,
        quantity=line.line.quantity,
        added_back=line.usage.added_back,
        reshipped=line.usage.reshipped,
        waiting=line.usage.waiting,
    )


def _steps(of_shipment: ShipmentFacts) -> tuple[StepTime, ...]:
    """What happened to a parcel, and what it has still before it while it may go out."""
    shipment = of_shipment.shipment
    how = Departure(shipment.departure).label if shipment.departure else ""
    usual = [
        StepTime("Opened", shipment.opened_at),
        StepTime("Picked", shipment.picking_at, f"by {shipment.picked_by}" if shipment.picked_by else ""),
        StepTime("Packed", shipment.packed_at),
        StepTime("Departed", shipment.departed_at, how),
    ]
    endings = [
        StepTime("Lost", shipment.lost_at),
        StepTime("Delivered", shipment.delivered_at),
        StepTime("Returned", shipment.returned_at),
        StepTime("Cancelled", shipment.cancelled_at),
    ]
    may_go = shipment.is_in_the_building and not of_shipment.is_superseded
    taken = sorted((step for step in endings if step.at), key=lambda step: step.at or shipment.opened_at)
    return (*(step for step in usual if step.at or may_go), *taken)


def _shipment_link(number: str, paths: Paths) -> Link:
    return Link(number, f"#{paths.anchor(number)}")


def _origin(
    facts: OrderFacts, of_shipment: ShipmentFacts, paths: Paths, *, photos: Sequence[EvidencePhoto], actor: Actor
) -> Origin | None:
    reshipment = of_shipment.made_by
    if reshipment is None:
        return None
    number = of_shipment.shipment.number
    own = [photo for photo in photos if photo.reshipment_id == reshipment.pk]
    may_add = actor.may(Right.RESHIP) and len(own) < MOST_PHOTOS
    (source,) = [other for other in facts.shipments if other.shipment.pk == reshipment.source_id]
    return Origin(
        source=_shipment_link(source.shipment.number, paths),
        photos=tuple(
            PhotoLink(
                paths.to("evidence_photo", number, str(photo.position)), photo.name, photo.added_by, photo.added_at
            )
            for photo in own
        ),
        photos_url=paths.to("evidence", number) if may_add else "",
        reason=reshipment.reason_label,
        fault=reshipment.fault,
        note=reshipment.note,
        made_by=reshipment.made_by,
        made_at=reshipment.made_at,
        added_back=reshipment.added_back,
    )


def _superseded(
    facts: OrderFacts, of_shipment: ShipmentFacts, paths: Paths, pulled: OrderEvent | None, actor: Actor
) -> Superseded | None:
    if not of_shipment.is_superseded:
        return None
    by = [
        _shipment_link(other.shipment.number, paths)
        for other in facts.shipments
        if other.made_by is not None
        and other.made_by.source_id == of_shipment.shipment.pk
        and other.made_by.added_back
        and other.made_by.cancelled_at is None
    ]
    units = sum(line.usage.added_back for line in of_shipment.lines)
    # What nobody has taken off the shelf, and nothing is left in, needs no finding.
    lies_somewhere = of_shipment.shipment.status != ShipmentStatus.OPEN or any(
        line.allocated for line in of_shipment.lines
    )
    is_task = actor.may(Right.WAREHOUSE_WORK) and lies_somewhere and pulled is None
    query = urlencode({"pull_client": paths.client, "parcel": of_shipment.shipment.number})
    return Superseded(tuple(by), units, f"{reverse('web:pull_tasks')}?{query}" if is_task else "", pulled)


def _stock_rows(
    client: Client, levels: Sequence[StockLevel], products: dict[int, Product], warehouses: dict[int, Warehouse]
) -> tuple[StockRow, ...]:
    rows = []
    for level in levels:
        product, warehouse = products[level.product_id], warehouses[level.warehouse_id]
        url = reverse("web:stock_level", args=[client.code, product.sku, warehouse.code])
        rows.append(
            StockRow(product.sku, product.name, warehouse.name, level.on_hand, level.allocated, level.available, url)
        )
    return tuple(sorted(rows, key=lambda row: (row.sku, row.warehouse)))


def _toasts(request: PortalRequest, facts: OrderFacts, paths: Paths) -> tuple[Toast, ...]:
    """What was just re-shipped, with an Undo as long as it can be undone."""
    toasts = []
    for message in messages.get_messages(request):
        mark, _, number = (message.extra_tags or "").partition(" ")
        of_shipment = facts.shipment(number) if mark == RESHIPPED else None
        if of_shipment is None:
            continue
        may_undo = why_not(Deed.CANCEL, facts, of_shipment, actor=request.actor) is None
        undo_url = paths.to("shipment_cancel", number) if may_undo else ""
        toasts.append(Toast(str(message.message), Link("Show it", f"#{paths.anchor(number)}"), undo_url))
    return tuple(toasts)
