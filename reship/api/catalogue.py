"""`/problems`: what each code of a problem means. A test writes `errors.json`, from the code itself."""

import functools
import json
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse

from reship.api.problems import problem_response
from reship.errors import Refusal

_FILE = Path(__file__).parent / "errors.json"


def problems(request: HttpRequest) -> HttpResponse:
    """All codes, with their statuses, words and figures."""
    return _json({"data": list(_catalogue().values())})


def problem(request: HttpRequest, code: str) -> HttpResponse:
    """One code: where the `type` of a problem leads."""
    entry = _catalogue().get(code)
    if entry is None:
        return problem_response(request, Refusal("no_such_address", "There is no such code.", address=request.path))
    return _json(entry)


def llms(request: HttpRequest) -> HttpResponse:
    """What a program that reads text should know of this portal, as llmstxt.org proposes."""
    return HttpResponse((Path(__file__).parent / "llms.txt").read_text(), content_type="text/plain; charset=utf-8")


@functools.cache
def _catalogue() -> dict[str, dict[str, Any]]:
    return {entry["code"]: entry for entry in json.loads(_FILE.read_text())}


def _json(told: dict[str, Any]) -> HttpResponse:
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/json")
