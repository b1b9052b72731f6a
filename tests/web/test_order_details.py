"""Order Details: what it shows of an order, and what it offers to whom."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Visitor
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.fulfilment.pull import finish_pull
from reship.inventory.audit import audit
from reship.orders.addresses import Address
from reship.orders.models import HoldKind, ShipmentStatus
from tests.web.pages import Page
from tests.web.stocked import MANY, stock_many
from tests.world import World, new_order, reship_request

VisitAs = Callable[[Actor], Visitor]
ORDER = "/orders/ACME/1042/"


def words(text: str) -> str:
    return " ".join(text.split())


def region(page: Page, name: str) -> str:
    return words(page.one(aria_labelledby=name).text)


def test_it_shows_what_was_ordered_with_its_prices(world: World, visit_as: VisitAs) -> None:
    lines = (NewLine("MUG", 3, Decimal("4.25")), NewLine("CUP", 1, Decimal("0.0125")))
    world.place_order(NewOrder(lines, "Jane Doe", world.now, "MAIN", number="1042", currency="GBP"))
    text = region(Page(visit_as(world.dana).get(ORDER)), "lines-title")
    assert text.endswith("Price, GBP MUG Mug 3 4.25 12.75 CUP Cup 1 0.0125 0.0125 Total12.7625")


def test_it_shows_whose_order_it_is_and_where_it_goes(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    page = Page(visit_as(world.dana).get(ORDER))
    assert "by Jane Doe · Acme" in words(page.text)
    assert "Jane Doe1 High StreetSpringfield IL 62701United States of America" in region(page, "ship-to-title")
    assert "jane@example.com" in region(page, "ship-to-title")


def test_times_are_exact_for_whoever_asks_for_them(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    times = Page(visit_as(world.dana).get(ORDER)).all(data_relative="")
    assert {element["title"] for element in times} >= {"Monday 2 March 2026, 09:04:00 UTC"}


def test_a_reshipment_and_its_source_lead_to_each_other(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", note="Behind the shed.")
    page = Page(visit_as(world.dana).get(ORDER))
    assert "re-shipped as 1042-R1" in region(page, "shipment-1-title")
    assert "re-ships 1042-1" in region(page, "shipment-R1-title")
    assert "Lost in transit · fault of the carrier · re-shipped by Dana" in region(page, "shipment-R1-title")
    assert "Behind the shed." in region(page, "shipment-R1-title")
    links = {element["href"] for element in page.elements if element.tag == "a"}
    assert {"#shipment-1", "#shipment-R1"} <= links


def test_units_that_were_sent_again_and_added_back_are_counted_beside_the_line(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=3)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    world.reship("1042", add_back=True, MUG=2)
    card = region(Page(visit_as(world.dana).get(ORDER)), "shipment-1-title")
    assert "Added back Re-shipped Quantity MUG Mug 2 2 3" in card
    assert "Superseded by 1042-R1: 2 units added back. This parcel will not go out." in card
    of_packer = region(Page(visit_as(world.pim).get(ORDER)), "shipment-1-title")
    assert "2 units added back. Pull this parcel and put its goods away." in of_packer
    finish_pull("1042-1", rest_was_not_inside=True, client=world.acme, actor=world.pim, at=world.later())
    pulled = region(Page(visit_as(world.pim).get(ORDER)), "shipment-1-title")
    assert "3 units added back. Unpacked and put away by Pim" in pulled


def test_a_shipment_shows_its_steps_its_label_and_its_own_address(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    oslo = Address(recipient="Jo", street_1="Gate 1", city="Oslo", postal_code="0150", country="NO")
    world.edit("1042-1", address=oslo, method="Express")
    world.ship("1042-1", tracking_number="TRACK-1")
    card = region(Page(visit_as(world.dana).get(ORDER)), "shipment-1-title")
    assert "MethodExpress TrackingTRACK-1 Other addressJo, Gate 1, Oslo 0150, Norway" in card
    assert "Picked 2 Mar 2026, 09:07 by Pim" in card
    assert "Departed 2 Mar 2026, 09:09 manifest scan" in card


def test_an_address_that_is_the_orders_is_not_repeated(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    assert "Other address" not in visit_as(world.dana).get(ORDER).text


def test_holds_are_shown_where_they_hold_and_lifted_ones_apart(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    world.hold("1042", kind=HoldKind.PAYMENT, note="Bank.", actor=world.otto)
    world.hold("1042", shipment="1042-1", note="Gift card.")
    world.hold("1042", shipment="1042-1", kind=HoldKind.ADDRESS)
    world.lift("1042", shipment="1042-1", kind=HoldKind.ADDRESS)
    page = Page(visit_as(world.dana).get(ORDER))
    assert "Client hold: Gift card. Dana" in region(page, "shipment-1-title")
    assert "Payment hold on the whole order: Bank. Otto" in words(page.text)
    assert "Only the fulfilment company lifts what it has placed." in page.text
    assert "Address hold on 1042-1 Placed by Dana" in region(page, "lifted-title")
    lifts = [form for form in page.forms if form.action == f"{ORDER}holds/lifted/"]
    assert [(form.fields["kind"], form.fields["shipment"]) for form in lifts] == [("CLIENT", "1042-1")]


def test_the_stock_of_its_items_is_shown_for_every_warehouse(world: World, visit_as: VisitAs) -> None:
    world.receive(warehouse="EAST", MUG=7)
    world.place("1042", MUG=2)
    text = region(Page(visit_as(world.dana).get(ORDER)), "stock-title")
    assert "MUG Mug East warehouse 7 0 7 MUG Mug Main warehouse 100 2 98" in text


def test_the_history_is_told_newest_first_with_who_and_when(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=1)
    text = region(Page(visit_as(world.dana).get(ORDER)), "history-title")
    assert text.startswith(
        "History Re-shipped 1 × MUG of 1042-1 as 1042-R1; reason: lost in transit; nothing added back. Dana,"
    )
    assert text.endswith("Order placed: 2 × MUG, to go as 1042-1. Dana, 2 Mar 2026, 09:04")


def test_orders_that_were_copied_lead_to_each_other(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    copy = new_order("1043", {"MUG": 1})
    world.place_order(NewOrder(copy.lines, "Jane Doe", world.now, "MAIN", number="1043", copied_from="1042"))
    visitor = visit_as(world.dana)
    assert "copied to 1043" in words(Page(visitor.get(ORDER)).text)
    assert "copied from 1042" in words(Page(visitor.get("/orders/ACME/1043/")).text)


def offered(page: Page) -> set[str]:
    """The actions that can be clicked, by their words."""
    clickable = [element for element in page.all(_class="rs-action") if element.tag == "a"]
    clickable += [*page.all(_class="rs-action rs-action-primary"), *page.all(_class="rs-action rs-action-danger")]
    told = (words(element.text) for element in clickable)
    return {"Re-Ship" if text == "Re-Shipr" else text for text in told}  # Its key stands beside Re-Ship.


@pytest.mark.parametrize(
    ("person", "actions"),
    [
        ("vic", set()),
        ("dana", {"Re-Ship", "Place hold", "Copy to manual order", "Edit"}),
        ("mara", {"Re-Ship", "Place hold", "Copy to manual order", "Edit", "Cancel shipment"}),
        ("pim", set()),
        ("otto", {"Re-Ship", "Place hold", "Copy to manual order", "Edit", "Cancel shipment"}),
    ],
)
def test_the_actions_are_offered_to_those_who_may(
    world: World, visit_as: VisitAs, person: str, actions: set[str]
) -> None:
    world.place("1042", MUG=1)
    page = Page(visit_as(getattr(world, person)).get(ORDER))
    assert offered(page) == actions
    refused = [words(element.text) for element in page.all(_class="rs-action", aria_disabled="true")]
    assert len(refused) == 5 - len(actions)
    assert all("Your role" in text for text in refused)


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (None, {"pick"}),
        (ShipmentStatus.PICKING, set()),
        (ShipmentStatus.PACKED, {"depart"}),
        (ShipmentStatus.DEPARTED, {"delivered", "lost", "returned"}),
        (ShipmentStatus.LOST, {"delivered", "returned"}),
        (ShipmentStatus.RETURNED, {"restock"}),
    ],
)
def test_the_warehouse_is_offered_the_steps_that_come_next(
    world: World, visit_as: VisitAs, status: ShipmentStatus | None, steps: set[str]
) -> None:
    world.place("1042", MUG=1)
    if status is not None:
        world.ship("1042-1", until=status)
    page = Page(visit_as(world.pim).get(ORDER))
    buttons = page.form(f"{ORDER}shipments/1042-1/steps/").buttons
    assert {button["value"] for button in buttons if button["type"] == "submit"} == steps
    packing = [element for element in page.elements if element["href"] == f"{ORDER}shipments/1042-1/packing/"]
    assert bool(packing) is (status == ShipmentStatus.PICKING)
    assert all(button["title"] for button in buttons if button["type"] == "button")


def test_the_clients_people_see_no_steps_of_the_warehouse(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    assert "steps/" not in visit_as(world.mara).get(ORDER).text


def test_a_locked_action_says_who_is_at_work_since_when(world: World, visit_as: VisitAs) -> None:
    world.place("1042", MUG=1)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    text = region(Page(visit_as(world.dana).get(ORDER)), "actions-title")
    assert "Edit Pim has been working on 1042-1 since 2026-03-02 09:06 UTC." in text


def test_another_clients_order_is_not_found(world: World, visit_as: VisitAs) -> None:
    world.place("1042", client=world.other, MUG=1)
    dana, otto = visit_as(world.dana), visit_as(world.otto)
    for address in (ORDER, "/orders/OTHER/1042/", "/orders/OTHER/1042/reshipments/new/"):
        assert dana.get(address).status_code == 404
    assert otto.get("/orders/OTHER/1042/").status_code == 200


@pytest.mark.parametrize("number", ["a b", "ü?#", "<b>", "%2F", "~2F", "1+1=2&x"])
def test_an_order_is_reached_whatever_its_number_is_made_of(world: World, visit_as: VisitAs, number: str) -> None:
    world.place(number, MUG=1)
    world.ship(f"{number}-1", until=ShipmentStatus.LOST)
    visitor = visit_as(world.dana)
    link = Page(visitor.get("/orders/")).one(data_open="")
    page = Page(visitor.get(link["href"]))
    assert f"Order {number}" in words(page.text)
    (window,) = page.all(data_reship="")
    form = next(form for form in Page(visitor.get(window["href"])).forms if "key" in form.fields)
    assert form.send(visitor, item="MUG", reason="lost").status_code == 303
    assert world.items(f"{number}-R1") == {"MUG": 1}


def test_words_of_people_are_only_ever_words(world: World, visit_as: VisitAs) -> None:
    hostile = "<script>alert(1)</script>"
    world.place_order(
        NewOrder(
            (NewLine("MUG", 1, description=hostile),),
            hostile,
            world.now,
            "MAIN",
            number="1042",
            customer_email=hostile,
            method=hostile,
            address=Address(recipient=hostile, city=hostile),
        )
    )
    world.hold("1042", note=hostile)
    world.lift("1042")
    world.hold("1042", shipment="1042-1", note=hostile)
    for person in (world.dana, world.otto):
        assert "<script>alert" not in visit_as(person).get(ORDER).text


def test_it_asks_the_database_the_same_for_one_shipment_and_for_many(
    world: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stock_many(world, MANY)
    world.place("1041", MUG=1)
    world.place_order(new_order("1042", MANY))
    world.ship("1042-1", until=ShipmentStatus.LOST)
    for sku in list(MANY)[:4]:
        world.send(reship_request("1042", {sku: 1}, source="1042-1", hold=True))
        world.hold("1042", kind=HoldKind.FRAUD)
        world.lift("1042", kind=HoldKind.FRAUD)
    visitor = visit_as(world.otto)
    for number in ("1041", "1042"):
        with django_assert_num_queries(19):
            visitor.get(f"/orders/ACME/{number}/")
    assert audit() == []
