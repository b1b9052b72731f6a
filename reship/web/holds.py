"""Holds in the portal: placing one in its window, lifting one by name."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_scopes import scope

from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.allowed import Deed, why_not
from reship.fulfilment.facts import OrderFacts
from reship.fulfilment.hold import HoldRequest, lift_hold, place_hold
from reship.orders.models import HoldKind, ShipmentStatus
from reship.web.access import PortalRequest, client_of, needs
from reship.web.order_details import facts_of, order_response
from reship.web.order_forms import HoldForm
from reship.web.windows import Paths, RefusedInWindow, go_to, posted, refused_in_window, window


@dataclass(frozen=True, slots=True)
class HoldWindow:
    form: HoldForm
    post_url: str
    refused: RefusedInWindow | None


@needs(Right.HOLD)
@require_safe
def hold_new(request: PortalRequest, client: str, number: str) -> HttpResponse:
    return _show(request, client_of(request, client), number)


@needs(Right.HOLD)
@posted
def holds(request: PortalRequest, client: str, number: str) -> HttpResponse:
    """Places a hold on the order or on one of its shipments."""
    of_client, data = client_of(request, client), request.POST
    asked = HoldRequest(number, data.get("kind", ""), data.get("shipment") or None, data.get("note", ""))
    try:
        placed = place_hold(asked, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return _show(request, of_client, number, refusal)
    messages.success(request, f"{HoldKind(placed.kind).label} placed on {asked.shipment or 'the whole order'}.")
    return go_to(request, _where(of_client, number, asked.shipment))


@needs(Right.HOLD)
@posted
def hold_lift(request: PortalRequest, client: str, number: str) -> HttpResponse:
    """Lifts one hold by its kind, and says which remain."""
    of_client, data = client_of(request, client), request.POST
    asked = HoldRequest(number, data.get("kind", ""), data.get("shipment") or None)
    try:
        lifted = lift_hold(asked, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return order_response(request, of_client, number, refusal=refusal, shipment=asked.shipment or "")
    remaining = ", ".join(HoldKind(kind).label for kind in lifted.remaining)
    rest = f"Still held by: {remaining}." if remaining else "No other hold remains on it."
    subject = asked.shipment or "the whole order"
    messages.success(request, f"{HoldKind(lifted.hold.kind).label} lifted from {subject}. {rest}")
    return go_to(request, _where(of_client, number, asked.shipment))


def _show(request: PortalRequest, client: Client, number: str, refusal: Refusal | None = None) -> HttpResponse:
    with scope(client=client.pk):
        facts = facts_of(client, number)
    shipments = _holdable(facts, request)
    data = request.POST if request.method == "POST" else None
    chosen = request.GET.get("shipment", shipments[0][0] if len(shipments) == 1 else "")
    form = HoldForm(data, shipments=shipments, chosen=chosen)
    if refusal is not None:
        form.show(refusal)
    paths = Paths(client.code, number)
    content = HoldWindow(form, paths.to("holds"), refused_in_window(refusal, is_placed=bool(form.errors)))
    return window(request, "web/_hold.html", content, title=f"Hold order {number}", paths=paths, refusal=refusal)


def _holdable(facts: OrderFacts, request: PortalRequest) -> list[tuple[str, str]]:
    """The shipments that a hold can stop, newest first, with their status to tell them apart."""
    return [
        (
            of_shipment.shipment.number,
            f"{of_shipment.shipment.number} · {ShipmentStatus(of_shipment.shipment.status).label}",
        )
        for of_shipment in reversed(facts.shipments)
        if why_not(Deed.HOLD, facts, of_shipment, actor=request.actor) is None
    ]


def _where(client: Client, number: str, shipment: str | None) -> str:
    paths = Paths(client.code, number)
    return paths.shown(shipment) if shipment else paths.to("order")
