"""The deeds that meet: which ones, on what, and how they may end. Everything else is a bug."""

from collections.abc import Callable
from dataclasses import dataclass

from reship.orders.models import ShipmentStatus
from tests.concurrency.deeds import (
    Deed,
    add_cup,
    cancel,
    come_back,
    copy,
    depart,
    edit,
    hold,
    hold_by_company,
    lift,
    pick,
    place,
    preview,
    pull,
    receive,
    reship,
    reship_both,
    reship_by_key,
    reship_in_bulk,
    restock,
    say,
    scan_at_truck,
    serve,
    ship,
    take_over,
    wait,
    write_off,
)
from tests.concurrency.scene import (
    Prepare,
    a_held_order,
    a_reshipped_order,
    a_smaller_reshipment,
    a_waiting_order,
    an_order,
    an_order_beside_cups,
    an_order_that_is_tracked,
    cup,
    new_products,
    tea,
    two_orders,
)
from tests.world import World


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
        "two batches with the same keys in opposite order",
        two_orders,
        lambda world, number: [
            reship_by_key(world, f"{number}-A", f"{number}-B"),
            reship_by_key(world, f"{number}-B", f"{number}-A"),
        ],
        # The order that is refused for want of goods keeps no key, and is refused again.
        either("done, not_enough_available", "not_enough_available, replayed"),
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
        "reship with add-back × ship in one go",
        an_order(ShipmentStatus.PICKING),
        lambda world, number: [reship(world, number, add_back=True), ship(world, number)],
        # What is shipped is then the reshipment: the original cannot go any more.
        frozenset({("done", "done"), ("already_left", "done")}),
    ),
    Pair(
        "hold × ship in one go",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [hold(world, number, None), ship(world, number)],
        frozenset({("done", "on_hold"), ("done", "done")}),
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
        "lift × pick",
        a_held_order,
        lambda world, number: [lift(world, number, None), pick(world, f"{number}-1")],
        frozenset({("done", "done"), ("done", "on_hold")}),
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
        an_order_beside_cups,
        lambda world, number: [preview(world, number), add_cup(world, f"{number}-1")],
        # Who looks when the cup is in the parcel is told that there is no other one.
        frozenset({("done", "done"), ("not_enough_available", "done")}),
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
        "scan at the truck × scan at another truck",
        an_order(ShipmentStatus.PACKED),
        lambda world, number: [scan_at_truck(world, f"{number}-1"), scan_at_truck(world, f"{number}-1")],
        either("done", "already_departed"),
    ),
    Pair(
        "reship with add-back × scan at the truck",
        an_order(ShipmentStatus.PACKED),
        lambda world, number: [reship(world, number, add_back=True), scan_at_truck(world, f"{number}-1")],
        frozenset({("done", "units_added_back"), ("already_left", "done")}),
    ),
    Pair(
        "undo of an add-back × pull of the original",
        a_reshipped_order(ShipmentStatus.PACKED, add_back=True),
        lambda world, number: [cancel(world, f"{number}-R1"), pull(world, f"{number}-1")],
        frozenset({("done", "done"), ("done", "no_pull_task")}),
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
        "copy of an order × reship of it",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [copy(world, number), reship(world, number)],
        frozenset({("done", "done")}),
    ),
    Pair(
        "orders with first goods taken over × in opposite order",
        new_products,
        lambda world, number: [
            take_over(world, f"{number}-A", tea(number), cup(number)),
            take_over(world, f"{number}-B", cup(number), tea(number)),
        ],
        frozenset({("done", "done")}),
    ),
    Pair(
        "parcel comes back × reship with add-back",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [come_back(world, f"{number}-1"), reship(world, number, add_back=True)],
        frozenset({("done", "done"), ("done", "already_left")}),
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
        "the carrier says it × says it again in another order",
        an_order(ShipmentStatus.PACKED),
        lambda world, number: [
            say(world, f"{number}-1", "IN_TRANSIT", "DELIVERED"),
            say(world, f"{number}-1", "DELIVERED", "IN_TRANSIT"),
        ],
        frozenset({("done, done", "done, done")}),
    ),
    Pair(
        "the carrier has it × depart × reship with add-back",
        an_order(ShipmentStatus.PACKED),
        lambda world, number: [
            say(world, f"{number}-1", "IN_TRANSIT"),
            depart(world, f"{number}-1"),
            reship(world, number, add_back=True),
        ],
        frozenset(
            {
                ("done", "done", "already_left"),
                ("done", "wrong_status", "already_left"),
                ("done", "units_added_back", "done"),
            }
        ),
    ),
    Pair(
        "the original arrives after all × pick of what replaces it",
        an_order_that_is_tracked,
        lambda world, number: [say(world, f"{number}-1", "DELIVERED"), pick(world, f"{number}-R1")],
        frozenset({("done", "done"), ("done", "on_hold")}),
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
        "a chunk of a job × reship of the same order",
        an_order(ShipmentStatus.DEPARTED),
        lambda world, number: [reship_in_bulk(world, number), reship(world, number, units=2)],
        either("done", "already_reshipped"),
    ),
    Pair(
        "a chunk of a job × cancelling the order's parcel",
        an_order(ShipmentStatus.OPEN),
        lambda world, number: [reship_in_bulk(world, number), cancel(world, f"{number}-1")],
        frozenset({("done", "done"), ("order_cancelled", "done")}),
    ),
    Pair(
        "chunks of two jobs that name the same orders in opposite order",
        two_orders,
        lambda world, number: [
            reship_in_bulk(world, f"{number}-A", f"{number}-B"),
            reship_in_bulk(world, f"{number}-B", f"{number}-A"),
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
        "wait for stock × goods arrive × goods arrive",
        an_order(ShipmentStatus.DEPARTED, on_hand=2),
        lambda world, number: [wait(world, number), receive(world, tea(number)), receive(world, tea(number))],
        frozenset({("done", "done", "done")}),
    ),
    Pair(
        "wait for stock × wait for stock",
        an_order(ShipmentStatus.DEPARTED, on_hand=3),
        lambda world, number: [wait(world, number), wait(world, number)],
        either("done", "already_reshipped"),
    ),
    Pair(
        "goods arrive for who waits × undo of the reship × the worker",
        a_waiting_order,
        lambda world, number: [receive(world, tea(number)), cancel(world, f"{number}-R1"), serve(world)],
        frozenset({("done", "done", "done")}),
    ),
    Pair(
        "units are let go × the worker × pick of who waits",
        a_waiting_order,
        lambda world, number: [cancel(world, f"{number}-N-1"), serve(world), pick(world, f"{number}-R1")],
        frozenset({("done", "done", "done"), ("done", "done", "waits_for_stock")}),
    ),
    Pair(
        "first goods of two SKUs arrive × arrive in opposite order",
        new_products,
        lambda world, number: [receive(world, tea(number), cup(number)), receive(world, cup(number), tea(number))],
        frozenset({("done, done", "done, done")}),
    ),
)
