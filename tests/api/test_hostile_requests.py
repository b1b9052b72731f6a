"""Requests that no honest program sends, and some that honest ones send by mistake: a problem for each, never a 500."""

import gzip
import io
import json
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.api.calling import api_of, refusal_of, said
from tests.world import World

ORDERS, RESHIPMENTS = "/api/v1/orders", "/api/v1/orders/1042/reshipments"
LOST = json.dumps({"reason": "lost"}).encode()


@pytest.fixture
def key(world: World) -> str:
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.LOST)
    return api_of(world).key


def ask(key: str, method: str, path: str, body: bytes = b"", **environ: Any) -> HttpResponse:
    """As a server hands a request over, byte for byte: `environ` is said as in WSGI."""
    asked: dict[str, Any] = {"REQUEST_METHOD": method, "HTTP_AUTHORIZATION": f"Bearer {key}"}
    path_info, _, query = path.partition("?")
    if body:
        asked |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    asked |= {"PATH_INFO": unquote_to_bytes(path_info).decode("latin-1"), "QUERY_STRING": query}
    answer: Any = Browser().request(**{**asked, "wsgi.input": io.BytesIO(body), **environ})
    assert isinstance(answer, HttpResponse)
    return answer


@pytest.mark.parametrize(
    ("name", "value", "status", "code"),
    [
        ("HTTP_AUTHORIZATION", "", 401, "invalid_api_key"),
        ("HTTP_AUTHORIZATION", "Bearer", 401, "invalid_api_key"),
        ("HTTP_AUTHORIZATION", "Bearer \xe9\xff rsk_", 401, "invalid_api_key"),
        ("HTTP_AUTHORIZATION", "Basic cnNrOnJzaw==", 401, "invalid_api_key"),
        ("HTTP_AUTHORIZATION", "Bearer rsk_0123456789_" + "x" * 60_000, 401, "invalid_api_key"),
        ("HTTP_AUTHORIZATION", "Bearer rsk_0123456789_\0", 401, "invalid_api_key"),
        ("HTTP_AUTHORIZATION", "Bearer a.b.c", 401, "invalid_api_key"),
        ("HTTP_IDEMPOTENCY_KEY", "", 422, "invalid_request_key"),
        ("HTTP_IDEMPOTENCY_KEY", "k" * 10_000, 422, "invalid_request_key"),
        ("HTTP_IDEMPOTENCY_KEY", "cl\xe9", 422, "invalid_request_key"),
        ("HTTP_IDEMPOTENCY_KEY", "a\tb", 422, "invalid_request_key"),
        ("HTTP_IDEMPOTENCY_KEY", "\0", 422, "invalid_request_key"),
        ("CONTENT_TYPE", "text/plain", 415, "unsupported_media_type"),
        ("CONTENT_TYPE", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
        ("CONTENT_TYPE", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("CONTENT_TYPE", "", 415, "unsupported_media_type"),
        ("CONTENT_TYPE", "\xff;;;=", 415, "unsupported_media_type"),
        ("HTTP_CONTENT_ENCODING", "gzip", 415, "unsupported_media_type"),
        ("HTTP_TRANSFER_ENCODING", "chunked", 411, "length_required"),
        ("CONTENT_LENGTH", "", 422, "invalid_request"),
        ("CONTENT_LENGTH", "eighteen", 411, "length_required"),
        ("CONTENT_LENGTH", "-1", 411, "length_required"),
        ("CONTENT_LENGTH", "19", 400, "incomplete_body"),
        ("CONTENT_LENGTH", "17", 400, "invalid_json"),
        ("CONTENT_LENGTH", "1000001", 413, "body_too_large"),
        ("CONTENT_LENGTH", "9" * 5_000, 411, "length_required"),
    ],
)
def test_a_header_that_cannot_be_is_refused(
    world: World, key: str, name: str, value: str, status: int, code: str
) -> None:
    assert refusal_of(ask(key, "POST", RESHIPMENTS, LOST, **{name: value})) == (status, code)
    assert said(ask(key, "GET", RESHIPMENTS))["data"] == []
    assert audit() == []


def test_what_was_announced_and_did_not_come_does_not_count_as_nothing(world: World, key: str) -> None:
    """An empty body would mean: send all of it again."""
    announced: dict[str, Any] = {"CONTENT_LENGTH": "18", "CONTENT_TYPE": "application/json"}
    assert refusal_of(ask(key, "POST", RESHIPMENTS, **announced)) == (400, "incomplete_body")
    packed = gzip.compress(LOST)
    assert refusal_of(ask(key, "POST", RESHIPMENTS, packed)) == (400, "invalid_json")
    of_http_2: dict[str, Any] = {"SERVER_PROTOCOL": "HTTP/2", "CONTENT_LENGTH": ""}
    assert refusal_of(ask(key, "POST", RESHIPMENTS, LOST, **of_http_2)) == (411, "length_required")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("search=" + "x" * 100_000, "invalid_request"),
        ("search=%00", "invalid_text"),
        ("cursor=" + "A" * 900, "invalid_cursor"),
        ("cursor=" + "A" * 5_000, "invalid_request"),
        ("cursor=%F0%9F%98%80", "invalid_cursor"),
        ("cursor=W10", "invalid_cursor"),
        ("cursor=WyItcGxhY2VkIiwgMSwgMSwgZmFsc2Vd", "invalid_cursor"),
        ("cursor=" + "%5B" * 300, "invalid_cursor"),
        ("limit=0", "invalid_request"),
        ("limit=1e2", "invalid_request"),
        ("limit=" + "9" * 5_000, "invalid_request"),
        ("limit=1&limit=2", "invalid_request"),
        ("placed_from=0000-00-00", "invalid_request"),
        ("placed_from=9999-12-31T23:59:59-12:00", "invalid_request"),
        ("placed_from=2026-01-01T00:00:00", "invalid_request"),
        ("status=%00", "invalid_request"),
        ("on_hold=maybe", "invalid_request"),
        ("statuss=OPEN", "invalid_request"),
    ],
)
def test_a_query_that_cannot_be_is_refused(world: World, key: str, query: str, code: str) -> None:
    assert refusal_of(ask(key, "GET", f"{ORDERS}?{query}")) == (422, code)


