"""Placing orders: the documents of what a customer bought, its parcels opened and their units allocated."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.search import text_of
from reship.errors import Refusal, result_of
from reship.fulfilment.depart import record_departure
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.facts import OrderFacts
from reship.fulfilment.hold import hold_kind
from reship.fulfilment.items import known_products, known_warehouses
from reship.fulfilment.refusals import not_enough_available
from reship.fulfilment.request_keys import RequestKeys
from reship.fulfilment.stock import made_products
from reship.inventory.ledger import Place
from reship.inventory.models import EntryKind
from reship.orders.addresses import Address, checked_address
from reship.orders.history import Item, items_as_facts
from reship.orders.models import (
    CustomerText,
    Departure,
    EventType,
    HoldKind,
    Order,
    OrderLine,
    OrderStatus,
    Shipment,
    ShipmentLine,
)
from reship.orders.numbers import counter_on_paper, locked_counter
from reship.orders.postal import entered_address

CLOCKS_DIFFER = timedelta(minutes=5)
_TYPED_PRICE = re.compile(r"[0-9]{1,10}([.][0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewLine:
    """A thing that was bought, with its unit price in the order's currency, and in which parcel it goes.

    A price that was typed has a dot and at most four decimals (`12.50`); an empty one is zero.
    """

    sku: str
    quantity: int | str
    unit_price: Decimal | str = Decimal(0)
    description: str = ""
    parcel: int = 1


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to place; without a number it gets the client's next one.

    `departed_at` is for orders whose parcels left before Reship knew of them: their units are allocated and shipped in
    one go, and nobody outside is told; of such an order, the parcels `still_here` have not left, and are opened like
    others. Currency is an ISO 4217 code. `copied_from` is the number of the order that a manual order stands in for:
    the two are linked both ways. `entered` is for what a person wrote: its address has to fit its country's rules,
    unless it is the one of the order that it is copied from. `hold` is the kind of a hold on the whole order, set with
    it. With a `key`, the order is placed once, however often it is sent.
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
    still_here: tuple[int, ...] = ()
    copied_from: str = ""
    entered: bool = False
    hold: str = ""
    note: str = ""
    key: str | None = None

    def has_left(self, parcel: int) -> bool:
        return self.departed_at is not None and parcel not in self.still_here


def place_orders(
    orders: Sequence[NewOrder],
    *,
    client: Client,
    actor: Actor,
    at: datetime,
    opening_stock: str = "",
    client_lifts_holds: bool = False,
) -> list[Order | Refusal]:
    """Places many orders of one client in one transaction.

    `opening_stock` is for orders that departed before Reship knew of them, so that their goods were never received
    here: it is the reason with which exactly the units of parcels that left are received first. With
    `client_lifts_holds`, those set with the orders are the client's own, whoever places them.

    Refuses `request_key_reused`, `not_allowed`, `order_not_found` for the order it is copied from, `order_exists`,
    `unknown_warehouse`, `nothing_selected`, `unknown_item`, `invalid_quantity`, `invalid_price`, `invalid_text`,
    `invalid_address`, `invalid_hold`, `invalid_time`, `not_enough_available`.
    """
    work = placing_orders(orders, opening_stock=opening_stock, client_lifts_holds=client_lifts_holds)
    return at_desk(work, client=client, actor=actor, at=at)


def placing_orders(
    orders: Sequence[NewOrder],
    *,
    opening_stock: str = "",
    makes_products: bool = False,
    client_lifts_holds: bool = False,
) -> Callable[[Desk], list[Order | Refusal]]:
    """The work of `place_orders` at a desk. With `makes_products`, products that are not there are made first."""
    reason = intake.text(opening_stock, field="reason", longest=300)

    def work(desk: Desk) -> list[Order | Refusal]:
        keys = RequestKeys(client_id=desk.client.pk, at=desk.at)
        asked = {id(new): _fingerprint(new) for new in orders if new.key is not None}
        keys.claim((new.key, asked[id(new)]) for new in orders if new.key is not None)
        known = _Known(desk, orders, makes_products=makes_products, makes_levels=bool(reason))

        def check(new: NewOrder) -> _Checked:
            require(desk.actor, Right.PLACE_ORDER)
            if reason:
                # Goods that leave as they come change no balance; yet whole histories are taken over with them.
                require(desk.actor, Right.BULK)
            if new.hold:
                require(desk.actor, Right.HOLD)
            return _check(desk, clean_order(new), known, brings_goods=bool(reason))

        def open_order(checked: _Checked) -> Order:
            return _open(desk, checked, holds_by_company=desk.actor.is_of_company and not client_lifts_holds)

        def place(new: NewOrder) -> Order:
            if new.key is None:
                return open_order(check(new))
            first = keys.first_answer(new.key, asked[id(new)])
            if first is not None:
                return desk.orders[first].order if first in desk.orders else Order.objects.get(number=first)
            order = open_order(check(new))
            keys.answer(new.key, order.number)
            return order

        if not reason:
            outcomes = desk.each(orders, place)
        else:
            checked = desk.each(orders, check)
            _receive(desk, [order for order in checked if isinstance(order, _Checked)], reason=reason)
            outcomes = [order if isinstance(order, Refusal) else open_order(order) for order in checked]
        known.keep_counter()
        keys.settle()
        return outcomes

    return work


def place_order(order: NewOrder, *, client: Client, actor: Actor, at: datetime) -> Order:
    return result_of(place_orders([order], client=client, actor=actor, at=at))


def _fingerprint(new: NewOrder) -> str:
    """Everything that was asked, but the key and when it was sent."""
    asked = {name: value for name, value in asdict(new).items() if name not in {"key", "placed_at"}}
    return json.dumps(["order", asked], default=str, sort_keys=True)


def clean_order(new: NewOrder) -> NewOrder:
    """The order with clean text and whole quantities; whether its products and buildings exist is not asked.

    Refuses `nothing_selected`, `invalid_quantity`, `invalid_price`, `invalid_text`, `invalid_hold`.
    """
    if not new.lines:
        raise Refusal("nothing_selected", "An order needs at least one line.", order=new.number)
    return replace(
        new,
        number=_clean_number(new.number),
        customer_name=intake.text(new.customer_name, field="customer name", longest=200, required=True),
        customer_email=intake.text(new.customer_email, field="customer e-mail", longest=254),
        currency=_clean_currency(new.currency),
        method=intake.text(new.method, field="method", longest=60),
        address=checked_address(new.address),
        hold=hold_kind(new.hold).value if new.hold else "",
        note=intake.text(new.note, field="note", longest=1000, lines=True),
        lines=tuple(_clean_line(line) for line in new.lines),
    )


def _clean_number(given: str) -> str:
    """An order number stands in addresses of pages, so it has no slash and is more than dots."""
    number = intake.text(given, field="order number", longest=40)
    if "/" in number or "\\" in number or "\n" in number or (number and not number.strip(".")):
        raise Refusal(
            "invalid_text", f"{intake.shown(given)} cannot be an order number: no slashes.", field="order number"
        )
    return number


def _clean_currency(given: str) -> str:
    code = given.strip().upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Refusal("invalid_text", f"{intake.shown(given)} is no ISO 4217 currency code.", field="currency")
    return code


def _clean_line(new: NewLine) -> NewLine:
    sku = intake.text(new.sku, field="SKU", longest=60, required=True)
    price = _price(new.unit_price, sku)
    quantity = intake.quantity(new.quantity, sku=sku)
    return NewLine(sku, quantity, price, intake.text(new.description, field="description", longest=300), new.parcel)


def _price(given: Decimal | str, sku: str) -> Decimal:
    text = given.strip() or "0" if isinstance(given, str) else ""
    price = Decimal(text) if _TYPED_PRICE.fullmatch(text) else given
    if (
        isinstance(price, str)
        or not price.is_finite()
        or abs(price) >= Decimal(10) ** 10
        or price != price.quantize(Decimal("0.0001"))
    ):
        shown = intake.shown(given) if isinstance(given, str) else str(given)
        raise Refusal("invalid_price", f"{shown} is no price of {sku}; write it like 12.50.", sku=sku)
    return price


class _Known:
    """What a batch of orders refers to, locked where it moves: the counter of numbers, orders, stock levels."""

    def __init__(self, desk: Desk, orders: Sequence[NewOrder], *, makes_products: bool, makes_levels: bool) -> None:
        self._is_on_paper = not desk.ledger.locks
        self.counter = counter_on_paper(desk.client.pk) if self._is_on_paper else locked_counter(desk.client.pk)
        self._first_free = self.counter.next_order
        self._most = len(orders)
        self._looked_up_to = self._first_free
        self._taken: set[str] = set()
        self.promised: dict[Place, int] = {}
        """Units that orders of the batch take, which are checked before any of them is opened."""
        desk.open_orders(_clean_numbers(orders))
        self.products = known_products(line.sku for order in orders for line in order.lines)
        if makes_products:
            new = {line.sku: line for order in orders if order.number not in desk.orders for line in order.lines}
            names = {sku: line.description or sku for sku, line in new.items() if sku not in self.products}
            self.products |= made_products(names, client_id=desk.client.pk, on_paper=self._is_on_paper)
        self.warehouses = known_warehouses(order.warehouse for order in orders)
        places = [
            Place(product.pk, warehouse.pk)
            for product in self.products.values()
            for warehouse in self.warehouses.values()
        ]
        if makes_levels:
            desk.ledger.open(places)
        else:
            desk.lock_stock(places)

    def warehouse(self, code: str) -> Warehouse:
        if code not in self.warehouses:
            raise Refusal(
                "unknown_warehouse",
                f"There is no warehouse {intake.shown(code)}.",
                given=intake.shown(code),
                known=sorted(self.warehouses),
            )
        return self.warehouses[code]

    def product(self, sku: str) -> Product:
        if sku not in self.products:
            raise unknown_item(sku)
        return self.products[sku]

    def next_number(self, desk: Desk) -> str:
        """The client's next free number; numbers that came with orders from elsewhere are passed over."""
        while True:
            if self.counter.next_order == self._looked_up_to:
                self._look_further()
            number = str(self.counter.next_order)
            self.counter.next_order += 1
            if number not in desk.orders and number not in self._taken:
                return number

    def _look_further(self) -> None:
        """Finds, in one statement, which of the next numbers are taken: as many as the batch can need."""
        following = range(self._looked_up_to, self._looked_up_to + self._most)
        taken = Order.objects.filter(number__in=[str(number) for number in following])
        self._taken |= set(taken.values_list("number", flat=True))
        self._looked_up_to = following.stop

    def keep_counter(self) -> None:
        if self.counter.next_order != self._first_free and not self._is_on_paper:
            self.counter.save(update_fields=["next_order"])


