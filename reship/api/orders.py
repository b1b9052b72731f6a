"""`/orders`: the list of Manage Orders, an order with all that belongs to it, and its history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router
from pydantic import Field

from reship.api.caller import ApiRequest
from reship.api.links import to_order, to_shipment
from reship.api.operations import reads
from reship.api.reshipments import warehouse_codes
from reship.api.schemas import (
    AddressTold,
    Asked,
    HoldTold,
    Item,
    Moment,
    Money,
    PageAsked,
    PageTold,
    ShipmentTold,
    Told,
    cursors_of,
)
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.rows import Reader, read_by
from reship.database.snapshot import one_snapshot
from reship.fulfilment.desk import order_numbered
from reship.fulfilment.facts import ORDERS, OrderFacts
from reship.orders.history import facts_told, items_of, wording
from reship.orders.models import EventType, HoldKind, Order, OrderEvent, OrderLine, OrderStatus, ShipmentStatus
from reship.orders.queries import LONGEST_SEARCH, OrderFilter, OrderRow, OrderSort, find_orders

router = Router(tags=["Orders"])

_LINES = Reader(OrderLine, alias="l")


class OrderFilterAsked(Asked):
    """Which orders. What is left out does not narrow the list."""

    search: str = Field(
        "",
        max_length=LONGEST_SEARCH,
        description="An order or shipment number, a SKU, a tracking number, or words of the customer's name or e-mail.",
    )
    status: OrderStatus | None = Field(None, strict=False)
    placed_from: Moment | None = Field(None, description="Included.")
    placed_before: Moment | None = Field(None, description="Not included.")
    hold: HoldKind | None = Field(None, strict=False, description="With an active hold of this kind.")
    on_hold: bool = Field(False, description="With an active hold of any kind.")
    reshipped: bool | None = Field(None, description="Whether a reshipment was made that still counts.")

    def as_filter(self, sort: OrderSort = OrderSort.NEWEST) -> OrderFilter:
        return OrderFilter(
            search=self.search,
            status=self.status,
            placed_from=self.placed_from,
            placed_before=self.placed_before,
            on_hold=self.on_hold,
            hold=self.hold,
            reshipped=self.reshipped,
            sort=sort,
        )


class OrdersAsked(OrderFilterAsked, PageAsked):
    """Which orders, and in which order."""

    on_hold: bool = Field(False, strict=False, description="With an active hold of any kind.")
    reshipped: bool | None = Field(None, strict=False, description="Whether a reshipment was made that still counts.")
    sort: OrderSort = Field(OrderSort.NEWEST, strict=False)


class LatestShipmentTold(Told):
    number: str
    status: ShipmentStatus


class OrderRowTold(Told):
    """An order as a list shows it."""

    number: str = Field(examples=["1042"])
    status: OrderStatus
    customer_name: str
    placed_at: datetime
    units: int
    latest_shipment: LatestShipmentTold | None
    holds: list[HoldKind]
    reshipments: int = Field(description="Reshipments that still count.")


class OrdersTold(PageTold):
    """A page of orders."""

    data: list[OrderRowTold]


class CustomerTold(Told):
    name: str = Field(examples=["Jane Doe"])
    email: str


class OrderLineTold(Told):
    """One thing that was bought, with its price then."""

    sku: str
    description: str
    quantity: int
    unit_price: Money


class OrderTold(Told):
    """What a customer bought, and the parcels that carry it."""

    number: str = Field(examples=["1042"])
    status: OrderStatus
    customer: CustomerTold
    address: AddressTold
    method: str
    currency: str
    placed_at: datetime
    lines: list[OrderLineTold]
    holds: list[HoldTold] = Field(description="Active holds on the whole order.")
    shipments: list[ShipmentTold]
    copied_from: str | None = Field(description="The order that this manual order stands in for.")
    copies: list[str] = Field(description="Manual orders that stand in for this one.")


class EventTold(Told):
    """One line of an order's history."""

    sequence: int
    type: EventType
    at: datetime
    actor: str
    text: str = Field(description="In one sentence, as the portal shows it.")
    shipment: str | None
    items: list[Item]
    facts: dict[str, Any] = Field(description="What the sentence was made of.")


class HistoryTold(Told):
    data: list[EventTold]


class ShipmentsTold(Told):
    data: list[ShipmentTold]


@reads(router, "/orders", Right.VIEW, answer=OrdersTold, links={200: to_order("$response.body#/data/0/number")})
def list_orders(request: ApiRequest, asked: Annotated[OrdersAsked, Query()]) -> OrdersTold:
    """List orders, newest first.

    Filtered and searched as Manage Orders does it.
    """
    wanted = asked.as_filter(asked.sort)
    page = find_orders(wanted, client_ids=[request.client.pk], limit=asked.limit, after=asked.after)
    return OrdersTold(data=[_row(row) for row in page.rows], **cursors_of(page))