def test_a_text_that_no_database_holds_finds_nothing(world: World, key: str) -> None:
    bulk = json.dumps({"orders": ["1042"], "reason": "lost", "dry_run": True}).encode()
    assert said(ask(key, "POST", "/api/v1/bulk-reshipments", bulk))["number"] == 1
    for path in ("/stock?warehouse=%00", "/stock?warehouse=a%00", "/bulk-reshipments/1/items?code=%00"):
        assert said(ask(key, "GET", f"/api/v1{path}"))["data"] == [], path


def test_more_parameters_than_anybody_needs_are_not_read(world: World, key: str) -> None:
    many = "&".join(f"a{number}=1" for number in range(20_000))
    assert refusal_of(ask(key, "GET", f"{ORDERS}?{many}")) == (400, "unreadable_request")


@pytest.mark.parametrize(
    "name",
    ["~", "~7", "~7Eabc~2", "%00", "%ED%A0%80", "%FF", "%2F", "..%2F..", "%0A", "x" * 5_000, "%F0%9F%98%80", "1042%20"],
)
def test_a_name_that_nothing_has_is_not_found(world: World, key: str, name: str) -> None:
    for path in (f"{ORDERS}/{name}", f"{ORDERS}/{name}/history"):
        status, code = refusal_of(ask(key, "GET", path))
        assert (status, code in {"no_such_address", "order_not_found"}) == (404, True), path
    status, code = refusal_of(ask(key, "POST", f"{ORDERS}/{name}/reshipments", LOST))
    assert (status, code in {"no_such_address", "order_not_found"}) == (404, True)


@pytest.mark.parametrize("number", ["0", "9" * 25, "9" * 5_000, "-1", "1e3", "%D9%A1", "1.0"])
def test_a_number_that_nothing_has_is_not_found(world: World, key: str, number: str) -> None:
    address = f"/api/v1/bulk-reshipments/{number}"
    for answer in (
        ask(key, "GET", address),
        ask(key, "GET", f"{address}/items"),
        ask(key, "POST", f"{address}/retries"),
    ):
        status, code = refusal_of(answer)
        assert (status, code in {"no_such_address", "job_not_found", "invalid_request"}) == (status, True)
        assert status in {404, 422}


def test_head_and_options_answer_as_a_program_expects(world: World, key: str) -> None:
    head, got = ask(key, "HEAD", f"{ORDERS}/1042"), ask(key, "GET", f"{ORDERS}/1042")
    assert (head.status_code, head["Content-Type"], head.content) == (200, got["Content-Type"], b"")
    assert ask(key, "HEAD", f"{ORDERS}/none").status_code == 404
    options = ask(key, "OPTIONS", RESHIPMENTS)
    assert (options.status_code, options["Allow"], options.content) == (204, "GET, HEAD, OPTIONS, POST", b"")
    for method, path in (("PUT", RESHIPMENTS), ("TRACE", ORDERS), ("BREW", ORDERS), ("POST", "/api/v1/openapi.json")):
        refused = ask(key, method, path)
        assert refusal_of(refused) == (405, "method_not_allowed")
        assert "GET, HEAD" in refused["Allow"]


def test_a_cookie_opens_nothing(world: World) -> None:
    browser = Browser()
    browser.force_login(world.user_of(world.mara))
    answer: Any = browser.get(ORDERS)
    assert refusal_of(answer) == (401, "invalid_api_key")


def test_a_name_of_the_server_that_is_none_is_a_problem_too(world: World, key: str) -> None:
    assert refusal_of(ask(key, "GET", ORDERS, HTTP_HOST="elsewhere.example")) == (400, "unknown_host")
