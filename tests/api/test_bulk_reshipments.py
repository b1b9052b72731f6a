"""Bulk reshipments through the API: from the request to its end, by whoever may, with whatever a key still may."""

import pytest

from reship.clients.api_keys import revoke_key
from reship.inventory.audit import audit
from reship.jobs.change_job import confirm_job
from reship.jobs.models import Job
from reship.jobs.queries import find_jobs
from reship.jobs.work import Worker, work_to_the_end
from reship.orders.models import ShipmentStatus
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import World

BULK = "/bulk-reshipments"
LOST = {"reason": "lost"}


@pytest.fixture
def api(world: World) -> Api:
    for number in ("1001", "1002", "1003"):
        world.place(number, TEE=3)
        world.ship(f"{number}-1", until=ShipmentStatus.LOST)
    world.receive(TEE=6)
    return api_of(world)


def work(world: World) -> Job:
    """Does what a worker does with the newest job."""
    (newest,) = find_jobs(client_ids=[world.acme.pk], limit=1).rows
    return work_to_the_end(newest, now=world.later)


def revoke(world: World, api: Api) -> None:
    prefix = "_".join(api.key.split("_")[:2])
    revoke_key(prefix, client=world.acme, actor=world.mara, at=world.later(), address="")


def states(api: Api, number: int, **query: str) -> list[tuple[str, str, str | None]]:
    """Each order with its state, and its new shipment or the code of its refusal."""
    items = said(api.get(f"{BULK}/{number}/items", **query))["data"]
    return [(item["order"], item["state"], item["shipment"] or (item["refusal"] or {}).get("code")) for item in items]


def test_orders_are_sent_again_in_the_background(world: World, api: Api) -> None:
    named = ["1001", {"order": "1002", "items": [{"sku": "TEE", "quantity": 1}], "reason": "damaged"}, "nope"]
    response = api.post(BULK, {**LOST, "orders": named}, key="k-1")
    told = said(response)
    assert (response.status_code, response["Location"]) == (202, f"/api/v1{BULK}/1")
    assert (told["state"], told["orders"], told["left"], told["made_by"]) == ("RUNNING", 3, 3, "helpdesk (API key)")
    again = api.post(BULK, {**LOST, "orders": named}, key="k-1")
    assert (again.content, again["Idempotent-Replayed"]) == (response.content, "true")
    work(world)
    told = said(api.get(f"{BULK}/1"))
    assert (told["state"], told["done"], told["refused"]) == ("DONE", 2, 1)
    assert told["refusals"] == {"order_not_found": 1}
    assert states(api, 1) == [
        ("1001", "DONE", "1001-R1"),
        ("1002", "DONE", "1002-R1"),
        ("nope", "REFUSED", "order_not_found"),
    ]
    assert world.items("1002-R1") == {"TEE": 1}
    assert world.history("1001")[-1].endswith("(Job 1)")
    assert audit() == []


def test_a_dry_run_forecasts_and_is_done_when_it_is_confirmed(world: World, api: Api) -> None:
    told = said(api.post(BULK, {**LOST, "filter": {"search": "100"}, "dry_run": True}))
    assert (told["state"], told["forecast"]["complete"]) == ("DRAFT", False)
    work(world)
    told = said(api.get(f"{BULK}/1"))
    assert told["forecast"] == {
        "complete": True,
        "would_go": 2,
        "would_be_refused": {"not_enough_available": 1},
        "warnings": {},
        "several_parcels": 0,
    }
    assert told["stock"] == [
        {
            "sku": "TEE",
            "warehouse": "MAIN",
            "before": {"on_hand": 7, "allocated": 0, "available": 7},
            "after": {"on_hand": 7, "allocated": 6, "available": 1},
        }
    ]
    (item,) = said(api.get(f"{BULK}/1/items", state="would-be-refused"))["data"]
    assert (item["order"], item["state"], item["forecast"]) == ("1003", "PENDING", "not_enough_available")
    assert item["refusal"]["figures"] == {"sku": "TEE", "asked": 3, "available": 1}
    response = api.post(f"{BULK}/1/confirmation", {"leave_out": [1]})
    assert (response.status_code, said(response)["state"], said(response)["orders"]) == (202, "RUNNING", 2)
    assert api.send("POST", f"{BULK}/1/confirmation", "").status_code == 202
    work(world)
    assert states(api, 1) == [("1001", "LEFT_OUT", None), ("1002", "DONE", "1002-R1"), ("1003", "DONE", "1003-R1")]
    assert audit() == []


def test_the_refused_are_tried_again_as_a_new_one(world: World, api: Api) -> None:
    api.post(BULK, {**LOST, "orders": ["1001", "1002", "1003"]})
    work(world)
    world.receive(TEE=5)
    response = api.post(f"{BULK}/1/retries", {"dry_run": False})
    told = said(response)
    assert (response.status_code, response["Location"]) == (202, f"/api/v1{BULK}/2")
    assert (told["orders"], told["retry_of"], told["options"]["reason"]) == (1, 1, "lost")
    work(world)
    assert states(api, 2) == [("1003", "DONE", "1003-R1")]
    assert refusal_of(api.post(f"{BULK}/2/retries")) == (422, "nothing_selected")
    assert [one["number"] for one in said(api.get(BULK))["data"]] == [2, 1]
    assert audit() == []


