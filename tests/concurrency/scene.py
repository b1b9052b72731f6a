"""Orders by the hundred for people to get in each other's way: one order and one or two SKUs of its own for every try.

They are made with the many form of each verb, and tries in one database cannot disturb each other.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from reship.errors import Refusal
from reship.fulfilment.outcome import mark_returned
from reship.fulfilment.pack import PackRequest, pack_shipments
from reship.fulfilment.pick import pick_shipments
from reship.fulfilment.place_order import place_orders
from reship.fulfilment.reship import reship_orders
from reship.fulfilment.stock import Delivery, NewProduct, add_products, receive_stock
from reship.orders.models import ShipmentStatus
from tests.world import NINE, World, new_order, reship_request

T = TypeVar("T")


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
        labels = [PackRequest(parcel) for parcel in parcels]
        _done(pack_shipments(labels, client=world.acme, actor=world.pim, at=world.later()))
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
