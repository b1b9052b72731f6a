"""Sending items again through the API: the deed, the dry run, the refusals, and the same request twice."""

import pytest
from django.test import Client

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import World

LOST = {"reason": "lost"}


@pytest.fixture
def api(world: World) -> Api:
    world.place("1042", MUG=2, CUP=1)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    return api_of(world)


def test_a_reship_answers_with_reshipment_shipment_and_stock(world: World, api: Api) -> None:
    asked = {**LOST, "items": [{"sku": "MUG", "quantity": 1}], "hold": True, "note": "call first"}
    response = api.post("/orders/1042/reshipments", asked)
    told = said(response)
    assert (response.status_code, response["Location"]) == (201, "/api/v1/shipments/1042-R1")
    assert told["reshipment"] | {"made_at": ""} == {
        "number": "1042-R1",
        "order": "1042",
        "source": "1042-1",
        "items": [{"sku": "MUG", "quantity": 1}],
        "reason": "lost",
        "fault": "carrier",
        "note": "call first",
        "added_back": False,
        "sent_again_anyway": False,
        "made_by": "helpdesk (API key)",
        "made_at": "",
        "cancelled_by": "",
        "cancelled_at": None,
    }
    assert told["stock"] == [
        {
            "sku": "MUG",
            "warehouse": "MAIN",
            "before": {"on_hand": 98, "allocated": 0, "available": 98},
            "after": {"on_hand": 98, "allocated": 1, "available": 97},
        }
    ]
    assert (told["shipment"]["status"], told["shipment"]["reshipment_of"]) == ("OPEN", "1042-1")
    assert [hold["kind"] for hold in told["shipment"]["holds"]] == ["OPERATOR"]
    assert said(api.get("/orders/1042/shipments"))["data"][1] == told["shipment"]
    assert said(api.get("/orders/1042/reshipments"))["data"] == [told["reshipment"]]
    assert audit() == []


def test_a_dry_run_answers_the_same_and_does_nothing(world: World, api: Api) -> None:
    planned = api.post("/orders/1042/reshipments", {**LOST, "dry_run": True})
    done = said(api.post("/orders/1042/reshipments", LOST))
    assert (planned.status_code, said(planned)["dry_run"]) == (200, True)
    assert {**said(planned), "dry_run": False, "shipment": None} == {
        **done,
        "shipment": None,
        "reshipment": {**done["reshipment"], "made_at": None},
    }
    assert audit() == []


def test_the_same_key_answers_with_the_same_bytes(world: World, api: Api) -> None:
    first = api.post("/orders/1042/reshipments", LOST, key="k-1")
    again = api.post("/orders/1042/reshipments", LOST, key="k-1")
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    other = api.post("/orders/1042/reshipments", {"reason": "damaged"}, key="k-1")
    assert refusal_of(other) == (422, "request_key_reused")
    assert len(said(api.get("/orders/1042/reshipments"))["data"]) == 1
    assert audit() == []


def test_what_was_refused_leaves_its_key_free(world: World, api: Api) -> None:
    refused = api.post("/orders/1042/reshipments", {"reason": "nonsense"}, key="k-1")
    assert refusal_of(refused) == (422, "invalid_reason")
    assert api.post("/orders/1042/reshipments", LOST, key="k-1").status_code == 201


def test_a_refusal_is_a_problem_with_figures_and_a_pointer(world: World, api: Api) -> None:
    asked = {**LOST, "items": [{"sku": "CUP", "quantity": 1}, {"sku": "MUG", "quantity": 3}]}
    response = api.post("/orders/1042/reshipments", asked)
    problem = said(response)
    assert refusal_of(response) == (422, "more_than_shipped")
    assert problem["figures"] == {"shipment": "1042-1", "sku": "MUG", "shipped": 2, "asked": 3}
    assert problem["type"] == "/api/v1/problems/more_than_shipped"
    assert problem["errors"] == [
        {"pointer": "/items/1/quantity", "parameter": None, "detail": "1042-1 sent 2 × MUG; 3 were asked for."}
    ]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [({}, "/reason"), ({**LOST, "source": "1042-9"}, "/source"), ({**LOST, "items": []}, "/items")],
)
def test_a_pointer_leads_to_what_was_sent_or_is_missing(
    world: World, api: Api, asked: dict[str, object], pointer: str
) -> None:
    problem = said(api.post("/orders/1042/reshipments", asked))
    assert [where["pointer"] for where in problem["errors"]] == [pointer]


def test_items_that_nobody_named_are_not_pointed_at(world: World, api: Api) -> None:
    api.post("/orders/1042/reshipments", LOST)
    response = api.post("/orders/1042/reshipments", LOST)
    assert (refusal_of(response), said(response)["errors"]) == ((409, "already_reshipped"), [])


@pytest.mark.parametrize("quantity", ["1", 1.0, 0, -1, True, None, [], {}, 10**18, "x" * 500])
def test_a_quantity_is_a_whole_number(world: World, api: Api, quantity: object) -> None:
    response = api.post("/orders/1042/reshipments", {**LOST, "items": [{"sku": "MUG", "quantity": quantity}]})
    assert refusal_of(response) == (422, "invalid_quantity")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"reason": "lost", "reason": "lost"}', 400, "invalid_json"),
        ('{"reason": NaN}', 400, "invalid_json"),
        ("[" * 100_000, 400, "invalid_json"),
        ("not json", 400, "invalid_json"),
        ('"text"', 422, "invalid_request"),
        ('{"reasn": "lost"}', 422, "invalid_request"),
        ('{"add_back": "yes"}', 422, "invalid_request"),
        ("x" * 1_000_001, 413, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_is_refused(world: World, api: Api, body: str, status: int, code: str) -> None:
    assert refusal_of(api.post("/orders/1042/reshipments", body)) == (status, code)


def test_another_clients_order_looks_like_none(world: World, api: Api) -> None:
    theirs = api_of(world, actor=world.wren, client=world.other)
    assert refusal_of(theirs.post("/orders/1042/reshipments", LOST)) == (404, "order_not_found")
    assert refusal_of(theirs.get("/orders/1042")) == (404, "order_not_found")


def test_a_key_is_asked_for_everywhere(world: World, api: Api) -> None:
    response = Api("rsk_0000000000_x").post("/orders/1042/reshipments", LOST)
    assert refusal_of(response) == (401, "invalid_api_key")
    assert response["WWW-Authenticate"] == 'Bearer realm="Reship"'
    nobody = Client().get("/api/v1/orders")
    assert refusal_of(nobody) == (401, "invalid_api_key")
    assert said(nobody)["detail"].startswith("No API key was sent.")
    assert refusal_of(api_of(world, "read").post("/orders/1042/reshipments", LOST)) == (403, "not_allowed")
    assert refusal_of(api.get("/nothing")) == (404, "no_such_address")
    assert refusal_of(api.send("DELETE", "/orders")) == (405, "method_not_allowed")


def test_a_key_that_asks_too_often_is_told_when_to_come_back(world: World, api: Api) -> None:
    slow = api_of(world, limit=1)
    assert slow.get("/orders")["RateLimit-Policy"] == '"key";q=1;w=60'
    response = slow.get("/orders")
    assert refusal_of(response) == (429, "too_many_requests")
    assert 1 <= int(response["Retry-After"]) <= 60


def test_one_reship_runs_a_literal_number_of_statements(world: World, api: Api) -> None:
    api.get("/orders")  # Takes the first handful of the minute's requests.
    with captured_statements() as run:
        assert api.post("/orders/1042/reshipments", LOST, key="k-1").status_code == 201
    assert len(run) == 21, "\n".join(run)
