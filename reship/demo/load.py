"""Fills an empty installation with sixty days of a gift shop's orders, deed by deed, through the verbs.

The orders are an excerpt of a real merchant's (see online-retail-excerpt.csv); dates are moved up to today, and
customers and addresses are invented. Everything that a merchant meets is there: parcels lost, damaged, returned, packed
but still on the dock, held, superseded, re-shipped once and twice.
"""

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from importlib.resources import files
from itertools import groupby
from typing import TypedDict, TypeVar

from django.db import transaction
from django.db.models import F
from django_scopes import scope

from reship.carriers.sandbox import Sandbox
from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.demo.people import customer, hire
from reship.errors import Refusal
from reship.fulfilment.ask import ask_question
from reship.fulfilment.cancel import cancel_shipment
from reship.fulfilment.claim import ClaimRequest, claim_batch
from reship.fulfilment.depart import depart_shipments
from reship.fulfilment.hold import HoldRequest, place_hold
from reship.fulfilment.outcome import mark_delivered, mark_lost, mark_returned
from reship.fulfilment.pack import PackRequest, pack_shipments
from reship.fulfilment.pick import pick_shipments
from reship.fulfilment.place_order import NewLine, NewOrder, place_orders
from reship.fulfilment.reship import reship_order
from reship.fulfilment.reship_plan import AddBack, ReshipItem, ReshipRequest
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.fulfilment.stock import Adjustment, Delivery, NewProduct, add_products, adjust_stock, receive_stock
from reship.inventory.models import StockLevel
from reship.orders.models import Departure, Reshipment, ShipmentLine, ShipmentStatus

T = TypeVar("T")

GIFTS, HOBBY, WAREHOUSE, EAST = "GIFTS", "HOBBY", "MAIN", "EAST"
DAYS = 60
_SHIP_IN_BATCHES_UNTIL = 3
"""Orders of the last days are still in the building, each in a state of its own."""
_NOTES = {
    "lost": "The carrier has not seen it for ten days.",
    "damaged": "The customer sent a photo of the broken pieces.",
    "wrong_item": "The customer got somebody else's parcel.",
    "missing_item": "One item was not in the box.",
}
_HOLDS = (
    ("ADDRESS", "agent", "The customer asked for another address."),
    ("PAYMENT", "manager", "The payment is under review."),
    ("OPERATOR", "operator", "Waiting for gift wrap."),
    ("FRAUD", "operator", "Three orders to one address in an hour."),
    ("CLIENT", "agent", "The customer wants to add something."),
)


@dataclass(frozen=True)
class _Sold:
    """An order of the excerpt."""

    number: str
    lines: tuple[NewLine, ...]


def is_loaded() -> bool:
    """Whether there is anything at all; the demo never mixes with somebody's own data."""
    return Client.objects.exists()