def _clean_numbers(orders: Sequence[NewOrder]) -> list[str]:
    """The numbers of existing orders that a batch may meet, in the form in which they are stored."""
    numbers = []
    for number in (given for order in orders for given in (order.number, order.copied_from) if given):
        try:
            numbers.append(_clean_number(number))
        except Refusal:
            continue  # Refused, with its order, where it is checked.
    return numbers


@dataclass(frozen=True, slots=True)
class _Checked:
    """An order of which nothing is refused any more; it has its number and its place on the desk."""

    new: NewOrder
    facts: OrderFacts
    lines: list[OrderLine]
    warehouse: Warehouse
    original: OrderFacts | None

    @property
    def parcels(self) -> list[tuple[int, list[OrderLine]]]:
        parcels: dict[int, list[OrderLine]] = {}
        for line, new_line in zip(self.lines, self.new.lines, strict=True):
            parcels.setdefault(new_line.parcel, []).append(line)
        return sorted(parcels.items())

    @property
    def lines_that_left(self) -> list[OrderLine]:
        return [line for parcel, lines in self.parcels if self.new.has_left(parcel) for line in lines]


def _check(desk: Desk, new: NewOrder, known: _Known, *, brings_goods: bool) -> _Checked:
    """With `brings_goods`, what left comes with its goods, and what did not is promised the stock that is there."""
    if new.number in desk.orders:
        raise order_exists(new.number)
    warehouse = known.warehouse(new.warehouse)
    original = desk.order(_clean_number(new.copied_from)) if new.copied_from else None
    address = new.address
    if new.entered:
        _check_time(new, desk.at)
        address = entered_address(address, before=[original.order.address] if original else ())
    order = Order(
        client_id=desk.client.pk,
        number=new.number,
        status=OrderStatus.AWAITING,
        customer_name=new.customer_name,
        customer_email=new.customer_email,
        currency=new.currency,
        method=new.method,
        placed_at=new.placed_at,
        copied_from=original.order if original else None,
    ).set_address(address)
    lines = [
        _order_line(order, position, line, known.product(line.sku)) for position, line in enumerate(new.lines, start=1)
    ]
    for item in _summed(lines):
        intake.quantity(item.quantity, sku=item.sku)
    from_stock = _places(
        [
            line
            for line, asked in zip(lines, new.lines, strict=True)
            if not (brings_goods and new.has_left(asked.parcel))
        ],
        warehouse,
    )
    for item, place in from_stock:
        available = desk.ledger.balance(place).available - known.promised.get(place, 0)
        if item.quantity > available:
            raise not_enough_available(item.sku, asked=item.quantity, available=available, warehouse=warehouse.code)
    if brings_goods:
        for item, place in from_stock:
            known.promised[place] = known.promised.get(place, 0) + item.quantity
    if not order.number:
        order.number = known.next_number(desk)
    return _Checked(new, desk.add_order(order), lines, warehouse, original)


