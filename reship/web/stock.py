"""Stock: what lies where, what moved it, and the two deeds that start here: receiving and adjusting."""

from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from reship.catalog.models import Warehouse
from reship.clients.access import not_allowed
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor, Part
from reship.errors import Refusal, result_of
from reship.fulfilment.stock import Adjustment, Delivery, StockMoved, adjust_stock, receive_stock
from reship.http_status import status_of
from reship.inventory.models import EntryKind, LedgerEntry, StockLevel
from reship.inventory.queries import find_levels, ledger_of, level_of
from reship.web.access import PortalRequest, client_of, clients_seen_by, needs
from reship.web.addresses import ListAddress
from reship.web.chosen_client import chosen_client, list_query
from reship.web.refusals import FigureInWords, figures_in_words
from reship.web.stock_forms import AdjustmentForm, DeliveryForm, LevelListForm
from reship.web.windows import Paths, go_to

LEVELS_A_PAGE = 100
ENTRIES_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A ledger entry as it is shown."""

    entry: LedgerEntry
    kind: str
    tone: str
    on_hand_change: str
    allocated_change: str
    available_after: int
    order_number: str
    shipment_number: str
    shipment_url: str


@dataclass(frozen=True, slots=True)
class StockAction:
    """A deed that starts here; with `refused`, why this person may not."""

    label: str
    icon: str
    address: str
    refused: str


@dataclass(frozen=True, slots=True)
class StockWindow:
    """A form about stock. `figures` are what a refusal adds to its message."""

    title: str
    form: forms.Form
    action: str
    back: str
    level: StockLevel | None = None
    figures: tuple[FigureInWords, ...] = ()


@needs(Right.VIEW)
@require_safe
def stock(request: PortalRequest) -> HttpResponse:
    """Stock levels per SKU and warehouse. htmx gets the list without the page around it."""
    clients = clients_seen_by(request)
    query, chosen = list_query(request), chosen_client(request)
    form = LevelListForm(query, warehouses=_warehouses(), clients=clients, chosen=chosen)
    address = ListAddress.of(reverse("web:stock"), form)
    found = _found(request, form) if form.is_valid() else None
    context = {
        "form": form,
        "found": found,
        "previous_url": address.having(page=found.previous.as_text()) if found and found.previous else "",
        "next_url": address.having(page=found.next.as_text()) if found and found.next else "",
        "page_text": _page_text(found, "level", "levels") if found else "",
        "is_narrowed": bool(set(address.parameters) - form.kept) or "page" in request.GET,
        "shows_clients": form.shows_clients,
        "receive": _receive_action(request),
    }
    template = "web/_stock.html" if request.htmx else "web/stock.html"
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    response = render(request, template, context, status=status)
    if request.htmx and form.is_valid():
        response.headers["HX-Push-Url"] = str(address)
    return response


@needs(Right.VIEW)
@require_safe
def stock_level(request: PortalRequest, client: str, sku: str, warehouse: str) -> HttpResponse:
    """One level and its ledger."""
    level = _level(request, client, sku, warehouse)
    page = request.GET.get("page", "")
    entries = ledger_of(level, limit=ENTRIES_A_PAGE, after=Cursor.from_text(page) if page else None)
    address = ListAddress(_level_url(level), {})
    context = {
        "level": level,
        "rows": [_ledger_row(entry, level) for entry in entries.rows],
        "previous_url": address.having(page=entries.previous.as_text()) if entries.previous else "",
        "next_url": address.having(page=entries.next.as_text()) if entries.next else "",
        "page_text": _page_text(entries, "entry", "entries"),
        "actions": [_receive_action(request, level), _adjust_action(request, level), _product_action(request, level)],
        "shows_client": request.actor.is_of_company,
    }
    return render(request, "web/stock_level.html", context)


@needs(Right.WAREHOUSE_WORK)
@require_safe
def delivery_new(request: PortalRequest) -> HttpResponse:
    """The window in which goods that arrived are entered; the address may name client, SKU and warehouse."""
    given = {name: list_query(request).get(name, "")[:60] for name in ("client", "sku", "warehouse")}
    form = DeliveryForm(clients=_clients(), warehouses=_warehouses(), initial=given)
    form.fields["quantity" if given["sku"] else "sku"].widget.attrs["autofocus"] = True
    return _delivery_window(request, form)


@needs(Right.WAREHOUSE_WORK)
@require_POST
def deliveries(request: PortalRequest) -> HttpResponse:
    form = DeliveryForm(request.POST, clients=_clients(), warehouses=_warehouses())
    if not form.is_valid():
        return _delivery_window(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = form.cleaned_data
    client = client_of(request, given["client"])
    delivery = Delivery(given["sku"], given["warehouse"], given["quantity"], given["reason"])
    try:
        moved = result_of(receive_stock([delivery], client=client, actor=request.actor, at=timezone.now()))
    except Refusal as refusal:
        _put_at_field(form, refusal, number_field="quantity")
        return _delivery_window(request, form, status=status_of(refusal))
    served = f" Allocated to {', '.join(moved.served)}, which waited for it." if moved.served else ""
    messages.success(request, f"{delivery.quantity} × {moved.sku} received.{served} {_balance_in_words(moved)}")
    return go_to(request, reverse("web:stock_level", args=[client.code, moved.sku, moved.warehouse]))


@needs(Right.ADJUST_STOCK)
@require_safe
def adjustment_new(request: PortalRequest, client: str, sku: str, warehouse: str) -> HttpResponse:
    level = _level(request, client, sku, warehouse)
    return _adjustment_window(request, AdjustmentForm(), level)


@needs(Right.ADJUST_STOCK)
@require_POST
def adjustments(request: PortalRequest, client: str, sku: str, warehouse: str) -> HttpResponse:
    level = _level(request, client, sku, warehouse)
    form = AdjustmentForm(request.POST)
    if not form.is_valid():
        return _adjustment_window(request, form, level, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    adjustment = Adjustment(sku, warehouse, form.cleaned_data["change"], form.cleaned_data["reason"])
    try:
        moved = result_of(adjust_stock([adjustment], client=level.client, actor=request.actor, at=timezone.now()))
    except Refusal as refusal:
        _put_at_field(form, refusal, number_field="change")
        figures = tuple(figures_in_words(refusal)) if refusal.code == "units_promised" else ()
        return _adjustment_window(request, form, level, status=status_of(refusal), figures=figures)
    messages.success(request, f"{moved.sku} adjusted by {_signed(adjustment.change)}. {_balance_in_words(moved)}")
    return go_to(request, _level_url(level))


def _found(request: PortalRequest, form: LevelListForm) -> Part[StockLevel]:
    page = request.GET.get("page", "")
    after = Cursor.from_text(page) if page else None
    return find_levels(form.wanted, client_ids=form.client_ids(request.user), limit=LEVELS_A_PAGE, after=after)


def _level(request: PortalRequest, client: str, sku: str, warehouse: str) -> StockLevel:
    try:
        return level_of(client_of(request, client), sku=sku, warehouse=warehouse)
    except StockLevel.DoesNotExist:
        raise Http404 from None


def _level_url(level: StockLevel, page: str = "stock_level") -> str:
    return reverse(f"web:{page}", args=[level.client.code, level.product.sku, level.warehouse.code])


def _clients() -> list[Client]:
    return list(Client.objects.order_by("name", "pk"))


def _warehouses() -> list[Warehouse]:
    return list(Warehouse.objects.order_by("name", "pk"))


def _receive_action(request: PortalRequest, level: StockLevel | None = None) -> StockAction:
    prefilled = QueryDict(mutable=True)
    if level is not None:
        prefilled.update({"client": level.client.code, "sku": level.product.sku, "warehouse": level.warehouse.code})
    query = f"?{prefilled.urlencode()}" if prefilled else ""
    return _action(request, Right.WAREHOUSE_WORK, "Receive", "package-plus", f"{reverse('web:delivery_new')}{query}")


def _adjust_action(request: PortalRequest, level: StockLevel) -> StockAction:
    return _action(request, Right.ADJUST_STOCK, "Adjust", "scale", _level_url(level, "adjustment_new"))


def _product_action(request: PortalRequest, level: StockLevel) -> StockAction:
    """The warehouse keeps barcode and bin, and whoever may see costs what a unit costs."""
    right = Right.WAREHOUSE_WORK if request.actor.may(Right.WAREHOUSE_WORK) else Right.SEE_COSTS
    address = reverse("web:product_edit", args=[level.client.code, level.product.sku])
    label = "Barcode and bin" if right == Right.WAREHOUSE_WORK else "Cost of a unit"
    return _action(request, right, label, "pencil", f"{address}?{urlencode({'next': _level_url(level)})}")


def _action(request: PortalRequest, right: Right, label: str, icon: str, address: str) -> StockAction:
    refused = "" if request.actor.may(right) else not_allowed(request.actor, right).message
    return StockAction(label, icon, address, refused)


def _delivery_window(request: PortalRequest, form: DeliveryForm, *, status: int = 200) -> HttpResponse:
    content = StockWindow("Receive goods", form, action=reverse("web:deliveries"), back=reverse("web:stock"))
    return _window(request, "web/_delivery.html", content, status=status)


def _adjustment_window(
    request: PortalRequest,
    form: AdjustmentForm,
    level: StockLevel,
    *,
    status: int = 200,
    figures: tuple[FigureInWords, ...] = (),
) -> HttpResponse:
    content = StockWindow(
        title=f"Adjust {level.product.sku} in {level.warehouse.name}",
        form=form,
        action=_level_url(level, "adjustments"),
        back=_level_url(level),
        level=level,
        figures=figures,
    )
    return _window(request, "web/_adjustment.html", content, status=status)


def _window(request: PortalRequest, fragment: str, content: StockWindow, *, status: int) -> HttpResponse:
    """The fragment alone for the dialog, or with a page around it."""
    template = fragment if request.htmx else "web/stock_window.html"
    return render(request, template, {"window": content, "fragment": fragment}, status=status)


def _put_at_field(form: forms.Form, refusal: Refusal, *, number_field: str) -> None:
    """Shows a refusal where what it refuses was entered."""
    fields = {
        "unknown_item": "sku",
        "unknown_warehouse": "warehouse",
        "invalid_quantity": number_field,
        "too_many_units": number_field,
        "units_promised": number_field,
        "invalid_text": "reason",
        "reason_required": "reason",
    }
    form.add_error(fields.get(refusal.code), refusal.message)


def _ledger_row(entry: LedgerEntry, level: StockLevel) -> LedgerRow:
    kind = EntryKind(entry.kind)
    shipment = entry.shipment_line.shipment if entry.shipment_line else None
    order_number = shipment.order.number if shipment else ""
    return LedgerRow(
        entry=entry,
        kind=kind.label,
        tone=_TONES[kind],
        on_hand_change=_signed(entry.on_hand_change),
        allocated_change=_signed(entry.allocated_change),
        available_after=entry.on_hand_after - entry.allocated_after,
        order_number=order_number,
        shipment_number=shipment.number if shipment else "",
        shipment_url=Paths(level.client.code, order_number).shown(shipment.number) if shipment else "",
    )


_TONES = {
    EntryKind.RECEIVED: "green",
    EntryKind.ALLOCATED: "blue",
    EntryKind.RELEASED: "grey",
    EntryKind.SHIPPED: "orange",
    EntryKind.ADDED_BACK: "violet",
    EntryKind.ADD_BACK_UNDONE: "violet",
    EntryKind.RESTOCKED: "green",
    EntryKind.ADJUSTED: "amber",
}


def _signed(change: int) -> str:
    """+3, −2, and nothing for no change."""
    return f"{change:+,}".replace("-", "−") if change else ""


def _balance_in_words(moved: StockMoved) -> str:
    return f"{moved.warehouse} now has {moved.on_hand:,} on hand, {moved.available:,} available."


def _page_text(part: Part[StockLevel] | Part[LedgerEntry], one: str, many: str) -> str:
    number = len(part.rows)
    is_all = part.previous is None and part.next is None
    return f"{number} {one if number == 1 else many}{'' if is_all else ' on this page'}"
