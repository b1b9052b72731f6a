"""The portal as an agent reaches it: its JSON API, over HTTP, or in this process when this is the installation."""

from collections.abc import Mapping
from typing import Any, cast

import httpx
from django.conf import settings

from reship.errors import Figure, Refusal


class Portal:
    """Asks the API with one key. What the API refuses is raised as the refusal that it is."""

    def __init__(self, key: str, *, url: str = "", seconds: float = 30.0) -> None:
        """`url` is such as `https://portal.example.com`; without it, this installation is asked in this process."""
        transport: httpx.BaseTransport | None = None
        if not url:
            from django.core.wsgi import get_wsgi_application

            transport = httpx.WSGITransport(app=get_wsgi_application())
        self._client = httpx.Client(
            base_url=f"{url or _here()}/api/v1",
            headers={"Authorization": f"Bearer {key}", "User-Agent": "reship-mcp"},
            transport=transport,
            timeout=seconds,
        )

    def get(self, path: str, **query: str | int | bool | None) -> dict[str, Any]:
        """Refuses as the API does; `portal_unreachable` when nothing answers."""
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return self._answer(self._client.build_request("GET", path, params=given))

    def post(self, path: str, body: Mapping[str, object], *, key: str = "") -> dict[str, Any]:
        """As `get`; with a request `key` it is safe to repeat, and repeated once when the answer was lost."""
        headers = {"Idempotency-Key": key} if key else {}
        request = self._client.build_request("POST", path, json=dict(body), headers=headers)
        try:
            return self._answer(request)
        except Refusal as refusal:
            if refusal.code != "portal_unreachable" or not key:
                raise
            return self._answer(request)

    def _answer(self, request: httpx.Request) -> dict[str, Any]:
        try:
            response = self._client.send(request)
        except httpx.HTTPError as error:
            raise Refusal(
                "portal_unreachable", f"The portal at {request.url.host} does not answer: {type(error).__name__}."
            ) from error
        try:
            told = response.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Refusal("not_the_api", f"What answers at {request.url} is not the API of Reship.")
        if response.is_success:
            return told
        figures = cast(dict[str, Figure], told.get("figures") or {})
        raise Refusal(str(told.get("code", "refused")), str(told.get("detail", response.reason_phrase)), **figures)


def _here() -> str:
    """This installation by a name that it answers to."""
    name = settings.ALLOWED_HOSTS[0].strip().removeprefix(".")
    return f"http://{'localhost' if name == '*' else name}"
