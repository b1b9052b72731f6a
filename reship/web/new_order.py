"""Manual orders in the portal: Orders → New Order, blank or copied from an order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import uuid4

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
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.manual_order import manual_order_from
from reship.fulfilment.place_order import NewOrder, place_order
from reship.http_status import status_of
from reship.inventory.ledger import Balance, Place, levels_at
from reship.orders.models import HoldKind, Order, Shipment
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs
from reship.web.chosen_client import chosen_client
from reship.web.new_order_page import (
    LinesPreview,
    NewOrderForm,
    NewOrderPage,
    TypedOrder,
    line_rows,
    lines_error,
    lines_preview,
    shown_refusal,
)
from reship.web.sku_offers import sku_offers
from reship.web.windows import Paths, go_to


class Begun(NamedTuple):
    """A manual order as its page begins: whose it is, and with what it is filled in."""

    client: Client
    order: NewOrder
    warehouses: Sequence[Warehouse]


@needs(Right.PLACE_ORDER)
@require_http_methods(["GET", "HEAD", "POST"])
def order_new(request: PortalRequest) -> HttpResponse:
    """The page; posted, the order, once per key. What is refused comes back with all that was typed."""
    given = request.POST if request.method == "POST" else request.GET
    code = given.get("client", "") or (request.user.client.code if request.user.client else chosen_client(request))
    if not code:
        return render(request, "web/order_new_client.html", {"clients": clients_seen_by(request)})
    begun = _begin(client_of(request, code), given.get("copied_from", ""))
    if request.method != "POST":
        return _show(request, begun, TypedOrder.as_begun(begun.order, key=_new_key()).with_further_lines())
    typed, form = (
        TypedOrder.of(request.POST),
        NewOrderForm(request.POST, order=begun.order, warehouses=begun.warehouses),
    )
    if request.htmx or "preview" in request.POST or "change_country" in request.POST:
        return _show(request, begun, typed)
    if "further" in request.POST:
        return _show(request, begun, typed.with_further_lines())
    asked = typed.order(form, placed_at=timezone.now())
    try:
        placed = place_order(asked, client=begun.client, actor=request.actor, at=asked.placed_at)
    except Refusal as refusal:
        if refusal.code in _KEY_WORDS:
            refusal = Refusal(refusal.code, _KEY_WORDS[refusal.code], **refusal.figures)
            typed = replace(typed, key=_new_key())
        return _show(request, begun, typed, refusal)
    held = f", on {HoldKind(asked.hold).label}" if asked.hold else ""
    messages.success(
        request,
        f"Order {placed.number} placed{held}."
        if placed.placed_at == asked.placed_at
        else f"Order {placed.number} had been placed by the same click already. Nothing is placed twice.",
    )
    return go_to(request, Paths(begun.client.code, placed.number).to("order"))


@needs(Right.PLACE_ORDER)
@require_safe
def order_new_skus(request: PortalRequest) -> HttpResponse:
    """SKUs to choose from while one is typed, with what is available in each warehouse."""
    if not request.htmx:
        return redirect("web:order_new")
    client = client_of(request, request.GET.get("client", ""))
    warehouses = list(Warehouse.objects.order_by("code", "pk"))
    return render(
        request,
        "web/_shipment_skus.html",
        {"offers": sku_offers(client, "".join(request.GET.getlist("sku")), warehouses)},
    )


def _begin(client: Client, copied_from: str) -> Begun:
    """A 404 for an order to copy that the client does not have."""
    warehouses = list(Warehouse.objects.order_by("code", "pk"))
    if copied_from:
        try:
            return Begun(client, manual_order_from(copied_from, client=client, placed_at=timezone.now()), warehouses)
        except Refusal as refusal:
            raise Http404 from refusal
    blank = NewOrder((), "", timezone.now(), _usual(client, warehouses), currency=client.currency)
    return Begun(client, blank, warehouses)


def _usual(client: Client, warehouses: Sequence[Warehouse]) -> str:
    """The code of the warehouse from which the client's newest order goes, or of the first one."""
    with scope(client=client.pk):
        newest = Order.objects.order_by("-placed_at", "-pk").first()
        last = Shipment.objects.filter(order=newest).order_by("opened_at", "pk").last() if newest else None
    codes = {warehouse.pk: warehouse.code for warehouse in warehouses}
    return codes[last.warehouse_id] if last else next(iter(codes.values()), "")


def _show(request: PortalRequest, begun: Begun, typed: TypedOrder, refusal: Refusal | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = NewOrderForm(data, order=begun.order, warehouses=begun.warehouses)
    if refusal is not None:
        form.show(refusal)
    preview = _preview(begun, typed, form)
    if request.htmx and request.method == "POST":
        return render(request, "web/_order_new_preview.html", {"preview": preview})
    rows = line_rows(typed, refusal, goes_on="further" in request.POST)
    copied_from = begun.order.copied_from
    page = NewOrderPage(
        title=f"Manual order, copied from {copied_from}" if copied_from else "New order",
        client_code=begun.client.code,
        client_name=begun.client.name,
        key=typed.key,
        copied_from=copied_from,
        copied_from_url=Paths(begun.client.code, copied_from).to("order") if copied_from else "",
        post_url=reverse("web:order_new"),
        skus_url=f"{reverse('web:order_new_skus')}?{urlencode({'client': begun.client.code})}",
        back_url=Paths(begun.client.code, copied_from).to("order") if copied_from else reverse("web:orders"),
        form=form,
        rows=rows,
        lines_error=lines_error(rows, refusal),
        refused=shown_refusal(form, rows, refusal),
        preview=preview,
    )
    return render(request, "web/order_new.html", {"page": page}, status=status_of(refusal) if refusal else 200)


def _preview(begun: Begun, typed: TypedOrder, form: NewOrderForm) -> LinesPreview:
    skus = sorted({line.sku.strip() for line in typed.lines if intake.can_be_stored(line.sku)} - {""})
    with scope(client=begun.client.pk):
        products = {product.sku: product for product in Product.objects.filter(sku__in=skus)} if skus else {}
        levels = levels_at(
            begun.client.pk,
            [Place(product.pk, of.pk) for product in products.values() for of in begun.warehouses],
        )
    return lines_preview(
        typed,
        form,
        products=products,
        levels={place: Balance(level.on_hand, level.allocated) for place, level in levels.items()},
        warehouses=begun.warehouses,
    )


def _new_key() -> str:
    return uuid4().hex


_KEY_WORDS = {
    "request_key_reused": "This page has placed an order already, and what stands in it now is another one. "
    "Look at it; if you place it, it is an order of its own.",
    "invalid_request_key": "The form had lost its key, so nothing was written. Look at it, then place it again.",
}
