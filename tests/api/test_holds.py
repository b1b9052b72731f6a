"""Holds through the API: placed, listed and lifted by their kind."""

import pytest

from reship.orders.models import HoldKind, ShipmentStatus
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import World


@pytest.fixture
def api(world: World) -> Api:
    world.place("1042", MUG=2)
    return api_of(world)


def test_a_hold_is_placed_listed_and_lifted(world: World, api: Api) -> None:
    placed = api.post("/orders/1042/holds", {"kind": "ADDRESS", "note": "moved"})
    assert placed.status_code == 201
    assert said(placed) | {"placed_at": ""} == {
        "kind": "ADDRESS",
        "shipment": None,
        "note": "moved",
        "placed_by": "helpdesk (API key)",
        "placed_at": "",
        "by_company": False,
        "lifted_by": "",
        "lifted_at": None,
    }
    api.post("/orders/1042/holds", {"kind": "CLIENT", "shipment": "1042-1"})
    lifted = api.send("DELETE", "/orders/1042/holds/CLIENT?shipment=1042-1")
    assert (lifted.status_code, said(lifted)["remaining"]) == (200, ["ADDRESS"])
    assert said(lifted)["hold"]["lifted_by"] == "helpdesk (API key)"
    assert said(api.get("/orders/1042/holds"))["data"] == [said(placed), said(lifted)["hold"]]
    assert [hold["kind"] for hold in said(api.get("/orders/1042"))["holds"]] == ["ADDRESS"]
    assert world.status("1042") == "ON_HOLD"


def test_the_same_key_places_and_lifts_once(world: World, api: Api) -> None:
    first = api.post("/orders/1042/holds", {"kind": "CLIENT"}, key="k-1")
    assert api.post("/orders/1042/holds", {"kind": "CLIENT"}, key="k-1").content == first.content
    assert refusal_of(api.post("/orders/1042/holds", {"kind": "CLIENT"}, key="k-2")) == (409, "already_on_hold")
    lifted = api.send("DELETE", "/orders/1042/holds/CLIENT", **{"Idempotency-Key": "k-3"})
    again = api.send("DELETE", "/orders/1042/holds/CLIENT", **{"Idempotency-Key": "k-3"})
    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (200, lifted.content, "true")
    other = api.send("DELETE", "/orders/1042/holds/CLIENT?shipment=1042-1", **{"Idempotency-Key": "k-3"})
    assert refusal_of(other) == (422, "request_key_reused")
    assert refusal_of(api.send("DELETE", "/orders/1042/holds/CLIENT")) == (409, "no_such_hold")


@pytest.mark.parametrize(
    ("body", "status", "code", "pointers"),
    [
        ({"kind": "WHIM"}, 422, "invalid_hold", ["/kind"]),
        ({"kind": "CLIENT", "note": "x" * 1_001}, 422, "invalid_text", ["/note"]),
        ({"kind": "CLIENT", "shipment": "1042-9"}, 404, "shipment_not_found", ["/shipment"]),
        ({"kind": "CLIENT", "shipment": "1042-1"}, 409, "picking_started", []),
        ({}, 422, "invalid_request", ["/kind"]),
    ],
)
def test_what_cannot_be_held_is_refused(
    world: World, api: Api, body: dict[str, str], status: int, code: str, pointers: list[str]
) -> None:
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    response = api.post("/orders/1042/holds", body)
    assert refusal_of(response) == (status, code)
    assert [error["pointer"] for error in said(response)["errors"]] == pointers


def test_a_client_lifts_no_hold_of_the_company(world: World, api: Api) -> None:
    world.hold("1042", kind=HoldKind.OPERATOR, actor=world.otto)
    assert said(api.get("/orders/1042/holds"))["data"][0]["by_company"] is True
    assert refusal_of(api.send("DELETE", "/orders/1042/holds/OPERATOR")) == (403, "not_allowed")
    theirs = api_of(world, actor=world.otto, role="operator")
    assert theirs.send("DELETE", "/orders/1042/holds/OPERATOR").status_code == 200


def test_who_may_not_see_or_hold_an_order_does_not(world: World, api: Api) -> None:
    reader = api_of(world, "read")
    assert reader.get("/orders/1042/holds").status_code == 200
    assert refusal_of(reader.post("/orders/1042/holds", {"kind": "CLIENT"})) == (403, "not_allowed")
    assert refusal_of(reader.send("DELETE", "/orders/1042/holds/CLIENT")) == (403, "not_allowed")
    theirs = api_of(world, actor=world.wren, client=world.other)
    for answer in (
        theirs.get("/orders/1042/holds"),
        theirs.post("/orders/1042/holds", {"kind": "CLIENT"}),
        theirs.send("DELETE", "/orders/1042/holds/CLIENT"),
    ):
        assert refusal_of(answer) == (404, "order_not_found")


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_holds_is_listed_by_as_many_statements(world: World, api: Api, count: int) -> None:
    for kind in list(HoldKind)[:count]:
        world.hold("1042", shipment="1042-1", kind=kind, actor=world.otto)
    api.get("/orders")  # Takes the first handful of the minute's requests.
    with captured_statements() as run:
        assert len(said(api.get("/orders/1042/holds"))["data"]) == count
    assert len(run) == 3, "\n".join(sql[:100] for sql in run)
