"""The complex case: a new order instead of a reshipment, prefilled from the original and linked to it."""

from datetime import datetime

from django_scopes import scope

from reship.catalog.models import Warehouse
from reship.clients.models import Client
from reship.fulfilment.desk import order_not_found, orders_numbered
from reship.fulfilment.facts import read_orders
from reship.fulfilment.place_order import NewLine, NewOrder


def manual_order_from(number: str, *, client: Client, placed_at: datetime) -> NewOrder:
    """An order to look over and place: the original's customer, address, method and items, at no price.

    Nothing is written. Refuses `order_not_found`.
    """
    with scope(client=client.pk):
        orders = orders_numbered(number)
        if not orders:
            raise order_not_found(number)
        (facts,) = read_orders(orders, lock=False).values()
        first = facts.shipments[0].shipment
        warehouse = Warehouse.objects.get(pk=first.warehouse_id)
    order = facts.order
    return NewOrder(
        lines=tuple(
            NewLine(line.line.sku, line.line.quantity)
            for of_shipment in facts.shipments
            if of_shipment.made_by is None
            for line in of_shipment.units
        ),
        customer_name=order.customer_name,
        customer_email=order.customer_email,
        currency=order.currency,
        method=order.method,
        address=order.address,
        warehouse=warehouse.code,
        placed_at=placed_at,
        copied_from=order.number,
    )
