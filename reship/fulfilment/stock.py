"""Stock verbs: goods arrive, are counted, are written off; products and buildings become known."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal, result_of
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.items import known_products, known_warehouses, unknown_warehouse
from reship.fulfilment.wait import serve_waiting, shipments_waiting_for
from reship.inventory.ledger import Place
from reship.inventory.models import MOST_UNITS, EntryKind
from reship.orders.history import Item
from reship.orders.models import IN_THE_BUILDING, ShipmentLine


@dataclass(frozen=True, slots=True)
class Delivery:
    """Units of a product that arrived in a warehouse."""

    sku: str
    warehouse: str
    quantity: int | str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A count or a write-off: `change` units more or fewer lie in a warehouse than the books say, and why."""

    sku: str
    warehouse: str
    change: int
    reason: str


@dataclass(frozen=True, slots=True)
class NewProduct:
    sku: str
    name: str


@dataclass(frozen=True, slots=True)
class StockMoved:
    """A level after a delivery or an adjustment, in units."""

    sku: str
    warehouse: str
    on_hand: int
    available: int
    served: tuple[str, ...] = ()
    """The shipments that waited for units of it and got some, when goods arrived."""


def receive_stock(
    deliveries: Sequence[Delivery], *, client: Client, actor: Actor, at: datetime
) -> list[StockMoved | Refusal]:
    """Puts goods that arrived on hand, and allocates them to the shipments that wait for them, oldest first.

    Refuses `not_allowed`, `unknown_item`, `unknown_warehouse`, `invalid_quantity`, `invalid_text`, `too_many_units`.
    """

    def work(desk: Desk) -> list[StockMoved | Refusal]:
        places = [(delivery.sku, delivery.warehouse) for delivery in deliveries]
        shelves = _Shelves(desk, places, serves_waiting=True)

        def answer(delivery: Delivery) -> StockMoved:
            require(actor, Right.WAREHOUSE_WORK)
            product, warehouse = shelves.find(delivery.sku, delivery.warehouse)
            quantity = intake.quantity(delivery.quantity, sku=product.sku)
            reason = intake.text(delivery.reason, field="reason", longest=300)
            return shelves.move(EntryKind.RECEIVED, product, warehouse, quantity, reason)

        outcomes = desk.each(deliveries, answer)
        served = serve_waiting(desk, shelves.places)
        return [outcome if isinstance(outcome, Refusal) else shelves.told(outcome, served) for outcome in outcomes]

    return at_desk(work, client=client, actor=actor, at=at)


def adjust_stock(
    adjustments: Sequence[Adjustment], *, client: Client, actor: Actor, at: datetime
) -> list[StockMoved | Refusal]:
    """Corrects what lies in a warehouse.

    Refuses `not_allowed`, `unknown_item`, `unknown_warehouse`, `invalid_quantity`, `invalid_text`, `reason_required`,
    `too_many_units`, and `units_promised` below what is allocated, naming the shipments that hold the units.
    """

    def work(desk: Desk) -> list[StockMoved | Refusal]:
        places = [(adjustment.sku, adjustment.warehouse) for adjustment in adjustments]
        shelves = _Shelves(desk, places)

        def answer(adjustment: Adjustment) -> StockMoved:
            require(actor, Right.ADJUST_STOCK)
            product, warehouse = shelves.find(adjustment.sku, adjustment.warehouse)
            intake.quantity(abs(adjustment.change), sku=product.sku)
            reason = intake.text(adjustment.reason, field="reason", longest=300)
            if not reason:
                raise Refusal("reason_required", "Say why the count is corrected: a reason is required.")
            balance = desk.ledger.balance(Place(product.pk, warehouse.pk))
            if balance.on_hand + adjustment.change < balance.allocated:
                raise _units_promised(product, warehouse, adjustment.change, balance.on_hand, balance.allocated)
            return shelves.move(EntryKind.ADJUSTED, product, warehouse, adjustment.change, reason)

        return desk.each(adjustments, answer)

    return at_desk(work, client=client, actor=actor, at=at)


def add_products(
    products: Sequence[NewProduct], *, client: Client, actor: Actor, at: datetime
) -> list[Product | Refusal]:
    """Makes products known. One that is there already stays as it is. Refuses `not_allowed`, `invalid_text`."""

    def work(desk: Desk) -> list[Product | Refusal]:
        known = known_products(product.sku for product in products)
        fresh: dict[str, Product] = {}

        def answer(new: NewProduct) -> Product:
            require(actor, Right.PLACE_ORDER)
            sku = intake.text(new.sku, field="SKU", longest=60, required=True)
            name = intake.text(new.name, field="product name", longest=300)
            return known.get(sku) or fresh.setdefault(sku, Product(client_id=client.pk, sku=sku, name=name))

        outcomes = desk.each(products, answer)
        _insert(fresh)
        return outcomes

    return at_desk(work, client=client, actor=actor, at=at)


