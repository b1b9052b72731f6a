"""Carriers' callbacks through the API: each thing once, in whatever order, by a key of the fulfilment company."""

import pytest

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.world import World

PATH = "/shipments/1042-1/tracking-events"


@pytest.fixture
def api(world: World) -> Api:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PACKED)
    return api_of(world, actor=world.otto, role="packer")


def event(status: str, *, minute: int = 30, **more: str) -> dict[str, str]:
    return {"status": status, "at": f"2026-03-02T09:{minute}:00Z", **more}


def test_what_a_carrier_says_moves_the_parcel_on_in_whatever_order_it_comes(world: World, api: Api) -> None:
    delivered = api.post(PATH, event("DELIVERED", minute=40, place="Springfield", carrier="DHL"))
    assert (delivered.status_code, said(delivered)) == (
        201,
        {"shipment": "1042-1", "status": "DELIVERED", "is_new": True, "counts": True},
    )
    late = said(api.post(PATH, event("IN_TRANSIT")))
    assert (late["status"], late["is_new"]) == ("DELIVERED", True)
    events = said(api.get(PATH))["data"]
    assert [(said_["status"], said_["at"], said_["place"], said_["carrier"]) for said_ in events] == [
        ("IN_TRANSIT", "2026-03-02T09:30:00Z", "", ""),
        ("DELIVERED", "2026-03-02T09:40:00Z", "Springfield", "DHL"),
    ]
    assert audit() == []


def test_what_was_said_before_is_answered_and_kept_once(world: World, api: Api) -> None:
    first = api.post(PATH, event("IN_TRANSIT"), key="k-1")
    assert api.post(PATH, event("IN_TRANSIT"), key="k-1").content == first.content
    again = api.post(PATH, event("IN_TRANSIT"))
    assert (again.status_code, said(again)["is_new"]) == (200, False)
    assert len(said(api.get(PATH))["data"]) == 1
    assert world.stock("MUG").on_hand == 98
    assert audit() == []


def test_a_parcel_that_cannot_have_left_stays(world: World, api: Api) -> None:
    world.place("1043", MUG=1)
    answer = api.post("/shipments/1043-1/tracking-events", event("DELIVERED"))
    assert (answer.status_code, said(answer)["status"]) == (201, "OPEN")
    assert audit() == []


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (event("EATEN"), "invalid_tracking_status", "/status"),
        ({"status": "LOST", "at": "yesterday"}, "invalid_request", "/at"),
        ({"status": "LOST", "at": "1950-01-01T00:00:00Z"}, "invalid_time", "/at"),
        (event("LOST", carrier="x" * 61), "invalid_text", "/carrier"),
    ],
)
def test_what_no_carrier_says_is_refused(world: World, api: Api, body: dict[str, str], code: str, pointer: str) -> None:
    response = api.post(PATH, body)
    assert refusal_of(response) == (422, code)
    assert [error["pointer"] for error in said(response)["errors"]] == [pointer]


def test_only_a_key_of_the_company_for_stock_records_tracking(world: World, api: Api) -> None:
    assert refusal_of(api_of(world).post(PATH, event("LOST"))) == (403, "not_allowed")
    narrow = api_of(world, "read", "orders", actor=world.otto, role="packer")
    assert refusal_of(narrow.post(PATH, event("LOST"))) == (403, "not_allowed")
    assert api_of(world, "read").get(PATH).status_code == 200
    theirs = api_of(world, actor=world.otto, client=world.other, role="packer")
    for path in (PATH, PATH.replace("1042", "9")):
        assert refusal_of(theirs.post(path, event("LOST"))) == (404, "shipment_not_found")
        assert refusal_of(theirs.get(path)) == (404, "shipment_not_found")


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_events_is_listed_by_as_many_statements(world: World, api: Api, count: int) -> None:
    for minute in range(count):
        api.post(PATH, event("IN_TRANSIT", minute=30 + minute))
    with captured_statements() as run:
        assert len(said(api.get(PATH))["data"]) == count
    assert len(run) == 7, "\n".join(sql[:100] for sql in run)
