"""OAuth's client credentials: a key's prefix and text for a token of an hour, with the answers of RFC 6749."""

import base64
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from oauthlib.oauth2 import BackendApplicationClient

from reship.cli.people import now
from reship.clients.api_keys import MadeKey, NewKey, make_key
from tests.api.calling import Api, said
from tests.world import World

FORM = "application/x-www-form-urlencoded"


def a_key(world: World, *scopes: str) -> MadeKey:
    new = NewKey("shop", scopes or ("read", "orders"))
    return make_key(new, client=world.acme, actor=world.mara, at=world.later(), address="")


def ask(body: str | bytes, *, content_type: str = FORM, **headers: str) -> HttpResponse:
    answer = Browser().generic("POST", "/api/v1/oauth/token", body, content_type, headers=headers)
    assert isinstance(answer, HttpResponse)
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("no-store", "application/json")
    return answer


def form(made: MadeKey, **changes: str) -> str:
    fields = {"grant_type": "client_credentials", "client_id": made.key.prefix, "client_secret": made.text}
    return urlencode({name: value for name, value in (fields | changes).items() if value})


def basic(prefix: str, text: str) -> str:
    return "Basic " + base64.b64encode(f"{prefix}:{text}".encode()).decode()


def test_a_token_opens_what_the_key_opens(world: World) -> None:
    world.place("1042", MUG=1)
    told = said(ask(form(a_key(world))))
    assert {name: told[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "read orders",
    }
    assert said(Api(told["access_token"]).get("/orders/1042"))["number"] == "1042"


def test_a_known_client_library_gets_one(world: World) -> None:
    made = a_key(world)
    program = BackendApplicationClient(client_id=made.key.prefix, scope=["read"])
    body = program.prepare_request_body(client_secret=made.text, include_client_id=True)
    assert program.parse_request_body_response(ask(body).content, scope=["read"])["expires_in"] == 3600


def test_id_and_secret_may_come_by_http_basic(world: World) -> None:
    made = a_key(world)
    asked = "grant_type=client_credentials&scope=read"
    told = said(ask(asked, Authorization=basic(made.key.prefix, made.text)))
    assert told["scope"] == "read"
    assert Api(told["access_token"]).get("/orders").status_code == 200
    refused = Api(told["access_token"]).post("/orders/1042/reshipments", {})
    assert (refused.status_code, said(refused)["figures"]["scope"]) == (403, "orders")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"client_secret": "guessed"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": "rsk_0123456789"}, 401, "invalid_client"),
        ({"scope": "bulk"}, 400, "invalid_scope"),
        ({"scope": "read everything"}, 400, "invalid_scope"),
        ({"scope": 'read "é\0'}, 400, "invalid_scope"),
    ],
)
def test_what_is_wrong_is_told_as_rfc_6749_has_it(
    world: World, changes: dict[str, str], status: int, error: str
) -> None:
    answer = ask(form(a_key(world), **changes))
    assert (answer.status_code, said(answer)["error"]) == (status, error)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert set(said(answer).get("error_description", "")) <= {chr(code) for code in range(32, 127)} - set('"\\')


@pytest.mark.parametrize(
    "body",
    ["", b"\xff\xfe", "a=1&" * 30, "x" * 20_000, "grant_type=client_credentials&grant_type=client_credentials"],
    ids=["nothing", "no UTF-8", "too many fields", "too long", "twice"],
)
def test_what_is_no_form_of_it_is_an_invalid_request(world: World, body: str | bytes) -> None:
    answer = ask(body)
    assert (answer.status_code, said(answer)["error"]) == (400, "invalid_request")


def test_json_and_two_ways_to_prove_at_once_are_invalid_requests(world: World) -> None:
    made = a_key(world)
    both = ask(form(made), Authorization=basic(made.key.prefix, made.text))
    assert (both.status_code, said(both)["error"]) == (400, "invalid_request")
    assert said(ask("{}", content_type="application/json"))["error"] == "invalid_request"


@pytest.mark.parametrize("credentials", ["Basic", "Basic !!!", "Basic /////w==", "Basic é", "Bearer x"])
def test_credentials_that_cannot_be_read_are_nobodys(world: World, credentials: str) -> None:
    answer = ask("grant_type=client_credentials", Authorization=credentials)
    assert (answer.status_code, said(answer)["error"]) == (401, "invalid_client")


def test_a_revoked_keys_token_is_refused_as_a_key_is(world: World) -> None:
    made = a_key(world)
    token = said(ask(form(made)))["access_token"]
    made.key.revoked_at = now()
    made.key.save()
    answer = Api(token).get("/orders")
    assert (answer.status_code, said(answer)["code"]) == (401, "invalid_api_key")
    assert said(ask(form(made)))["error"] == "invalid_client"


def test_guessing_is_answered_with_when_to_try_again(world: World) -> None:
    made = a_key(world)
    answers = {ask(form(made, client_secret="guessed")).status_code for _ in range(51)}
    assert answers == {401, 429}
    last = ask(form(made))
    assert (last.status_code, last["Retry-After"]) == (429, "900")


def test_a_token_uses_up_its_keys_requests(world: World) -> None:
    made = a_key(world)
    token = said(ask(form(made)))["access_token"]
    assert Api(token).get("/orders")["RateLimit-Policy"] == '"key";q=600;w=60'
