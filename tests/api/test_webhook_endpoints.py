"""Webhook endpoints through the API: made, changed, rotated, tested, removed; their log; and who may."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_scopes import scope

from reship.fulfilment.models import RequestKey
from reship.webhooks.models import WebhookEndpoint
from tests.api.calling import Api, api_of, refusal_of, said
from tests.statements import captured_statements
from tests.webhooks.listening import answer_due, broken, deliveries, listen
from tests.world import World

PATH = "/webhook-endpoints"
WISH = {"url": "https://shop.example/webhooks", "event_types": ["order.reshipped", "order.placed"]}


@pytest.fixture
def api(world: World) -> Api:
    return api_of(world)


def test_an_endpoint_is_made_once_and_its_secret_is_kept_nowhere_else(world: World, api: Api) -> None:
    answers = [api.post(PATH, WISH, key="one") for _ in range(2)]
    made = said(answers[0])
    assert [(answer.status_code, said(answer)) for answer in answers] == [(201, made)] * 2
    assert answers[0]["Location"] == f"/api/v1{PATH}/{made['id']}"
    assert (made["event_types"], made["enabled"]) == (["order.placed", "order.reshipped"], True)
    assert said(api.get(f"{PATH}/{made['id']}")) == made
    assert said(api.get(PATH)) == {"data": [made]}
    secret = said(api.get(f"{PATH}/{made['id']}/secret"))["secret"]
    rotated = api.post(f"{PATH}/{made['id']}/secret-rotations", {"overlap_hours": 1})
    assert (rotated.status_code, said(rotated)) == (201, made)
    assert said(api.get(f"{PATH}/{made['id']}/secret"))["secret"] != secret
    without_body = api.post(f"{PATH}/{made['id']}/secret-rotations")
    assert (without_body.status_code, said(without_body)) == (201, made)
    with scope(client=world.acme):
        kept = WebhookEndpoint.objects.get()
        assert kept.old_secret_until is not None
        assert timedelta(hours=23) < kept.old_secret_until - timezone.now() <= timedelta(hours=24)
        assert "whsec_" not in str(list(RequestKey.objects.values_list("answer", flat=True)))


def test_what_is_left_out_of_a_change_stays(api: Api) -> None:
    made = said(api.post(PATH, WISH))
    path = f"{PATH}/{made['id']}"
    changed = said(api.send("PATCH", path, {"description": "Help desk"}))
    assert changed == {**made, "description": "Help desk"}
    disabled = said(api.send("PATCH", path, {"enabled": False, "event_types": []}))
    assert (disabled["enabled"], disabled["event_types"]) == (False, [])
    assert disabled["disabled_why"] == "Disabled by helpdesk (API key)."
    assert refusal_of(api.post(f"{path}/tests")) == (409, "endpoint_disabled")
    assert said(api.send("PATCH", path, {"enabled": True})) == {**changed, "event_types": []}
    assert api.send("DELETE", path).status_code == 200
    assert refusal_of(api.get(path)) == (404, "endpoint_not_found")


def test_the_log_is_read_and_messages_are_sent_again(world: World, api: Api) -> None:
    made = said(api.post(PATH, WISH))
    path = f"{PATH}/{made['id']}"
    world.acme.refresh_from_db()
    for number in ("1042", "1043", "1044"):
        world.place(number, MUG=1)
    at = world.later()
    answer_due(at, broken(410))
    api.send("PATCH", path, {"enabled": True})
    with captured_statements() as one:
        page = said(api.get(f"{path}/deliveries", limit=1))
    with captured_statements() as all_of_them:
        rows = said(api.get(f"{path}/deliveries", state="GIVEN_UP", type="order.placed"))["data"]
    assert len(one) == len(all_of_them)
    assert page["next_cursor"]
    assert [(row["order"], row["state"], row["last_status"]) for row in rows] == [
        (number, "GIVEN_UP", 410) for number in ("1044", "1043", "1042")
    ]
    in_full = said(api.get(f"{path}/deliveries/{rows[0]['id']}"))
    assert in_full["body"] == deliveries()[2].message.body
    assert [(attempt["number"], attempt["failure"]) for attempt in in_full["attempts_made"]] == [
        (1, "It answered 410.")
    ]
    again = said(api.post(f"{path}/deliveries/{rows[0]['id']}/resends"))
    assert (again["id"], again["state"]) == (rows[0]["id"], "PENDING")
    assert said(api.post(f"{path}/resends", {"since": "2026-01-01T00:00:00Z"})) == {"resent": 2}
    test = api.post(f"{path}/tests")
    assert (test.status_code, said(test)["type"], said(test)["order"]) == (201, "webhook.test", None)
    assert said(api.get(test["Location"].removeprefix("/api/v1")))["state"] == "PENDING"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://shop.example/"}, "invalid_url"),
        ({"url": "https://127.0.0.1/"}, "invalid_url"),
        ({**WISH, "event_types": ["order.exploded"]}, "invalid_event_type"),
        ({**WISH, "description": "x" * 201}, "invalid_text"),
        ({**WISH, "secret": "mine"}, "invalid_request"),
    ],
)
def test_what_cannot_be_an_endpoint_is_a_problem(api: Api, body: dict[str, object], code: str) -> None:
    assert refusal_of(api.post(PATH, body)) == (422, code)


def test_only_a_managers_key_for_webhooks_may_and_only_its_clients(world: World, api: Api) -> None:
    reference = listen(world).endpoint.reference
    for stranger, refused in [
        (api_of(world, "read", "orders"), (403, "not_allowed")),
        (api_of(world, role="agent"), (403, "not_allowed")),
        (api_of(world, actor=world.wren, client=world.other), (404, "endpoint_not_found")),
    ]:
        for method, path in [("GET", ""), ("GET", "/secret"), ("GET", "/deliveries"), ("DELETE", ""), ("PATCH", "")]:
            assert refusal_of(stranger.send(method, f"{PATH}/{reference}{path}", {})) == refused
        for path in ("/tests", "/secret-rotations", "/deliveries/msg_1/resends"):
            assert refusal_of(stranger.post(f"{PATH}/{reference}{path}")) == refused
    assert refusal_of(api.post(f"{PATH}/{reference}/deliveries/msg_1/resends")) == (404, "delivery_not_found")
