"""Examples in the OpenAPI document, made of its schemas: of each answer, each problem, and each body that has none."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from reship.api.problems import MEDIA_TYPE

_USUAL = {
    "actor": "Dana",
    "carrier": "DHL",
    "city": "Springfield",
    "country": "US",
    "currency": "EUR",
    "customer_name": "Jane Doe",
    "description": "Mug, blue",
    "email": "jane@example.com",
    "made_by": "helpdesk (API key)",
    "method": "Post",
    "placed_by": "helpdesk (API key)",
    "postal_code": "62701",
    "recipient": "Jane Doe",
    "region": "IL",
    "request_id": "req_0123456789abcdef0123",
    "sku": "MUG",
    "street_1": "1 High Street",
    "text": "Picking of 1042-1 started.",
    "unit_price": "12.5000",
    "warehouse": "MAIN",
}
"""What a text of this name says in an example, where its field has none of its own."""

_NONE_YET = frozenset({"added_back", "index", "refused", "reshipments", "reshipped", "waiting"})
"""What is counted, and is usually nothing."""

_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: ("invalid_json", "The body is no JSON."),
    HTTPStatus.UNAUTHORIZED: (
        "invalid_api_key",
        "This API key is not valid: it is misspelt, has ended, or was revoked.",
    ),
    HTTPStatus.FORBIDDEN: ("not_allowed", "helpdesk (API key) may not re-ship: it needs the scope orders."),
    HTTPStatus.NOT_FOUND: ("order_not_found", "There is no order 1042."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address takes GET."),
    HTTPStatus.CONFLICT: ("wrong_status", "1042-1 is departed since 2026-03-02 09:00 UTC; for this it must be open."),
    HTTPStatus.PRECONDITION_FAILED: ("stale_edit", "1042-1 was edited since you read it."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body_too_large", "At most 1,000,000 bytes are read."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("unsupported_media_type", "Send the body as application/json."),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("invalid_quantity", "The quantity of MUG must be a whole number, not “2.5”."),
    HTTPStatus.PRECONDITION_REQUIRED: ("edition_required", "Send the ETag of what you change as If-Match."),
    HTTPStatus.TOO_MANY_REQUESTS: ("too_many_requests", "This key may ask 600 times a minute. Try again in 42 s."),
}


def add_examples(document: dict[str, Any]) -> None:
    """Gives each body of the document an example, where nobody has written one."""
    schemas = document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                _add(operation["requestBody"], schemas)
            for status, answer in operation["responses"].items():
                _add(answer, schemas, HTTPStatus(int(status)))


def _add(body: Mapping[str, Any], schemas: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
    for kind, media in body.get("content", {}).items():
        if "example" not in media and "examples" not in media:
            value = _problem(status) if kind == MEDIA_TYPE else _example(media["schema"], schemas)
            media["examples"] = {"example": {"value": value}}


def _problem(status: HTTPStatus) -> dict[str, Any]:
    code, detail = _OF_STATUS.get(status, (status.name.lower(), status.phrase))
    return {
        "type": f"/api/v1/problems/{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "figures": {},
        "errors": [],
        "request_id": _USUAL["request_id"],
    }


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    for forms in ("anyOf", "oneOf", "allOf"):
        if forms in schema:
            return _example_of_form(schema[forms], schemas, name)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    return _plain_example(schema, schemas, name)


def _example_of_form(forms: list[dict[str, Any]], schemas: Mapping[str, Any], name: str) -> Any:
    """The first form; of a plain value that may be missing, that it is missing."""
    first = forms[0]
    may_be_null = any(form.get("type") == "null" for form in forms)
    is_plain = "$ref" not in first and first.get("type") not in {"object", "array"} and "examples" not in first
    return None if may_be_null and is_plain else _example(first, schemas, name)


def _plain_example(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {part: _example(of, schemas, part) for part, of in schema.get("properties", {}).items()}
    if kind == "array":
        item = _example(schema["items"], schemas, name) if schema.get("items") else ""
        return [] if item == "" else [item]
    if kind == "string":
        return "2026-03-02T09:00:00Z" if schema.get("format") == "date-time" else _USUAL.get(name, "")
    if kind == "integer":
        return 0 if name in _NONE_YET else schema.get("minimum", 1)
    return {"boolean": False, "number": 1.0}.get(str(kind))
