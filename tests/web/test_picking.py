"""The pick queue and the batches that are claimed from it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import cast

import pytest
from django.http import HttpResponse
from django.test import Client as Visitor
from django_scopes import scope

from reship.catalog.models import Product
from reship.clients.access import Actor
from reship.fulfilment.edit_product import ProductEdit, edit_product
from reship.inventory.audit import audit
from reship.orders.models import Order, Shipment, ShipmentLine, ShipmentStatus
from tests.web.pages import Page
from tests.world import NINE, World

VisitAs = Callable[[Actor], Visitor]
Queries = Callable[[int], AbstractContextManager[object]]
QUEUE = "/warehouse/pick-queue/"


@pytest.fixture
def pim(world: World, visit_as: VisitAs) -> Visitor:
    return visit_as(world.pim)


def queue(visitor: Visitor, **query: str) -> Page:
    response = visitor.get(QUEUE, query)
    assert response.status_code == 200
    return Page(response)


def ticks(page: Page) -> list[str]:
    """What can be picked, as it would be ticked."""
    return [element["value"] for element in page.all(name="shipment")]


def test_the_queue_shows_what_can_be_picked_oldest_first_and_counts_the_rest(world: World, pim: Visitor) -> None:
    for number in ("1", "2", "3", "4"):
        world.place(number, MUG=1)
    world.place("1", client=world.other, MUG=1)
    world.hold("2")
    world.reship("3", add_back=True, note="Broken.")
    world.ship("4-1", until=ShipmentStatus.PICKING)
    page = queue(pim)
    assert ticks(page) == ["ACME/1-1", "OTHER/1-1", "ACME/3-R1"]
    assert "Lost in transit, fault of the carrier" in page.text
    assert "3 to pick · On hold: 1 · Superseded: 1" in " ".join(page.text.split())
    assert ticks(queue(pim, client="OTHER")) == ["OTHER/1-1"]
    assert ticks(queue(pim, client="ACME", warehouse="EAST")) == []
    # Where somebody works is kept; whose goods are meant is chosen in the header.
    pim.get(QUEUE, {"warehouse": "MAIN"})
    pim.post("/client/", {"client": "OTHER"})
    assert ticks(queue(pim)) == ["OTHER/1-1"]
    assert pim.get(QUEUE, {"client": "NOBODY"}).status_code == 404


def test_the_oldest_are_claimed_and_lead_to_their_batch(world: World, pim: Visitor) -> None:
    edit = ProductEdit("MUG", barcode="4006381333931", bins=(("MAIN", "A-01"),))
    edit_product(edit, client=world.acme, actor=world.otto, at=world.later())
    world.place("1", MUG=2, CUP=1)
    world.place("2", MUG=1)
    world.place("3", MUG=1)
    world.reship("1", MUG=1)
    answer = queue(pim, client="ACME").form("/warehouse/batches/").send(pim, most="2", oldest="1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/warehouse/batches/ACME/1/")
    text = " ".join(Page(pim.get("/warehouse/batches/ACME/1/")).text.split())
    assert "A-01 MUGMug 3 2 × 1-1, 1 × 2-1" in text
    assert "Batch 1" in Page(pim.get("/warehouse/batches/")).text
    paper = cast(HttpResponse, pim.get("/warehouse/batches/ACME/1/pick-list.pdf"))
    assert (paper.headers["Content-Type"], paper.content[:4]) == ("application/pdf", b"%PDF")
    for wrong in ("2", "0", "x", "99999999999"):
        assert pim.get(f"/warehouse/batches/ACME/{wrong}/").status_code == 404
    assert audit() == []


def test_ticked_shipments_of_several_clients_make_a_batch_for_each(world: World, pim: Visitor) -> None:
    for number in ("1", "2"):
        world.place(number, MUG=1)
        world.place(number, client=world.other, MUG=1)
    form = queue(pim).form("/warehouse/batches/")
    world.ship("2-1", until=ShipmentStatus.PICKING)
    answer = form.send(pim, ticked="1", shipment=["ACME/1-1", "ACME/2-1", "OTHER/2-1"])
    assert (answer.status_code, answer.headers["Location"]) == (303, "/warehouse/batches/")
    page = " ".join(Page(pim.get("/warehouse/batches/")).text.split())
    assert "2 shipments claimed in batches 1 of Acme, 1 of WREN & Co." in page
    assert "2-1 is in picking since" in page
    assert [world.shipment(number).shipment.status for number in ("1-1", "2-1")] == ["PICKING", "PICKING"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"ticked": "1", "shipment": []}, "nothing_selected"),
        ({"ticked": "1", "shipment": ["ACME/9-1"]}, "shipment_not_found"),
        ({"oldest": "1", "most": "0"}, "invalid_quantity"),
        ({"oldest": "1", "most": "51"}, "invalid_quantity"),
        ({"oldest": "1", "warehouse": "EAST"}, "nothing_to_pick"),
        ({"oldest": "1", "warehouse": "NOWHERE"}, "unknown_warehouse"),
    ],
)
def test_what_cannot_be_claimed_says_why(
    world: World, pim: Visitor, sent: dict[str, str | list[str]], code: str
) -> None:
    world.place("1", MUG=1)
    answer = pim.post("/warehouse/batches/", {"warehouse": "MAIN", "most": "12", **sent})
    assert answer.status_code in {404, 409, 422}
    assert Page(answer).refusal == code
    assert world.shipment("1-1").shipment.status == "OPEN"


def test_the_queue_asks_as_many_statements_for_fifty_rows_as_for_one(
    world: World, pim: Visitor, django_assert_num_queries: Queries
) -> None:
    first = world.place("1", MUG=1)
    world.reship("1", MUG=1)
    pim.get(QUEUE, {"warehouse": "MAIN"})
    with django_assert_num_queries(8):
        assert len(ticks(queue(pim))) == 2
    many(world, first, 60)
    with django_assert_num_queries(8):
        page = queue(pim)
    assert len(ticks(page)) == 50
    rest = Page(pim.get(page.one(rel="next")["href"]))
    assert len(ticks(rest)) == 12
    assert not set(ticks(rest)) & set(ticks(page))


def many(world: World, like: Order, number: int) -> None:
    """Rows of further open parcels, put down as they are: nothing here moves stock."""
    with scope(client=world.acme.pk):
        mug = Product.objects.get(sku="MUG")
        orders = Order.objects.bulk_create(
            Order(client=world.acme, number=f"M{n}", customer_name="Jane", currency="EUR", placed_at=NINE)
            for n in range(number)
        )
        warehouse = Shipment.objects.filter(order=like)[0].warehouse
        shipments = Shipment.objects.bulk_create(
            Shipment(
                client=world.acme,
                order=order,
                number=f"{order.number}-1",
                warehouse=warehouse,
                opened_at=world.now + timedelta(minutes=n),
            )
            for n, order in enumerate(orders)
        )
        ShipmentLine.objects.bulk_create(
            ShipmentLine(client=world.acme, shipment=shipment, position=1, product=mug, sku="MUG", quantity=1)
            for shipment in shipments
        )
