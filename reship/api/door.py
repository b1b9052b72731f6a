"""The API itself: how a body is read, and how everything that goes wrong becomes a problem."""

import json
import re
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic_core import to_jsonable_python

import reship
from reship import strict_json
from reship.api.problems import Where, problem_response
from reship.database.retry import took_too_long
from reship.errors import Refusal

log = structlog.get_logger()

VERSION: Final = "1"
PREFIX: Final = "api/v1/"
LARGEST_BODY = 1_000_000
_TAG = re.compile("<[a-z]+>")


class PlainRenderer(BaseRenderer):
    """JSON with times as they are stored, to the microsecond, as the stored answers of deeds have them."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        return json.dumps(data, default=to_jsonable_python)


class StrictParser(Parser):
    """Reads a body through the strict gate. What is refused is kept, because the library tells only that it was."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            request.__dict__["given"] = given = _read(request)
        except Refusal as refusal:
            request.__dict__["unreadable"] = refusal
            raise
        return given


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
    unreadable = getattr(request, "unreadable", None)
    if unreadable is not None:
        return refused(request, unreadable)
    status = HTTPStatus(error.status_code)
    return problem_response(request, Refusal(status.name.lower(), str(error)), status=status)


@API.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    refusal = Refusal("no_such_address", "There is nothing at this address.", address=request.path)
    return problem_response(request, refusal)


@API.exception_handler(Exception)
def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """What nobody foresaw. It is told by its request's id, and nothing of it was done."""
    if isinstance(error, OperationalError) and took_too_long(error):
        return refused(request, Refusal("took_too_long", "The database was not done with it in time. Ask for less."))
    log.error("A request to the API failed.", request_id=getattr(request, "request_id", ""), exc_info=error)
    refusal = Refusal("internal_error", "This failed here, and nothing was done. Please try again, or tell us the id.")
    return problem_response(request, refusal)


def _read(request: HttpRequest) -> object:
    kind = request.content_type or ""
    if kind != "application/json" and not kind.endswith("+json") and (kind or request.headers.get("Content-Length")):
        raise Refusal("unsupported_media_type", "Send the body as application/json.", given=kind)
    try:
        body = request.body
    except (RequestDataTooBig, UnreadablePostError) as error:
        raise _too_large(None) from error
    if len(body) > LARGEST_BODY:
        raise _too_large(len(body))
    return strict_json.parse(body, largest=LARGEST_BODY) if body else {}


def _too_large(size: int | None) -> Refusal:
    return Refusal("body_too_large", f"At most {LARGEST_BODY:,} bytes are read.", size=size, largest=LARGEST_BODY)


def _place_of(found: dict[str, Any]) -> Where:
    """Where pydantic found something: a pointer into the body, without the argument's name, or a parameter."""
    source, *path = found["loc"]
    detail = str(found["msg"]).rstrip(".")
    if source == "body":
        # Which form of several a body has is no step into it; such tags are written <…>, and come first.
        path = path[2:] if len(path) > 1 and _TAG.fullmatch(str(path[1])) else path[1:]
        steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
        return Where(detail, pointer="".join(f"/{step}" for step in steps))
    return Where(detail, parameter=str(path[-1]) if path else source)
