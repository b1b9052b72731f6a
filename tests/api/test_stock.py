"""Stock through the API: what lies where, what moved it, and the deeds of the fulfilment company's programs."""

import pytest

from reship.catalog.models import Product
from reship.inventory.audit import audit
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import World


@pytest.fixture
def api(world: World) -> Api:
    return api_of(world)


@pytest.fixture
def dock(world: World) -> Api:
    """A key of the fulfilment company, for ACME."""
    return api_of(world, actor=world.otto, role="packer")


def test_stock_is_told_by_sku_and_warehouse(world: World, api: Api) -> None:
    world.place("1001", MUG=3)
    world.receive(MUG=5, warehouse="EAST")
    assert said(api.get("/stock/MUG")) == {
        "sku": "MUG",
        "name": "Mug",
        "on_hand": 105,
        "allocated": 3,
        "available": 102,
        "levels": [
            level := {
                "sku": "MUG",
                "name": "Mug",
                "warehouse": "EAST",
                "bin": "",
                "on_hand": 5,
                "allocated": 0,
                "available": 5,
            },
            level | {"warehouse": "MAIN", "on_hand": 100, "allocated": 3, "available": 97},
        ],
    }
    assert [(one["sku"], one["warehouse"]) for one in said(api.get("/stock"))["data"]] == [
        ("CUP", "MAIN"),
        ("MUG", "MAIN"),
        ("MUG", "EAST"),
        ("TEE", "MAIN"),
    ]
    assert said(api.get("/stock", search="mug", warehouse="EAST"))["data"] == [level]
    assert said(api.get("/stock/HAT"))["levels"] == []


def test_the_ledger_tells_what_moved_it_newest_first(world: World, api: Api) -> None:
    world.place("1001", MUG=3)
    world.reship("1001", MUG=1, add_back=True)
    entries = said(api.get("/stock/MUG/ledger"))["data"]
    assert [(one["kind"], one["on_hand_change"], one["allocated_change"]) for one in entries] == [
        ("ALLOCATED", 0, 1),
        ("ADDED_BACK", 0, -1),
        ("ALLOCATED", 0, 3),
        ("RECEIVED", 100, 0),
    ]
    assert entries[0] | {"at": ""} == {
        "sequence": 4,
        "at": "",
        "kind": "ALLOCATED",
        "warehouse": "MAIN",
        "on_hand_change": 0,
        "allocated_change": 1,
        "after": {"on_hand": 100, "allocated": 3, "available": 97},
        "order": "1001",
        "shipment": "1001-R1",
        "reshipment": "1001-R1",
        "reason": "",
        "actor": "Mara",
    }
    assert (entries[1]["shipment"], entries[2]["reshipment"]) == ("1001-1", None)


def test_where_it_lies_in_several_warehouses_one_is_asked_for(world: World, api: Api) -> None:
    world.receive(MUG=5, warehouse="EAST")
    response = api.get("/stock/MUG/ledger")
    assert refusal_of(response) == (422, "warehouse_required")
    assert said(response)["figures"] == {"known": ["EAST", "MAIN"]}
    assert len(said(api.get("/stock/MUG/ledger", warehouse="EAST"))["data"]) == 1
    assert said(api.get("/stock/CUP/ledger", warehouse="EAST"))["data"] == []
    assert refusal_of(api.get("/stock/CUP/ledger", warehouse="NORTH")) == (422, "unknown_warehouse")


def test_goods_are_received_all_or_none_and_once(world: World, dock: Api) -> None:
    goods = [{"sku": "HAT", "warehouse": "MAIN", "quantity": 4}, {"sku": "MUG", "warehouse": "EAST", "quantity": 2}]
    response = dock.post("/stock/receipts", {"items": goods, "reason": "Note 17"}, key="k-1")
    assert (response.status_code, said(response)["data"][0]) == (
        201,
        {
            "sku": "HAT",
            "warehouse": "MAIN",
            "quantity": 4,
            "after": {"on_hand": 4, "allocated": 0, "available": 4},
            "served": [],
        },
    )
    assert dock.post("/stock/receipts", {"items": goods, "reason": "Note 17"}, key="k-1").content == response.content
    refused = dock.post("/stock/receipts", {"items": [*goods, {"sku": "NIX", "warehouse": "MAIN", "quantity": 1}]})
    assert refusal_of(refused) == (422, "unknown_item")
    assert said(refused)["errors"][0]["pointer"] == "/items/2/sku"
    assert (world.stock("HAT").on_hand, world.stock("MUG", warehouse="EAST").on_hand) == (4, 2)
    assert audit() == []


