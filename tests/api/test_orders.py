"""Orders through the API: placed one by one or many at once, listed, and shown."""

import pytest

from reship.inventory.audit import audit
from reship.orders.models import HoldKind
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import World

JANE = {
    "recipient": "Jane Doe",
    "street_1": "1 High Street",
    "city": "Springfield",
    "region": "IL",
    "postal_code": "62701",
    "country": "US",
}


def order(number: str = "", **more: object) -> dict[str, object]:
    """A body that places an order of two MUG."""
    lines = [{"sku": "MUG", "quantity": 2, "unit_price": "12.50"}]
    return {
        "number": number,
        "customer": {"name": "Jane Doe"},
        "address": JANE,
        "lines": lines,
        "warehouse": "MAIN",
        **more,
    }


@pytest.fixture
def api(world: World) -> Api:
    return api_of(world)


def test_an_order_is_placed_and_answered_as_it_is_shown_from_then_on(world: World, api: Api) -> None:
    lines = [
        {"sku": "MUG", "quantity": 2, "unit_price": "12.50", "description": "Mug, blue"},
        {"sku": "CUP", "quantity": 1, "parcel": 2},
    ]
    customer = {"name": "Jane Doe", "email": "jane@example.com"}
    placed_at = "2026-03-01T10:00:00+01:00"
    body = order("1042", lines=lines, customer=customer, placed_at=placed_at, hold="PAYMENT", note="not paid yet")
    response = api.post("/orders", body)
    told = said(response)
    assert (response.status_code, response["Location"]) == (201, "/api/v1/orders/1042")
    assert {name: told[name] for name in ("status", "customer", "currency", "method", "placed_at")} == {
        "status": "ON_HOLD",
        "customer": customer,
        "currency": "EUR",
        "method": "",
        "placed_at": "2026-03-01T09:00:00Z",
    }
    assert told["lines"] == [
        {"sku": "MUG", "description": "Mug, blue", "quantity": 2, "unit_price": "12.5000"},
        {"sku": "CUP", "description": "Cup", "quantity": 1, "unit_price": "0.0000"},
    ]
    assert [(hold["kind"], hold["note"]) for hold in told["holds"]] == [("PAYMENT", "not paid yet")]
    assert [shipment["number"] for shipment in told["shipments"]] == ["1042-1", "1042-2"]
    assert told == said(api.get("/orders/1042"))
    assert world.stock("MUG").allocated == 2
    assert audit() == []


def test_the_same_key_places_one_order_and_answers_with_the_same_bytes(world: World, api: Api) -> None:
    first = api.post("/orders", order(), key="k-1")
    again = api.post("/orders", order(), key="k-1")
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert refusal_of(api.post("/orders", order("1042"), key="k-1")) == (422, "request_key_reused")
    assert world.stock("MUG").allocated == 2
    assert audit() == []


@pytest.mark.parametrize(
    ("changed", "status", "code", "pointer"),
    [
        ({"number": "taken"}, 409, "order_exists", "/number"),
        ({"number": "a/b"}, 422, "invalid_text", "/number"),
        ({"customer": {"name": " "}}, 422, "invalid_text", "/customer/name"),
        ({"address": {**JANE, "postal_code": "1"}}, 422, "invalid_address", "/address/postal_code"),
        ({"lines": []}, 422, "nothing_selected", "/lines"),
        (
            {"lines": [{"sku": "CUP", "quantity": 1}, {"sku": "NONE", "quantity": 1}]},
            422,
            "unknown_item",
            "/lines/1/sku",
        ),
        ({"lines": [{"sku": "MUG", "quantity": 0}]}, 422, "invalid_quantity", "/lines/0/quantity"),
        ({"lines": [{"sku": "HAT", "quantity": 1}]}, 409, "not_enough_available", "/lines/0/quantity"),
        (
            {"lines": [{"sku": "MUG", "quantity": 1, "unit_price": "1,5"}]},
            422,
            "invalid_price",
            "/lines/0/unit_price",
        ),
        ({"lines": [{"sku": "MUG", "quantity": 1, "parcel": 0}]}, 422, "invalid_request", "/lines/0/parcel"),
        ({"currency": "E1"}, 422, "invalid_text", "/currency"),
        ({"warehouse": "MOON"}, 422, "unknown_warehouse", "/warehouse"),
        ({"placed_at": "2999-01-01T00:00:00Z"}, 422, "invalid_request", "/placed_at"),
        ({"placed_at": "2100-01-01T00:00:00Z"}, 422, "invalid_time", "/placed_at"),
        ({"placed_at": "2026-01-01T00:00:00"}, 422, "invalid_request", "/placed_at"),
        ({"hold": "WHIM"}, 422, "invalid_hold", "/hold"),
        ({"copied_from": "9"}, 404, "order_not_found", "/copied_from"),
        ({"departed_at": "2026-01-01T00:00:00Z"}, 422, "invalid_request", "/departed_at"),
    ],
)
def test_what_cannot_be_ordered_is_refused_where_it_stands(
    world: World, api: Api, changed: dict[str, object], status: int, code: str, pointer: str
) -> None:
    world.place("taken", CUP=1)
    response = api.post("/orders", order() | changed)
    assert refusal_of(response) == (status, code)
    assert [error["pointer"] for error in said(response)["errors"]] == [pointer]
    assert audit() == []


