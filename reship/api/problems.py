"""Every error as a problem (RFC 9457): the refusal's code and figures, and where in the input it lies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from reship.errors import Refusal
from reship.http_status import status_of

MEDIA_TYPE = "application/problem+json"
_OF_A_FIELD = {
    "duplicate_item": "/items/{sku}/sku",
    "invalid_add_back": "/add_back",
    "invalid_address": "/address",
    "invalid_fault": "/fault",
    "invalid_hold": "/kind",
    "invalid_price": "/items/{sku}/unit_price",
    "invalid_quantity": "/items/{sku}/quantity",
    "invalid_reason": "/reason",
    "more_than_shipped": "/items/{sku}/quantity",
    "not_enough_available": "/items/{sku}/quantity",
    "already_reshipped": "/items/{sku}/quantity",
    "already_added_back": "/add_back",
    "already_left": "/add_back",
    "note_required": "/note",
    "nothing_selected": "/items",
    "reason_required": "/reason",
    "unknown_item": "/items/{sku}/sku",
    "unknown_warehouse": "/warehouse",
}


class Pointer(BaseModel):
    """Where something is wrong: a JSON Pointer into the body, or the name of a parameter."""

    model_config = ConfigDict(extra="forbid")

    pointer: str | None = Field(None, description="JSON Pointer (RFC 6901) into the request's body.")
    parameter: str | None = Field(None, description="Name of a path, query or header parameter.")
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457). `code` is stable; `figures` are the numbers and names that belong to it."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(
        description="The code's entry in the catalogue of errors.", examples=["/api/v1/problems/already_left"]
    )
    title: str
    status: int
    detail: str = Field(description="One sentence for a person.")
    code: str = Field(examples=["already_left"])
    figures: dict[str, Any] = Field(description="What the reader needs to decide what to do next.")
    errors: list[Pointer] = Field(description="Where in the input it lies, as far as it lies there.")
    request_id: str = Field(description="As in the header `Request-Id`: say it when you ask for help.")


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the input, and what is wrong there."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


def problem_response(
    request: HttpRequest,
    refusal: Refusal,
    *,
    status: HTTPStatus | None = None,
    errors: Sequence[Where] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The refusal as the API tells it."""
    status = status or status_of(refusal)
    found = _places_of(refusal, getattr(request, "given", None)) if errors is None else errors
    told = {
        "type": f"/api/v1/problems/{refusal.code}",
        "title": status.phrase,
        "status": status.value,
        "detail": refusal.message,
        "code": refusal.code,
        "figures": refusal.figures,
        "errors": [{"pointer": where.pointer, "parameter": where.parameter, "detail": where.detail} for where in found],
        "request_id": getattr(request, "request_id", ""),
    }
    return HttpResponse(json.dumps(told), status=status, content_type=MEDIA_TYPE, headers=dict(headers or {}))


def _places_of(refusal: Refusal, given: object) -> list[Where]:
    """Where in the body a rule's refusal lies: by its code, or by the field that it names."""
    if not isinstance(given, Mapping):
        return []
    pointer = _OF_A_FIELD.get(refusal.code, "")
    if refusal.code == "invalid_text":
        pointer = _pointer_of_text(str(refusal.figures.get("field", "")), given)
    if "{sku}" in pointer:
        position = _position_of(refusal.figures.get("sku"), given)
        pointer = "/items" if position is None else pointer.replace("{sku}", str(position))
    return [Where(refusal.message, pointer=pointer)] if pointer else []


def _position_of(sku: object, given: Mapping[str, Any]) -> int | None:
    """Of the item of this SKU; of the last one, for what is named twice."""
    items = given.get("items")
    named = (
        [item.get("sku") if isinstance(item, Mapping) else None for item in items] if isinstance(items, list) else []
    )
    found = [position for position, name in enumerate(named) if sku and (name == sku or f"“{name}”" == sku)]
    return found[-1] if found else None


def _pointer_of_text(field: str, given: Mapping[str, Any]) -> str:
    name = field.lower().replace(" ", "_")
    address = given.get("address")
    if name in given:
        return f"/{name}"
    return f"/address/{name}" if isinstance(address, Mapping) and name in address else ""
