"""Orders → New Order: a manual order, blank or copied from an order."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client as Visitor
from pytest_django import DjangoAssertNumQueries

from reship.clients.access import Actor
from reship.fulfilment.place_order import NewLine
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.orders.models import HoldKind, ShipmentStatus
from tests.web.pages import Form, Page, Posted
from tests.web.stocked import MANY, stock_many
from tests.world import JANE, World, new_order

VisitAs = Callable[[Actor], Visitor]
NEW = "/orders/new/"
COPY = f"{NEW}?client=ACME&copied_from=1042"
HTMX = {"HX-Request": "true"}


def blank_form(visitor: Visitor, address: str = NEW) -> Form:
    return Page(visitor.get(address)).form(NEW)


def filled(**changes: str | list[str]) -> Posted:
    typed: Posted = {
        "customer_name": "Jim Roe",
        "customer_email": "jim@example.com",
        "recipient": "Jim Roe",
        "street_1": "2 Low Street",
        "city": "Auburn",
        "region": "IL",
        "postal_code": "62615",
        "country": "US",
        "sku": ["MUG", "TEE", ""],
        "quantity": ["2", "1", ""],
        "price": ["9.50", "", ""],
        "method": "Express",
        "currency": "usd",
        "warehouse": "MAIN",
    }
    return {**typed, **changes}


def test_a_manual_order_is_placed_as_it_was_typed(world: World, visit_as: VisitAs) -> None:
    visitor = visit_as(world.dana)
    response = blank_form(visitor).send(visitor, **filled(hold="OPERATOR", note="Wait for the letter.", number="M-1"))
    assert (response.status_code, response["Location"]) == (303, "/orders/ACME/M-1/")
    order = world.facts("M-1").order
    assert (order.customer_name, order.currency, order.method, order.status) == ("Jim Roe", "USD", "Express", "ON_HOLD")
    assert order.address == replace(
        JANE, recipient="Jim Roe", street_1="2 Low Street", city="Auburn", postal_code="62615"
    )
    assert world.items("M-1-1") == {"MUG": 2, "TEE": 1}
    page = visitor.get("/orders/ACME/M-1/").text
    assert "19.00" in page
    assert "Order M-1 placed, on Operator Hold." in page
    assert world.stock("MUG") == Balance(on_hand=100, allocated=2)
    assert audit() == []


def test_a_copy_begins_with_the_original_and_is_linked_both_ways(world: World, visit_as: VisitAs) -> None:
    world.place_order(replace(new_order("1042", {}), lines=(NewLine("MUG", 2, "5.00"), NewLine("CUP", 1, "4.00"))))
    world.ship("1042-1", until=ShipmentStatus.LOST)
    visitor = visit_as(world.dana)
    assert f'href="{COPY.replace("&", "&amp;")}"' in visitor.get("/orders/ACME/1042/").text
    assert blank_form(visitor).fields["warehouse"] == "MAIN", "as the newest order"
    form = blank_form(visitor, COPY)
    begun = {name: form.fields[name] for name in ("customer_name", "street_1", "method", "warehouse", "copied_from")}
    assert begun == {
        "customer_name": "Jane Doe",
        "street_1": "1 High Street",
        "method": "Post",
        "warehouse": "MAIN",
        "copied_from": "1042",
    }
    assert (form.fields["sku"][:2], form.fields["quantity"][:2], form.fields["price"][:2]) == (
        ["MUG", "CUP"],
        ["2", "1"],
        ["0.00", "0.00"],
    )
    assert form.send(visitor, take_out="2", quantity=["1", "1", "", "", ""], number="1043").status_code == 303
    assert world.items("1043-1") == {"MUG": 1}
    assert "Copied to manual order 1043: 1 × MUG." in world.history("1042")
    assert "copied from" in visitor.get("/orders/ACME/1043/").text
    assert "copied to" in visitor.get("/orders/ACME/1042/").text
    assert audit() == []


def test_a_double_click_places_one_order(world: World, visit_as: VisitAs) -> None:
    visitor = visit_as(world.dana)
    form = blank_form(visitor)
    answers = [form.send(visitor, **filled()) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == ["/orders/ACME/1001/"] * 2
    assert "had been placed by the same click already" in visitor.get("/orders/ACME/1001/").text
    other = form.send(visitor, **filled(note="Another."))
    assert (other.status_code, Page(other).refusal) == (422, "request_key_reused")
    assert Page(other).form(NEW).send(visitor)["Location"] == "/orders/ACME/1002/"
    assert world.stock("MUG").allocated == 4
    assert audit() == []


@pytest.mark.parametrize(
    ("changes", "code", "marked"),
    [
        ({"customer_name": ""}, "invalid_text", "customer_name"),
        ({"customer_email": "x" * 255}, "invalid_text", "customer_email"),
        ({"number": "a/b"}, "invalid_text", "number"),
        ({"number": "1042"}, "order_exists", "number"),
        ({"currency": "EURO"}, "invalid_text", "currency"),
        ({"warehouse": "NONE"}, "unknown_warehouse", "warehouse"),
        ({"hold": "NONE"}, "invalid_hold", "hold"),
        ({"note": "a\x00b"}, "invalid_text", "note"),
        ({"postal_code": "10001"}, "invalid_address", "postal_code"),
        ({"country": "DE", "city": "", "postal_code": "10115"}, "invalid_address", "city"),
        ({"sku": ["MUG", "NONE", ""]}, "unknown_item", "sku"),
        ({"quantity": ["2", "x", ""]}, "invalid_quantity", "sku"),
        ({"quantity": ["2", "11", ""]}, "not_enough_available", "sku"),
        ({"price": ["1,5", "", ""]}, "invalid_price", "sku"),
        ({"price": ["-1", "", ""]}, "invalid_price", "sku"),
        ({"price": ["NaN", "", ""]}, "invalid_price", "sku"),
        ({"sku": ["MUG", "", ""]}, "invalid_text", "sku"),
        ({"sku": ["", "", ""], "quantity": ["", "", ""]}, "nothing_selected", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_refused_is_told_at_its_field_and_nothing_typed_is_lost(
    world: World, visit_as: VisitAs, changes: Posted, code: str, marked: str
) -> None:
    world.place("1042", MUG=1)
    visitor = visit_as(world.dana)
    typed = filled(**changes)
    page = Page(blank_form(visitor).send(visitor, **typed))
    assert (page.refusal, set(page.marked)) == (code, {marked} - {""})
    assert code != "nothing_selected" or page.one(id="lines-error").text == "An order needs at least one line."
    kept = page.form(NEW).fields
    choices = {"warehouse", "hold"}  # What is no choice cannot stay chosen.
    assert {name: kept[name] for name in typed if name not in choices & changes.keys()} == {
        name: value for name, value in typed.items() if name not in choices & changes.keys()
    }
    assert world.stock("TEE").allocated == 0


def test_without_a_script_lines_are_added_and_looked_at(world: World, visit_as: VisitAs) -> None:
    visitor = visit_as(world.dana)
    page = Page(blank_form(visitor).send(visitor, **filled(further="1")))
    assert page.form(NEW).fields["sku"] == ["MUG", "TEE", "", "", ""]
    assert page.form(NEW).fields["customer_name"] == "Jim Roe"
    page = Page(
        page.form(NEW).send(
            visitor, preview="1", sku=["MUG", "NO", "TEE"], quantity=["2", "1", "11"], price=["9.50", "", ""]
        )
    )
    words = " ".join(page.text.replace("→", " → ").split())
    assert "MUG Mug 2 0 100 → 98" in words
    assert "TEE Tee 11 0 10 → −1" in words
    assert "There is no product “NO”. " in words
    assert "Total 19.00 USD" in words
    page = Page(page.form(NEW).send(visitor, change_country="1", country="GB"))
    assert "Post town" in page.text
    assert world.stock("MUG").allocated == 0


def test_the_company_says_for_which_client_and_others_only_place_their_own(world: World, visit_as: VisitAs) -> None:
    otto, wren = visit_as(world.otto), visit_as(world.wren)
    assert "For which client" in otto.get(NEW).text
    form = blank_form(otto, f"{NEW}?client=OTHER")
    assert form.send(otto, **filled(sku="MUG", quantity="1", price=""))["Location"] == "/orders/OTHER/1001/"
    assert wren.get(f"{NEW}?client=ACME").status_code == 404
    assert wren.post(NEW, filled(client="ACME")).status_code == 404
    world.place("1042", MUG=1)
    assert wren.get(f"{NEW}?client=OTHER&copied_from=1042").status_code == 404
    assert [visit_as(actor).get(NEW).status_code for actor in (world.vic, world.pim)] == [403, 403]
    assert "Your role (viewer) does not include it." in visit_as(world.vic).get("/orders/ACME/1042/").text
    assert audit() == []


def test_an_operators_hold_on_a_manual_order_is_the_operators(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    blank_form(otto, f"{NEW}?client=ACME").send(otto, **filled(hold="CLIENT"))
    (hold,) = world.facts("1001").holds
    assert (hold.kind, hold.placed_by, hold.placed_by_company) == (HoldKind.CLIENT, "Otto", True)


def test_skus_are_offered_with_what_each_warehouse_has(world: World, visit_as: VisitAs) -> None:
    world.receive(warehouse="EAST", TEE=3)
    visitor = visit_as(world.dana)
    offers = Page(visitor.get(f"{NEW}skus/?client=ACME", {"client": "ACME", "sku": "te"}, headers=HTMX)).elements
    assert [offer["label"] for offer in offers] == ["TEE · Tee · 3 available in EAST, 10 available in MAIN"]
    assert visitor.get(f"{NEW}skus/?client=OTHER", headers=HTMX).status_code == 404


@pytest.mark.parametrize("lines", [1, 30])
def test_it_asks_the_database_the_same_for_one_line_and_for_thirty(
    world: World, visit_as: VisitAs, django_assert_num_queries: DjangoAssertNumQueries, lines: int
) -> None:
    stock_many(world, MANY)
    world.place("1042", MUG=1)
    visitor = visit_as(world.dana)
    skus = list(MANY)[:lines]
    typed = filled(sku=skus, quantity=["1"] * lines, price=[""] * lines)
    form = blank_form(visitor)
    with django_assert_num_queries(7):
        visitor.post(NEW, {**form.fields, **typed}, headers=HTMX)
