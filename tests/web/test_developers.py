"""The page about the API: open to everybody who is signed in, with this installation's own address."""

from collections.abc import Callable

import pytest
from django.test import Client as Visitor

from reship.clients.access import Actor
from tests.web.pages import Page
from tests.world import World

VisitAs = Callable[[Actor], Visitor]


@pytest.mark.parametrize(
    ("person", "keys"), [("vic", ""), ("mara", "/clients/ACME/keys/"), ("pim", ""), ("ada", "/clients/")]
)
def test_it_leads_to_what_the_api_tells_of_itself(world: World, visit_as: VisitAs, person: str, keys: str) -> None:
    visitor = visit_as(getattr(world, person))
    answer = visitor.get("/developers/", headers={"host": "testserver:8123"})
    assert Page(answer).one(id="api-address")["value"] == "http://testserver:8123/api/v1"
    assert 'curl "http://testserver:8123/api/v1/orders/1042/reshipments"' in Page(answer).text
    for address in ("/api/v1/openapi.json", "/api/v1/problems", "/llms.txt"):
        assert f'href="{address}"' in answer.text
        assert visitor.get(address).status_code == 200
    assert ("Make one</a>" in answer.text, f'<a class="btn" href="{keys}">' in answer.text) == (bool(keys), bool(keys))


def test_the_pages_of_keys_and_webhooks_say_where_the_api_is(world: World, visit_as: VisitAs) -> None:
    mara = visit_as(world.mara)
    for address in ("/clients/ACME/keys/", "/clients/ACME/webhooks/"):
        answer = mara.get(address)
        assert "The API is at http://testserver/api/v1" in Page(answer).text
        assert 'href="/developers/"' in answer.text


def test_a_name_that_is_not_ours_is_shown_nowhere(world: World, visit_as: VisitAs) -> None:
    answer = visit_as(world.mara).get("/developers/", headers={"host": "evil.example"})
    assert (answer.status_code, "evil.example" in answer.text) == (400, False)
