"""What an order's page shows of a parcel's carrier: its label, and what was said of it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Visitor
from django_scopes import scope
from pytest_django import DjangoAssertNumQueries

from reship.carriers.sandbox import say
from reship.clients.access import Actor
from reship.floor.models import Label, LabelState, TrackingEvent
from reship.floor.tracking import carried
from reship.fulfilment.tracking import TrackingStatus
from reship.orders.models import Shipment, ShipmentStatus
from tests.web.pages import Page
from tests.web.test_order_details import ORDER, region
from tests.world import NINE, World

VisitAs = Callable[[Actor], Visitor]


@pytest.fixture
def parcel(world: World) -> Shipment:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED, tracking_number="SB1")
    with scope(client=world.acme.pk):
        Shipment.objects.filter(number="1042-1").update(carrier="Sandbox")
        return Shipment.objects.get(number="1042-1")


def labelled(parcel: Shipment, state: LabelState) -> None:
    Label.objects.create(
        client_id=parcel.client_id,
        shipment=parcel,
        state=state,
        reference="1042-1-L1",
        carrier="sandbox",
        service="Express",
        cost=Decimal("1234.50"),
        currency="EUR",
        asked_by="Pim",
        asked_at=NINE,
    )


def test_the_card_shows_what_was_said_the_newest_first(world: World, visit_as: VisitAs, parcel: Shipment) -> None:
    for status, hours, place in (("IN_TRANSIT", 5, "Berlin"), ("DELIVERED", 9, "<b>Oslo"), ("DELIVERED", -99, "")):
        say(
            "1042-1",
            TrackingStatus(status),
            said_at=NINE + timedelta(hours=hours),
            place=place,
            client=world.acme,
            at=NINE + timedelta(hours=10),
        )
    card = region(Page(visit_as(world.dana).get(ORDER)), "shipment-1-title")
    assert "Carrier: delivered, 2 Mar 2026, 18:00 · 3 in all of 1042-1" in card
    assert (
        "Delivered <b>Oslo 2 Mar 2026, 18:00 In transit Berlin 2 Mar 2026, 14:00 "
        "Delivered 26 Feb 2026, 06:00 · older than the parcel, so it counts for nothing" in card
    )


def test_the_card_shows_the_label_and_what_it_cost(world: World, visit_as: VisitAs, parcel: Shipment) -> None:
    with scope(client=world.acme.pk):
        labelled(parcel, LabelState.BOUGHT)
    assert "LabelExpress, 1,234.50 EUR" in region(Page(visit_as(world.dana).get(ORDER)), "shipment-1-title")


def test_a_label_that_nobody_knows_of_is_told(world: World, visit_as: VisitAs, parcel: Shipment) -> None:
    with scope(client=world.acme.pk):
        labelled(parcel, LabelState.ASKED)
    card = region(Page(visit_as(world.pim).get(ORDER)), "shipment-1-title")
    assert "A label was asked for, and the carrier’s answer is not known." in card
    assert "1,234.50" not in card


def test_one_thing_said_and_fifty_take_the_same_questions(
    world: World, parcel: Shipment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    said = [
        TrackingEvent(
            client=world.acme,
            shipment=parcel,
            status="IN_TRANSIT",
            at=NINE + timedelta(hours=hours),
            received_at=NINE,
        )
        for hours in range(50)
    ]
    for some, told in ((said[:1], 1), (said[1:], 50)):
        with scope(client=world.acme.pk):
            TrackingEvent.objects.bulk_create(some)
        with django_assert_num_queries(2):
            assert len(carried(world.acme, [parcel.pk])[parcel.pk].said) == told