def load_demo(at: datetime, *, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
    """Makes the demo as it would have come about by `at`, all of it or nothing.

    `progress` is told how many of the days are done.
    """
    with transaction.atomic():
        _load(at, progress)


def _load(at: datetime, progress: Callable[[int, int], None]) -> None:
    gifts = Client.objects.create(
        code=GIFTS,
        name="Northgate Gifts (demo)",
        timezone="Europe/London",
        currency="GBP",
        reship_fee=Decimal("1.50"),
    )
    hobby = Client.objects.create(code=HOBBY, name="Hobby Horse (demo)", timezone="Europe/Berlin")
    Warehouse.objects.create(code=WAREHOUSE, name="Main warehouse")
    Warehouse.objects.create(code=EAST, name="East warehouse")
    people = {name: Actor.of(user) for name, user in hire(gifts, hobby).items()}
    shop = _Shop(gifts, people, at)
    orders = _excerpt()
    shop.stock(orders)
    per_day = _spread(orders)
    for day in range(DAYS, -1, -1):
        shop.work_through(day, per_day.get(day, []))
        progress(DAYS - day + 1, DAYS + 1)
    shop.tell_stories()
    _open_second_client(hobby, people, at)


def _excerpt() -> list[_Sold]:
    text = files("reship.demo").joinpath("online-retail-excerpt.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), strict=True)
    return [
        _Sold(
            number,
            tuple(
                NewLine(row["StockCode"], int(row["Quantity"]), Decimal(row["UnitPrice"]), row["Description"].title())
                for row in lines
            ),
        )
        for number, lines in groupby(rows, key=lambda row: row["InvoiceNo"])
    ]


def _spread(orders: Sequence[_Sold]) -> dict[int, list[_Sold]]:
    """The orders over the days before today, oldest first, evenly."""
    per_day: dict[int, list[_Sold]] = {}
    for index, order in enumerate(orders):
        per_day.setdefault(DAYS - index * (DAYS + 1) // len(orders), []).append(order)
    return per_day


class _By(TypedDict):
    """Whose deed it is, for whom, and when."""

    client: Client
    actor: Actor
    at: datetime


class _Shop:
    """The gift shop and the warehouse behind it, day by day."""

    def __init__(self, client: Client, people: dict[str, Actor], at: datetime) -> None:
        self._client = client
        self._people = people
        self._end = at
        self._placed: list[str] = []
        self._sent_on: dict[int, list[str]] = {}

    def stock(self, orders: Sequence[_Sold]) -> None:
        """Receives what will be sold, and some more."""
        sold: Counter[str] = Counter()
        names: dict[str, str] = {}
        for order in orders:
            for line in order.lines:
                sold[line.sku] += int(line.quantity)
                names.setdefault(line.sku, line.description)
        at = self._when(DAYS + 2, 8)
        _all(add_products([NewProduct(sku, name) for sku, name in names.items()], **self._by("operator", at)))
        deliveries = [
            Delivery(sku, WAREHOUSE, 2 * quantity + 12 + index % 5 * 6, "Opening stock")
            for index, (sku, quantity) in enumerate(sorted(sold.items()))
        ]
        _all(receive_stock(deliveries, **self._by("packer", at)))
        prices = {line.sku: Decimal(line.unit_price) for order in orders for line in order.lines}
        with scope(client=self._client.pk):
            _prepare_shelves(prices)

    def work_through(self, day: int, orders: Sequence[_Sold]) -> None:
        """One day: what was placed, what the warehouse sent, and what became of earlier parcels."""
        new = [self._new_order(order, self._time_of(day, index, len(orders))) for index, order in enumerate(orders)]
        if new:
            _all(place_orders(new, **self._by("agent", new[-1].placed_at)))
        self._close(day + 4)
        if day > _SHIP_IN_BATCHES_UNTIL:
            parcels = [f"{order.number}-{count}" for order in new for count in sorted({n.parcel for n in order.lines})]
            self._sent_on[day] = parcels
            self._send(day, parcels)

    def _time_of(self, day: int, index: int, of: int) -> datetime:
        at = self._when(day, 8) + timedelta(minutes=41 * index + 7)
        return at if at < self._end else self._end - timedelta(minutes=2 * (of - index) + 90)

    def _new_order(self, order: _Sold, placed_at: datetime) -> NewOrder:
        count = len(self._placed)
        self._placed.append(order.number)
        name, email, address = customer(count)
        lines = order.lines
        if count % 23 == 11 and len(lines) > 1:
            lines = tuple(
                replace(line, parcel=1 if 2 * position < len(lines) else 2) for position, line in enumerate(lines)
            )
        return NewOrder(
            lines=lines,
            customer_name=name,
            customer_email=email,
            placed_at=placed_at,
            warehouse=WAREHOUSE,
            number=order.number,
            currency="GBP",
            method="Tracked 48" if count % 3 else "Tracked 24",
            address=address,
        )

    def _send(self, day: int, numbers: Sequence[str]) -> None:
        if not numbers:
            return
        _all(pick_shipments(numbers, **self._by("packer", self._when(day, 19))))
        _all(pack_shipments([_label(number) for number in numbers], **self._by("operator", self._when(day, 20))))
        _all(depart_shipments(numbers, how=Departure.MANIFEST, **self._by("packer", self._when(day, 21))))

    def _close(self, day: int) -> None:
        """Four days after it left, a parcel has arrived, or is lost, or came back."""
        numbers = self._sent_on.get(day, [])
        by = self._by("operator", self._when(day - 4, 14))
        if by["at"] > self._end:
            return
        outcome: dict[str, list[str]] = {"delivered": [], "lost": [], "returned": []}
        for number in numbers:
            fate = int(number.split("-")[0]) % 17
            outcome["lost" if fate == 3 else "returned" if fate == 8 else "delivered"].append(number)
        _all(mark_delivered(outcome["delivered"], **by))
        _all(mark_lost(outcome["lost"], **by))
        _all(mark_returned(outcome["returned"], **by))
        self._sent_on[day] = []
        for number in outcome["lost"][:1]:
            self._reship(number, reason="lost", at=by["at"] + timedelta(hours=1), send=day % 2 == 0)
        for number in outcome["returned"][:1]:
            if day % 2:
                at = by["at"] + timedelta(hours=2)
                restock_shipment(RestockRequest(number), **self._by("packer", at))

    def _reship(self, number: str, *, reason: str, at: datetime, send: bool = False, hold: bool = False) -> None:
        """Re-ships what is left of a parcel, if the stock is there; a refusal is part of a shop's life."""
        order = number.rsplit("-", 1)[0]
        request = ReshipRequest(order, source=number, reason=reason, hold=hold, note=_NOTES[reason])
        try:
            made = reship_order(request, **self._by("agent", at))
        except Refusal:
            return
        if send:
            self._ship_at_once(made.shipment, at + timedelta(hours=1))

    def _ship_at_once(self, number: str, at: datetime) -> None:
        _all(pick_shipments([number], **self._by("packer", at)))
        _all(pack_shipments([_label(number)], **self._by("operator", at + timedelta(minutes=20))))
        by = self._by("packer", at + timedelta(hours=1))
        _all(depart_shipments([number], how=Departure.MANIFEST, **by))

    def tell_stories(self) -> None:
        """The orders of the last days, each in a state of its own, so that everything can be tried at once."""
        recent = iter(self._placed[:-16:-1])
        minutes = iter(range(90, 0, -2))

        def by(name: str) -> _By:
            return self._by(name, self._end - timedelta(minutes=next(minutes)))

        def order() -> str:
            return next(recent)

        for kind, who, note in _HOLDS:
            place_hold(HoldRequest(order(), kind, note=note), **by(who))
        picking = [f"{order()}-1" for _ in range(2)]
        claim_batch(ClaimRequest(WAREHOUSE, shipments=tuple(picking)), **by("packer"))
        ask_question(picking[0], "Could you put a gift card into it?", **by("agent"))
        dock = [f"{order()}-1" for _ in range(3)]
        _all(pick_shipments(dock, **by("packer")))
        _all(pack_shipments([_label(number) for number in dock], **by("operator")))
        superseded = dock[-1].rsplit("-", 1)[0]
        wrong_address = ReshipRequest(
            superseded,
            source=dock[-1],
            reason="replacement",
            note="The customer moved.",
            add_back=AddBack.YES,
            hold=True,
        )
        reship_order(wrong_address, **by("manager"))
        cancel_shipment(f"{order()}-1", **by("manager"))
        self._reshipped_twice(self._placed[40], by)
        for index, reason in ((60, "damaged"), (75, "wrong_item"), (90, "missing_item")):
            number = self._placed[index]
            self._reship(
                f"{number}-1", reason=reason, at=self._end - timedelta(hours=9 - index // 30), hold=index == 90
            )
        self._comes_late(by)
        self._find_shelves_empty(**by("operator"))
        self._waits(by)

    def _comes_late(self, by: Callable[[str], _By]) -> None:
        """A parcel that was believed lost arrives, while its replacement is still here: somebody is asked."""
        with scope(client=self._client.pk):
            here = Reshipment.objects.filter(
                shipment__status=ShipmentStatus.OPEN,
                source__status=ShipmentStatus.LOST,
                made_at__lt=self._end - timedelta(days=1),
            )
            number = here.order_by("-made_at", "-pk").values_list("source__number", flat=True)[0]
        _all(mark_delivered([number], **by("operator")))

    def _waits(self, by: Callable[[str], _By]) -> None:
        """One that waits for goods of which there is something in the other building."""
        with scope(client=self._client.pk):
            short = ShipmentLine.objects.filter(
                shipment__status=ShipmentStatus.DELIVERED,
                product_id__in=StockLevel.objects.filter(on_hand=F("allocated") + 1).values("product_id"),
                quantity__gt=1,
            )
            line = short.select_related("shipment__order").order_by("-shipment__opened_at", "pk").first()
        if line is None:
            return
        item = ReshipItem(line.sku, line.quantity)
        _all(receive_stock([Delivery(line.sku, EAST, 24, "Moved from the old shed")], **by("packer")))
        order = line.shipment.order.number
        request = ReshipRequest(
            order, source=line.shipment.number, items=(item,), reason="damaged", fault="carrier", wait_for_stock=True
        )
        reship_order(request, **by("agent"))

    def _reshipped_twice(self, number: str, by: Callable[[str], _By]) -> None:
        """A reshipment is a shipment, so it can itself be re-shipped."""
        self._reship(f"{number}-1", reason="lost", at=self._end - timedelta(days=6), send=True)
        _all(mark_lost([f"{number}-R1"], **by("operator")))
        self._reship(f"{number}-R1", reason="lost", at=self._end - timedelta(minutes=31))

    def _find_shelves_empty(self, *, client: Client, actor: Actor, at: datetime) -> None:
        """A count finds that some goods are almost gone, so that a reship of them can be refused."""
        with scope(client=client.pk):
            levels = list(StockLevel.objects.select_related("product").order_by("product__sku"))[5::12]
        counted = [
            Adjustment(level.product.sku, WAREHOUSE, 1 - level.available, "Yearly count: broken or missing")
            for level in levels
            if level.available > 1
        ]
        _all(adjust_stock(counted, client=client, actor=actor, at=at))

    def _when(self, days_ago: int, hour: int) -> datetime:
        return datetime.combine(self._end.date() - timedelta(days=days_ago), time(hour), tzinfo=self._end.tzinfo)

    def _by(self, name: str, at: datetime) -> _By:
        return {"client": self._client, "actor": self._people[name], "at": min(at, self._end)}


def _prepare_shelves(prices: Mapping[str, Decimal]) -> None:
    """Barcodes of the range that shops keep for themselves, bins, and what a unit costs: a good half of its price."""
    products = list(Product.objects.order_by("sku"))
    for count, product in enumerate(products):
        product.barcode = _in_store_barcode(count)
        product.unit_cost = (prices[product.sku] * Decimal("0.55")).quantize(Decimal("0.01"))
    Product.objects.bulk_update(products, ["barcode", "unit_cost"], batch_size=100)
    levels = list(StockLevel.objects.order_by("product__sku"))
    for count, level in enumerate(levels):
        level.bin = f"{'ABCDEF'[count // 60 % 6]}-{count // 10 % 6 + 1:02d}-{count % 10 + 1}"
    StockLevel.objects.bulk_update(levels, ["bin"], batch_size=100)


def _in_store_barcode(count: int) -> str:
    """An EAN-13 with the prefix 20, which GS1 gives to nobody."""
    digits = f"20{4711 + count:010d}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd + 3 * even) % 10}"


def _open_second_client(client: Client, people: dict[str, Actor], at: datetime) -> None:
    """A small shop of somebody else's, whose people see none of the other's rows."""
    start = at - timedelta(days=3)
    by = _By(client=client, actor=people["operator"], at=start)
    products = [NewProduct("KIT-GLIDER", "Balsa Glider Kit"), NewProduct("PAINT-SET", "Paint Set, 12 Colours")]
    _all(add_products(products, **by))
    _all(receive_stock([Delivery(product.sku, WAREHOUSE, 25, "Opening stock") for product in products], **by))
    orders = []
    for index in range(8):
        name, email, address = customer(300 + index)
        orders.append(
            NewOrder(
                lines=(NewLine(products[index % 2].sku, 1 + index % 2, Decimal("19.90")),),
                customer_name=name,
                customer_email=email,
                placed_at=start + timedelta(hours=7 * index),
                warehouse=WAREHOUSE,
                currency="EUR",
                method="Parcel",
                address=address,
            )
        )
    _all(place_orders(orders, client=client, actor=people["hobby"], at=orders[-1].placed_at))


def _label(number: str) -> PackRequest:
    """Nobody scanned anything in the demo's past."""
    return PackRequest(number, Sandbox.name, f"SB{number.replace('-', '')}", by_hand=True)


def _all(outcomes: Sequence[T | Refusal]) -> Sequence[T | Refusal]:
    """In the demo every deed of a batch succeeds."""
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            raise outcome
    return outcomes
