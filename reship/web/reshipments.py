"""Re-shipping in the portal: the window, its preview, and the deed."""

from dataclasses import dataclass, replace
from typing import NoReturn
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import retarget
from django_scopes import scope

from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.clients.reasons import reasons_of
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.allowed import why_not_reshipped
from reship.fulfilment.reship import LevelsOnPaper, Reshipped, preview_reship, reship_order
from reship.fulfilment.reship_plan import ReshipRequest
from reship.web.access import PortalRequest, client_of, needs
from reship.web.order_details import RESHIPPED, facts_of
from reship.web.reship_window import (
    CONFIRM_BOTH,
    OTHER_ITEMS_SHOWN,
    Read,
    Typed,
    both_parcels_will_go,
    chosen_source,
    reship_form,
    reship_window,
)
from reship.web.windows import Paths, RefusedInWindow, go_to, posted, refused_in_window, window

WINDOW_PLACE = "closest [data-window-place]"
"""Where a window lies, seen from within: in the dialog of the page below it, or in a page of its own."""


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """Nothing of the order can be re-shipped, and why."""

    refused: RefusedInWindow | None


@needs(Right.RESHIP)
@require_safe
def reshipment_new(request: PortalRequest, client: str, number: str) -> HttpResponse:
    """The window, with nothing ticked. Opening it makes the key under which it can be confirmed once."""
    read = _read(client_of(request, client), number)
    return _show(request, read, Typed(key=_new_key(), source=request.GET.get("source", "")))


@needs(Right.RESHIP)
@posted
def reshipment_preview(request: PortalRequest, client: str, number: str) -> HttpResponse:
    """The window, or only its preview, for what stands in it now. Writes nothing."""
    read, typed = _read(client_of(request, client), number), Typed.of(request.POST)
    source = chosen_source(read.facts, typed.source)
    if source is None or typed.shows_other_items:
        # The preview asked, but the whole window is about the new source.
        return retarget(_show(request, read, typed.for_other_source()), WINDOW_PLACE)
    if "tick_all" in request.POST:
        typed = typed.with_all(source)
    return _show(request, read, typed, is_preview=True)


@needs(Right.RESHIP)
@posted
def reshipments(request: PortalRequest, client: str, number: str) -> HttpResponse:
    """Re-ships what was confirmed, once per key; a refusal comes back to the window with all that was typed."""
    of_client, typed = client_of(request, client), Typed.of(request.POST)
    read = _read(of_client, number)
    if typed.shows_other_items:
        return _show(request, read, typed.for_other_source(), refusal=_other_items_shown(typed))
    source = chosen_source(read.facts, typed.source)
    asked = typed.request(number, reship_form(source, of_client, request.actor, request.POST))
    try:
        if both_parcels_will_go(source, add_back=typed.add_back) and not typed.both_will_go:
            _ask_for_both(asked, of_client, request.actor)
        result = reship_order(asked, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        if refusal.code in _KEY_WORDS:
            refusal = Refusal(refusal.code, _KEY_WORDS[refusal.code], **refusal.figures)
            typed = replace(typed, key=_new_key())
        return _show(request, _read(of_client, number), typed, refusal=refusal)
    messages.success(request, _told(result), extra_tags=f"{RESHIPPED} {result.shipment}")
    return go_to(request, Paths(of_client.code, number).shown(result.shipment))


def _read(client: Client, number: str) -> Read:
    with scope(client=client.pk):
        facts = facts_of(client, number)
        products = Product.objects.filter(pk__in=sorted({place.product_id for place in facts.places}))
        warehouses = list(Warehouse.objects.order_by("name", "pk"))
        levels = LevelsOnPaper(facts, warehouses)
        return Read(client, facts, levels, {product.pk: product for product in products}, warehouses)


def _show(
    request: PortalRequest, read: Read, typed: Typed, *, refusal: Refusal | None = None, is_preview: bool = False
) -> HttpResponse:
    paths = Paths(read.client.code, read.facts.order.number)
    title = f"Re-Ship from order {read.facts.order.number}"
    source = chosen_source(read.facts, typed.source)
    closed = why_not_reshipped(read.facts, actor=request.actor)
    if source is None or closed is not None:
        told = closed or refusal
        assert told is not None, "an order without a source is refused"
        closed_window = ClosedWindow(refused_in_window(told, is_placed=False))
        template = "web/_reshipment_closed.html"
        return window(request, template, closed_window, title=title, paths=paths, refusal=told)
    form = reship_form(source, read.client, request.actor, request.POST if request.method == "POST" else None)
    of_preview = _preview_refusal(request, read, typed.request(read.facts.order.number, form)) if is_preview else None
    content = reship_window(read, source, typed, form, actor=request.actor, refusal=refusal, preview_refusal=of_preview)
    if is_preview and request.htmx:
        return render(request, "web/_reshipment_preview.html", {"preview": content.preview})
    return window(request, "web/_reshipment.html", content, title=title, paths=paths, refusal=refusal)


def _preview_refusal(request: PortalRequest, read: Read, asked: ReshipRequest) -> Refusal | None:
    """What would be refused. Words that are still to be written are not held against somebody who is writing."""
    written = replace(
        asked,
        reason=asked.reason or reasons_of(read.client)[0].code,
        note=asked.note or ("…" if asked.send_again_anyway else ""),
        address=None,
    )
    try:
        preview_reship(written, client=read.client, actor=request.actor)
    except Refusal as refusal:
        return refusal
    return None


def _ask_for_both(asked: ReshipRequest, client: Client, actor: Actor) -> NoReturn:
    """Whatever else is wrong is said first. Not asked of the verb: it warns, and a window can ask before."""
    preview_reship(asked, client=client, actor=actor)
    raise Refusal(CONFIRM_BOTH, "Tick that both parcels shall go out, or add the items back.")


def _other_items_shown(typed: Typed) -> Refusal:
    return Refusal(
        OTHER_ITEMS_SHOWN,
        f"These are the items of {typed.source} now. Look at them, then confirm.",
        shipment=typed.source,
        shown=typed.shown_source,
    )


def _told(result: Reshipped) -> str:
    items = ", ".join(f"{item.quantity} × {item.sku}" for item in result.items[:3])
    more = f" and {len(result.items) - 3} more" if len(result.items) > 3 else ""
    if result.replayed:
        return f"{result.shipment} had been created by the same click already: {items}{more}. Nothing is sent twice."
    held = ", set on Operator Hold" if result.held else ""
    waiting = ", ".join(f"{item.quantity} × {item.sku}" for item in result.waiting[:3])
    waits = f"; it waits for stock: {waiting}{' and more' if len(result.waiting) > 3 else ''}" if waiting else ""
    return f"{result.shipment} created: {items}{more}{held}{waits}."


def _new_key() -> str:
    return uuid4().hex


_KEY_WORDS = {
    "request_key_reused": "This window has made a reshipment already, and what stands in it now is another one. "
    "Look at it; if you confirm it, it is sent as well.",
    "invalid_request_key": "The form had lost its key, so nothing was written. Look at it, then confirm it again.",
}
