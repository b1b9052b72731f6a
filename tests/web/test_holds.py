"""Holds in the portal: placed in a window, lifted by name."""

from collections.abc import Callable

import pytest
from django.test import Client as Visitor

from reship.clients.access import Actor
from reship.orders.models import HoldKind, ShipmentStatus
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
ORDER = "/orders/ACME/1042/"
NEW = f"{ORDER}holds/new/"
PLACE = f"{ORDER}holds/"
LIFT = f"{ORDER}holds/lifted/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def placed(world: World) -> World:
    world.place("1042", MUG=1)
    return world


def held(world: World) -> list[tuple[str, str]]:
    facts = world.facts("1042")
    of_shipments = [
        (of_shipment.shipment.number, hold.kind) for of_shipment in facts.shipments for hold in of_shipment.holds
    ]
    return [("1042", hold.kind) for hold in facts.holds] + of_shipments


def test_a_hold_is_placed_on_one_shipment(placed: World, visit_as: VisitAs) -> None:
    visitor = visit_as(placed.dana)
    form = Page(visitor.get(NEW)).form(PLACE)
    response = form.send(visitor, kind="ADDRESS", shipment="1042-1", note="Which flat?")
    assert (response.status_code, response["Location"]) == (303, f"{ORDER}?shown=1042-1#shipment-1")
    assert "Address hold placed on 1042-1." in visitor.get(response["Location"]).text
    assert held(placed) == [("1042-1", "ADDRESS")]


def test_a_hold_is_placed_on_the_whole_order(placed: World, visit_as: VisitAs) -> None:
    response = visit_as(placed.dana).post(PLACE, {"kind": "PAYMENT", "shipment": "", "note": ""}, follow=True)
    assert "Payment hold placed on the whole order." in response.text
    assert held(placed) == [("1042", "PAYMENT")]


def test_lifting_one_says_which_remain(placed: World, visit_as: VisitAs) -> None:
    for kind in (HoldKind.CLIENT, HoldKind.ADDRESS):
        placed.hold("1042", shipment="1042-1", kind=kind)
    placed.hold("1042", kind=HoldKind.FRAUD, actor=placed.otto)
    visitor = visit_as(placed.dana)
    response = visitor.post(LIFT, {"kind": "CLIENT", "shipment": "1042-1"}, follow=True)
    assert "Client hold lifted from 1042-1. Still held by: Address hold, Fraud hold." in response.text
    assert held(placed) == [("1042", "FRAUD"), ("1042-1", "ADDRESS")]


def test_the_button_at_a_hold_lifts_it(placed: World, visit_as: VisitAs) -> None:
    placed.hold("1042", kind=HoldKind.PAYMENT)
    visitor = visit_as(placed.dana)
    response = Page(visitor.get(ORDER)).form(LIFT).send(visitor)
    assert (
        "Payment hold lifted from the whole order. No other hold remains on it."
        in visitor.get(response["Location"]).text
    )
    assert held(placed) == []


@pytest.mark.parametrize(
    ("posted", "code", "status", "marked"),
    [
        ({"kind": "WHIM"}, "invalid_hold", 422, "kind"),
        ({"kind": ""}, "invalid_hold", 422, "kind"),
        ({"kind": "FRAUD\x00"}, "invalid_hold", 422, "kind"),
        ({"kind": "PAYMENT"}, "already_on_hold", 409, "kind"),
        ({"shipment": "W-1-1"}, "shipment_not_found", 404, "shipment"),
        ({"shipment": "none"}, "shipment_not_found", 404, "shipment"),
        ({"note": "x" * 1_001}, "invalid_text", 422, "note"),
        ({"note": "a\x00b"}, "invalid_text", 422, "note"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_hold_that_cannot_be_is_refused_at_its_field(
    placed: World,
    visit_as: VisitAs,
    posted: dict[str, str],
    code: str,
    status: int,
    marked: str,
    headers: dict[str, str],
) -> None:
    placed.place("W-1", client=placed.other, MUG=1)
    placed.hold("1042", kind=HoldKind.PAYMENT)
    response = visit_as(placed.dana).post(
        PLACE, {"kind": "CLIENT", "shipment": "", "note": "", **posted}, headers=headers
    )
    page = Page(response)
    assert (response.status_code, page.refusal, list(page.marked)) == (status, code, [marked])
    assert page.marked[marked]
    assert held(placed) == [("1042", "PAYMENT")]


def test_a_parcel_in_picking_cannot_be_held_by_the_client(placed: World, visit_as: VisitAs) -> None:
    placed.ship("1042-1", until=ShipmentStatus.PICKING)
    posted = {"kind": "CLIENT", "shipment": "1042-1", "note": ""}
    response = visit_as(placed.dana).post(PLACE, posted)
    assert (response.status_code, Page(response).refusal) == (409, "picking_started")
    assert "Pim has been working on 1042-1" in Page(response).marked["shipment"]
    assert visit_as(placed.otto).post(PLACE, posted).status_code == 303


def test_a_client_cannot_lift_what_the_company_placed(placed: World, visit_as: VisitAs) -> None:
    placed.hold("1042", shipment="1042-1", kind=HoldKind.FRAUD, actor=placed.otto)
    posted = {"kind": "FRAUD", "shipment": "1042-1"}
    response = visit_as(placed.mara).post(LIFT, posted)
    page = Page(response)
    assert (response.status_code, page.refusal) == (403, "not_allowed")
    told = "may not lift a hold of the fulfilment company; only the fulfilment company may."
    assert told in page.one(id="shipment-1").text
    assert visit_as(placed.otto).post(LIFT, posted).status_code == 303


@pytest.mark.parametrize("posted", [{}, {"kind": "FRAUD"}, {"kind": "\x00"}, {"kind": "FRAUD", "shipment": "W-1-1"}])
def test_a_hold_that_is_not_there_is_not_lifted(placed: World, visit_as: VisitAs, posted: dict[str, str]) -> None:
    response = visit_as(placed.dana).post(LIFT, posted)
    assert response.status_code in {404, 409, 422}
    assert Page(response).refusal in {"invalid_hold", "no_such_hold", "shipment_not_found"}
    assert len(placed.history("1042")) == 1


@pytest.mark.parametrize(
    ("person", "status"), [("vic", 403), ("pim", 403), ("wren", 404), ("dana", 200), ("otto", 200)]
)
def test_who_may_hold(placed: World, visit_as: VisitAs, person: str, status: int) -> None:
    visitor = visit_as(getattr(placed, person))
    assert visitor.get(NEW).status_code == status
    answers = [visitor.post(address, {"kind": "CLIENT"}).status_code for address in (PLACE, LIFT)]
    assert answers == [303 if status == 200 else status] * 2


def test_words_of_people_are_only_ever_words(placed: World, visit_as: VisitAs) -> None:
    hostile = "</textarea><script>alert(1)</script>"
    visitor = visit_as(placed.dana)
    assert "<script>alert" not in visitor.post(PLACE, {"kind": "WHIM", "note": hostile}).text
    assert "<script>alert" not in visitor.post(PLACE, {"kind": "CLIENT", "note": hostile}, follow=True).text
