"""Receiving: goods that arrive, scan by scan or as a list; and codes that nobody knows yet."""

from dataclasses import dataclass
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.edit_product import ProductEdit, edit_product, make_product
from reship.fulfilment.receive import Goods, Receipt, goods_of_text, receive_goods
from reship.http_status import status_of
from reship.web.access import PortalRequest, needs
from reship.web.floor_place import FloorPlace, floor_place
from reship.web.refusals import FigureInWords, figures_in_words
from reship.web.scanner import Feedback, Scanned, Scanner, Tone, show
from reship.web.windows import go_to

LONGEST_LIST = 100_000
"""In characters: what a browser may send as a list of goods."""


@dataclass(frozen=True, slots=True)
class ListWindow:
    """The list of goods as it was typed; `refusal` says what is wrong with it."""

    place: FloorPlace
    text: str
    reason: str
    key: str
    refusal: Refusal | None = None

    @property
    def figures(self) -> list[FigureInWords]:
        return figures_in_words(self.refusal) if self.refusal else []


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: PortalRequest) -> HttpResponse:
    """Each scan receives one unit, or as many as are typed beside it."""
    place = floor_place(request)
    if request.method != "POST":
        return _show(request, place)
    scanned = Scanned.of(request.POST)
    goods = [Goods(scanned.code, scanned.quantity or 1, request.POST.get("bin", ""))]
    reason = request.POST.get("reason", "")
    try:
        receipt = receive_goods(
            goods,
            warehouse=place.chosen_warehouse,
            reason=reason,
            key=scanned.key or None,
            client=place.chosen,
            actor=request.actor,
            at=timezone.now(),
        )
    except Refusal as refusal:
        unknown = scanned.code if refusal.code == "unknown_code" else ""
        return _show(request, place, into=request.POST.get("bin", ""), unknown=unknown, refusal=refusal)
    return _show(request, place, feedback=_told(receipt, place))


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def receive_list(request: PortalRequest) -> HttpResponse:
    """Many products in one go: all of them are received, or none."""
    place = floor_place(request)
    if request.method != "POST":
        return _show_list(request, ListWindow(place, "", "", uuid4().hex))
    typed = ListWindow(
        place,
        request.POST.get("goods", "")[: LONGEST_LIST + 1],
        request.POST.get("reason", "")[:1000],
        request.POST.get("key", ""),
    )
    try:
        receipt = receive_goods(
            _goods(typed.text),
            warehouse=place.chosen_warehouse,
            reason=typed.reason,
            key=typed.key or None,
            client=place.chosen,
            actor=request.actor,
            at=timezone.now(),
        )
    except Refusal as refusal:
        # What was refused may be sent again; the key is free.
        return _show_list(request, ListWindow(place, typed.text, typed.reason, typed.key, refusal))
    skus = len({one.sku for one in receipt.received})
    told = f"{receipt.units:,} units of {skus} product{'s' if skus > 1 else ''} received."
    messages.success(request, f"{told}{_served(receipt)}")
    return go_to(request, reverse("web:receive"))


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def barcodes(request: PortalRequest) -> HttpResponse:
    """A code that nobody knew is given to a product, or to a new one."""
    if request.method != "POST":
        return redirect("web:receive")
    place = floor_place(request)
    code, sku = request.POST.get("code", ""), request.POST.get("sku", "")
    actor, at = request.actor, timezone.now()
    try:
        if "new" in request.POST:
            name = request.POST.get("name", "")
            product = make_product(sku, name=name, barcode=code, client=place.chosen, actor=actor, at=at)
        else:
            product = edit_product(ProductEdit(sku, barcode=code), client=place.chosen, actor=actor, at=at)
    except Refusal as refusal:
        return _show(request, place, unknown=code, sku=sku, refusal=refusal)
    messages.success(request, f"{code} is {product.sku} from now on. Scan it again to receive it.")
    return go_to(request, reverse("web:receive"))


def _show(
    request: PortalRequest,
    place: FloorPlace,
    *,
    into: str = "",
    unknown: str = "",
    sku: str = "",
    feedback: Feedback | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    scanner = Scanner(
        "Receive",
        reverse("web:receive"),
        "Product: SKU or barcode",
        hint="Type a quantity first when it is more than one.",
        takes_quantity=True,
    )
    context = {
        "place": place,
        # A bin is of one product: it is not kept for the next one.
        "bin": into[:40],
        "reason": request.POST.get("reason", "")[:300],
        "unknown": unknown[:100],
        "sku": sku[:60],
        "may_make_products": request.actor.may(Right.PLACE_ORDER),
    }
    return show(request, scanner, "web/_receive.html", context, feedback=feedback, refusal=refusal)


def _goods(text: str) -> list[Goods]:
    if len(text) > LONGEST_LIST:
        raise Refusal("file_too_large", f"A list of more than {LONGEST_LIST:,} characters is too long.")
    return goods_of_text(text)


def _show_list(request: PortalRequest, window: ListWindow) -> HttpResponse:
    status = status_of(window.refusal) if window.refusal else 200
    return render(request, "web/receive_list.html", {"window": window}, status=status)


def _told(receipt: Receipt, place: FloorPlace) -> Feedback:
    (one,) = receipt.received
    assert place.client is not None
    address = reverse("web:product_edit", args=[place.client.code, one.sku])
    return Feedback(
        Tone.GOOD,
        f"{one.quantity:,} × {one.sku} received",
        f"{place.warehouse} now has {one.on_hand:,} on hand, {one.available:,} available.{_served(receipt)}",
        url=f"{address}?{urlencode({'warehouse': place.warehouse})}",
        url_text=f"Barcode and bin of {one.sku}",
    )


def _served(receipt: Receipt) -> str:
    """Who had waited for the goods, if anybody."""
    names = receipt.served
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f" They go to shipments that waited: {', '.join(names[:10])}{more}." if names else ""
