"""The switch between clients in the header of the fulfilment company's people."""

from collections.abc import Callable

import pytest
from django.test import Client as Visitor

from reship.clients.access import Actor
from reship.inventory.audit import audit
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]


def choose(visitor: Visitor, code: str, *, at: str = "/orders/") -> str:
    """Chooses a client while looking at a page, and says where that led."""
    return visitor.post("/client/", {"client": code, "next": at})["Location"]


def numbers(answer: object) -> list[str]:
    return [element.text for element in Page(answer).all(data_open="")]


@pytest.fixture
def both(world: World) -> World:
    world.place("1001", MUG=1)
    world.place("2001", client=world.other, MUG=1)
    return world


def test_lists_show_the_client_that_was_chosen_and_all_again(both: World, visit_as: VisitAs) -> None:
    otto = visit_as(both.otto)
    assert sorted(numbers(otto.get("/orders/"))) == ["1001", "2001"]
    choose(otto, "OTHER")
    assert numbers(otto.get("/orders/")) == ["2001"]
    assert numbers(otto.get("/stock/")) == ["MUG"]
    assert "WREN &amp; Co" in otto.get("/jobs/").text
    choose(otto, "")
    assert sorted(numbers(otto.get("/orders/"))) == ["1001", "2001"]
    assert audit() == []


def test_the_list_writes_the_choice_into_its_own_address(both: World, visit_as: VisitAs) -> None:
    """So that what a second tab chooses changes neither a link nor what a bulk deed is meant for."""
    otto = visit_as(both.otto)
    choose(otto, "ACME")
    page = Page(otto.get("/orders/"))
    assert page.one(name="client", type="hidden")["value"] == "ACME"
    assert page.one(name="filter")["value"] == "client=ACME"
    assert "/orders/?client=ACME&status=ON_HOLD" in {link["href"] for link in page.all(href="")}
    choose(otto, "OTHER")
    assert numbers(otto.get("/orders/?client=ACME")) == ["1001"]


def test_choosing_leads_back_to_the_list_without_another_client(both: World, visit_as: VisitAs) -> None:
    otto = visit_as(both.otto)
    assert choose(otto, "ACME", at="/orders/?q=Jane&client=OTHER&page=x") == "/orders/?q=Jane"
    assert choose(otto, "ACME", at="/stock/") == "/stock/"
    for elsewhere in ("/orders/OTHER/2001/", "/client/", "https://evil.example/", "//evil.example/", "", "/nothing/"):
        assert choose(otto, "ACME", at=elsewhere) == "/orders/"


def test_goods_are_received_for_the_client_that_was_chosen(both: World, visit_as: VisitAs) -> None:
    pim = visit_as(both.pim)
    choose(pim, "OTHER")
    assert Page(pim.get("/stock/deliveries/new/")).form("/stock/deliveries/").fields["client"] == "OTHER"


def test_a_saved_view_is_the_current_tab_whatever_client_is_chosen(both: World, visit_as: VisitAs) -> None:
    otto = visit_as(both.otto)
    otto.post("/views/", {"name": "Held", "query": "status=ON_HOLD"})
    choose(otto, "ACME")
    page = Page(otto.get("/orders/?status=ON_HOLD"))
    assert [tab.text.strip() for tab in page.all(aria_current="page") if "rs-tab" in tab["class"]] == ["Held"]


def test_the_header_shows_the_name_that_the_client_has_now(both: World, visit_as: VisitAs) -> None:
    otto = visit_as(both.otto)
    choose(otto, "ACME")
    Page(otto.get("/clients/ACME/")).form("/clients/ACME/settings/").send(otto, name="Acme & Sons")
    assert '<span class="rs-truncate rs-nav-switch-name">Acme &amp; Sons</span>' in otto.get("/stock/").text


def test_an_unknown_client_cannot_be_chosen(both: World, visit_as: VisitAs) -> None:
    otto = visit_as(both.otto)
    assert otto.post("/client/", {"client": "NOBODY"}).status_code == 404
    assert sorted(numbers(otto.get("/orders/"))) == ["1001", "2001"]


@pytest.mark.parametrize("person", ["vic", "dana", "mara"])
def test_people_of_a_client_have_no_switch(both: World, visit_as: VisitAs, person: str) -> None:
    visitor = visit_as(getattr(both, person))
    assert "/client/" not in visitor.get("/orders/").text
    assert visitor.post("/client/", {"client": "OTHER"}).status_code == 403
    assert numbers(visitor.get("/orders/?client=OTHER")) == ["1001"]
