"""Orders by the hundred for people to get in each other's way: one order and one or two SKUs of its own for every try.

They are made with the many form of each verb, and tries in one database cannot disturb each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from django.db.models import F
from django_scopes import scope

from reship.errors import Refusal
from reship.fulfilment.edit_shipment import EditRequest, edit_shipments
from reship.fulfilment.hold import HoldRequest, place_holds
from reship.fulfilment.outcome import mark_returned
from reship.fulfilment.pack import PackRequest, pack_shipments
from reship.fulfilment.pick import pick_shipments
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.reship import reship_orders
from reship.fulfilment.stock import Delivery, NewProduct, add_products, receive_stock
from reship.orders.models import HoldKind, Shipment, ShipmentStatus
from tests.world import NINE, World, new_order, reship_items, reship_request

T = TypeVar("T")
Prepare = Callable[[World, Sequence[str]], None]


def tea(number: str) -> str:
    return f"TEA-{number}"


def cup(number: str) -> str:
    return f"CUP-{number}"


def an_order(status: ShipmentStatus, *, on_hand: int = 10) -> Prepare:
    """For each try one order of 2 units of a SKU of which `on_hand` were received."""

    def prepare(world: World, numbers: Sequence[str]) -> None:
        make_products(world, [tea(number) for number in numbers])
        receive_each(world, [tea(number) for number in numbers], on_hand)
        place_each(world, {number: [tea(number)] for number in numbers}, status=status)

    return prepare


def an_order_beside_cups(world: World, numbers: Sequence[str]) -> None:
    """The same, and a cup on the shelf that is in no order."""
    an_order(ShipmentStatus.OPEN)(world, numbers)
    make_products(world, [cup(number) for number in numbers])
    receive_each(world, [cup(number) for number in numbers], 1)


def a_held_order(world: World, numbers: Sequence[str]) -> None:
    """The same, on the client's hold."""
    an_order(ShipmentStatus.OPEN)(world, numbers)
    holds = [HoldRequest(number, HoldKind.CLIENT) for number in numbers]
    _done(place_holds(holds, client=world.acme, actor=world.dana, at=world.later()))


def a_reshipped_order(status: ShipmentStatus, *, on_hand: int = 10, add_back: bool = False) -> Prepare:
    """The same, sent again once, whole."""

    def prepare(world: World, numbers: Sequence[str]) -> None:
        an_order(status, on_hand=on_hand)(world, numbers)
        reship_each(world, numbers, add_back=add_back)

    return prepare


def an_order_that_is_tracked(world: World, numbers: Sequence[str]) -> None:
    """The same, under way by a tracking number, which is the parcel's own."""
    a_reshipped_order(ShipmentStatus.DEPARTED)(world, numbers)
    with scope(client=world.acme.pk):
        Shipment.objects.filter(number__in=[f"{number}-1" for number in numbers]).update(tracking_number=F("number"))


def a_waiting_order(world: World, numbers: Sequence[str]) -> None:
    """For each try an order whose 2 units are sent again and waited for, and 3 units that a parcel of another holds."""
    make_products(world, [tea(number) for number in numbers])
    receive_each(world, [tea(number) for number in numbers], 2)
    place_each(world, {number: [tea(number)] for number in numbers}, status=ShipmentStatus.DEPARTED)
    receive_each(world, [tea(number) for number in numbers], 3)
    place_each(world, {f"{number}-N": [tea(number)] for number in numbers}, status=ShipmentStatus.OPEN, quantity=3)
    requests = [replace(reship_request(number), wait_for_stock=True) for number in numbers]
    _done(reship_orders(requests, client=world.acme, actor=world.otto, at=world.later()))