def _check_time(new: NewOrder, at: datetime) -> None:
    """A shop's clock may be ahead of ours, by less than anybody minds."""
    if new.placed_at > at + CLOCKS_DIFFER:
        raise Refusal(
            "invalid_time",
            f"The order cannot have been placed at {new.placed_at:%Y-%m-%d %H:%M} UTC: that is still to come.",
            given=new.placed_at.isoformat(),
            now=at.isoformat(),
        )


def why_held(new: NewOrder) -> str:
    """What an order's own hold is for: the first line of the note, before whatever else is said of the order."""
    return new.note.partition("\n")[0]


def order_exists(number: str) -> Refusal:
    return Refusal("order_exists", f"There is an order {number} already.", order=number)


def unknown_item(sku: str) -> Refusal:
    return Refusal("unknown_item", f"There is no product {intake.shown(sku)}.", sku=intake.shown(sku))


def _order_line(order: Order, position: int, new: NewLine, product: Product) -> OrderLine:
    return OrderLine(
        client_id=order.client_id,
        order=order,
        position=position,
        product_id=product.pk,
        sku=product.sku,
        description=new.description or product.name,
        quantity=new.quantity,
        unit_price=Decimal(new.unit_price),
    )


def _places(lines: Sequence[OrderLine], warehouse: Warehouse) -> list[tuple[Item, Place]]:
    """What the lines need of each product, and where it lies."""
    product_of = {line.sku: line.product_id for line in lines}
    return [(item, Place(product_of[item.sku], warehouse.pk)) for item in _summed(lines)]


