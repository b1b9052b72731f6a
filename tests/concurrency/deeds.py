"""What people do in the pairs: each deed is bound to its person, and done when it is called."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django_scopes import scope

from reship.errors import Refusal
from reship.fulfilment.cancel import cancel_shipment
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.edit_shipment import EditRequest, edit_shipment
from reship.fulfilment.hold import HoldRequest, lift_hold, place_hold
from reship.fulfilment.manifest import ManifestRequest, scan_onto_manifest
from reship.fulfilment.outcome import mark_shipment
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.place_order import place_order, place_orders
from reship.fulfilment.pull import finish_pull
from reship.fulfilment.reship import preview_reship, reship_order, reship_orders
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.fulfilment.ship import ShipRequest, ship_shipment
from reship.fulfilment.stock import Adjustment, Delivery, adjust_stock, receive_stock
from reship.fulfilment.track import Tracked, record_tracking
from reship.fulfilment.wait import allocate_waiting
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.change_job import confirm_job
from reship.jobs.make_job import make_job
from reship.jobs.models import JobDeed, JobItem
from reship.jobs.work import Worker
from reship.orders.models import Departure, HoldKind, ShipmentStatus
from tests.concurrency.scene import cup, tea
from tests.world import NINE, World, new_order, reship_items, reship_request

Deed = Callable[[], object]


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


def reship_by_key(world: World, *orders: str) -> Deed:
    requests = [reship_request(order, dict.fromkeys(skus_of(order), 1), key=order) for order in orders]
    return partial(reship_orders, requests, client=world.acme, actor=world.mara, at=NINE)


def preview(world: World, order: str) -> Deed:
    return partial(preview_reship, reship_request(order), client=world.acme, actor=world.mara)


def reship_both(world: World, *orders: str) -> Deed:
    requests = [reship_request(order, dict.fromkeys(skus_of(order), 1)) for order in orders]
    return partial(reship_orders, requests, client=world.acme, actor=world.mara, at=NINE)


def reship_in_bulk(world: World, *orders: str) -> Deed:
    """One chunk of a job that Mara has confirmed: one unit of each SKU of the orders; what came of each."""
    options = JobOptions(JobDeed.RESHIP, reason="lost")
    asked = [JobOrder(order, items=reship_items(dict.fromkeys(skus_of(order), 1))) for order in orders]
    job = make_job(asked, options, client=world.acme, actor=world.mara, at=NINE)
    confirm_job(job.number, client=world.acme, actor=world.mara, at=NINE)

    def chunk() -> object:
        assert Worker().work_on(world.acme.pk, job.pk, at=NINE)
        with scope(client=world.acme.pk):
            codes = list(JobItem.objects.filter(job_id=job.pk).order_by("position").values_list("code", flat=True))
        outcomes = [Refusal(code, code) if code else "done" for code in codes]
        return outcomes if len(outcomes) > 1 else outcomes[0]

    return chunk


def cancel(world: World, shipment: str) -> Deed:
    return partial(cancel_shipment, shipment, client=world.acme, actor=world.mara, at=NINE)


def pick(world: World, shipment: str) -> Deed:
    return partial(pick_shipment, shipment, client=world.acme, actor=world.pim, at=NINE)


def depart(world: World, shipment: str) -> Deed:
    return partial(depart_shipment, shipment, how=Departure.MANIFEST, client=world.acme, actor=world.pim, at=NINE)


def ship(world: World, order: str) -> Deed:
    """Everything up to the departure of the latest parcel that may go, in one go."""
    return partial(ship_shipment, ShipRequest(order), client=world.acme, actor=world.otto, at=NINE)


def hold(world: World, order: str, shipment: str | None) -> Deed:
    """Dana holds; as an agent of the client she cannot once picking has begun."""
    request = HoldRequest(order, HoldKind.CLIENT, shipment=shipment)
    return partial(place_hold, request, client=world.acme, actor=world.dana, at=NINE)


def hold_by_company(world: World, order: str, shipment: str) -> Deed:
    request = HoldRequest(order, HoldKind.OPERATOR, shipment=shipment)
    return partial(place_hold, request, client=world.acme, actor=world.otto, at=NINE)


def lift(world: World, order: str, shipment: str | None) -> Deed:
    request = HoldRequest(order, HoldKind.CLIENT, shipment=shipment)
    return partial(lift_hold, request, client=world.acme, actor=world.dana, at=NINE)


def edit(world: World, shipment: str, units: int, *, edition: int | None = None) -> Deed:
    items = reship_items({tea(shipment.partition("-")[0]): units})
    request = EditRequest(shipment, items=items, edition=edition)
    return partial(edit_shipment, request, client=world.acme, actor=world.dana, at=NINE)


def add_cup(world: World, shipment: str) -> Deed:
    number = shipment.partition("-")[0]
    items = reship_items({tea(number): 2, cup(number): 1})
    return partial(edit_shipment, EditRequest(shipment, items=items), client=world.acme, actor=world.dana, at=NINE)


def place(world: World, order: str, sku: str) -> Deed:
    return partial(place_order, new_order(order, {sku: 1}), client=world.acme, actor=world.dana, at=NINE)


def copy(world: World, order: str) -> Deed:
    """A manual order instead of a reship: prefilled from the original, and linked to it."""
    new = replace(new_order(f"{order}-N", {tea(order): 1}), copied_from=order)
    return partial(place_order, new, client=world.acme, actor=world.dana, at=NINE)


def take_over(world: World, order: str, *skus: str) -> Deed:
    """An order that left before Reship knew of it, with its goods."""
    new = new_order(order, dict.fromkeys(skus, 1), departed_at=NINE)
    return partial(place_orders, [new], client=world.acme, actor=world.otto, at=NINE, opening_stock="opening stock")


def say(world: World, parcel: str, *statuses: str) -> Deed:
    """The carrier says these things of a parcel whose tracking number is its own."""
    events = [Tracked(parcel, status, NINE) for status in statuses]
    return partial(record_tracking, events, client=world.acme, actor=world.pim, at=NINE)


def come_back(world: World, shipment: str) -> Deed:
    return partial(mark_shipment, shipment, ShipmentStatus.RETURNED, client=world.acme, actor=world.pim, at=NINE)


def scan_at_truck(world: World, shipment: str) -> Deed:
    """Pim scans the parcel onto a manifest of his own."""
    request = ManifestRequest("MAIN")
    return partial(scan_onto_manifest, shipment, request, client=world.acme, actor=world.pim, at=NINE)


def pull(world: World, shipment: str) -> Deed:
    """Pim has unpacked the parcel, whatever was in it."""
    return partial(finish_pull, shipment, rest_was_not_inside=True, client=world.acme, actor=world.pim, at=NINE)


def restock(world: World, shipment: str) -> Deed:
    return partial(restock_shipment, RestockRequest(shipment), client=world.acme, actor=world.pim, at=NINE)


def wait(world: World, order: str) -> Deed:
    """Mara reships an order whether or not its goods are there."""
    request = replace(reship_request(order), wait_for_stock=True)
    return partial(reship_order, request, client=world.acme, actor=world.mara, at=NINE)


def serve(world: World) -> Deed:
    """The worker gives what is available to whoever waits."""
    return partial(allocate_waiting, client=world.acme, actor=world.otto, at=NINE)


def receive(world: World, *skus: str) -> Deed:
    deliveries = [Delivery(sku, "MAIN", 5) for sku in skus]
    return partial(receive_stock, deliveries, client=world.acme, actor=world.pim, at=NINE)


def write_off(world: World, sku: str, units: int) -> Deed:
    adjustments = [Adjustment(sku, "MAIN", -units, "broken")]
    return partial(adjust_stock, adjustments, client=world.acme, actor=world.otto, at=NINE)
