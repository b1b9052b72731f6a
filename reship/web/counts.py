"""Counts: what lies on the shelf is told, product by product or bin by bin; the books follow."""

from dataclasses import dataclass
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods
from django_scopes import scope

from reship.catalog.models import Product
from reship.clients.roles import Right
from reship.database.keyset import Cursor, Part
from reship.errors import Refusal
from reship.fulfilment.count import Count, Counted, count_stock
from reship.fulfilment.scanned import product_scanned
from reship.http_status import status_of
from reship.inventory.models import StockLevel
from reship.inventory.queries import count_sheet
from reship.web.access import PortalRequest, needs
from reship.web.floor_place import FloorPlace, floor_place
from reship.web.refusals import figures_in_words
from reship.web.scanner import Feedback, Scanned, Scanner, Tone, show
from reship.web.windows import go_to

LEVELS_A_SHEET = 100
_REASON_KEPT_AS = "count_reason"
_BLIND_KEPT_AS = "count_blind"


@dataclass(frozen=True, slots=True)
class CountEntry:
    """The product that is counted now. `level` is what the books say; None in a blind count, or where nothing lay."""

    product: Product
    bin: str
    level: StockLevel | None
    is_blind: bool
    counted: str
    key: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    level: StockLevel
    counted: str


@needs(Right.ADJUST_STOCK)
@require_http_methods(["GET", "HEAD", "POST"])
def counts(request: PortalRequest) -> HttpResponse:
    """A scanned product, to be counted."""
    place = floor_place(request)
    if request.method != "POST":
        return _show(request, place)
    _keep_blind(request)
    try:
        client, _ = place.chosen, place.chosen_warehouse
        with scope(client=client.pk):
            product = product_scanned(Scanned.of(request.POST).code)
    except Refusal as refusal:
        return _show(request, place, refusal=refusal)
    entry = _entry(request, place, product)
    told = Feedback(Tone.GOOD, product.sku, f"How many lie {f'in {entry.bin}' if entry.bin else 'there'}?")
    return _show(request, place, entry, feedback=told)


@needs(Right.ADJUST_STOCK)
@require_http_methods(["GET", "HEAD", "POST"])
def count_entry(request: PortalRequest) -> HttpResponse:
    """What somebody counted of one product."""
    if request.method != "POST":
        return redirect("web:counts")
    place = floor_place(request)
    sku, reason = request.POST.get("sku", ""), request.POST.get("reason", "")
    try:
        client = place.chosen
        result = count_stock(
            [Count(sku, request.POST.get("counted", ""))],
            warehouse=place.chosen_warehouse,
            reason=reason,
            key=request.POST.get("key") or None,
            client=client,
            actor=request.actor,
            at=timezone.now(),
        )
    except Refusal as refusal:
        if place.client is None:
            return _show(request, place, refusal=refusal)
        try:
            with scope(client=place.client.pk):
                product = product_scanned(sku)
        except Refusal:
            return _show(request, place, refusal=refusal)
        entry = _entry(request, place, product, counted=request.POST.get("counted", "")[:10])
        return _show(request, place, entry, refusal=refusal)
    request.session[_REASON_KEPT_AS] = reason[:300]
    messages.success(request, _told(result.counted[0], is_blind=_is_blind(request)))
    return go_to(request, reverse("web:counts"))


@needs(Right.ADJUST_STOCK)
@require_http_methods(["GET", "HEAD", "POST"])
def count_sheet_page(request: PortalRequest) -> HttpResponse:
    """Bin by bin: to print and walk along, or to fill in. What is left empty was not counted."""
    place = floor_place(request)
    if request.method != "POST":
        return _show_sheet(request, place)
    typed = {
        name.removeprefix("counted-"): value.strip()
        for name, value in request.POST.items()
        if name.startswith("counted-") and isinstance(value, str) and value.strip()
    }
    try:
        result = count_stock(
            [Count(sku, counted) for sku, counted in typed.items()],
            warehouse=place.chosen_warehouse,
            reason=request.POST.get("reason", ""),
            key=request.POST.get("key") or None,
            client=place.chosen,
            actor=request.actor,
            at=timezone.now(),
        )
    except Refusal as refusal:
        return _show_sheet(request, place, typed=typed, refusal=refusal)
    changed = [one for one in result.counted if one.change]
    as_booked = len(result.counted) - len(changed)
    told = [_told(one, is_blind=False) for one in changed[:10]]
    told += [f"{len(changed) - 10} more corrected."] if len(changed) > 10 else []
    told += [f"{as_booked} as the books say."] if as_booked else []
    messages.success(request, " ".join(told))
    return go_to(request, _sheet_address(request, place))


