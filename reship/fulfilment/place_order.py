"""Placing orders: the documents of what a customer bought, its parcels opened and their units allocated."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.fulfilment.depart import record_departure
from reship.fulfilment.desk import Desk, OrderFacts, at_desk
from reship.fulfilment.items import known_products
from reship.fulfilment.refusals import not_enough_available
from reship.inventory.ledger import Place
from reship.orders.addresses import Address, checked_address
from reship.orders.history import Item, items_as_facts
from reship.orders.models import (
    Departure,
    EventType,
    Order,
    OrderLine,
    OrderNumberCounter,
    OrderStatus,
    Shipment,
    ShipmentLine,
)


@dataclass(frozen=True, slots=True)
class NewLine:
    """A thing that was bought, with its unit price in the order's currency, and in which parcel it goes."""

    sku: str
    quantity: int | str
    unit_price: Decimal = Decimal(0)
    description: str = ""
    parcel: int = 1


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to place; without a number it gets the client's next one.

    `departed_at` is for orders whose parcels left before Reship knew of them: their units are allocated and shipped in
    one go. Currency is an ISO 4217 code. `copied_from` is the number of the order that a manual order stands in for:
    the two are linked both ways.
    """

    lines: tuple[NewLine, ...]
    customer_name: str
    placed_at: datetime
    warehouse: str
    number: str = ""
    customer_email: str = ""
    currency: str = "EUR"
    method: str = ""
    address: Address = field(default_factory=Address)
    departed_at: datetime | None = None
    copied_from: str = ""


def place_orders(orders: Sequence[NewOrder], *, client: Client, actor: Actor, at: datetime) -> list[Order | Refusal]:
    """Places many orders of one client in one transaction.

    Refuses `not_allowed`, `order_not_found` for the order it is copied from, `order_exists`, `unknown_warehouse`,
    `nothing_selected`, `unknown_item`, `invalid_quantity`, `invalid_price`, `invalid_text`, `not_enough_available`.
    """

    def work(desk: Desk) -> list[Order | Refusal]:
        counter = _locked_counter(client)
        first_free = counter.next_number
        desk.open_orders(number for order in orders for number in (order.number, order.copied_from) if number)
        products = known_products(line.sku for order in orders for line in order.lines)
        codes = sorted({order.warehouse for order in orders})
        warehouses = {warehouse.code: warehouse for warehouse in Warehouse.objects.filter(code__in=codes)}
        desk.lock_stock(
            Place(product.pk, warehouse.pk) for product in products.values() for warehouse in warehouses.values()
        )
        outcomes = desk.each(orders, lambda order: _place(desk, order, products, warehouses, counter))
        if counter.next_number != first_free:
            counter.save(update_fields=["next_number"])
        return outcomes

    return at_desk(work, client=client, actor=actor, at=at)


def place_order(order: NewOrder, *, client: Client, actor: Actor, at: datetime) -> Order:
    return result_of(place_orders([order], client=client, actor=actor, at=at))


def _locked_counter(client: Client) -> OrderNumberCounter:
    """Locked before the orders, by this verb only: two placements of one client never race for a number."""
    locked = OrderNumberCounter.objects.select_for_update(no_key=True)
    counter = locked.first()
    if counter is not None:
        return counter
    # The first order of all: an upsert, because an empty result locks nothing.
    OrderNumberCounter.objects.bulk_create(
        [OrderNumberCounter(client=client)],
        update_conflicts=True,
        unique_fields=["client"],
        update_fields=["client"],
    )
    return locked.get()


def _place(
    desk: Desk,
    new: NewOrder,
    products: dict[str, Product],
    warehouses: dict[str, Warehouse],
    counter: OrderNumberCounter,
) -> Order:
    require(desk.actor, Right.PLACE_ORDER)
    warehouse = warehouses.get(new.warehouse)
    if warehouse is None:
        raise Refusal(
            "unknown_warehouse",
            f"There is no warehouse {intake.shown(new.warehouse)}.",
            given=intake.shown(new.warehouse),
            known=sorted(warehouses),
        )
    original = desk.order(new.copied_from) if new.copied_from else None
    order = Order(
        client_id=desk.client.pk,
        number=_checked_number(new.number),
        status=OrderStatus.AWAITING,
        customer_name=intake.text(new.customer_name, field="customer name", longest=200, required=True),
        customer_email=intake.text(new.customer_email, field="customer e-mail", longest=254),
        currency=_currency(new.currency),
        method=intake.text(new.method, field="method", longest=60),
        placed_at=new.placed_at,
        copied_from=original.order if original else None,
    ).set_address(checked_address(new.address))
    lines = [_line(order, position, line, products) for position, line in enumerate(new.lines, start=1)]
    parcels = _parcels(new, lines)
    _check_stock(desk, warehouse, lines)
    if not order.number:
        order.number = _next_number(desk, counter)
    if order.number in desk.orders:
        raise Refusal("order_exists", f"There is an order {order.number} already.", order=order.number)
    facts = desk.add_order(order)
    for line in lines:
        desk.add(line)
    desk.change(order, shipments_made=len(parcels))
    numbers = [f"{order.number}-{count}" for count in range(1, len(parcels) + 1)]
    items = _summed(lines)
    desk.history.record(
        EventType.ORDER_PLACED,
        order,
        at=new.placed_at,
        items=items_as_facts(items),
        shipments=", ".join(numbers),
        copied_from=new.copied_from,
    )
    if original is not None:
        desk.touch(original)
        desk.history.record(EventType.ORDER_COPIED, original.order, copy=order.number, items=items_as_facts(items))
    for number, parcel in zip(numbers, parcels, strict=True):
        _open_parcel(desk, facts, number, parcel, warehouse=warehouse, new=new)
    return order


def _open_parcel(
    desk: Desk, facts: OrderFacts, number: str, lines: Sequence[OrderLine], *, warehouse: Warehouse, new: NewOrder
) -> None:
    shipment = Shipment(
        client_id=desk.client.pk,
        order=facts.order,
        number=number,
        warehouse_id=warehouse.pk,
        method=facts.order.method,
        opened_at=new.placed_at,
    ).set_address(facts.order.address)
    opened = desk.add_shipment(facts, shipment)
    by_product: dict[int, ShipmentLine] = {}
    for line in lines:
        same = by_product.get(line.product_id)
        if same is not None:
            same.quantity += line.quantity
            continue
        by_product[line.product_id] = ShipmentLine(
            client_id=desk.client.pk,
            shipment=shipment,
            position=len(by_product) + 1,
            order_line=line,
            product_id=line.product_id,
            sku=line.sku,
            quantity=line.quantity,
        )
    for of_shipment in by_product.values():
        desk.add_line(opened, of_shipment)
    if new.departed_at is not None:
        desk.change(shipment, picking_at=new.departed_at, packed_at=new.departed_at, picked_by=desk.actor.name)
        record_departure(desk, facts, opened, how=Departure.HAND, departed_at=new.departed_at)


def _line(order: Order, position: int, new: NewLine, products: dict[str, Product]) -> OrderLine:
    product = products.get(intake.text(new.sku, field="SKU", longest=60, required=True))
    if product is None:
        raise Refusal("unknown_item", f"There is no product {intake.shown(new.sku)}.", sku=intake.shown(new.sku))
    price = Decimal(new.unit_price)
    if not price.is_finite() or abs(price) >= Decimal(10) ** 10 or price != price.quantize(Decimal("0.0001")):
        raise Refusal("invalid_price", f"{new.unit_price} is no price of {product.sku}.", sku=product.sku)
    return OrderLine(
        client_id=order.client_id,
        order=order,
        position=position,
        product_id=product.pk,
        sku=product.sku,
        description=intake.text(new.description, field="description", longest=300) or product.name,
        quantity=intake.quantity(new.quantity, sku=product.sku),
        unit_price=price,
    )


def _parcels(new: NewOrder, lines: Sequence[OrderLine]) -> list[list[OrderLine]]:
    if not lines:
        raise Refusal("nothing_selected", "An order needs at least one line.", order=new.number)
    parcels: dict[int, list[OrderLine]] = {}
    for line, new_line in zip(lines, new.lines, strict=True):
        parcels.setdefault(new_line.parcel, []).append(line)
    return [parcels[key] for key in sorted(parcels)]


def _check_stock(desk: Desk, warehouse: Warehouse, lines: Sequence[OrderLine]) -> None:
    product_of = {line.sku: line.product_id for line in lines}
    for item in _summed(lines):
        if item.quantity > intake.LARGEST_QUANTITY:
            intake.quantity(item.quantity, sku=item.sku)
        available = desk.ledger.balance(Place(product_of[item.sku], warehouse.pk)).available
        if item.quantity > available:
            raise not_enough_available(item.sku, asked=item.quantity, available=available, warehouse=warehouse.code)


def _summed(lines: Sequence[OrderLine]) -> list[Item]:
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
    return [Item(sku, quantity) for sku, quantity in quantities.items()]


def _checked_number(given: str) -> str:
    """An order number stands in addresses of pages, so it has no slash and is more than dots."""
    number = intake.text(given, field="order number", longest=40)
    if "/" in number or "\\" in number or "\n" in number or (number and not number.strip(".")):
        raise Refusal(
            "invalid_text", f"{intake.shown(given)} cannot be an order number: no slashes.", field="order number"
        )
    return number


def _next_number(desk: Desk, counter: OrderNumberCounter) -> str:
    """The client's next free number; numbers that came with orders from elsewhere are passed over."""
    while True:
        number = str(counter.next_number)
        counter.next_number += 1
        if number not in desk.orders and not Order.objects.filter(number=number).exists():
            return number


def _currency(given: str) -> str:
    code = given.strip().upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Refusal("invalid_text", f"{intake.shown(given)} is no ISO 4217 currency code.", field="currency")
    return code