def test_stock_is_corrected_by_a_change_or_by_a_count(world: World, dock: Api) -> None:
    world.place("1001", MUG=3)
    mugs = {"sku": "MUG", "warehouse": "MAIN", "reason": "Dropped"}
    told = said(dock.post("/stock/adjustments", {**mugs, "change": -2}))
    before = {"on_hand": 100, "allocated": 3, "available": 97}
    after = {"on_hand": 98, "allocated": 3, "available": 95}
    assert told == {"sku": "MUG", "warehouse": "MAIN", "change": -2, "before": before, "after": after}
    told = said(dock.post("/stock/adjustments", {**mugs, "counted": 100}))
    assert told == {"sku": "MUG", "warehouse": "MAIN", "change": 2, "before": after, "after": before}
    refused = dock.post("/stock/adjustments", {**mugs, "counted": 2})
    assert (refusal_of(refused), said(refused)["figures"]["shipments"]) == ((409, "units_promised"), ["1001-1"])
    assert said(refused)["errors"][0]["pointer"] == "/counted"
    hats = {"sku": "HAT", "warehouse": "EAST", "reason": "Count", "counted": 0}
    assert said(dock.post("/stock/adjustments", hats))["change"] == 0
    for wrong in ({}, {"change": 1, "counted": 1}):
        assert refusal_of(dock.post("/stock/adjustments", {**mugs, **wrong})) == (422, "invalid_request")
    assert refusal_of(dock.post("/stock/adjustments", {**mugs, "change": 0})) == (422, "invalid_quantity")
    assert audit() == []


def test_goods_are_received_by_the_fulfilment_company_only(world: World, api: Api) -> None:
    goods = {"items": [{"sku": "MUG", "warehouse": "MAIN", "quantity": 4}]}
    assert refusal_of(api.post("/stock/receipts", goods)) == (403, "not_allowed")
    change = {"sku": "MUG", "warehouse": "MAIN", "reason": "Dropped", "change": 1}
    assert refusal_of(api.post("/stock/adjustments", change)) == (403, "not_allowed")
    reader = api_of(world, "read", actor=world.otto, role="operator")
    assert refusal_of(reader.post("/stock/receipts", goods)) == (403, "not_allowed")


def test_products_are_made_known_once(world: World, api: Api) -> None:
    response = api.post("/products", {"sku": "BOWL", "name": "Bowl"})
    bowl = {"sku": "BOWL", "name": "Bowl", "barcode": "", "unit_cost": "0"}
    assert (response.status_code, response["Location"], said(response)) == (201, "/api/v1/products/BOWL", bowl)
    again = api.post("/products", {"sku": "BOWL", "name": "Other"})
    assert (again.status_code, said(again)) == (200, said(api.get("/products/BOWL")))
    assert [one["sku"] for one in said(api.get("/products", search="bow"))["data"]] == ["BOWL"]
    assert refusal_of(api.get("/products/NIX")) == (404, "product_not_found")
    assert refusal_of(api.get("/stock/NIX")) == (404, "product_not_found")
    assert refusal_of(api_of(world, "read").post("/products", {"sku": "X"})) == (403, "not_allowed")


def test_many_products_are_made_known_each_for_itself(world: World, api: Api) -> None:
    sent = [{"sku": "BOWL", "name": "Bowl"}, {"sku": "MUG", "name": "Other"}, {"sku": "X\x07"}, {"sku": "BOWL"}]
    api.get("/products")  # Takes the first handful of the minute's requests.
    runs = []
    for products in ([{"sku": "PAN"}], sent):
        with captured_statements() as run:
            response = api.post("/products", {"products": products})
        runs.append(len(run))
    assert (response.status_code, runs) == (200, [6, 6])
    data = said(response)["data"]
    assert [(one["index"], one["status"]) for one in data] == [(0, 201), (1, 200), (2, 422), (3, 200)]
    assert [(one["product"] or {}).get("name") for one in data] == ["Bowl", "Mug", None, "Bowl"]
    assert data[2]["problem"]["code"] == "invalid_text"
    assert data[2]["problem"]["errors"][0]["pointer"] == "/products/2/sku"
    assert refusal_of(api.post("/products", {"products": []})) == (422, "nothing_selected")