def test_of_many_orders_each_has_an_outcome_of_its_own(world: World, api: Api) -> None:
    many = [order("1042"), order("1042"), order("1043", lines=[{"sku": "MUG", "quantity": 99}]), order("1044")]
    response = api.post("/orders", {"orders": many}, key="k-1")
    told = said(response)["data"]
    assert response.status_code == 200
    assert [(one["index"], one["status"]) for one in told] == [(0, 201), (1, 409), (2, 409), (3, 201)]
    assert [one["order"] and one["order"]["number"] for one in told] == ["1042", None, None, "1044"]
    assert [one["problem"] and one["problem"]["code"] for one in told] == [
        None,
        "order_exists",
        "not_enough_available",
        None,
    ]
    assert told[2]["problem"]["errors"][0]["pointer"] == "/orders/2/lines/0/quantity"
    assert told[3]["order"] == said(api.get("/orders/1044"))
    assert api.post("/orders", {"orders": many}, key="k-1").content == response.content
    assert world.stock("MUG").allocated == 4
    assert audit() == []


def test_a_body_of_many_is_read_as_strictly_as_one(world: World, api: Api) -> None:
    response = api.post("/orders", {"orders": [order(), order(lines="none")]})
    assert refusal_of(response) == (422, "invalid_request")
    assert said(response)["errors"][0]["pointer"] == "/orders/1/lines"
    unpriced = order(lines=[{"sku": "MUG", "quantity": 1, "unit_price": "1,5"}])
    response = api.post("/orders", {"orders": [order(), unpriced]})
    assert refusal_of(response) == (422, "invalid_price")
    assert said(response)["errors"][0]["pointer"] == "/orders/1/lines/0/unit_price"
    assert world.stock("MUG").allocated == 0
    assert refusal_of(api.post("/orders", {"orders": []})) == (422, "nothing_selected")
    assert refusal_of(api.post("/orders", {"orders": [order()] * 101})) == (422, "invalid_request")
    assert refusal_of(api.post("/orders", {"orders": [], "number": "1"})) == (422, "invalid_request")


def test_a_copy_is_linked_both_ways(world: World, api: Api) -> None:
    world.place("1042", MUG=1)
    copy = said(api.post("/orders", order("1043", copied_from="1042")))
    assert (copy["copied_from"], said(api.get("/orders/1042"))["copies"]) == ("1042", ["1043"])
    told = [said(api.get(f"/orders/{number}/history"))["data"][0]["facts"] for number in ("1042", "1043")]
    assert [(facts["shipments"], facts["copied_from"]) for facts in told] == [(["1042-1"], None), (["1043-1"], "1042")]


def test_who_may_not_place_orders_places_none(world: World, api: Api) -> None:
    assert refusal_of(api_of(world, "read").post("/orders", order())) == (403, "not_allowed")
    assert refusal_of(api_of(world, role="viewer").post("/orders", order())) == (403, "not_allowed")
    theirs = api_of(world, actor=world.wren, client=world.other)
    world.place("1042", MUG=1)
    assert theirs.post("/orders", order("1042")).status_code == 201
    assert refusal_of(theirs.post("/orders", order(copied_from="1043"))) == (404, "order_not_found")
    assert world.stock("MUG", client=world.other).allocated == 2


@pytest.mark.parametrize("count", [1, 50])
def test_many_orders_run_as_many_statements_as_one(world: World, api: Api, count: int) -> None:
    api.get("/orders")  # Takes the first handful of the minute's requests.
    lines = [{"sku": "MUG", "quantity": 1}]
    many = [order(f"A-{index}" if index % 2 else "", lines=lines, hold=HoldKind.CLIENT) for index in range(count)]
    with captured_statements() as run:
        outcomes = said(api.post("/orders", {"orders": many}))["data"]
    assert {one["status"] for one in outcomes} == {201}
    assert len(run) == 24, "\n".join(sql[:100] for sql in run)
    assert audit() == []


@pytest.mark.parametrize("count", [1, 50])
def test_any_number_of_orders_is_listed_by_as_many_statements(world: World, api: Api, count: int) -> None:
    lines = [{"sku": "MUG", "quantity": 1}]
    api.post("/orders", {"orders": [order(lines=lines) for _ in range(count)]})
    with captured_statements() as run:
        assert len(said(api.get("/orders"))["data"]) == count
    assert len(run) == 2, "\n".join(sql[:100] for sql in run)


@pytest.mark.parametrize("reships", [0, 4])
def test_an_order_of_any_number_of_shipments_is_shown_by_as_many_statements(
    world: World, api: Api, reships: int
) -> None:
    world.place("1042", MUG=1)
    for _ in range(reships):
        world.reship("1042", source="1042-1", send_again_anyway=True, note="again", MUG=1)
    api.get("/orders")  # Takes the first handful of the minute's requests.
    with captured_statements() as run:
        assert len(said(api.get("/orders/1042"))["shipments"]) == 1 + reships
    assert len(run) == 9, "\n".join(sql[:100] for sql in run)