@reads(
    router,
    "/orders/{name:number}",
    Right.VIEW,
    answer=OrderTold,
    links={200: to_order("$request.path.number") | to_shipment("$response.body#/shipments/0/number")},
)
def get_order(request: ApiRequest, number: str) -> OrderTold:
    """Get an order, with its lines, holds and shipments."""
    with one_snapshot():
        (told,) = orders_told(request.client, [order_numbered(request.client, number)])
        return told


@reads(
    router,
    "/orders/{name:number}/shipments",
    Right.VIEW,
    answer=ShipmentsTold,
    links={200: to_shipment("$response.body#/data/0/number")},
)
def list_shipments(request: ApiRequest, number: str) -> ShipmentsTold:
    """List the shipments of an order, oldest first."""
    with one_snapshot():
        return ShipmentsTold(data=shipments_told(order_numbered(request.client, number)))


@reads(router, "/orders/{name:number}/history", Right.VIEW, answer=HistoryTold)
def get_history(request: ApiRequest, number: str) -> HistoryTold:
    """Get the history of an order, oldest first."""
    with one_snapshot():
        facts = order_numbered(request.client, number)
        numbers = {of.shipment.pk: of.shipment.number for of in facts.shipments}
        events = list(OrderEvent.objects.filter(order_id=facts.order.pk).order_by("sequence"))
    return HistoryTold(
        data=[
            EventTold(
                sequence=event.sequence,
                type=EventType(event.type),
                at=event.at,
                actor=event.actor,
                text=wording(event),
                shipment=numbers[event.shipment_id] if event.shipment_id else None,
                items=[Item(sku=item.sku, quantity=item.quantity) for item in items_of(event)],
                facts=facts_told(event),
            )
            for event in events
        ]
    )


def orders_told(client: Client, orders: Sequence[OrderFacts]) -> list[OrderTold]:
    """Orders of one client with all that belongs to them; inside its scope. Four statements at most."""
    if not orders:
        return []
    ids = [facts.order.pk for facts in orders]
    lines: dict[int, list[OrderLineTold]] = {order_id: [] for order_id in ids}
    for line in read_by(_LINES, client.pk, "order_id", ids, order_by="order_id, position"):
        lines[line.order_id].append(
            OrderLineTold(
                sku=line.sku, description=line.description, quantity=line.quantity, unit_price=line.unit_price
            )
        )
    copied_ids = [facts.order.copied_from_id for facts in orders if facts.order.copied_from_id]
    originals = dict(Order.objects.filter(pk__in=copied_ids).values_list("pk", "number")) if copied_ids else {}
    copies: dict[int | None, list[str]] = {order_id: [] for order_id in ids}
    for copy in read_by(ORDERS, client.pk, "copied_from_id", ids):
        copies[copy.copied_from_id].append(copy.number)
    codes = warehouse_codes({of.shipment.warehouse_id for facts in orders for of in facts.shipments})
    return [
        OrderTold(
            number=facts.order.number,
            status=OrderStatus(facts.order.status),
            customer=CustomerTold(name=facts.order.customer_name, email=facts.order.customer_email),
            address=AddressTold.of(facts.order.address),
            method=facts.order.method,
            currency=facts.order.currency,
            placed_at=facts.order.placed_at,
            lines=lines[facts.order.pk],
            holds=[HoldTold.of(hold, None) for hold in facts.holds],
            shipments=_shipments_told(facts, codes),
            copied_from=originals[facts.order.copied_from_id] if facts.order.copied_from_id else None,
            copies=copies[facts.order.pk],
        )
        for facts in orders
    ]


def shipments_told(facts: OrderFacts) -> list[ShipmentTold]:
    return _shipments_told(facts, warehouse_codes({of.shipment.warehouse_id for of in facts.shipments}))


def _shipments_told(facts: OrderFacts, codes: Mapping[int, str]) -> list[ShipmentTold]:
    return [ShipmentTold.of(facts, of, warehouse=codes[of.shipment.warehouse_id]) for of in facts.shipments]


def _row(row: OrderRow) -> OrderRowTold:
    latest = row.latest_shipment
    return OrderRowTold(
        number=row.order.number,
        status=OrderStatus(row.order.status),
        customer_name=row.order.customer_name,
        placed_at=row.order.placed_at,
        units=row.units,
        latest_shipment=LatestShipmentTold(number=latest.number, status=latest.status) if latest else None,
        holds=list(row.holds),
        reshipments=row.reshipments,
    )
