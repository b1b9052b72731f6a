"""The client's own list of reasons, and whose fault it was, at every door."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Visitor
from django_scopes import scope

from reship.clients.access import Actor
from reship.inventory.audit import audit
from reship.orders.models import Reshipment
from tests.cli.terminal import reship
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
OWN = [
    {"code": "crushed", "label": "Crushed on the way", "fault": "carrier"},
    {"code": "too_small", "label": "Too small", "fault": ""},
]


@pytest.fixture
def world_of_reasons(world: World) -> World:
    """ACME has a list of its own; its orders 1001 to 1003 have left."""
    world.acme.reasons = OWN
    world.acme.save(update_fields=["reasons"])
    for number in ("1001", "1002", "1003"):
        world.place(number, MUG=2)
        world.ship(f"{number}-1")
    return world


def made(world: World) -> list[tuple[str, str, str, str]]:
    with scope(client=world.acme.pk):
        rows = Reshipment.objects.order_by("shipment__number")
        return list(rows.values_list("shipment__number", "reason", "reason_label", "fault"))


def options(page: Page, name: str) -> list[str]:
    """The values that a select of the page offers; `optgroup`s by their labels."""
    inside, offered = "", []
    for element in page.elements:
        inside = element["name"] if element.tag == "select" else inside
        if inside == name and element.tag in {"option", "optgroup"}:
            offered.append(element["label"] or element["value"])
    return offered


def test_the_window_offers_the_clients_list_and_the_order_tells_reason_and_fault(
    world_of_reasons: World, visit_as: VisitAs
) -> None:
    dana = visit_as(world_of_reasons.dana)
    window = Page(dana.get("/orders/ACME/1001/reshipments/new/"))
    assert options(window, "reason") == ["", "crushed", "too_small"]
    assert options(window, "fault") == ["", "carrier", "warehouse", "merchant", "customer"]
    form = window.form("/orders/ACME/1001/reshipments/")
    assert Page(form.send(dana, item=["MUG"], reason="lost")).marked == {
        "reason": "“lost” is no reason; known are crushed, too_small."
    }
    assert "fault" in Page(form.send(dana, item=["MUG"], reason="crushed", fault="nobody")).marked
    form.send(dana, item=["MUG"], reason="too_small", fault="merchant")
    assert made(world_of_reasons) == [("1001-R1", "too_small", "Too small", "merchant")]
    assert "Too small · fault of the merchant · re-shipped by Dana" in Page(dana.get("/orders/ACME/1001/")).text
    assert audit() == []


def test_a_list_says_reason_and_fault_of_each_row_and_the_form_those_of_the_others(
    world_of_reasons: World, visit_as: VisitAs
) -> None:
    mara = visit_as(world_of_reasons.mara)
    window = Page(mara.get("/bulk-edit/lists/new/"))
    assert options(window, "reason") == ["", "crushed", "too_small"]
    rows = b"order,reason,fault\n1001,Crushed on the way,\n1002,,\n1003,crushed,warehouse\n"
    posted = {"file": SimpleUploadedFile("list.csv", rows), "reason": "too_small", "fault": "customer"}
    assert mara.post("/bulk-edit/lists/", posted)["Location"] == "/jobs/ACME/1/"
    assert "Fault Customer" in " ".join(Page(mara.get("/jobs/ACME/1/")).text.split())
    mara.post("/jobs/ACME/1/confirmation/")
    reship("worker", "--once")
    assert made(world_of_reasons) == [
        ("1001-R1", "crushed", "Crushed on the way", "carrier"),
        ("1002-R1", "too_small", "Too small", "customer"),
        ("1003-R1", "crushed", "Crushed on the way", "warehouse"),
    ]
    assert audit() == []


def test_bulk_edit_offers_the_list_of_the_client_whose_orders_are_ticked(
    world_of_reasons: World, visit_as: VisitAs
) -> None:
    mara = visit_as(world_of_reasons.mara)
    panel = Page(mara.post("/bulk-edit/", {"orders": "ACME\t1001"}))
    assert options(panel, "reason") == ["", "crushed", "too_small"]
    refused = panel.form("/bulk-edit/drafts/").send(mara, reason="crushed", fault="nobody")
    assert "fault" in Page(refused).marked


def test_whoever_has_still_to_choose_a_client_is_offered_each_ones_list(
    world_of_reasons: World, visit_as: VisitAs
) -> None:
    otto = visit_as(world_of_reasons.otto)
    built_in = ["lost", "damaged", "wrong_item", "missing_item", "replacement"]
    window = Page(otto.get("/bulk-edit/lists/new/"))
    assert options(window, "reason") == ["", "Acme", "crushed", "too_small", "Other clients", *built_in]


def test_the_command_line_takes_the_clients_reasons_and_names_them_when_it_refuses(world_of_reasons: World) -> None:
    refusal = reship("reship", "1001", "--client", "ACME", "--reason", "lost", "--json").json
    assert (refusal["code"], refusal["figures"]["known"]) == ("invalid_reason", ["crushed", "too_small"])
    reship("reship", "1001", "--client", "ACME", "--reason", "too_small", "--fault", "customer")
    reship("bulk-reship", "--client", "ACME", "--search", "1002", "--reason", "crushed", "--fault", "warehouse")
    assert [(reason, fault) for _, reason, _, fault in made(world_of_reasons)] == [
        ("too_small", "customer"),
        ("crushed", "warehouse"),
    ]
