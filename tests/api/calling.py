"""Calling the API in a test, as a program does: with a key, and JSON both ways."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser

from reship.clients.access import Actor
from reship.clients.api_keys import NewKey, make_key
from reship.clients.models import Client
from tests.world import World


@dataclass
class Api:
    """A program with a key; `headers` go beside it."""

    key: str
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=True))

    def get(self, path: str, **query: str | int) -> HttpResponse:
        return self._answer(self.browser.get(f"/api/v1{path}", query, headers=self._headers()))

    def post(self, path: str, body: object = None, *, key: str | None = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **({"Idempotency-Key": key} if key else {}), **headers)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> HttpResponse:
        text = body if isinstance(body, str | bytes) else json.dumps({} if body is None else body)
        sent = self.browser.generic(
            method, f"/api/v1{path}", text, content_type="application/json", headers={**self._headers(), **headers}
        )
        return self._answer(sent)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    @staticmethod
    def _answer(response: Any) -> HttpResponse:
        assert isinstance(response, HttpResponse)
        return response


def api_of(
    world: World,
    *scopes: str,
    actor: Actor | None = None,
    client: Client | None = None,
    role: str = "manager",
    limit: int = 100_000,
) -> Api:
    """A key of ACME's manager Mara, or of somebody else, with these scopes, or all of them."""
    new = NewKey(
        "helpdesk", scopes or ("read", "orders", "stock", "bulk", "webhooks"), role=role, requests_a_minute=limit
    )
    made = make_key(new, client=client or world.acme, actor=actor or world.mara, at=world.later(), address="")
    return Api(made.text)


def said(response: Any) -> Any:
    """The body as JSON."""
    return json.loads(response.content)


def refusal_of(response: Any) -> tuple[int, str]:
    """The status and code of a problem, which is told as one."""
    assert response["Content-Type"] == "application/problem+json", response.content
    problem = said(response)
    assert (problem["status"], problem["request_id"]) == (response.status_code, response["Request-Id"])
    return response.status_code, problem["code"]
