"""The API itself: how a body is read, and how everything that goes wrong becomes a problem."""

import json
import re
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic_core import to_jsonable_python

import reship
from reship.api.problems import Where, problem_response
from reship.database.retry import took_too_long
from reship.errors import Refusal
from reship.intake import shown

log = structlog.get_logger()

VERSION: Final = "1"
PREFIX: Final = "api/v1/"
_TAG = re.compile("<[a-z]+>")


class PlainRenderer(BaseRenderer):
    """JSON with times as they are stored, to the microsecond, as the stored answers of deeds have them."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        return json.dumps(data, default=to_jsonable_python)


class StrictParser(Parser):
    """Hands over the body as it was read when the key was looked at, and no parameter that is there twice."""

    def parse_body(self, request: HttpRequest) -> Any:
        return request.__dict__["given"]

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        for name, values in data.lists():
            if len(values) > 1 and name not in list_fields:
                raise Refusal("invalid_request", f"{shown(name)} is there {len(values)} times.", count=len(values))
        return super().parse_querydict(data, list_fields, request)


API = NinjaAPI(
    title="Reship",
    version=reship.__version__,
    description=(
        "Orders, shipments, stock, and sending items again. Send a key as `Authorization: Bearer rsk_…`. Every POST "
        "takes an `Idempotency-Key`; every error is a problem (RFC 9457) with a stable `code`; lists have cursors."
    ),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    parser=StrictParser(),
    renderer=PlainRenderer(),
    servers=[{"url": "/"}],
)


@API.exception_handler(Refusal)
def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    headers = {}
    if refusal.code == "invalid_api_key":
        headers["WWW-Authenticate"] = 'Bearer realm="Reship"'
    if refusal.code == "too_many_requests":
        headers["Retry-After"] = str(refusal.figures["seconds"])
    status = HTTPStatus.PRECONDITION_FAILED if refusal.code == "stale_edit" else None
    return problem_response(request, refusal, status=status, headers=headers)


@API.exception_handler(ValidationError)
def not_as_declared(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = [_place_of(found) for found in error.errors[:20]]
    first = places[0]
    where = first.pointer or first.parameter or "the body"
    refusal = Refusal("invalid_request", f"{where}: {first.detail}.", count=len(error.errors))
    return problem_response(request, refusal, errors=places)


@API.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = HTTPStatus(error.status_code)
    return problem_response(request, Refusal(status.name.lower(), str(error)), status=status)


@API.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    refusal = Refusal("no_such_address", "There is nothing at this address.", address=request.path)
    return problem_response(request, refusal)


@API.exception_handler(SuspiciousOperation)
def suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    """What Django does not read on: ten thousand parameters."""
    return problem_response(request, Refusal("unreadable_request", "There is more in this request than is read."))


@API.exception_handler(Exception)
def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """What nobody foresaw. It is told by its request's id, and nothing of it was done."""
    if isinstance(error, OperationalError) and took_too_long(error):
        return refused(request, Refusal("took_too_long", "The database was not done with it in time. Ask for less."))
    log.error("A request to the API failed.", request_id=getattr(request, "request_id", ""), exc_info=error)
    refusal = Refusal("internal_error", "This failed here, and nothing was done. Please try again, or tell us the id.")
    return problem_response(request, refusal)


_IN_WORDS = {
    "missing": "This is required",
    "extra_forbidden": "There is no such field",
    "model_type": "This has to be a JSON object",
    "model_attributes_type": "This has to be a JSON object",
    "dict_type": "This has to be a JSON object",
}
"""What a library says of itself rather than of the input, in words for whoever sent it."""


def _place_of(found: dict[str, Any]) -> Where:
    """Where pydantic found something: a pointer into the body, without the argument's name, or a parameter."""
    source, *path = found["loc"]
    detail = _IN_WORDS.get(found["type"]) or str(found["msg"]).removeprefix("Value error, ").rstrip(".")
    if source == "body":
        # Which form of several a body has is no step into it; such tags are written <…>, and come first.
        path = path[2:] if len(path) > 1 and _TAG.fullmatch(str(path[1])) else path[1:]
        steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
        return Where(detail, pointer="".join(f"/{step}" for step in steps))
    return Where(detail, parameter=str(path[-1]) if path else source)
