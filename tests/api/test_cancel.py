"""Cancelling through the API: an order, a shipment, a reshipment with what it did, and each as a dry run."""

import pytest

from reship.inventory.audit import audit
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import World


@pytest.fixture
def api(world: World) -> Api:
    world.place("1042", MUG=2, CUP=1)
    return api_of(world)


def balance(on_hand: int, allocated: int) -> dict[str, int]:
    return {"on_hand": on_hand, "allocated": allocated, "available": on_hand - allocated}


def test_cancelling_an_order_frees_its_units(world: World, api: Api) -> None:
    world.hold("1042", shipment="1042-1")
    response = api.post("/orders/1042/cancellation")
    told = said(response)
    assert (response.status_code, told["dry_run"], told["cancelled"]) == (200, False, ["1042-1"])
    assert told["stock"] == [
        {"sku": "CUP", "warehouse": "MAIN", "before": balance(100, 1), "after": balance(100, 0)},
        {"sku": "MUG", "warehouse": "MAIN", "before": balance(100, 2), "after": balance(100, 0)},
    ]
    assert told["order"] == said(api.get("/orders/1042"))
    assert (told["order"]["status"], told["order"]["shipments"][0]["holds"]) == ("CANCELLED", [])
    assert audit() == []


def test_cancelling_a_reshipment_undoes_what_the_reship_did(world: World, api: Api) -> None:
    world.reship("1042", add_back=True, MUG=1)
    planned = said(api.post("/shipments/1042-R1/cancellation", {"dry_run": True}))
    assert said(api.get("/shipments/1042-R1"))["status"] == "OPEN"
    response = api.post("/shipments/1042-R1/cancellation", key="k-1")
    told = said(response)
    assert told["cancelled"] == ["1042-R1"]
    assert told["order"]["shipments"][0]["is_superseded"] is False
    cancelled_at = told["order"]["shipments"][1]["cancelled_at"]
    planned["order"]["shipments"][1]["cancelled_at"] = cancelled_at
    assert planned == {**told, "dry_run": True}
    assert api.post("/shipments/1042-R1/cancellation", key="k-1").content == response.content
    assert refusal_of(api.post("/shipments/1042-R1/cancellation")) == (409, "wrong_status")
    assert audit() == []


def test_what_has_left_is_not_cancelled(world: World, api: Api) -> None:
    world.ship("1042-1")
    for path in ("/orders/1042/cancellation", "/shipments/1042-1/cancellation"):
        for body in ({}, {"dry_run": True}):
            assert refusal_of(api.post(path, body)) == (409, "wrong_status")


def test_units_that_went_to_others_meanwhile_are_told(world: World, api: Api) -> None:
    world.place("1043", TEE=10)
    world.reship("1043", add_back=True, TEE=5)
    world.edit("1043-R1", TEE=2)
    world.place("1044", TEE=3)
    response = api.post("/shipments/1043-R1/cancellation")
    assert refusal_of(response) == (409, "not_enough_available")
    assert audit() == []


def test_who_may_not_cancel_does_not(world: World, api: Api) -> None:
    theirs = api_of(world, actor=world.wren, client=world.other)
    for path, code in (
        ("/orders/1042/cancellation", "order_not_found"),
        ("/shipments/1042-1/cancellation", "shipment_not_found"),
    ):
        assert refusal_of(api_of(world, "read").post(path)) == (403, "not_allowed")
        assert refusal_of(api_of(world, role="agent").post(path)) == (403, "not_allowed")
        for body in ({}, {"dry_run": True}):
            assert refusal_of(theirs.post(path, body)) == (404, code)
            assert refusal_of(theirs.post(path.replace("1042", "9"), body)) == (404, code)
    assert world.stock("MUG").allocated == 2


@pytest.mark.parametrize("reships", [1, 4])
def test_an_order_of_any_number_of_shipments_is_cancelled_by_as_many_statements(
    world: World, api: Api, reships: int
) -> None:
    for _ in range(reships):
        world.reship("1042", source="1042-1", send_again_anyway=True, note="again", MUG=1)
    api.get("/orders")  # Takes the first handful of the minute's requests.
    with captured_statements() as run:
        assert len(said(api.post("/orders/1042/cancellation"))["cancelled"]) == 1 + reships
    assert len(run) == 22, "\n".join(sql[:100] for sql in run)
    assert audit() == []
