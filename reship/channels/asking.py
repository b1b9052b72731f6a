"""Asking a shop over HTTP: one question, and its answer as JSON or as a refusal. For the adapters."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from reship import outgoing, strict_json
from reship.channels.port import (
    invalid_shop_order,
    shop_busy,
    shop_credentials_refused,
    shop_refused,
    shop_unreachable,
)
from reship.errors import Refusal

LARGEST_ANSWER = 8_000_000
"""In bytes; a page of orders has some hundred thousand."""
LONGEST_PAUSE_SECONDS = 3600
_DEFAULT_PAUSE_SECONDS = 30
_TEMPORARY = frozenset({408, 425})

Read = TypeVar("Read", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Said:
    """A good answer: its JSON, and its headers in small letters."""

    value: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asking:
    """A shop as it is asked: `name` for people, where it is reached, and what each request proves itself with."""

    name: str
    url: str
    headers: Mapping[str, str]

    def ask(
        self,
        method: str,
        path: str,
        *,
        what: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Said:
        """`what` completes "could not be asked to". Refuses as the port says; the JSON is read by the strict gate."""
        url = f"{self.url}{path}{f'?{urlencode(query)}' if query else ''}"
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", **self.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = outgoing.request(method, url, headers=headers, content=content, largest_answer=LARGEST_ANSWER)
        except outgoing.Unreachable as unreachable:
            raise shop_unreachable(self.name, what, problem=unreachable.message) from unreachable
        self._check(answer, what)
        try:
            return Said(strict_json.parse(answer.body, largest=LARGEST_ANSWER), answer.headers)
        except Refusal as refusal:
            raise shop_unreachable(self.name, what, problem="the answer is not JSON") from refusal

    def _check(self, answer: outgoing.Answer, what: str) -> None:
        status = answer.status
        if status == 429:
            raise shop_busy(self.name, seconds=_pause(answer.headers.get("retry-after", "")))
        if status in {401, 403}:
            raise shop_credentials_refused(self.name, status=status, problem=_problem(answer))
        if 300 <= status < 400:
            where = answer.headers.get("location", "")
            raise shop_unreachable(self.name, what, problem=f"it sends us on to {where}; enter the address it has now")
        if status >= 500 or status in _TEMPORARY:
            raise shop_unreachable(self.name, what, problem=f"it answered {status}")
        if status >= 400:
            raise shop_refused(self.name, what, problem=_problem(answer) or f"it answered {status}", status=status)
        if answer.truncated:
            raise shop_unreachable(self.name, what, problem="its answer is too long")

    def read(self, model: type[Read], value: object, *, what: str) -> Read:
        """An answer in the form that it is documented in. Refuses `shop_unreachable` for another."""
        try:
            return model.model_validate(value)
        except ValidationError as error:
            raise shop_unreachable(
                self.name, what, problem=f"the answer is not as documented: {_first(error)}"
            ) from None


def read_order(model: type[Read], value: object, *, shop: str) -> Read:
    """An order as its shop documents it. Refuses `invalid_shop_order`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        known = value.get("id") if isinstance(value, dict) else ""
        raise invalid_shop_order(shop, problem=_first(error), remote_id=str(known)) from None


def moment(at: datetime, *, shop: str) -> datetime:
    """A time that a shop says, in UTC; without a zone it is meant so. Refuses `invalid_shop_order`."""
    if not 1970 <= at.year <= 2999:
        raise invalid_shop_order(shop, problem=f"a time in the year {at.year}")
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _pause(retry_after: str) -> int:
    """In seconds; Shopify writes them with a decimal, and a date is not worth reading."""
    whole = retry_after.strip().partition(".")[0]
    if not (whole.isascii() and whole.isdigit() and len(whole) < 6):
        return _DEFAULT_PAUSE_SECONDS
    return min(int(whole) + 1, LONGEST_PAUSE_SECONDS)


def _problem(answer: outgoing.Answer) -> str:
    """What it said of the error, in either shop's form."""
    try:
        value = strict_json.parse(answer.body)
    except Refusal:
        return ""
    if not isinstance(value, dict):
        return ""
    said = value.get("message") or value.get("errors") or value.get("error_description") or value.get("error") or ""
    return said if isinstance(said, str) else json.dumps(said)
