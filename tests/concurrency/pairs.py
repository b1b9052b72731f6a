"""The deeds that meet: which ones, on what, and how they may end. Everything else is a bug."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from reship.fulfilment.cancel import cancel_shipment
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.edit_shipment import EditRequest, edit_shipment, edit_shipments
from reship.fulfilment.hold import HoldRequest, place_hold
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.place_order import place_order
from reship.fulfilment.reship import preview_reship, reship_order, reship_orders
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.fulfilment.stock import Adjustment, Delivery, adjust_stock, receive_stock
from reship.orders.models import Departure, HoldKind, ShipmentStatus
from tests.concurrency.scene import make_products, place_each, receive_each, reship_each
from tests.world import NINE, World, new_order, reship_items, reship_request

Deed = Callable[[], object]
Prepare = Callable[[World, Sequence[str]], None]


@dataclass(frozen=True)
class Pair:
    """Deeds of two or three users at one instant, on an order of their own.

    `prepare` sets the scene for many tries, each known by its number; `allowed` are the outcomes, in the deeds' order.
    """

    name: str
    prepare: Prepare
    deeds: Callable[[World, str], list[Deed]]
    allowed: frozenset[tuple[str, ...]]

    def __str__(self) -> str:
        return self.name


def either(one: str, other: str) -> frozenset[tuple[str, ...]]:
    return frozenset({(one, other), (other, one)})


def tea(number: str) -> str:
    return f"TEA-{number}"


def cup(number: str) -> str:
    return f"CUP-{number}"


def reship(
    world: World, order: str, *, units: int | None = None, skus: Sequence[str] | None = None, **wishes: Any
) -> Deed:
    """Mara reships all that is left of an order's latest parcel, or `units` of each SKU."""
    items = None if units is None else dict.fromkeys(skus or skus_of(order), units)
    request = reship_request(order, items, **wishes)
    return partial(reship_order, request, client=world.acme, actor=world.mara, at=NINE)


def skus_of(order: str) -> Sequence[str]:
    """`…-A` and `…-B` are orders of two SKUs."""
    number, _, of_two = order.partition("-")
    return (tea(number), cup(number)) if of_two else (tea(number),)


def preview(world: World, order: str) -> Deed:
    return partial(preview_reship, reship_request(order), client=world.acme, actor=world.mara)


def reship_both(world: World, *orders: str) -> Deed:
    requests = [reship_request(order, dict.fromkeys(skus_of(order), 1)) for order in orders]
    return partial(reship_orders, requests, client=world.acme, actor=world.mara, at=NINE)


def cancel(world: World, shipment: str) -> Deed:
    return partial(cancel_shipment, shipment, client=world.acme, actor=world.mara, at=NINE)


def pick(world: World, shipment: str) -> Deed:
    return partial(pick_shipment, shipment, client=world.acme, actor=world.pim, at=NINE)


def depart(world: World, shipment: str) -> Deed:
    return partial(depart_shipment, shipment, how=Departure.MANIFEST, client=world.acme, actor=world.pim, at=NINE)


def hold(world: World, order: str, shipment: str | None) -> Deed:
    """Dana holds; as an agent of the client she cannot once picking has begun."""
    request = HoldRequest(order, HoldKind.CLIENT, shipment=shipment)
    return partial(place_hold, request, client=world.acme, actor=world.dana, at=NINE)


def hold_by_company(world: World, order: str, shipment: str) -> Deed:
    request = HoldRequest(order, HoldKind.OPERATOR, shipment=shipment)
    return partial(place_hold, request, client=world.acme, actor=world.otto, at=NINE)


def edit(world: World, shipment: str, units: int, *, edition: int | None = None) -> Deed:
    items = reship_items({tea(shipment.partition("-")[0]): units})
    request = EditRequest(shipment, items=items, edition=edition)
    return partial(edit_shipment, request, client=world.acme, actor=world.dana, at=NINE)


def add_mug(world: World, shipment: str) -> Deed:
    items = reship_items({tea(shipment.partition("-")[0]): 2, "MUG": 1})
    return partial(edit_shipment, EditRequest(shipment, items=items), client=world.acme, actor=world.dana, at=NINE)


def place(world: World, order: str, sku: str) -> Deed:
    return partial(place_order, new_order(order, {sku: 1}), client=world.acme, actor=world.dana, at=NINE)


def restock(world: World, shipment: str) -> Deed:
    return partial(restock_shipment, RestockRequest(shipment), client=world.acme, actor=world.pim, at=NINE)


def receive(world: World, *skus: str) -> Deed:
    deliveries = [Delivery(sku, "MAIN", 5) for sku in skus]
    return partial(receive_stock, deliveries, client=world.acme, actor=world.pim, at=NINE)