def test_products_are_changed_by_those_whose_field_it_is(world: World, api: Api) -> None:
    assert said(api.send("PATCH", "/products/MUG", {"unit_cost": "4.5"}))["unit_cost"] == "4.5"
    assert said(api.get("/products/MUG"))["unit_cost"] == "4.5000"
    assert said(api_of(world, role="agent").get("/products/MUG"))["unit_cost"] is None
    assert refusal_of(api.send("PATCH", "/products/MUG", {"barcode": "4006381333931"})) == (403, "not_allowed")
    company = api_of(world, actor=world.otto, role="operator")
    given = {"barcode": "4006381333931", "bins": [{"warehouse": "MAIN", "bin": "A-01"}]}
    assert said(company.send("PATCH", "/products/MUG", given))["barcode"] == "4006381333931"
    assert said(api.get("/stock/MUG"))["levels"][0]["bin"] == "A-01"
    taken = company.send("PATCH", "/products/CUP", {"barcode": "4006381333931"})
    assert refusal_of(taken) == (409, "barcode_taken")
    wrong = api.send("PATCH", "/products/MUG", {"unit_cost": "much"})
    assert (refusal_of(wrong), said(wrong)["errors"][0]["pointer"]) == ((422, "invalid_price"), "/unit_cost")
    assert refusal_of(api.send("PATCH", "/products/NIX", {"unit_cost": "1"})) == (404, "product_not_found")
    assert audit() == []


def test_a_stored_answer_tells_no_costs_to_a_key_that_may_not_see_them(world: World, api: Api) -> None:
    mug = {"sku": "MUG"}
    assert said(api.post("/products", mug, key="k"))["unit_cost"] is not None
    assert api_of(world).post("/products", mug, key="k")["Idempotent-Replayed"] == "true"
    for other in (api_of(world, role="agent"), api_of(world, "orders")):
        assert refusal_of(other.post("/products", mug, key="k")) == (422, "request_key_reused")
        assert said(other.post("/products", mug))["unit_cost"] is None


def test_another_client_has_its_own_stock(world: World) -> None:
    world.place("1001", CUP=3)
    theirs = api_of(world, actor=world.wren, client=world.other)
    assert said(theirs.get("/stock/MUG"))["on_hand"] == 50
    assert [one["sku"] for one in said(theirs.get("/stock"))["data"]] == ["MUG"]
    assert said(theirs.get("/stock/CUP/ledger"))["data"] == []


def test_warehouses_and_reasons_are_listed(world: World, api: Api) -> None:
    assert said(api.get("/warehouses"))["data"] == [
        {"code": "EAST", "name": "East warehouse"},
        {"code": "MAIN", "name": "Main warehouse"},
    ]
    reasons = said(api.get("/reasons"))
    assert (reasons["required"], reasons["data"][0]) == (
        True,
        {"code": "lost", "label": "Lost in transit", "fault": "carrier"},
    )


@pytest.mark.parametrize(("path", "statements"), [("/stock", 1), ("/products", 1), ("/stock/MUG/ledger", 3)])
def test_lists_run_a_literal_number_of_statements(world: World, api: Api, path: str, statements: int) -> None:
    Product.objects.bulk_create(Product(client=world.acme, sku=f"P{n}") for n in range(3))
    world.receive(HAT=1, TEE=1)
    world.place("1001", MUG=1)
    world.reship("1001", add_back=True)
    api.get(path)  # Takes the first handful of the minute's requests.
    counts = []
    for limit in (1, 3):
        with captured_statements() as run:
            first = said(api.get(path, limit=limit))
        counts.append(len(run))
        assert len(first["data"]) == limit
    assert counts == [statements + 1, statements + 1]  # One to know the key.
    second = said(api.get(path, limit=2, cursor=first["next_cursor"]))
    assert second["previous_cursor"]
    back = said(api.get(path, limit=3, cursor=second["previous_cursor"]))
    assert back["data"] == first["data"]