def test_a_cancelled_one_does_nothing_more(world: World, api: Api) -> None:
    api.post(BULK, {**LOST, "orders": ["1001"], "dry_run": True})
    told = said(api.post(f"{BULK}/1/cancellation"))
    assert (told["state"], told["ended_by"]) == ("CANCELLED", "helpdesk (API key)")
    assert refusal_of(api.post(f"{BULK}/1/confirmation")) == (409, "job_ended")
    assert states(api, 1) == [("1001", "PENDING", None)]


def test_when_its_key_is_revoked_in_the_middle_the_rest_is_refused(world: World, api: Api) -> None:
    api.post(BULK, {**LOST, "orders": ["1001", "1002"]})
    (job,) = find_jobs(client_ids=[world.acme.pk], limit=1).rows
    worker = Worker()
    worker.paces["reship RUNNING"].orders = 1
    worker.work_on(world.acme.pk, job.pk, at=world.later())
    revoke(world, api)
    work(world)
    assert states(api_of(world), 1) == [("1001", "DONE", "1001-R1"), ("1002", "REFUSED", "not_allowed")]
    assert audit() == []


def test_a_dry_run_runs_in_the_name_of_the_key_that_confirms_it(world: World, api: Api) -> None:
    api.post(BULK, {**LOST, "orders": ["1001"], "dry_run": True})
    other = api_of(world)
    other.post(f"{BULK}/1/confirmation")
    revoke(world, api)
    work(world)
    assert states(other, 1) == [("1001", "DONE", "1001-R1")]


def test_a_person_who_confirms_a_keys_dry_run_takes_it_over(world: World, api: Api) -> None:
    api.post(BULK, {**LOST, "orders": ["1001"], "dry_run": True})
    confirm_job(1, client=world.acme, actor=world.mara, at=world.later())
    revoke(world, api)
    work(world)
    assert states(api_of(world), 1) == [("1001", "DONE", "1001-R1")]
    assert world.events("1001")[-1].actor == "Mara"
    assert audit() == []


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (LOST, 422, "invalid_request"),
        ({**LOST, "orders": ["1001"], "filter": {}}, 422, "invalid_request"),
        ({**LOST, "orders": []}, 422, "nothing_selected"),
        ({**LOST, "filter": {"search": "no such order"}}, 422, "nothing_selected"),
        ({**LOST, "orders": ["1001", "1001"]}, 422, "duplicate_order"),
        ({"orders": ["1001"]}, 422, "reason_required"),
        ({**LOST, "filter": {"placed_from": "2026-03-02T09:00:00"}}, 422, "invalid_request"),
        ({**LOST, "filter": {"placed_from": 5}}, 422, "invalid_request"),
        ({**LOST, "filter": {"on_hold": "yes"}}, 422, "invalid_request"),
        ({**LOST, "orders": ["1001"], "send_again_anyway": True}, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_asked_makes_nothing(
    world: World, api: Api, asked: dict[str, object], status: int, code: str
) -> None:
    assert refusal_of(api.post(BULK, asked)) == (status, code)
    assert said(api.get(BULK))["data"] == []


def test_an_error_in_an_order_points_at_it(world: World, api: Api) -> None:
    response = api.post(BULK, {**LOST, "orders": ["1001", {"order": "1002", "sorce": "1002-1"}]})
    assert said(response)["errors"][0]["pointer"] == "/orders/1/sorce"
    response = api.post(BULK, {**LOST, "orders": ["1001", {"order": "1002", "items": [{"sku": "TEE", "quantity": 0}]}]})
    assert refusal_of(response) == (422, "invalid_quantity")
    assert said(response)["errors"][0]["pointer"] == "/orders/1/items/0/quantity"


def test_both_scopes_are_needed_and_another_client_sees_nothing(world: World, api: Api) -> None:
    api.post(BULK, {**LOST, "orders": ["1001"], "dry_run": True})
    assert refusal_of(api_of(world, "bulk").post(BULK, {**LOST, "orders": ["1001"]})) == (403, "not_allowed")
    assert refusal_of(api_of(world, "orders").post(BULK, {**LOST, "orders": ["1001"]})) == (403, "not_allowed")
    theirs = api_of(world, actor=world.wren, client=world.other)
    assert said(theirs.get(BULK))["data"] == []
    for path in (f"{BULK}/1", f"{BULK}/2", f"{BULK}/{2**70}"):
        assert refusal_of(theirs.get(path)) == (404, "job_not_found")
    assert refusal_of(theirs.post(f"{BULK}/1/confirmation")) == (404, "job_not_found")


def test_lists_are_paged_and_run_a_literal_number_of_statements(world: World, api: Api) -> None:
    for _ in range(3):
        api.post(BULK, {**LOST, "orders": ["1001", "1002", "1003"], "dry_run": True})
    for path, statements in ((BULK, 2), (f"{BULK}/1/items", 3)):
        counts = []
        for limit in (1, 3):
            with captured_statements() as run:
                first = said(api.get(path, limit=limit))
            counts.append(len(run))
            assert len(first["data"]) == limit
        assert counts == [statements, statements]
        second = said(api.get(path, limit=3, cursor=said(api.get(path, limit=1))["next_cursor"]))
        assert (len(second["data"]), second["next_cursor"]) == (2, None)
        assert (
            said(api.get(path, limit=1, cursor=second["previous_cursor"]))["data"]
            == said(api.get(path, limit=1))["data"]
        )
