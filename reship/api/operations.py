"""How an operation is declared: its right, its answers, and every error that it may answer with.

`reads` and `does` are the only ways to add one. Each asks for a key with the right, sees one client's rows only, and
tells in the OpenAPI document what it needs and how it refuses.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpResponse
from django_scopes import scope
from ninja import Router
from pydantic import BaseModel

from reship.api.answers import told
from reship.api.caller import ApiKey, ApiRequest
from reship.api.problems import MEDIA_TYPE, Problem
from reship.clients.roles import Right, scope_of
from reship.errors import Refusal
from reship.intake import shown

View = TypeVar("View", bound=Callable[..., Any])
Answers = Mapping[int, Any]

_OF_EVERY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
_OF_DEEDS = (
    HTTPStatus.CONFLICT,
    HTTPStatus.LENGTH_REQUIRED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
_LIMIT_HEADERS = {
    "RateLimit": {"schema": {"type": "string"}, "description": 'What is left of this minute: `"key";r=599;t=42`.'},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": 'The key\'s limit: `"key";q=600;w=60`.'},
    "Request-Id": {"schema": {"type": "string"}, "description": "Names this request, as problems and the log do."},
}
_REPLAYED = {
    "Idempotent-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "The request was done before, and this is the first answer.",
    },
}
_KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]{1,200}$"},
    "description": "Makes the request safe to repeat: with the same key and body it is done once and answered alike.",
}
_EDITION_PARAMETER = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "pattern": r'^(\*|"[1-9][0-9]{0,8}")$', "examples": ['"3"']},
    "description": (
        "The `ETag` of what is changed, so that nobody overwrites what they have not seen. `*` overwrites whatever is "
        "there. A weak tag counts like a strong one, as proxies make tags weak; lists are refused."
    ),
}


def reads(router: Router, path: str, right: Right, *, answer: type[BaseModel], **more: Any) -> Callable[[View], View]:
    """Declares a GET. `links` are told by the status of the answer, for programs that find their way by them."""
    return _operation(router, "GET", path, right, {200: answer}, (), **more)


def does(
    router: Router,
    method: str,
    path: str,
    right: Right,
    *,
    answers: Answers,
    repeatable: bool = True,
    edits: bool = False,
    **more: Any,
) -> Callable[[View], View]:
    """Declares a deed. `repeatable` takes an Idempotency-Key, `edits` an If-Match."""
    parameters = [_KEY_PARAMETER] * repeatable + [_EDITION_PARAMETER] * edits
    statuses = (*_OF_DEEDS, *([HTTPStatus.PRECONDITION_REQUIRED, HTTPStatus.PRECONDITION_FAILED] if edits else []))
    return _operation(router, method, path, right, answers, statuses, parameters=parameters, **more)


def _operation(
    router: Router,
    method: str,
    path: str,
    right: Right,
    answers: Answers,
    statuses: tuple[HTTPStatus, ...],
    *,
    parameters: list[dict[str, Any]] | None = None,
    example: object = None,
    headers: Mapping[str, Any] | None = None,
    links: Mapping[int, Mapping[str, Any]] | None = None,
) -> Callable[[View], View]:
    needed = scope_of(right)
    assert needed is not None, f"no key may {right}"
    replayed = _REPLAYED if _KEY_PARAMETER in (parameters or []) else {}
    headers_told = _LIMIT_HEADERS | replayed | dict(headers or {})
    extra: dict[str, Any] = {
        "responses": {
            **{status: {"headers": headers_told} for status in answers},
            **{status.value: _problem(status) for status in sorted({*_OF_EVERY, *statuses})},
        },
        "x-scope": needed.value,
    }
    for status, of_status in (links or {}).items():
        extra["responses"][status]["links"] = dict(of_status)
    if parameters:
        extra["parameters"] = parameters
    if example is not None:
        extra["requestBody"] = {"content": {"application/json": {"examples": {"example": {"value": example}}}}}

    known: set[str] = set()

    def declare(view: View) -> View:
        @functools.wraps(view)
        def within_client(request: ApiRequest, **values: Any) -> Any:
            _require_known(request, known)
            with scope(client=request.client.pk):
                answer = view(request, **values)
            return answer if isinstance(answer, HttpResponse) else told(answer)

        router.api_operation(
            [method],
            path,
            auth=ApiKey(right),
            response=dict(answers),
            operation_id=view.__name__,
            summary=(view.__doc__ or view.__name__).splitlines()[0].rstrip("."),
            description=f"{inspect.cleandoc(view.__doc__ or '')}\n\nNeeds the scope `{needed}`.",
            openapi_extra=extra,
        )(within_client)
        models = within_client.__dict__["_ninja_operation"].models
        known.update(*(model.__ninja_flatten_map__ for model in models if model.__ninja_param_source__ == "query"))
        return view

    return declare


def _require_known(request: ApiRequest, known: set[str]) -> None:
    """Refuses a parameter that nobody declared: a misspelt filter would answer with everything."""
    unknown = sorted(request.GET.keys() - known)
    if unknown:
        raise Refusal(
            "invalid_request",
            f"{shown(unknown[0])} is no parameter here.",
            count=len(unknown),
            known=sorted(known),
        )


def _problem(status: HTTPStatus) -> dict[str, Any]:
    return {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
        "headers": {"Request-Id": _LIMIT_HEADERS["Request-Id"]},
    }