def write_off(world: World, sku: str, units: int) -> Deed:
    adjustments = [Adjustment(sku, "MAIN", -units, "broken")]
    return partial(adjust_stock, adjustments, client=world.acme, actor=world.otto, at=NINE)


def an_order(status: ShipmentStatus, *, on_hand: int = 10) -> Prepare:
    """For each try one order of 2 units of a SKU of which `on_hand` were received."""

    def prepare(world: World, numbers: Sequence[str]) -> None:
        make_products(world, [tea(number) for number in numbers])
        receive_each(world, [tea(number) for number in numbers], on_hand)
        place_each(world, {number: [tea(number)] for number in numbers}, status=status)

    return prepare


def a_reshipped_order(status: ShipmentStatus, *, on_hand: int = 10, add_back: bool = False) -> Prepare:
    """The same, sent again once, whole."""

    def prepare(world: World, numbers: Sequence[str]) -> None:
        an_order(status, on_hand=on_hand)(world, numbers)
        reship_each(world, numbers, add_back=add_back)

    return prepare


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


PAIRS = (
    Pair(
        "reship × reship of the same line",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [reship(world, number), reship(world, number)],
        either("done", "already_reshipped"),
    ),
    Pair(
        "reship × reship of the same line × its undo",
        a_reshipped_order(ShipmentStatus.DEPARTED),
        lambda world, number: [reship(world, number), reship(world, number), cancel(world, f"{number}-R1")],
        frozenset(
            {
                ("done", "already_reshipped", "done"),
                ("already_reshipped", "done", "done"),
                ("already_reshipped", "already_reshipped", "done"),
            }
        ),
    ),
    Pair(
        "reships of two items of one order",
        two_orders,
        lambda world, number: [
            reship(world, f"{number}-A", skus=[tea(number)], units=1),
            reship(world, f"{number}-A", skus=[cup(number)], units=1),
        ],
        frozenset({("done", "done")}),
    ),
    Pair(
        "the same request twice",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [reship(world, number, key="k" + number), reship(world, number, key="k" + number)],
        either("done", "replayed"),
    ),
    Pair(
        "two requests with one key",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [
            reship(world, number, key="k" + number, units=1),
            reship(world, number, key="k" + number, units=2),
        ],
        either("done", "request_key_reused"),
    ),
    Pair(
        "the same refused request twice",
        an_order(ShipmentStatus.DEPARTED, on_hand=2),
        lambda world, number: [reship(world, number, key="k" + number), reship(world, number, key="k" + number)],
        frozenset({("not_enough_available", "not_enough_available")}),
    ),
    Pair(
        "reship with add-back × depart",
        an_order(ShipmentStatus.PACKED),
        lambda world, number: [reship(world, number, add_back=True), depart(world, f"{number}-1")],
        frozenset({("done", "units_added_back"), ("already_left", "done")}),
    ),
    Pair(
        "reship with add-back × depart × hold",
        an_order(ShipmentStatus.PACKED),
        lambda world, number: [
            reship(world, number, add_back=True),
            depart(world, f"{number}-1"),
            hold_by_company(world, number, f"{number}-1"),
        ],
        frozenset(
            {
                ("done", "units_added_back", "done"),
                ("done", "on_hold", "done"),
                ("already_left", "done", "wrong_status"),
            }
        ),
    ),
    Pair(
        "reship with add-back × cancel of the original",
        an_order(ShipmentStatus.OPEN, on_hand=2),
        lambda world, number: [reship(world, number, add_back=True), cancel(world, f"{number}-1")],
        frozenset({("done", "done"), ("order_cancelled", "done")}),
    ),
    Pair(
        "hold × pick",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [hold(world, number, f"{number}-1"), pick(world, f"{number}-1")],
        frozenset({("done", "on_hold"), ("picking_started", "done")}),
    ),
    Pair(
        "hold on the whole order × pick",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [hold(world, number, None), pick(world, f"{number}-1")],
        frozenset({("done", "on_hold"), ("picking_started", "done")}),
    ),
    Pair(
        "hold × hold of the same kind",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [hold(world, number, None), hold(world, number, None)],
        either("done", "already_on_hold"),
    ),
    Pair(
        "reship on hold × pick of the new shipment",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [reship(world, number, hold=True), pick(world, f"{number}-R1")],
        frozenset({("done", "on_hold"), ("done", "shipment_not_found")}),
    ),
    Pair(
        "look at the window × reship on hold",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [preview(world, number), reship(world, number, hold=True)],
        frozenset({("done", "done"), ("already_reshipped", "done")}),
    ),
    Pair(
        "look at the window × a further item",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [preview(world, number), add_mug(world, f"{number}-1")],
        frozenset({("done", "done")}),
    ),
    Pair(
        "cancel × pick",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [cancel(world, f"{number}-1"), pick(world, f"{number}-1")],
        frozenset({("done", "wrong_status"), ("picking_started", "done")}),
    ),
    Pair(
        "undo of a reship × pick of it",
        a_reshipped_order(ShipmentStatus.PACKED, add_back=True),
        lambda world, number: [cancel(world, f"{number}-R1"), pick(world, f"{number}-R1")],
        frozenset({("done", "wrong_status"), ("picking_started", "done")}),
    ),
    Pair(
        "undo of an add-back × depart of the original",
        a_reshipped_order(ShipmentStatus.PACKED, add_back=True),
        lambda world, number: [cancel(world, f"{number}-R1"), depart(world, f"{number}-1")],
        frozenset({("done", "units_added_back"), ("done", "done")}),
    ),
    Pair(
        "undo of an add-back × a new order that takes the units",
        a_smaller_reshipment,
        lambda world, number: [cancel(world, f"{number}-R1"), place(world, f"{number}-N", tea(number))],
        frozenset({("done", "not_enough_available"), ("not_enough_available", "done")}),
    ),
    Pair(
        "edit × pick",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [edit(world, f"{number}-1", 3), pick(world, f"{number}-1")],
        frozenset({("done", "done"), ("picking_started", "done")}),
    ),
    Pair(
        "edit × edit of the same edition",
        a_reshipped_order(ShipmentStatus.DEPARTED),
        lambda world, number: [
            edit(world, f"{number}-R1", 1, edition=1),
            edit(world, f"{number}-R1", 1, edition=1),
        ],
        either("done", "stale_edit"),
    ),
    Pair(
        "edit that takes more × reship of the last units",
        an_order(ShipmentStatus.OPEN, on_hand=4),
        lambda world, number: [edit(world, f"{number}-1", 4), reship(world, number)],
        frozenset({("done", "not_enough_available"), ("not_enough_available", "done")}),
    ),
    Pair(
        "place × place of the same number",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [place(world, f"{number}-N", tea(number)), place(world, f"{number}-N", tea(number))],
        either("done", "order_exists"),
    ),
    Pair(
        "place × place of the client's next number",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [place(world, "", tea(number)), place(world, "", tea(number))],
        frozenset({("done", "done")}),
    ),
    Pair(
        "restock × reship with add-back of a returned parcel",
        an_order(ShipmentStatus.RETURNED),
        lambda world, number: [restock(world, f"{number}-1"), reship(world, number, add_back=True)],
        either("done", "already_added_back"),
    ),
    Pair(
        "restock × restock",
        an_order(ShipmentStatus.RETURNED),
        lambda world, number: [restock(world, f"{number}-1"), restock(world, f"{number}-1")],
        either("done", "already_added_back"),
    ),
    Pair(
        "write-off × reship of the last units",
        an_order(ShipmentStatus.DEPARTED, on_hand=4),
        lambda world, number: [write_off(world, tea(number), 2), reship(world, number)],
        frozenset({("done", "not_enough_available"), ("units_promised", "done")}),
    ),
    Pair(
        "depart × depart",
        an_order(ShipmentStatus.PACKED),
        lambda world, number: [depart(world, f"{number}-1"), depart(world, f"{number}-1")],
        either("done", "wrong_status"),
    ),
    Pair(
        "reships of two orders that want the last units of two SKUs",
        two_orders,
        lambda world, number: [reship(world, f"{number}-A", units=1), reship(world, f"{number}-B", units=1)],
        either("done", "not_enough_available"),
    ),
    Pair(
        "two batches that name the same orders in opposite order",
        two_orders,
        lambda world, number: [
            reship_both(world, f"{number}-A", f"{number}-B"),
            reship_both(world, f"{number}-B", f"{number}-A"),
        ],
        either("done, not_enough_available", "not_enough_available, not_enough_available"),
    ),
    Pair(
        "goods of two SKUs arrive × reship of both",
        two_orders,
        lambda world, number: [receive(world, tea(number), cup(number)), reship(world, f"{number}-A", units=1)],
        frozenset({("done, done", "done")}),
    ),
    Pair(
        "goods of two SKUs arrive × arrive in opposite order",
        two_orders,
        lambda world, number: [receive(world, tea(number), cup(number)), receive(world, cup(number), tea(number))],
        frozenset({("done, done", "done, done")}),
    ),
    Pair(
        "first goods of two SKUs arrive × arrive in opposite order",
        new_products,
        lambda world, number: [receive(world, tea(number), cup(number)), receive(world, cup(number), tea(number))],
        frozenset({("done, done", "done, done")}),
    ),
)
