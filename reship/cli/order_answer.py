"""One order as the command line shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django_scopes import scope
from rich.box import SIMPLE
from rich.table import Table

from reship import intake
from reship.cli.tables import rendered
from reship.clients.models import Client
from reship.database.snapshot import one_snapshot
from reship.fulfilment.desk import order_not_found
from reship.fulfilment.facts import OrderFacts, ShipmentFacts, read_orders
from reship.inventory.models import StockLevel
from reship.orders.history import items_of, wording
from reship.orders.models import Hold, HoldKind, Order, OrderEvent, OrderLine, OrderStatus, Shipment, ShipmentStatus


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """An order and all that belongs to it, as it was at one moment; `holds` are the lifted ones as well."""

    client: Client
    facts: OrderFacts
    lines: Sequence[OrderLine]
    holds: Sequence[Hold]
    levels: Sequence[StockLevel]
    events: Sequence[OrderEvent]

    def holds_on(self, shipment: Shipment | None) -> list[Hold]:
        """Those on a shipment, or on the whole order."""
        return [hold for hold in self.holds if hold.shipment_id == (shipment.pk if shipment else None)]

    def source_of(self, of_shipment: ShipmentFacts) -> str | None:
        """The number of the shipment whose items this one sends again."""
        made_by = of_shipment.made_by
        if made_by is None:
            return None
        return next(other.shipment.number for other in self.facts.shipments if other.shipment.pk == made_by.source_id)


def read_order(number: str, *, client: Client) -> OrderAnswer:
    """Refuses `order_not_found`."""
    with scope(client=client.pk), one_snapshot():
        orders = list(Order.objects.filter(number=number)) if intake.can_be_stored(number) else []
        if not orders:
            raise order_not_found(number)
        (facts,) = read_orders(orders, lock=False).values()
        order_id = facts.order.pk
        lines = list(OrderLine.objects.filter(order_id=order_id).order_by("position"))
        products = {line.product_id for line in lines} | {place.product_id for place in facts.places}
        levels = StockLevel.objects.filter(product_id__in=products).select_related("product", "warehouse")
        return OrderAnswer(
            client=client,
            facts=facts,
            lines=lines,
            holds=list(Hold.objects.filter(order_id=order_id).order_by("placed_at", "pk")),
            levels=list(levels.order_by("product__sku", "warehouse__code")),
            events=list(OrderEvent.objects.filter(order_id=order_id).order_by("sequence")),
        )


def order_as_json(answer: OrderAnswer) -> dict[str, object]:
    order = answer.facts.order
    return {
        "number": order.number,
        "client": answer.client.code,
        "status": order.status,
        "customer": order.customer_name,
        "placed_at": order.placed_at,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in answer.lines],
        "holds": [_hold(hold) for hold in answer.holds_on(None)],
        "shipments": [_shipment(answer, of_shipment) for of_shipment in answer.facts.shipments],
        "stock": [
            {
                "sku": level.product.sku,
                "warehouse": level.warehouse.code,
                "on_hand": level.on_hand,
                "allocated": level.allocated,
                "available": level.available,
            }
            for level in answer.levels
        ],
        "history": [
            {
                "at": event.at,
                "actor": event.actor,
                "type": event.type,
                "text": wording(event),
                "items": [item._asdict() for item in items_of(event)],
            }
            for event in answer.events
        ],
    }


def _shipment(answer: OrderAnswer, of_shipment: ShipmentFacts) -> dict[str, object]:
    shipment = of_shipment.shipment
    return {
        "number": shipment.number,
        "status": shipment.status,
        "reshipment_of": answer.source_of(of_shipment),
        "tracking_number": shipment.tracking_number,
        "lines": [
            {"sku": line.line.sku, "quantity": line.line.quantity, "added_back": line.usage.added_back}
            for line in of_shipment.units
        ],
        "holds": [_hold(hold) for hold in answer.holds_on(shipment)],
    }


def _hold(hold: Hold) -> dict[str, object]:
    return {
        "kind": hold.kind,
        "note": hold.note,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at,
        "lifted_by": hold.lifted_by,
        "lifted_at": hold.lifted_at,
    }


def order_as_text(answer: OrderAnswer) -> str:
    order = answer.facts.order
    status = OrderStatus(order.status).label.lower()
    return "\n".join(
        [
            f"Order {order.number} of {answer.client.code}: {status}",
            f"{order.customer_name}, placed {order.placed_at:%Y-%m-%d %H:%M} UTC",
            *(f"  {line.quantity} × {line.sku}  {line.description}".rstrip() for line in answer.lines),
            *_holds_as_text(answer, None),
            "",
            "Shipments",
            *(line for of_shipment in answer.facts.shipments for line in _shipment_as_text(answer, of_shipment)),
            "",
            "Stock",
            _stock_table(answer.levels),
            "",
            "History",
            *(f"  {event.at:%Y-%m-%d %H:%M}  {event.actor}: {wording(event)}" for event in answer.events),
        ]
    )


def _shipment_as_text(answer: OrderAnswer, of_shipment: ShipmentFacts) -> list[str]:
    shipment, source = of_shipment.shipment, answer.source_of(of_shipment)
    head = f"  {shipment.number}  {ShipmentStatus(shipment.status).label.lower()}"
    head += f", sends items of {source} again" if source else ""
    head += f", tracking number {shipment.tracking_number}" if shipment.tracking_number else ""
    lines = [
        f"    {line.line.quantity} × {line.line.sku}"
        + (f" ({line.usage.added_back} added back)" if line.usage.added_back else "")
        for line in of_shipment.units
    ]
    return [head, *lines, *_holds_as_text(answer, shipment)]


def _holds_as_text(answer: OrderAnswer, shipment: Shipment | None) -> list[str]:
    indent = "    " if shipment else "  "
    active = [hold for hold in answer.holds_on(shipment) if hold.lifted_at is None]
    return [f"{indent}{HoldKind(hold.kind).label} by {hold.placed_by}. {hold.note}".rstrip() for hold in active]


def _stock_table(levels: Sequence[StockLevel]) -> str:
    table = Table("SKU", "Warehouse", box=SIMPLE)
    for name in ("On hand", "Allocated", "Available"):
        table.add_column(name, justify="right")
    for level in levels:
        figures = (str(figure) for figure in (level.on_hand, level.allocated, level.available))
        table.add_row(level.product.sku, level.warehouse.code, *figures)
    return rendered(table)
