"""Shipments through the API: shown with an edition, and edited by whoever has seen the latest one."""

from dataclasses import asdict

import pytest

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import ELSEWHERE, JANE, World

FIRST = {"If-Match": '"1"'}


@pytest.fixture
def api(world: World) -> Api:
    world.place("1042", MUG=2, CUP=1)
    return api_of(world)


def test_a_shipment_is_shown_with_its_edition(world: World, api: Api) -> None:
    world.ship("1042-1", until=ShipmentStatus.LOST)
    world.reship("1042", MUG=1)
    response = api.get("/shipments/1042-R1")
    assert (response.status_code, response["ETag"]) == (200, '"1"')
    assert said(response) == said(api.get("/orders/1042/shipments"))["data"][1]


def test_an_edit_changes_what_is_named_and_nothing_else(world: World, api: Api) -> None:
    parts = {"street_1": "2 Low Street", "city": "Shelbyville", "postal_code": "62565"}
    items = [{"sku": "MUG", "quantity": 3}, {"sku": "TEE", "quantity": 1}]
    body = {"address": parts, "items": items}
    planned = api.send("PATCH", "/shipments/1042-1", {**body, "dry_run": True}, **FIRST)
    assert said(api.get("/shipments/1042-1"))["edition"] == 1
    response = api.send("PATCH", "/shipments/1042-1", body, **FIRST)
    told = said(response)
    assert (response.status_code, response["ETag"]) == (200, '"2"')
    assert told["shipment"] == said(api.get("/shipments/1042-1"))
    assert told["shipment"]["address"] == asdict(ELSEWHERE)
    assert told["shipment"]["method"] == "Post"
    assert world.items("1042-1") == {"MUG": 3, "TEE": 1}
    assert [(of["sku"], of["before"]["allocated"], of["after"]["allocated"]) for of in told["stock"]] == [
        ("CUP", 1, 0),
        ("MUG", 2, 3),
        ("TEE", 0, 1),
    ]
    assert said(planned) == {**told, "dry_run": True}
    assert audit() == []


def test_the_same_key_edits_once_although_the_edition_has_moved_on(world: World, api: Api) -> None:
    first = api.send("PATCH", "/shipments/1042-1", {"method": "Express"}, **FIRST, **{"Idempotency-Key": "k-1"})
    again = api.send("PATCH", "/shipments/1042-1", {"method": "Express"}, **FIRST, **{"Idempotency-Key": "k-1"})
    assert (again.status_code, again.content, again["ETag"]) == (200, first.content, '"2"')
    other = {"If-Match": '"2"', "Idempotency-Key": "k-1"}
    assert refusal_of(api.send("PATCH", "/shipments/1042-1", {"method": "Express"}, **other)) == (
        422,
        "request_key_reused",
    )


def test_who_has_not_seen_the_latest_edition_is_told_what_changed(world: World, api: Api) -> None:
    world.edit("1042-1", method="Express")
    for stale in ('"1"', 'W/"1"', '"another"'):
        response = api.send("PATCH", "/shipments/1042-1", {"method": "Slow"}, **{"If-Match": stale})
        assert refusal_of(response) == (412, "stale_edit")
        figures = said(response)["figures"]
        assert figures["now"] == 2
        assert [(edit["actor"], edit["changes"]) for edit in figures["edits"]] == [
            ("Dana", [{"what": "method", "before": "Post", "after": "Express"}])
        ]
    for current in ("*", 'W/"3"', '"4"'):
        asked = {"method": f"By {current}"}
        assert api.send("PATCH", "/shipments/1042-1", asked, **{"If-Match": current}).status_code == 200


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [("", 428, "edition_required"), ("1", 422, "invalid_edition"), ('"1", "2"', 422, "invalid_edition")],
)
def test_an_edit_names_the_edition_that_it_is_based_on(
    world: World, api: Api, given: str, status: int, code: str
) -> None:
    headers = {"If-Match": given} if given else {}
    assert refusal_of(api.send("PATCH", "/shipments/1042-1", {"method": "Slow"}, **headers)) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"items": []}, 422, "nothing_selected", "/items"),
        ({"items": [{"sku": "MUG", "quantity": 1}, {"sku": "NO", "quantity": 1}]}, 422, "unknown_item", "/items/1/sku"),
        ({"items": [{"sku": "TEE", "quantity": 11}]}, 409, "not_enough_available", "/items/0/quantity"),
        ({"address": {"postal_code": "1"}}, 422, "invalid_address", "/address/postal_code"),
        ({"address": {"city": "x" * 121}}, 422, "invalid_text", "/address/city"),
        ({"method": "x" * 61}, 422, "invalid_text", "/method"),
        ({"warehouse": "EAST"}, 422, "invalid_request", "/warehouse"),
    ],
)
def test_what_cannot_be_edited_is_refused_where_it_stands(
    world: World, api: Api, body: dict[str, object], status: int, code: str, pointer: str
) -> None:
    response = api.send("PATCH", "/shipments/1042-1", body, **FIRST)
    assert refusal_of(response) == (status, code)
    assert [error["pointer"] for error in said(response)["errors"]] == [pointer]
    assert world.shipment("1042-1").shipment.address == JANE
    assert audit() == []


def test_it_is_too_late_once_picking_started(world: World, api: Api) -> None:
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    assert refusal_of(api.send("PATCH", "/shipments/1042-1", {"method": "Slow"}, **FIRST)) == (409, "picking_started")


def test_who_may_not_see_or_edit_a_shipment_does_not(world: World, api: Api) -> None:
    reader = api_of(world, "read")
    assert reader.get("/shipments/1042-1").status_code == 200
    assert refusal_of(reader.send("PATCH", "/shipments/1042-1", {}, **FIRST)) == (403, "not_allowed")
    theirs = api_of(world, actor=world.wren, client=world.other)
    for number in ("1042-1", "9-1", "nonsense"):
        assert refusal_of(theirs.get(f"/shipments/{number}")) == (404, "shipment_not_found")
        for body in ({}, {"dry_run": True}):
            answer = theirs.send("PATCH", f"/shipments/{number}", body, **FIRST)
            assert refusal_of(answer) == (404, "shipment_not_found")


@pytest.mark.parametrize("skus", [["MUG"], ["MUG", "CUP", "TEE"]])
def test_any_number_of_items_is_edited_by_as_many_statements(world: World, api: Api, skus: list[str]) -> None:
    items = [{"sku": sku, "quantity": 5} for sku in skus]
    world.edit("1042-1", MUG=2, CUP=1, TEE=1)
    api.get("/orders")  # Takes the first handful of the minute's requests.
    with captured_statements() as run:
        answer = api.send("PATCH", "/shipments/1042-1", {"items": items}, **{"If-Match": '"2"'})
    assert answer.status_code == 200
    assert len(run) == 19, "\n".join(sql[:100] for sql in run)
    with captured_statements() as run:
        api.get("/shipments/1042-1")
    assert len(run) == 7, "\n".join(sql[:100] for sql in run)
    assert audit() == []
