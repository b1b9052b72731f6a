"""Clients' settings, new clients, and warehouses."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Visitor

from reship.catalog.models import Warehouse
from reship.clients.access import Actor
from reship.clients.account_log import changes_of, find_events, wording
from reship.clients.models import Client
from reship.clients.reasons import BUILT_IN, Reason, reasons_of
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
ACME = "/clients/ACME/"


def acme() -> Client:
    return Client.objects.get(code="ACME")


def told() -> list[str]:
    return [f"{event.actor} {wording(event)}" for event in find_events(client_ids=None, limit=50).rows]


def test_an_operator_sets_the_policies(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    form = Page(otto.get(ACME)).form(f"{ACME}settings/")
    assert form.fields["may_add_back"] == "yes"
    del form.fields["may_add_back"]
    answer = form.send(
        otto,
        name="Acme & Sons",
        timezone="Asia/Tokyo",
        currency="gbp",
        reship_fee="4,50",
        most_reships_of_order="3",
        most_reships_a_day="200",
        hold_every_reship="yes",
        second_reship_needs_manager="yes",
    )
    assert answer.status_code == 303
    stored = Client.objects.filter(code="ACME").values().get()
    assert {name: stored[name] for name in ("name", "timezone", "currency", "reship_fee")} == {
        "name": "Acme & Sons",
        "timezone": "Asia/Tokyo",
        "currency": "GBP",
        "reship_fee": Decimal("4.50"),
    }
    assert (stored["most_reships_of_order"], stored["most_reships_a_day"], stored["may_add_back"]) == (3, 200, False)
    assert all(stored[tick] for tick in ("hold_every_reship", "second_reship_needs_manager", "reason_required"))
    (event,) = find_events(client_ids=[world.acme.pk], limit=5).rows
    assert [(change.what, change.before, change.after) for change in changes_of(event)] == [
        ("name", "Acme", "Acme & Sons"),
        ("timezone", "UTC", "Asia/Tokyo"),
        ("currency", "EUR", "GBP"),
        ("reship_fee", "0.00", "4.50"),
        ("most_reships_of_order", "0", "3"),
        ("most_reships_a_day", "0", "200"),
        ("may_add_back", True, False),
        ("hold_every_reship", False, True),
        ("second_reship_needs_manager", False, True),
    ]
    page = visit_as(world.mara).get("/activity/").text
    assert "changed the settings of Acme &amp; Sons (ACME)" in page


def test_saving_nothing_new_leaves_no_trace(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    before = Client.objects.filter(code="ACME").values().get()
    assert Page(otto.get(ACME)).form(f"{ACME}settings/").send(otto).status_code == 303
    assert (Client.objects.filter(code="ACME").values().get(), told()) == (before, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "a\x00b"),
        ("timezone", "Nowhere/Land"),
        ("timezone", "../../etc/passwd"),
        ("timezone", ""),
        ("currency", "EURO"),
        ("currency", "ÄÖÜ"),
        ("reship_fee", "-1"),
        ("reship_fee", "1.005"),
        ("reship_fee", "NaN"),
        ("reship_fee", "1e5"),
        ("reship_fee", "1" * 11),
        ("most_reships_of_order", "-1"),
        ("most_reships_of_order", "1_000"),
        ("most_reships_a_day", "٣"),
        ("most_reships_a_day", "1000001"),
        ("most_reships_a_day", ""),
    ],
)
def test_what_cannot_be_set_is_answered_at_its_field(world: World, visit_as: VisitAs, field: str, value: str) -> None:
    otto = visit_as(world.otto)
    before = Client.objects.filter(code="ACME").values().get()
    answer = Page(otto.get(ACME)).form(f"{ACME}settings/").send(otto, **{field: value})
    assert (answer.status_code, list(Page(answer).marked)) == (422, [field])
    assert Client.objects.filter(code="ACME").values().get() == before


def test_the_clients_manager_reads_the_settings_and_sets_nothing(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    assert mara.get("/clients/")["Location"] == ACME
    page = mara.get(ACME).text
    assert "Most reships of an order" in page
    assert "The fulfilment company sets these." in page
    assert f"{ACME}settings/" not in page
    for deed in ("settings", "reasons"):
        assert mara.post(f"{ACME}{deed}/", {"name": "Mine", "code": "x", "label": "x"}).status_code == 403
    assert (acme().name, told()) == ("Acme", [])


def set_list(visitor: Visitor, *rows: tuple[str, str, str]) -> Page:
    codes, labels, faults = (list(column) for column in zip(*rows, strict=True))
    answer = visitor.post(f"{ACME}reasons/", {"code": codes, "label": labels, "fault": faults}, follow=True)
    return Page(answer)


def test_a_client_gets_reasons_of_its_own_and_the_built_in_ones_again(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    set_list(otto, ("stolen", "Stolen from the porch", "carrier"), ("", "", "merchant"), ("gift", "A gift", ""))
    assert reasons_of(acme()) == (Reason("stolen", "Stolen from the porch", "carrier"), Reason("gift", "A gift"))
    window = visit_as(world.dana)
    world.place("1042", MUG=1)
    assert "Stolen from the porch" in window.get("/orders/ACME/1042/reshipments/new/").text
    otto.post(f"{ACME}reasons/", {"built_in": "yes"})
    assert reasons_of(acme()) == BUILT_IN
    assert told() == ["Otto changed the reasons of Acme (ACME)"] * 2


def test_the_built_in_list_saved_as_it_is_stays_built_in(world: World, visit_as: VisitAs) -> None:
    otto = visit_as(world.otto)
    set_list(otto, *((reason.code, reason.label, str(reason.fault)) for reason in BUILT_IN))
    assert (acme().reasons, told()) == ([], [])


@pytest.mark.parametrize(
    "row",
    [
        ("", "No code", ""),
        ("no_label", "", ""),
        ("Big", "Capital letters", ""),
        ("ä", "An umlaut", ""),
        ("lost", "Twice", ""),
        ("x" * 41, "Too long", ""),
        ("x", "L" * 101, ""),
        ("x", "Fault", "nobody"),
        ("x", "a\x00b", ""),
    ],
)
def test_a_list_with_a_faulty_reason_is_refused_and_marks_it(
    world: World, visit_as: VisitAs, row: tuple[str, str, str]
) -> None:
    page = set_list(visit_as(world.otto), ("lost", "Lost", "carrier"), row)
    assert [element["aria-label"] for element in page.all(aria_invalid="true")] == ["Reason 2", "Code of reason 2"]
    assert "Reason 2: " in page.text
    assert acme().reasons == []


def test_too_many_reasons_are_refused(world: World, visit_as: VisitAs) -> None:
    page = set_list(visit_as(world.otto), *((f"r{number}", "R", "") for number in range(31)))
    assert "A list has at most 30 reasons, not 31." in page.text


def test_an_administrator_makes_a_client_and_an_operator_does_not(world: World, visit_as: VisitAs) -> None:
    given = {"code": "NEW", "name": "New & Co"}
    assert visit_as(world.otto).post("/clients/", given).status_code == 403
    ada = visit_as(world.ada)
    assert ada.post("/clients/", given)["Location"] == "/clients/NEW/"
    assert told() == ["Ada made the client New & Co (NEW)"]
    again = ada.post("/clients/", given | {"code": "new"})
    assert (again.status_code, list(Page(again).marked)) == (409, ["code"])
    assert ada.post("/clients/", {"code": "A/B", "name": "x"}).status_code == 422


def test_warehouses_are_added_and_renamed(world: World, visit_as: VisitAs) -> None:
    ada = visit_as(world.ada)
    assert ada.post("/warehouses/", {"code": "WEST", "name": "West"}).status_code == 303
    ada.post("/warehouses/WEST/name/", {"name": "Far west"})
    assert Warehouse.objects.get(code="WEST").name == "Far west"
    again = ada.post("/warehouses/", {"code": "west", "name": "West"})
    assert (again.status_code, list(Page(again).marked)) == (409, ["code"])
    assert ada.post("/warehouses/", {"code": "W W", "name": "West"}).status_code == 422
    empty = ada.post("/warehouses/WEST/name/", {"name": ""})
    assert (empty.status_code, list(Page(empty).marked)) == (422, ["name"])
    assert ada.post("/warehouses/NOWHERE/name/", {"name": "x"}).status_code == 404
    assert told() == ["Ada renamed the warehouse WEST", "Ada added the warehouse WEST (West)"]
