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
from reship.orders.models import HoldKind

STATUS = {
    # What was asked for does not exist, or not for whoever asks.
    "order_not_found": HTTPStatus.NOT_FOUND,
    "shipment_not_found": HTTPStatus.NOT_FOUND,
    "client_not_found": HTTPStatus.NOT_FOUND,
    "job_not_found": HTTPStatus.NOT_FOUND,
    "manifest_not_found": HTTPStatus.NOT_FOUND,
    "question_not_found": HTTPStatus.NOT_FOUND,
    "tracking_number_not_found": HTTPStatus.NOT_FOUND,
    "user_not_found": HTTPStatus.NOT_FOUND,
    "view_not_found": HTTPStatus.NOT_FOUND,
    "invitation_not_valid": HTTPStatus.NOT_FOUND,
    "session_not_found": HTTPStatus.NOT_FOUND,
    "warehouse_not_found": HTTPStatus.NOT_FOUND,
    # The role does not include it.
    "not_allowed": HTTPStatus.FORBIDDEN,
    # It cannot be done as things stand now; it could be at another time.
    "already_added_back": HTTPStatus.CONFLICT,
    "already_answered": HTTPStatus.CONFLICT,
    "already_asked": HTTPStatus.CONFLICT,
    "already_departed": HTTPStatus.CONFLICT,
    "already_left": HTTPStatus.CONFLICT,
    "already_on_hold": HTTPStatus.CONFLICT,
    "already_pulled": HTTPStatus.CONFLICT,
    "already_reshipped": HTTPStatus.CONFLICT,
    "carrier_unreachable": HTTPStatus.CONFLICT,
    "barcode_taken": HTTPStatus.CONFLICT,
    "ambiguous_parcel": HTTPStatus.CONFLICT,
    "client_exists": HTTPStatus.CONFLICT,
    "job_ended": HTTPStatus.CONFLICT,
    "job_started": HTTPStatus.CONFLICT,
    "label_exists": HTTPStatus.CONFLICT,
    "label_voided": HTTPStatus.CONFLICT,
    "no_label": HTTPStatus.CONFLICT,
    "not_of_the_sandbox": HTTPStatus.CONFLICT,
    "user_exists": HTTPStatus.CONFLICT,
    "manifest_closed": HTTPStatus.CONFLICT,
    "no_pull_task": HTTPStatus.CONFLICT,
    "no_reshipment": HTTPStatus.CONFLICT,
    "no_shipment": HTTPStatus.CONFLICT,
    "no_such_hold": HTTPStatus.CONFLICT,
    "not_enough_available": HTTPStatus.CONFLICT,
    "not_superseded": HTTPStatus.CONFLICT,
    "on_hold": HTTPStatus.CONFLICT,
    "order_cancelled": HTTPStatus.CONFLICT,
    "order_exists": HTTPStatus.CONFLICT,
    "other_carrier": HTTPStatus.CONFLICT,
    "other_warehouse": HTTPStatus.CONFLICT,
    "picking_started": HTTPStatus.CONFLICT,
    "nobody_to_take_over_from": HTTPStatus.CONFLICT,
    "not_verified": HTTPStatus.CONFLICT,
    "nothing_to_pick": HTTPStatus.CONFLICT,
    "shipment_cancelled": HTTPStatus.CONFLICT,
    "stale_edit": HTTPStatus.CONFLICT,
    "tracking_number_ambiguous": HTTPStatus.CONFLICT,
    "try_again": HTTPStatus.CONFLICT,
    "units_added_back": HTTPStatus.CONFLICT,
    "too_many_photos": HTTPStatus.CONFLICT,
    "too_many_views": HTTPStatus.CONFLICT,
    "units_left": HTTPStatus.CONFLICT,
    "units_promised": HTTPStatus.CONFLICT,
    "last_admin": HTTPStatus.CONFLICT,
    "person_inactive": HTTPStatus.CONFLICT,
    "two_step_is_off": HTTPStatus.CONFLICT,
    "two_step_is_on": HTTPStatus.CONFLICT,
    "two_step_is_required": HTTPStatus.CONFLICT,
    "warehouse_exists": HTTPStatus.CONFLICT,
    "view_exists": HTTPStatus.CONFLICT,
    "waits_for_stock": HTTPStatus.CONFLICT,
    "too_many_reships": HTTPStatus.CONFLICT,
    "working_on_it": HTTPStatus.CONFLICT,
    "wrong_status": HTTPStatus.CONFLICT,
    # What was entered cannot be, whatever the state of things.
    "carrier_not_found": HTTPStatus.UNPROCESSABLE_ENTITY,
    "carrier_refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "client_required": HTTPStatus.UNPROCESSABLE_ENTITY,
    "control_character": HTTPStatus.UNPROCESSABLE_ENTITY,
    "duplicate_item": HTTPStatus.UNPROCESSABLE_ENTITY,
    "duplicate_order": HTTPStatus.UNPROCESSABLE_ENTITY,
    "empty_file": HTTPStatus.UNPROCESSABLE_ENTITY,
    "failed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "file_required": HTTPStatus.UNPROCESSABLE_ENTITY,
    "file_too_large": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_address": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_add_back": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_cursor": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_deed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_fault": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_filter": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_hold": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_period": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_photo": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_price": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_quantity": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_reason": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_reasons": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_request_key": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_text": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_number": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_timezone": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_time": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_tracking_status": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid_weight": HTTPStatus.UNPROCESSABLE_ENTITY,
    "line_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "malformed_csv": HTTPStatus.UNPROCESSABLE_ENTITY,
    "more_than_shipped": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_utf8": HTTPStatus.UNPROCESSABLE_ENTITY,
    "note_required": HTTPStatus.UNPROCESSABLE_ENTITY,
    "nothing_selected": HTTPStatus.UNPROCESSABLE_ENTITY,
    "reason_required": HTTPStatus.UNPROCESSABLE_ENTITY,
    "request_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "role_does_not_fit": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rows_disagree": HTTPStatus.UNPROCESSABLE_ENTITY,
    "service_not_offered": HTTPStatus.UNPROCESSABLE_ENTITY,
    "several_clients": HTTPStatus.UNPROCESSABLE_ENTITY,
    "took_too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_many": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_many_orders": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_many_rows": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too_many_units": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_code": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_item": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_parcel": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown_warehouse": HTTPStatus.UNPROCESSABLE_ENTITY,
    "warehouse_required": HTTPStatus.UNPROCESSABLE_ENTITY,
    "weak_password": HTTPStatus.UNPROCESSABLE_ENTITY,
    "wrong_code": HTTPStatus.UNPROCESSABLE_ENTITY,
    "wrong_columns": HTTPStatus.UNPROCESSABLE_ENTITY,
    "wrong_unit": HTTPStatus.UNPROCESSABLE_ENTITY,
    "wrong_credentials": HTTPStatus.UNPROCESSABLE_ENTITY,
    "wrong_password": HTTPStatus.UNPROCESSABLE_ENTITY,
    # It was tried too often.
    "too_many_attempts": HTTPStatus.TOO_MANY_REQUESTS,
}


@dataclass(frozen=True, slots=True)
class FigureInWords:
    label: str
    text: str


def status_of(refusal: Refusal) -> HTTPStatus:
    return STATUS.get(refusal.code, HTTPStatus.UNPROCESSABLE_ENTITY)


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
            "field",
            "first_line",
            "given",
            "known",
            "largest",
            "line",
        ),
        *("most", "named", "numbers", "offset", "parts", "right", "smallest", "tries"),
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