def _keep_blind(request: PortalRequest) -> None:
    wanted = "blind" in request.POST
    if _is_blind(request) != wanted:
        request.session[_BLIND_KEPT_AS] = wanted


def _is_blind(request: PortalRequest) -> bool:
    return bool(request.session.get(_BLIND_KEPT_AS, False))


def _entry(request: PortalRequest, place: FloorPlace, product: Product, *, counted: str = "") -> CountEntry:
    with scope(client=product.client_id):
        levels = StockLevel.objects.filter(product=product, warehouse__code=place.warehouse)
        level = levels.first()
    is_blind = _is_blind(request)
    return CountEntry(product, level.bin if level else "", None if is_blind else level, is_blind, counted, uuid4().hex)


def _told(one: Counted, *, is_blind: bool) -> str:
    if is_blind:
        return f"{one.sku}: {one.counted:,} counted."
    if not one.change:
        return f"{one.sku}: {one.counted:,}, as the books say."
    change = f"{one.change:+,}".replace("-", "−")
    return f"{one.sku}: {one.counted:,} counted, the books said {one.before:,} ({change})."


def _show(
    request: PortalRequest,
    place: FloorPlace,
    entry: CountEntry | None = None,
    *,
    feedback: Feedback | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    scanner = Scanner(
        "Counts", reverse("web:counts"), "Product: SKU or barcode", hint="Scan a product, then type how many lie there."
    )
    context = {
        "place": place,
        "entry": entry,
        "is_blind": _is_blind(request),
        "reason": request.POST.get("reason", "")[:300] or request.session.get(_REASON_KEPT_AS, ""),
    }
    return show(request, scanner, "web/_counts.html", context, feedback=feedback, refusal=refusal)


def _show_sheet(
    request: PortalRequest,
    place: FloorPlace,
    *,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    page, prefix = request.GET.get("page", ""), request.GET.get("bin", "")
    found: Part[StockLevel] | None = None
    if place.client is not None:
        found = count_sheet(
            place.client,
            warehouse=place.warehouse,
            bin_prefix=prefix,
            limit=LEVELS_A_SHEET,
            after=Cursor.from_text(page) if page else None,
        )
    given = typed or {}
    context = {
        "place": place,
        "bin": prefix,
        "is_blind": "blind" in request.GET,
        "rows": [SheetRow(level, given.get(level.product.sku, "")[:10]) for level in found.rows] if found else [],
        "next_url": _sheet_address(request, place, page=found.next.as_text()) if found and found.next else "",
        "previous_url": _sheet_address(request, place, page=found.previous.as_text())
        if found and found.previous
        else "",
        "post_url": _sheet_address(request, place, page=page),
        "reason": request.POST.get("reason", "")[:300],
        "key": uuid4().hex,
        "refusal": refusal,
        "figures": figures_in_words(refusal) if refusal else [],
    }
    return render(request, "web/count_sheet.html", context, status=status_of(refusal) if refusal else 200)


def _sheet_address(request: PortalRequest, place: FloorPlace, *, page: str = "") -> str:
    query = {
        "client": place.client.code if place.client else "",
        "warehouse": place.warehouse,
        "bin": request.GET.get("bin", ""),
        "blind": "1" if "blind" in request.GET else "",
        "page": page,
    }
    return f"{reverse('web:count_sheet')}?{urlencode({name: value for name, value in query.items() if value})}"
