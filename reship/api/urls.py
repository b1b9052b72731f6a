"""The addresses of the API, and what each answer of it has: an id, the key's limit, and a problem for every error."""

import copy
import functools
import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

import reship.name_paths  # noqa: F401 (says what <name:…> is)
from reship.api import (
    bulk_reshipments,
    cancellations,
    catalogue,
    holds,
    new_orders,
    oauth,
    orders,
    products,
    reasons,
    reshipments,
    shipments,
    stock,
    tracking_events,
    warehouses,
    webhook_endpoints,
)
from reship.api.door import API, PREFIX, VERSION
from reship.api.examples import add_examples
from reship.api.problems import Problem, problem_response
from reship.api.shared_parts import share_parts
from reship.clients.key_limits import Allowance
from reship.errors import Refusal

_NOUNS = (
    oauth,
    orders,
    new_orders,
    reshipments,
    bulk_reshipments,
    cancellations,
    holds,
    products,
    shipments,
    stock,
    tracking_events,
    warehouses,
    reasons,
    webhook_endpoints,
)
# Operations of one address share a router, be they told in several files.
for router in dict.fromkeys(noun.router for noun in _NOUNS):
    API.add_router("", router)


def openapi_document() -> dict[str, Any]:
    """What `/api/v1/openapi.json` answers and docs/openapi.json holds."""
    # Operations keep what they declare; sharing its parts must not reach into them.
    document = copy.deepcopy(dict(API.get_openapi_schema(path_prefix=PREFIX)))
    schemas = document["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**problem.pop("$defs", {}), "Problem": problem}
    for of_path in document["paths"].values():
        for operation in of_path.values():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                # A body that may be left out is told by `required`; generators of clients know no default object.
                body["schema"].pop("default", None)
    add_examples(document)
    share_parts(document)
    return document


@functools.cache
def _openapi_text() -> str:
    return json.dumps(openapi_document(), indent=1)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_openapi_text(), content_type="application/json")


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Where to go on, for whoever opens the base address."""
    told = {"name": "Reship", "version": VERSION, "openapi": f"/{PREFIX}openapi.json", "problems": f"/{PREFIX}problems"}
    return HttpResponse(json.dumps(told | {"llms": "/llms.txt"}), content_type="application/json")


def nothing_here(request: HttpRequest) -> HttpResponse:
    refusal = Refusal("no_such_address", "There is nothing at this address.", address=request.path[:200])
    return problem_response(request, refusal)


def as_the_api(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Around each view: the request's id and limit in the answer's head; a problem where Django has its own page."""

    @csrf_exempt  # No cookie lets anybody in here.
    @functools.wraps(view)
    def answer(request: HttpRequest, **values: object) -> HttpResponseBase:
        request_id = f"req_{secrets.token_hex(10)}"
        request.__dict__["request_id"] = request_id
        if is_head := request.method == "HEAD":
            request.method = "GET"
        with structlog.contextvars.bound_contextvars(api_request=request_id):
            response = view(request, **values) if _is_for_us(request) else _unknown_host(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = _not_that_method(request, response)
        response.headers["Request-Id"] = request_id
        allowance = getattr(request, "allowance", None)
        if isinstance(allowance, Allowance):
            response.headers["RateLimit-Policy"] = f'"key";q={allowance.limit};w=60'
            response.headers["RateLimit"] = f'"key";r={allowance.left};t={allowance.seconds}'
        return _without_its_body(response) if is_head else response

    return answer


def _is_for_us(request: HttpRequest) -> bool:
    try:
        return bool(request.get_host())
    except DisallowedHost:
        return False


def _unknown_host(request: HttpRequest) -> HttpResponse:
    refusal = Refusal("unknown_host", "This portal is not known by the name that is in the header Host.")
    return problem_response(request, refusal)


def _without_its_body(response: HttpResponseBase) -> HttpResponseBase:
    """What HEAD is answered with: all but the body, with its length."""
    assert isinstance(response, HttpResponse)
    response.headers["Content-Length"] = str(len(response.content))
    response.content = b""
    return response


def _not_that_method(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """Which methods there are: as the answer to OPTIONS, or beside the refusal of another one."""
    declared = {method.strip() for method in response.headers["Allow"].split(",")}
    allowed = ", ".join(sorted({*declared, "OPTIONS", *(["HEAD"] if "GET" in declared else [])}))
    if request.method == "OPTIONS":
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})
    refusal = Refusal("method_not_allowed", f"This address takes {allowed}.", allowed=allowed)
    return problem_response(request, refusal, headers={"Allow": allowed})


def _patterns() -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in API.urls[0]:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            pattern.callback = as_the_api(pattern.callback)
            found.append(pattern)
    return found


app_name = "api"
urlpatterns = [
    path("", as_the_api(start), name="start"),
    path("openapi.json", as_the_api(openapi), name="openapi"),
    path("problems", as_the_api(catalogue.problems), name="problems"),
    path("problems/<str:code>", as_the_api(catalogue.problem), name="problem"),
    *_patterns(),
    # Even where there is a line break in it, which `<path:…>` does not match.
    re_path(r"^[\s\S]*$", as_the_api(nothing_here), name="nothing_here"),
]
