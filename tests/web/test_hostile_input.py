"""Whatever is sent to whichever address, the answer is never a server error, and nothing is written."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator

import pytest
from django.test import Client as Visitor
from django.urls import URLPattern, reverse

from reship.clients.access import Actor
from reship.inventory.audit import audit
from reship.inventory.ledger import Balance
from reship.web.access import A_KEY, declared_need
from reship.web.forms import OrderListForm
from reship.web.stock_forms import LevelListForm
from tests.web.test_access import every_route
from tests.world import World

VisitAs = Callable[[Actor], Visitor]
KNOWN = {
    "client": "ACME",
    "number": "1042",
    "shipment": "1042-1",
    "sku": "MUG",
    "job": "1",
    "view": "Mine",
    "warehouse": "MAIN",
    "batch": "1",
    "manifest": "1",
    "photo": "1",
    "person": "dana@acme.example",
    "key": "rsk_0123456789",
    "shop": "ACME-0123456789",
    "kind": "shopify",
    "public_id": "ACME-0123456789",
    "endpoint": "we_0123456789abcdef",
    "message": "msg_0123456789abcdef01234567",
    "uid": "MQ",
    "token": "abc-123",
}
SEGMENTS = {
    "NUL": "%00",
    "line feed": "10%0A42",
    "lone surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "half an escape": "~2",
    "an escape of nothing": "~ZZ",
    "an escaped letter": "~41",
    "escaped NUL": "~00",
    "2^70": str(2**70),
    "very long": "x" * 5_000,
    "dots": "~2E~2E",
    "escaped slash": "a~2Fb",
    "percent slash": "a%2Fb",
    "HTML": "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "SQL": "'%20OR%201=1%20--",
    "template": "%7B%7B%20request%20%7D%7D",
    "bidi": "%E2%80%AE1042",
    "emoji": "%F0%9F%99%82",
}
VALUES = {
    "NUL": "%00",
    "escape": "%1B%5B31m",
    "lone surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "2^63": str(2**63),
    "2^70": str(2**70),
    "minus": "-1",
    "not a number": "NaN",
    "5,000 digits": "9" * 5_000,
    "very long": "x" * 5_000,
    "HTML": "%3Cimg%20src%3Dx%3E",
    "list": "a&{name}=b",
    "brackets": "[]",
    "backslash": "%5C",
    "wildcards": "%25_%25",
    "regular expression": "(((((",
    "emoji": "%F0%9F%99%82",
}
PARAMETERS = (
    *("q", "status", "placed_from", "placed_to", "hold", "reshipped", "client", "sort", "page"),
    *("warehouse", "state", "sku", "shown", "source", "shipment", "next"),
)
ALONE = {
    "/orders/": (*OrderListForm.base_fields, "client", "page"),
    "/stock/": (*LevelListForm.base_fields, "client", "page"),
}
"""What a list knows is sent to it one by one, too: one that it refuses would hide the others."""


def addresses(segment: str = "") -> Iterator[str]:
    """Every address of the portal with known names, or with `segment` in place of each name in turn."""
    for route in every_route():
        names = list(route.pattern.converters)
        if route.name in {None, "healthz", "llms"} or declared_need(route.callback) == A_KEY:
            continue
        plain = _reverse(route, KNOWN)
        if not segment:
            yield plain
        for name in names if segment else ():
            marked = _reverse(route, KNOWN | {name: "MARKED"})
            yield marked.replace("MARKED", segment)


def _reverse(route: URLPattern, names: dict[str, str]) -> str:
    return reverse(f"web:{route.name}", kwargs={name: names[name] for name in route.pattern.converters})


@pytest.fixture
def ada(world: World, visit_as: VisitAs) -> Visitor:
    """The administrator, who may do everything; and an order to do it to."""
    world.place("1042", MUG=2)
    return visit_as(world.ada)


@pytest.mark.parametrize("segment", SEGMENTS.values(), ids=SEGMENTS)
def test_hostile_names_in_addresses(world: World, ada: Visitor, segment: str) -> None:
    for address in addresses(segment):
        answer = ada.get(address)
        # The address of a deed, opened by hand, is for posting or leads back to its order.
        if answer.status_code in {302, 405}:
            answer = ada.post(address, {"number": "1"})
        # Whom a shop's signature does not prove is told nothing else.
        assert answer.status_code in {401 if address.startswith("/hooks/") else 404, 404, 405}, (
            address,
            answer.status_code,
        )
    assert_nothing_happened(world)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_hostile_parameters(world: World, ada: Visitor, value: str) -> None:
    for address in listened_to(addresses(), DEAF_TO_PARAMETERS):
        alone = ALONE.get(address, ())
        together = [name for name in PARAMETERS if name not in alone]
        for names in [together, *([name] for name in alone)]:
            query = "&".join(f"{name}={value.format(name=name)}" for name in names)
            response = ada.get(f"{address}?{query}")
            assert response.status_code < 500, (address, query, response.status_code)
            if "GET" not in vars(response.wsgi_request):
                DEAF_TO_PARAMETERS.add(address)
    assert_nothing_happened(world)


DEAF_TO_PARAMETERS: set[str] = set()
DEAF_TO_BODIES: dict[bool, set[str]] = {True: set(), False: set()}
"""Addresses that answered without a look at what was sent: whatever else is sent gets the same answer."""


def listened_to(asked: Iterable[str], deaf: set[str]) -> list[str]:
    return [address for address in asked if address not in deaf]


BODIES = {
    "nothing": ("", "application/x-www-form-urlencoded"),
    "nonsense": ("%00=%FF&=&&a=%ED%A0%80", "application/x-www-form-urlencoded"),
    "JSON": ('{"a": [NaN, 1e999]}', "application/json"),
    "another encoding": ("a=b", "application/x-www-form-urlencoded; charset=utf-7"),
    "an unknown encoding": ("a=b", "application/x-www-form-urlencoded; charset=no-such"),
    "multipart without boundary": ("a", "multipart/form-data"),
    "multipart cut off": ("--b\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=b"),
    "too many fields": ("a=1&" * 1_500, "application/x-www-form-urlencoded"),
    "hostile fields": (
        "&".join(
            f"{name}=%00%1B{'9' * 50}" for name in ("sku", "quantity", "change", "reason", "note", "kind", "step")
        ),
        "application/x-www-form-urlencoded",
    ),
}


@pytest.mark.parametrize(("body", "content_type"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("is_htmx", [False, True])
def test_hostile_bodies(world: World, visit_as: VisitAs, body: str, content_type: str, is_htmx: bool) -> None:
    world.place("1042", MUG=2)
    headers = {"HX-Request": "true"} if is_htmx else {}
    visitor = visit_as(world.otto)
    deaf = DEAF_TO_BODIES[is_htmx]
    for address in sorted(listened_to(addresses(), deaf), key=lambda address: address.startswith("/sign-")):
        # Whatever is sent to it, to cancel a shipment is to say which: the address does.
        if not address.endswith("/cancellation/"):
            response = visitor.generic("POST", address, body, content_type, headers=headers)
            assert response.status_code < 500, (address, response.status_code)
            # Else all that comes after would only ask for signing in.
            assert address.startswith("/sign-") or not response.headers.get("Location", "").startswith("/sign-in/")
            if response.status_code == 405 and "_post" not in vars(response.wsgi_request):
                deaf.add(address)
    assert_nothing_happened(world)


def assert_nothing_happened(world: World) -> None:
    assert world.stock("MUG") == Balance(100, 2)
    assert world.history("1042") == ["Order placed: 2 × MUG, to go as 1042-1."]
    assert audit() == []


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


NOON = "2026-03-02T12:00:00+00:00"
CURSORS = {
    "empty": cursor(),
    "null": base64.urlsafe_b64encode(b"null").decode(),
    "object": base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "no JSON": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "no base64": "!!!",
    "not ASCII": "é",
    "deep": base64.urlsafe_b64encode(b"[" * 700).decode(),
    "too few": cursor("-placed", NOON),
    "too many": cursor("-placed", NOON, 1, False, 1),
    "of another list": cursor("number", "1042", 1, False),
    "id 2^70": cursor("-placed", NOON, 2**70, False),
    "id 0": cursor("-placed", NOON, 0, False),
    "id as text": cursor("-placed", NOON, "1", False),
    "id a truth": cursor("-placed", NOON, True, False),
    "no zone": cursor("-placed", "2026-03-02T12:00:00", 1, False),
    "no time": cursor("-placed", "yesterday", 1, False),
    "the first year": cursor("-placed", "0001-01-01T00:00:00+14:00", 1, False),
    "the last year": cursor("-placed", "9999-12-31T23:59:59-14:00", 1, False),
    "a list for a value": cursor("-placed", [NOON], 1, False),
    "a number for a value": cursor("-placed", 5, 1, False),
}


@pytest.mark.parametrize("page", CURSORS.values(), ids=CURSORS)
def test_a_page_that_is_none_of_the_list_is_refused(world: World, visit_as: VisitAs, page: str) -> None:
    for address in ("/orders/", "/jobs/", "/stock/", "/stock/ACME/MUG/MAIN/"):
        response = visit_as(world.dana).get(address, {"page": page})
        assert response.status_code == 422
        assert "This is no page of the list" in response.text


@pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 300, 2**70])
def test_a_place_between_numbers_holds_only_what_a_number_can_be(
    world: World, visit_as: VisitAs, value: object
) -> None:
    for sort in ("number", "-number"):
        response = visit_as(world.dana).get("/orders/", {"sort": sort, "page": cursor(sort, value, 1, False)})
        assert response.status_code in {200, 422}


@pytest.mark.parametrize("sequence", [2**63, -1, "1", True, 1.5])
def test_a_place_in_a_ledger_is_a_sequence_number(world: World, visit_as: VisitAs, sequence: object) -> None:
    page = cursor("sequence", sequence, 1, False)
    assert visit_as(world.dana).get("/stock/ACME/MUG/MAIN/", {"page": page}).status_code == 422
