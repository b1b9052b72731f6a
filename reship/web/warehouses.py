"""The buildings of the fulfilment company."""

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from reship.catalog.models import Warehouse
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.warehouses import add_warehouse, all_warehouses, rename_warehouse
from reship.http_status import status_of
from reship.web.access import PortalRequest, address_of, needs
from reship.web.client_forms import WarehouseForm
from reship.web.windows import go_to


@dataclass(frozen=True, slots=True)
class WarehouseRow:
    """A building, with the form that gives it another name."""

    warehouse: Warehouse
    url: str
    name: str
    error: str = ""


@needs(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def warehouses(request: PortalRequest) -> HttpResponse:
    """All of them; or one more."""
    if request.method != "POST":
        return _page(request, WarehouseForm())
    form = WarehouseForm(request.POST)
    try:
        added = add_warehouse(
            form.typed("code").strip(),
            name=form.typed("name"),
            actor=request.actor,
            at=timezone.now(),
            address=address_of(request),
        )
    except Refusal as refusal:
        if not form.field_of(refusal):
            raise
        form.show(refusal)
        return _page(request, form, status=status_of(refusal))
    messages.success(request, f"{added.name} is there. Goods can be received in it.")
    return go_to(request, reverse("web:warehouses"))


@needs(Right.SETTINGS)
def warehouse_name(request: PortalRequest, warehouse: str) -> HttpResponse:
    """Gives a building another name."""
    if request.method != "POST":
        return redirect("web:warehouses")
    name = request.POST.get("name", "")
    try:
        rename_warehouse(warehouse, name=name, actor=request.actor, at=timezone.now(), address=address_of(request))
    except Refusal as refusal:
        if refusal.code != "invalid_text":
            raise
        wrong = (warehouse, name, refusal.message)
        return _page(request, WarehouseForm(), wrong=wrong, status=status_of(refusal))
    return go_to(request, reverse("web:warehouses"))


def _page(
    request: PortalRequest,
    form: WarehouseForm,
    *,
    wrong: tuple[str, str, str] = ("", "", ""),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """`wrong` is the code of a building, the name that was refused for it, and why."""
    code, name, error = wrong
    rows = [
        WarehouseRow(
            warehouse,
            reverse("web:warehouse_name", args=[warehouse.code]),
            name if warehouse.code == code else warehouse.name,
            error if warehouse.code == code else "",
        )
        for warehouse in all_warehouses()
    ]
    return render(request, "web/warehouses.html", {"rows": rows, "form": form}, status=status)
