"""What is done with one shipment: editing it, cancelling it, and the warehouse's steps."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from django_scopes import scope

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.clients.access import Actor
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.allowed import Deed, why_not
from reship.fulfilment.cancel import CancelPlan, cancel_shipment, preview_cancel
from reship.fulfilment.depart import depart_shipment
from reship.fulfilment.edit_shipment import edit_shipment, edits_since, preview_edit
from reship.fulfilment.facts import OrderFacts, ShipmentFacts
from reship.fulfilment.outcome import mark_shipment
from reship.fulfilment.pack import PackRequest, pack_shipment
from reship.fulfilment.pick import pick_shipment
from reship.fulfilment.reship import LevelsOnPaper
from reship.fulfilment.restock import RestockRequest, restock_shipment
from reship.inventory.ledger import Balance, Place, levels_at
from reship.orders.models import Departure, Shipment, ShipmentStatus
from reship.web.access import PortalRequest, client_of, needs
from reship.web.edit_window import EditPreview, TypedEdit, edit_preview, edit_window, typed_as_it_is
from reship.web.order_details import facts_of, order_response
from reship.web.order_forms import EditForm, PackForm
from reship.web.sku_offers import sku_offers
from reship.web.stale_edit import Merged, merged
from reship.web.windows import Paths, RefusedInWindow, go_to, posted, refused_in_window, window


class Found(NamedTuple):
    """A shipment of the order in the address, as it is now."""

    client: Client
    facts: OrderFacts
    of_shipment: ShipmentFacts
    levels: LevelsOnPaper
    products: Mapping[int, Product]

    @property
    def paths(self) -> Paths:
        return Paths(self.client.code, self.facts.order.number)

    @property
    def number(self) -> str:
        return self.of_shipment.shipment.number

    @property
    def is_held(self) -> bool:
        return bool(self.of_shipment.holds or self.facts.holds)


@dataclass(frozen=True, slots=True)
class CancelWindow:
    """What cancelling undoes, or why it cannot be done."""

    shipment: str
    post_url: str
    plan: CancelPlan | None
    refused: RefusedInWindow | None


@dataclass(frozen=True, slots=True)
class PackWindow:
    """`scan_url` is where the parcel is scanned, for those who may not close it by hand."""

    form: PackForm
    scan_url: str
    shipment: str
    post_url: str
    refused: RefusedInWindow | None


@needs(Right.EDIT_SHIPMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def shipment_edit(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """The Edit window; posted, the edit."""
    found = _find(request, client, number, shipment)
    if request.method != "POST":
        refusal = why_not(Deed.EDIT, found.facts, found.of_shipment, actor=request.actor)
        return _show_edit(request, found, typed_as_it_is(found.of_shipment), refusal)
    typed = TypedEdit.of(request.POST)
    if "another" in request.POST:
        return _show_edit(request, found, typed.with_another_row())
    if "change_country" in request.POST:
        return _show_edit(request, found, typed)
    asked = typed.request(found.of_shipment, _edit_form(found, request.POST))
    try:
        edited = edit_shipment(asked, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        found = _find(request, client, number, shipment)
        if refusal.code == "stale_edit" and 0 < typed.edition < found.of_shipment.shipment.edition:
            return _show_overtaken(request, found, typed, refusal)
        return _show_edit(request, found, typed, refusal)
    changed = edited.edition != typed.edition
    messages.success(request, f"{shipment} edited." if changed else f"{shipment} is as it was: nothing was changed.")
    return go_to(request, found.paths.shown(shipment))


@needs(Right.EDIT_SHIPMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def shipment_edit_preview(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """The window, or only its preview, for what stands in it now. Writes nothing."""
    found = _find(request, client, number, shipment)
    if request.method != "POST":
        return redirect("web:shipment_edit", client, number, shipment)
    typed = TypedEdit.of(request.POST)
    if not request.htmx:
        return _show_edit(request, found, typed)
    return render(request, "web/_shipment_edit_preview.html", {"preview": _preview(request, found, typed)})


@needs(Right.EDIT_SHIPMENT)
@require_safe
def shipment_skus(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """SKUs to choose from while one is typed: a part of the Edit window, which whoever comes here otherwise gets."""
    if not request.htmx:
        return redirect("web:shipment_edit", client, number, shipment)
    found = _find(request, client, number, shipment)
    here = list(Warehouse.objects.filter(pk=found.of_shipment.shipment.warehouse_id))
    offers = sku_offers(found.client, "".join(request.GET.getlist("new_sku")), here)
    return render(request, "web/_shipment_skus.html", {"offers": offers})


@needs(Right.VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def shipment_cancel(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """Asks, and says what will be undone; posted, cancels. It is the Undo after a reship, too."""
    found = _find(request, client, number, shipment)
    if request.method != "POST":
        return _show_cancel(request, found)
    try:
        cancel_shipment(shipment, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        if request.htmx:
            return _show_cancel(request, found, refusal)
        return order_response(request, found.client, number, refusal=refusal, shipment=shipment)
    undone = " The reship is undone." if found.of_shipment.made_by else ""
    messages.success(request, f"{shipment} cancelled.{undone}")
    return go_to(request, found.paths.shown(shipment))


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def shipment_pack(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """Asks for the label's tracking number; posted, packs."""
    found = _find(request, client, number, shipment)
    if request.method != "POST":
        return _show_pack(request, found, why_not(Deed.PACK, found.facts, found.of_shipment, actor=request.actor))
    label = PackRequest(
        shipment,
        request.POST.get("carrier", ""),
        request.POST.get("tracking_number", ""),
        by_hand=request.actor.may(Right.PACK_BY_HAND),
    )
    try:
        pack_shipment(label, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return _show_pack(request, found, refusal)
    messages.success(request, f"{shipment} is packed.")
    return go_to(request, found.paths.shown(shipment))


@needs(Right.WAREHOUSE_WORK)
@posted
def shipment_step(request: PortalRequest, client: str, number: str, shipment: str) -> HttpResponse:
    """Takes the step of the warehouse whose button was pressed."""
    found = _find(request, client, number, shipment)
    name = request.POST.get("step", "")
    if name not in _STEPS:
        raise Http404
    try:
        taken = _STEPS[name](found.client, request.actor, shipment)
    except Refusal as refusal:
        return order_response(request, found.client, number, refusal=refusal, shipment=shipment)
    status = ShipmentStatus(taken.status).label.lower()
    told = (
        "is put back into stock" if name == Deed.RESTOCK else f"is {status}" if name != Deed.PICK else "is being picked"
    )
    messages.success(request, f"{shipment} {told}.")
    return go_to(request, found.paths.shown(shipment))


def _find(request: PortalRequest, client: str, number: str, shipment: str) -> Found:
    """A 404 for a shipment that is not one of this order."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        facts = facts_of(of_client, number)
        of_shipment = facts.shipment(shipment)
        if of_shipment is None:
            raise Http404
        products = Product.objects.filter(pk__in=sorted({place.product_id for place in facts.places}))
        return Found(of_client, facts, of_shipment, LevelsOnPaper(facts), {product.pk: product for product in products})


def _edit_form(found: Found, data: Mapping[str, Any] | None) -> EditForm:
    shipment = found.of_shipment.shipment
    return EditForm(data, address=shipment.address, method=shipment.method)


def _show_edit(
    request: PortalRequest,
    found: Found,
    typed: TypedEdit,
    refusal: Refusal | None = None,
    *,
    after: Merged | None = None,
) -> HttpResponse:
    data: Mapping[str, Any] | None = request.POST if request.method == "POST" else None
    content = edit_window(
        found.of_shipment,
        typed,
        _edit_form(found, data if after is None else after.fields),
        found.paths,
        products=found.products,
        levels=found.levels,
        is_held=found.is_held,
        preview=_preview(request, found, typed),
        others=after.others if after else (),
        both=after.both if after else None,
        refusal=refusal,
    )
    return window(
        request,
        "web/_shipment_edit.html",
        content,
        title=f"Edit {found.number}",
        paths=found.paths,
        refusal=refusal,
    )


def _show_overtaken(request: PortalRequest, found: Found, typed: TypedEdit, refusal: Refusal) -> HttpResponse:
    """The form after what somebody else saved meanwhile; saved again, it has seen that."""
    with scope(client=found.client.pk):
        edits = edits_since(found.of_shipment.shipment, typed.edition)
    form = _edit_form(found, request.POST)
    address, method = form.typed_address(), form.typed_method()
    fields = (asdict(address) if address else {}) | ({"method": method} if method is not None else {})
    after = merged(typed, fields, found.of_shipment, edits)
    return _show_edit(request, found, after.typed, refusal, after=after)


def _preview(request: PortalRequest, found: Found, typed: TypedEdit) -> EditPreview:
    """What would become of the stock. The verb itself is asked; where it refuses, the figures are those of the wish."""
    if request.method != "POST":
        return EditPreview((), "")
    shipment = found.of_shipment.shipment
    skus = {item.sku.strip() for item in typed.new if intake.can_be_stored(item.sku)}
    with scope(client=found.client.pk):
        further = {product.sku: product for product in Product.objects.filter(sku__in=sorted(skus))} if skus else {}
        places = [Place(product.pk, shipment.warehouse_id) for product in further.values()]
        levels = levels_at(found.client.pk, [*found.facts.places, *places])
    balances = {place: Balance(level.on_hand, level.allocated) for place, level in levels.items()}
    moves, refused = None, ""
    asked = replace(typed.request(found.of_shipment, _edit_form(found, None)), address=None, method=None)
    try:
        moves = preview_edit(asked, client=found.client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        refused = refusal.message
    return edit_preview(found.of_shipment, typed, products=further, levels=balances, moves=moves, refused=refused)


def _show_cancel(request: PortalRequest, found: Found, refusal: Refusal | None = None) -> HttpResponse:
    plan = None
    if refusal is None:
        try:
            plan = preview_cancel(found.number, client=found.client, actor=request.actor)
        except Refusal as of_preview:
            refusal = of_preview
    content = CancelWindow(
        found.number, found.paths.to("shipment_cancel", found.number), plan, refused_in_window(refusal, is_placed=False)
    )
    return window(
        request,
        "web/_shipment_cancel.html",
        content,
        title=f"Cancel {found.number}",
        paths=found.paths,
        refusal=refusal,
    )


def _show_pack(request: PortalRequest, found: Found, refusal: Refusal | None) -> HttpResponse:
    form = PackForm(request.POST if request.method == "POST" else None)
    if refusal is not None:
        form.show(refusal)
    scanned = {"pack_client": found.client.code, "parcel": found.number}
    content = PackWindow(
        form,
        "" if request.actor.may(Right.PACK_BY_HAND) else f"{reverse('web:pack')}?{urlencode(scanned)}",
        found.number,
        found.paths.to("shipment_pack", found.number),
        refused_in_window(refusal, is_placed=bool(form.errors)),
    )
    return window(
        request,
        "web/_shipment_pack.html",
        content,
        title=f"Pack {found.number}",
        paths=found.paths,
        refusal=refusal,
    )


def _pick(client: Client, actor: Actor, shipment: str) -> Shipment:
    return pick_shipment(shipment, client=client, actor=actor, at=timezone.now())


def _depart(client: Client, actor: Actor, shipment: str) -> Shipment:
    return depart_shipment(shipment, how=Departure.HAND, client=client, actor=actor, at=timezone.now())


def _restock(client: Client, actor: Actor, shipment: str) -> Shipment:
    return restock_shipment(RestockRequest(shipment), client=client, actor=actor, at=timezone.now())


def _marked(status: ShipmentStatus) -> Callable[[Client, Actor, str], Shipment]:
    def mark(client: Client, actor: Actor, shipment: str) -> Shipment:
        return mark_shipment(shipment, status, client=client, actor=actor, at=timezone.now())

    return mark


_STEPS: dict[str, Callable[[Client, Actor, str], Shipment]] = {
    Deed.PICK: _pick,
    Deed.DEPART: _depart,
    Deed.DELIVERED: _marked(ShipmentStatus.DELIVERED),
    Deed.LOST: _marked(ShipmentStatus.LOST),
    Deed.RETURNED: _marked(ShipmentStatus.RETURNED),
    Deed.RESTOCK: _restock,
}
"""Packing has a window of its own, for the tracking number."""
