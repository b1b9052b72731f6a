"""The window of a parcel's label: prices, buying, printing, giving back; for the warehouse only."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client as Visitor
from django.test import override_settings
from django_scopes import scopes_disabled
from pytest_django import DjangoAssertNumQueries

from reship.carriers.sandbox import REFUSED_POSTAL_CODE, UNREACHABLE_POSTAL_CODE
from reship.clients.access import Actor
from reship.inventory.audit import audit
from reship.orders.models import Shipment, ShipmentStatus
from tests.web.pages import Page
from tests.web.test_order_details import ORDER, words
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
SHIPMENT = f"{ORDER}shipments/1042-1/"
LABEL = f"{SHIPMENT}label/"
VOID = f"{LABEL}voiding/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def sandbox(db: None) -> Iterator[None]:
    with override_settings(SANDBOX_CARRIER=True):
        yield
    assert audit() == []


@pytest.fixture
def in_picking(world: World) -> World:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    return world


def to_postal_code(code: str) -> None:
    with scopes_disabled():
        Shipment.objects.filter(number="1042-1").update(postal_code=code)


def test_a_label_is_bought_printed_and_given_back(in_picking: World, visit_as: VisitAs) -> None:
    visitor = visit_as(in_picking.otto)
    assert LABEL in {element["href"] for element in Page(visitor.get(ORDER)).elements if element.tag == "a"}
    page = Page(visitor.get(LABEL))
    assert "Sandbox Standard · 5.70 EUR 4 days Express · 12.70 EUR 1 day" in words(page.text)
    bought = page.form(LABEL).send(visitor, rate="sandbox/Express", grams="2500")
    assert (bought.status_code, bought["Location"]) == (303, f"{ORDER}?shown=1042-1#shipment-1")
    shipment = in_picking.shipment("1042-1").shipment
    window = Page(visitor.get(LABEL, headers=HTMX))
    assert f"ServiceExpress Tracking{shipment.tracking_number} Cost14.30 EUR" in words(window.text)
    file = visitor.get(window.one(target="_blank")["href"])
    assert (file["Content-Type"], file.content[:5]) == ("application/pdf", b"%PDF-")
    assert visitor.post(VOID).status_code == 303
    assert in_picking.shipment("1042-1").shipment.tracking_number == ""


def test_prices_follow_the_weight_and_nothing_is_bought(in_picking: World, visit_as: VisitAs) -> None:
    visitor = visit_as(in_picking.otto)
    page = Page(visitor.post(LABEL, {"prices": "1", "grams": "3001", "rate": "sandbox/Express"}))
    assert "Standard · 8.10 EUR" in words(page.text)
    assert page.one(value="sandbox/Express")["checked"] == ""
    assert in_picking.shipment("1042-1").shipment.tracking_number == ""


@pytest.mark.parametrize("grams", ["", "0", "1.5", "１２", "-3", "1000001", "9" * 400])
def test_a_weight_that_is_none_is_refused_at_its_field(in_picking: World, visit_as: VisitAs, grams: str) -> None:
    response = visit_as(in_picking.otto).post(LABEL, {"rate": "sandbox/Standard", "grams": grams})
    assert response.status_code == 422
    assert Page(response).one(id="label-grams")["aria-invalid"] == "true"


@pytest.mark.parametrize(
    ("code", "status", "refused"),
    [
        (REFUSED_POSTAL_CODE, 422, "Sandbox refused to say what it costs: there is no way to 00000."),
        (UNREACHABLE_POSTAL_CODE, 409, "Nothing is lost: please try again."),
    ],
)
def test_a_carriers_trouble_is_told_in_the_window(
    in_picking: World, visit_as: VisitAs, code: str, status: int, refused: str
) -> None:
    to_postal_code(code)
    visitor = visit_as(in_picking.otto)
    looked = visitor.get(LABEL)
    assert (looked.status_code, refused in looked.text) == (200, True)
    response = visitor.post(LABEL, {"rate": "sandbox/Standard", "grams": "100"}, headers=HTMX)
    assert (response.status_code, refused in response.text) == (status, True)


def test_a_question_that_is_open_is_told_and_can_be_ended(in_picking: World, visit_as: VisitAs) -> None:
    to_postal_code(UNREACHABLE_POSTAL_CODE)
    visitor = visit_as(in_picking.otto)
    visitor.post(LABEL, {"rate": "sandbox/Standard", "grams": "100"})
    assert "A label was asked for" in visitor.get(LABEL).text
    assert visitor.post(VOID, headers=HTMX).headers["HX-Redirect"].startswith(ORDER)
    assert "A label was asked for" not in visitor.get(LABEL).text


def test_a_label_of_a_cancelled_parcel_can_be_given_back(in_picking: World, visit_as: VisitAs) -> None:
    visitor = visit_as(in_picking.otto)
    visitor.post(LABEL, {"rate": "sandbox/Standard", "grams": "100"})
    in_picking.cancel("1042-1", actor=in_picking.otto)
    assert LABEL in visitor.get(ORDER).text
    assert "Give back" in visitor.get(LABEL).text
    assert visitor.post(VOID).status_code == 303
    assert LABEL not in visitor.get(ORDER).text


def test_what_is_not_verified_gets_no_label_from_a_packer(in_picking: World, visit_as: VisitAs) -> None:
    response = visit_as(in_picking.pim).post(LABEL, {"rate": "sandbox/Standard", "grams": "100"})
    assert (response.status_code, "0 of 2 × MUG scanned" in response.text) == (409, True)


def test_nothing_that_is_made_up_is_a_fault(in_picking: World, visit_as: VisitAs) -> None:
    visitor = visit_as(in_picking.otto)
    for rate in ("", "/", "pigeon/post", "sandbox/\0", "sandbox/" + "x" * 300, "manual/"):
        assert visitor.post(LABEL, {"rate": rate, "grams": "100"}).status_code in {303, 409, 422}
    assert visitor.get(f"{ORDER}shipments/1042-9/label/").status_code == 404
    assert visitor.get("/orders/ACME/9999/shipments/1042-1/label/").status_code == 404
    with override_settings(SANDBOX_CARRIER=False):
        assert visitor.get(f"{ORDER}shipments/1042-1/label/").status_code == 200


def test_the_merchant_has_no_business_there(in_picking: World, visit_as: VisitAs) -> None:
    assert visit_as(in_picking.mara).get(LABEL).status_code == 403
    assert LABEL not in visit_as(in_picking.mara).get(ORDER).text


def test_the_window_asks_the_database_the_same_for_one_item_and_many(
    in_picking: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    in_picking.place("1043", MUG=1, CUP=1, TEE=1)
    in_picking.ship("1043-1", until=ShipmentStatus.PICKING)
    visitor = visit_as(in_picking.otto)
    for address in (LABEL, LABEL.replace("1042", "1043")):
        with django_assert_num_queries(14):
            visitor.get(address)