def two_orders(world: World, numbers: Sequence[str]) -> None:
    """For each try, orders `…-A` and `…-B` of the same two SKUs, named in opposite order; one unit of each is left.

    The level of the product with the higher id was opened first: products and levels are not in the same order.
    """
    make_products(world, [name for number in numbers for name in (cup(number), tea(number))])
    receive_each(world, [tea(number) for number in numbers], 5)
    receive_each(world, [cup(number) for number in numbers], 5)
    place_each(world, {f"{number}-A": [tea(number), cup(number)] for number in numbers}, status=ShipmentStatus.DEPARTED)
    place_each(world, {f"{number}-B": [cup(number), tea(number)] for number in numbers}, status=ShipmentStatus.DEPARTED)


def a_smaller_reshipment(world: World, numbers: Sequence[str]) -> None:
    """For each try an order whose 2 units were added back and sent again, of which 1 was then left out: it is free."""
    make_products(world, [tea(number) for number in numbers])
    receive_each(world, [tea(number) for number in numbers], 2)
    place_each(world, {number: [tea(number)] for number in numbers}, status=ShipmentStatus.PACKED)
    reship_each(world, numbers, add_back=True)
    edits = [EditRequest(f"{number}-R1", items=reship_items({tea(number): 1})) for number in numbers]
    edit_shipments(edits, client=world.acme, actor=world.otto, at=NINE)


def new_products(world: World, numbers: Sequence[str]) -> None:
    """For each try two products that never lay anywhere."""
    make_products(world, [name for number in numbers for name in (cup(number), tea(number))])


def make_products(world: World, skus: Sequence[str]) -> None:
    products = [NewProduct(sku, sku) for sku in skus]
    _done(add_products(products, client=world.acme, actor=world.otto, at=world.later()))


def receive_each(world: World, skus: Sequence[str], quantity: int) -> None:
    """Puts `quantity` units of each on hand."""
    deliveries = [Delivery(sku, "MAIN", quantity) for sku in skus]
    _done(receive_stock(deliveries, client=world.acme, actor=world.pim, at=world.later()))


def place_each(world: World, orders: Mapping[str, Sequence[str]], *, status: ShipmentStatus, quantity: int = 2) -> None:
    """Places orders of `quantity` units of each of these SKUs; their one parcel gets as far as `status`."""
    has_left = status in {ShipmentStatus.DEPARTED, ShipmentStatus.RETURNED}
    new = [
        new_order(number, dict.fromkeys(skus, quantity), departed_at=NINE if has_left else None)
        for number, skus in orders.items()
    ]
    _done(place_orders(new, client=world.acme, actor=world.otto, at=world.later()))
    parcels = [f"{number}-1" for number in orders]
    if status in {ShipmentStatus.PICKING, ShipmentStatus.PACKED}:
        _done(pick_shipments(parcels, client=world.acme, actor=world.pim, at=world.later()))
    if status == ShipmentStatus.PACKED:
        labels = [PackRequest(parcel, tracking_number=parcel, by_hand=True) for parcel in parcels]
        _done(pack_shipments(labels, client=world.acme, actor=world.otto, at=world.later()))
    if status == ShipmentStatus.RETURNED:
        _done(mark_returned(parcels, client=world.acme, actor=world.pim, at=world.later()))


def reship_each(world: World, numbers: Sequence[str], *, add_back: bool = False) -> None:
    """Sends each of these orders again once, whole, as `…-R1`."""
    requests = [reship_request(number, add_back=add_back) for number in numbers]
    _done(reship_orders(requests, client=world.acme, actor=world.otto, at=world.later()))


def word_for(outcome: object) -> str:
    """How a deed ended, in a word: `done`, `replayed`, the code of a refusal, or what reached the user instead."""
    if isinstance(outcome, Refusal):
        return outcome.code
    if isinstance(outcome, Exception):
        return f"{type(outcome).__name__}: {outcome}".splitlines()[0]
    if isinstance(outcome, list):
        return ", ".join(word_for(one) for one in outcome)
    return "replayed" if getattr(outcome, "replayed", False) else "done"


def _done(outcomes: Sequence[T | Refusal]) -> None:
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert refused == [], f"the scene could not be set: {refused[0]}"
