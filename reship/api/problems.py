"""Every error as a problem (RFC 9457): the refusal's code and figures, and where in the input it lies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from reship import intake
from reship.errors import Refusal
from reship.http_status import status_of

MEDIA_TYPE = "application/problem+json"
_OF_A_FIELD: dict[str, tuple[str, ...]] = {
    "already_added_back": ("/add_back",),
    "already_left": ("/add_back",),
    "already_on_hold": ("/kind",),
    "already_reshipped": ("{row}/quantity",),
    "barcode_taken": ("/barcode",),
    "duplicate_item": ("{row}/sku",),
    "invalid_add_back": ("/add_back",),
    "invalid_address": ("/address",),
    "invalid_event_type": ("/event_types",),
    "invalid_fault": ("/fault",),
    "invalid_hold": ("/kind", "/hold"),
    "invalid_price": ("{row}/unit_price", "/unit_cost"),
    "invalid_quantity": ("{row}/quantity", "/change", "/counted"),
    "invalid_reason": ("/reason",),
    "invalid_time": ("/at", "/placed_at"),
    "invalid_tracking_status": ("/status",),
    "invalid_url": ("/url",),
    "more_than_shipped": ("{row}/quantity",),
    "not_enough_available": ("{row}/quantity",),
    "note_required": ("/note",),
    "nothing_selected": ("/items", "/lines", "/orders", "/filter"),
    "order_exists": ("/number",),
    "reason_required": ("/reason",),
    "tracking_number_not_found": ("/tracking_number",),
    "unknown_code": ("{row}/sku",),
    "unknown_item": ("{row}/sku",),
    "units_promised": ("/change", "/counted"),
    "unknown_warehouse": ("/warehouse", "/items"),
    "warehouse_required": ("/warehouse",),
}
"""Where in a body a rule's refusal lies: the first of these that was sent, or the first of them."""

_OF_A_TEXT = {"customer name": "/customer/name", "customer e-mail": "/customer/email", "order number": "/number"}
_OF_A_NAME = {
    "order_not_found": ("order", ("copied_from",)),
    "shipment_not_found": ("shipment", ("shipment", "source")),
}
"""What was not found lies in the body when the body names it, and else in the address."""


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
    places = places_of(refusal, getattr(request, "given", None)) if errors is None else errors
    problem = problem_of(request, refusal, places, status=status)
    return HttpResponse(
        json.dumps(problem.model_dump()), status=problem.status, content_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def problem_of(
    request: HttpRequest, refusal: Refusal, places: Sequence[Where] = (), *, status: HTTPStatus | None = None
) -> Problem:
    """The refusal as it is told, also of one part of a request that has several."""
    status = status or status_of(refusal)
    return Problem(
        type=f"/api/v1/problems/{refusal.code}",
        title=status.phrase,
        status=status.value,
        detail=refusal.message,
        code=refusal.code,
        figures=refusal.figures,
        errors=[Pointer(pointer=where.pointer, parameter=where.parameter, detail=where.detail) for where in places],
        request_id=getattr(request, "request_id", ""),
    )


def places_of(refusal: Refusal, given: object, *, within: str = "") -> list[Where]:
    """Where in the body a rule's refusal lies: by its code, or by what it names. `given` lies `within` the body."""
    if not isinstance(given, Mapping):
        return []
    parts = refusal.figures.get("parts")
    if refusal.code == "invalid_address" and isinstance(parts, Mapping) and isinstance(given.get("address"), Mapping):
        return [Where(str(said), pointer=f"{within}/address/{name}") for name, said in parts.items()]
    pointer = _pointer(refusal, given)
    return [Where(refusal.message, pointer=f"{within}{pointer}")] if pointer else []


def _pointer(refusal: Refusal, given: Mapping[str, Any]) -> str:
    if refusal.code == "invalid_text":
        return _pointer_of_text(str(refusal.figures.get("field", "")), given)
    if refusal.code in _OF_A_NAME:
        figure, names = _OF_A_NAME[refusal.code]
        named = refusal.figures.get(figure)
        return next((f"/{name}" for name in names if name in given and intake.named(str(given[name])) == named), "")
    places = _OF_A_FIELD.get(refusal.code, ("",))
    place = next((place for place in places if place.removeprefix("/") in given), places[0])
    if "{row}" not in place:
        return place
    row = _row(refusal.figures.get("sku"), given)
    # Of items that nobody named there is no row, and perhaps not even a list.
    return place.replace("{row}", row) if not row or row[-1].isdigit() else row if row[1:] in given else ""


def _row(sku: object, given: Mapping[str, Any]) -> str:
    """The item or line of this SKU; of what is named twice, the last; the whole list, when none is."""
    if "sku" in given:
        return ""
    name = "lines" if "lines" in given else "items"
    rows = given.get(name)
    skus = [row.get("sku") if isinstance(row, Mapping) else None for row in rows] if isinstance(rows, list) else []
    found = [position for position, other in enumerate(skus) if sku and sku in (other, f"“{other}”")]
    return f"/{name}/{found[-1]}" if found else f"/{name}"


def _pointer_of_text(field: str, given: Mapping[str, Any]) -> str:
    name = field.lower().replace(" ", "_")
    if field in _OF_A_TEXT:
        return _OF_A_TEXT[field]
    if name in given:
        return f"/{name}"
    if name in {"sku", "description"}:
        return _row(None, given)
    address = given.get("address")
    return f"/address/{name}" if isinstance(address, Mapping) and name in address else ""