def made_products(names: Mapping[str, str], *, client_id: int, on_paper: bool) -> dict[str, Product]:
    """Makes products that are not there, given by SKU with their names, inside a transaction that needs them at once.

    `on_paper` is for a rehearsal: nothing is written, and their ids, below zero, are no row's.
    """
    fresh = {sku: Product(client_id=client_id, sku=sku, name=name) for sku, name in names.items()}
    if on_paper:
        for number, product in enumerate(fresh.values(), start=1):
            product.pk = -number
    else:
        _insert(fresh)
    return fresh


def _insert(fresh: Mapping[str, Product]) -> None:
    """An upsert, because somebody else may be making the same one; of the missing ones only, because it locks."""
    Product.objects.bulk_create(
        [fresh[sku] for sku in sorted(fresh)],
        update_conflicts=True,
        unique_fields=["client", "sku"],
        update_fields=["sku"],
    )


def add_product(product: NewProduct, *, client: Client, actor: Actor, at: datetime) -> Product:
    return result_of(add_products([product], client=client, actor=actor, at=at))


class _Shelves:
    """The products and warehouses that a batch names, with their levels locked."""

    def __init__(self, desk: Desk, places: Sequence[tuple[str, str]], *, serves_waiting: bool = False) -> None:
        self._desk = desk
        self._products = known_products(sku for sku, _ in places)
        self._warehouses = known_warehouses(code for _, code in places)
        if serves_waiting:
            waiting = shipments_waiting_for(
                {product.pk for product in self._products.values()}, client_id=desk.client.pk
            )
            if waiting:
                desk.open_orders_of(waiting)
        known = []
        for sku, code in places:
            with contextlib.suppress(Refusal):  # Refused, with its request, where each is checked.
                product, warehouse = self.find(sku, code)
                known.append(Place(product.pk, warehouse.pk))
        self.places = set(known)
        if known:
            desk.ledger.open(known)

    def find(self, sku: str, code: str) -> tuple[Product, Warehouse]:
        product = self._products.get(intake.text(sku, field="SKU", longest=60))
        if product is None:
            raise Refusal("unknown_item", f"There is no product {intake.shown(sku)}.", sku=intake.shown(sku))
        if code not in self._warehouses:
            raise unknown_warehouse(code)
        return product, self._warehouses[code]

    def move(self, kind: EntryKind, product: Product, warehouse: Warehouse, quantity: int, reason: str) -> StockMoved:
        place = Place(product.pk, warehouse.pk)
        if self._desk.ledger.balance(place).on_hand + quantity > MOST_UNITS:
            raise Refusal(
                "too_many_units",
                f"{warehouse.code} cannot hold more than {MOST_UNITS} × {product.sku}.",
                sku=product.sku,
                largest=MOST_UNITS,
            )
        self._desk.ledger.record(kind, place, quantity, reason=reason)
        balance = self._desk.ledger.balance(place)
        return StockMoved(product.sku, warehouse.code, balance.on_hand, balance.available)

    def told(self, moved: StockMoved, served: dict[str, list[Item]]) -> StockMoved:
        """The same with what is left once those that waited were served, who are named."""
        if not served:
            return moved
        product, warehouse = self.find(moved.sku, moved.warehouse)
        balance = self._desk.ledger.balance(Place(product.pk, warehouse.pk))
        names = tuple(number for number, items in served.items() if any(item.sku == moved.sku for item in items))
        return replace(moved, available=balance.available, served=names)


def _units_promised(product: Product, warehouse: Warehouse, change: int, on_hand: int, allocated: int) -> Refusal:
    """Names the shipments, oldest first, whose units would be missing."""
    holding = (
        ShipmentLine.objects.filter(
            product=product,
            shipment__warehouse=warehouse,
            shipment__status__in=sorted(IN_THE_BUILDING),
            quantity__gt=0,
        )
        .order_by("shipment__opened_at", "pk")
        .values_list(F("shipment__number"), flat=True)[:20]
    )
    return Refusal(
        "units_promised",
        f"{allocated} of the {on_hand} × {product.sku} in {warehouse.code} are promised to shipments; "
        f"a change of {change:+d} would leave fewer.",
        sku=product.sku,
        warehouse=warehouse.code,
        on_hand=on_hand,
        allocated=allocated,
        change=change,
        shipments=list(holding),
    )