def _summed(lines: Sequence[OrderLine]) -> list[Item]:
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
    return [Item(sku, quantity) for sku, quantity in quantities.items()]


def _receive(desk: Desk, orders: Sequence[_Checked], *, reason: str) -> None:
    """Puts the units on hand that left with these orders: one entry per level, however many orders there are."""
    units: dict[Place, int] = {}
    for order in orders:
        for item, place in _places(order.lines_that_left, order.warehouse):
            units[place] = units.get(place, 0) + item.quantity
    for place, quantity in units.items():
        desk.ledger.record(EntryKind.RECEIVED, place, quantity, reason=reason)


def _open(desk: Desk, checked: _Checked, *, holds_by_company: bool) -> Order:
    """Writes an order's lines and history, and opens its parcels."""
    order, parcels = checked.facts.order, checked.parcels
    if checked.new.departed_at is not None:
        desk.history.keep_from_others(order)
    for line in checked.lines:
        desk.add(line)
    text = text_of(order.customer_name, order.customer_email)
    desk.add(CustomerText(client_id=order.client_id, order=order, text=text))
    desk.change(order, shipments_made=len(parcels))
    numbers = [f"{order.number}-{count}" for count in range(1, len(parcels) + 1)]
    items = items_as_facts(_summed(checked.lines))
    copied_from = checked.original.order.number if checked.original else ""
    several: dict[str, Any] = {}
    if len(parcels) > 1:
        several["parcels"] = [
            {"shipment": number, "items": items_as_facts(_summed(lines))}
            for number, (_, lines) in zip(numbers, parcels, strict=True)
        ]
    desk.history.record(
        EventType.ORDER_PLACED,
        order,
        at=order.placed_at,
        items=items,
        shipments=", ".join(numbers),
        copied_from=copied_from,
        note=checked.new.note,
        **several,
    )
    if checked.original is not None:
        desk.touch(checked.original)
        desk.history.record(EventType.ORDER_COPIED, checked.original.order, copy=order.number, items=items)
    for number, (parcel, lines) in zip(numbers, parcels, strict=True):
        departed_at = checked.new.departed_at if checked.new.has_left(parcel) else None
        _open_parcel(
            desk,
            checked.facts,
            number,
            lines,
            warehouse=checked.warehouse,
            opened_at=checked.new.placed_at,
            departed_at=departed_at,
        )
    if checked.new.hold:
        _hold(desk, checked, by_company=holds_by_company)
    return order


def _hold(desk: Desk, checked: _Checked, *, by_company: bool) -> None:
    """Holds the whole order from its beginning on, so that the warehouse never sees it unheld."""
    kind, note = HoldKind(checked.new.hold), checked.new.note
    desk.hold(checked.facts, None, kind=kind, note=note, by_company=by_company)
    desk.history.record(EventType.HOLD_ADDED, checked.facts.order, kind=kind, note=note)


def _open_parcel(
    desk: Desk,
    facts: OrderFacts,
    number: str,
    lines: Sequence[OrderLine],
    *,
    warehouse: Warehouse,
    opened_at: datetime,
    departed_at: datetime | None,
) -> None:
    shipment = Shipment(
        client_id=desk.client.pk,
        order=facts.order,
        number=number,
        warehouse_id=warehouse.pk,
        method=facts.order.method,
        opened_at=opened_at,
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
    if departed_at is not None:
        desk.change(shipment, picking_at=departed_at, packed_at=departed_at, picked_by=desk.actor.name)
        record_departure(desk, facts, opened, how=Departure.HAND, departed_at=departed_at)
