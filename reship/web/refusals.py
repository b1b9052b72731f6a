"""Refusals in the words of HTTP, and their figures in words for a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime
from django.views.defaults import page_not_found

from reship.errors import Figure, Refusal
from reship.http_status import status_of
from reship.orders.models import HoldKind


@dataclass(frozen=True, slots=True)
class FigureInWords:
    label: str
    text: str


def refusal_response(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal as a page, or as the fragment that htmx puts where its answer belongs."""
    status = status_of(refusal)
    is_fragment = bool(getattr(request, "htmx", False))
    if status == HTTPStatus.NOT_FOUND and not is_fragment:
        return page_not_found(request, Http404())
    template = "web/_refusal.html" if is_fragment else "web/refusal.html"
    return render(request, template, {"refusal": refusal, "figures": figures_in_words(refusal)}, status=status)


def figures_in_words(refusal: Refusal) -> list[FigureInWords]:
    """The figures that a reader needs beside the message, without empty ones."""
    return [
        FigureInWords(_LABELS.get(name, name.replace("_", " ").capitalize()), _words(value))
        for name, value in refusal.figures.items()
        if value not in (None, "", [], ()) and name not in _SAID_BY_THE_MESSAGE
    ]


_SAID_BY_THE_MESSAGE = frozenset(
    {
        *(
            "byte",
            "character",
            "clients",
            "country",
            "expected",
            "failure",
            "field",
            "first_line",
            "given",
            "known",
            "largest",
            "line",
        ),
        *("most", "named", "numbers", "offset", "parts", "right", "setting", "smallest", "tries"),
    }
)
_LABELS = {
    "asked": "Asked for",
    "left": "Left",
    "needed": "Needed",
    "on_hand": "On hand",
    "sku": "SKU",
}


def _words(value: Figure) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(_words(part) for part in value.values() if part not in (None, ""))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_words(part) for part in value)
    if value in HoldKind.values:
        return str(HoldKind(value).label)
    at = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    return f"{localtime(at):%-d %b %Y, %H:%M}" if at and at.tzinfo else str(value)
