"""What is kept of a product: its barcode, its bins, what a unit costs."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe
from django_scopes import scope

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.clients.access import not_allowed
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.edit_product import ProductEdit, edit_product, may_see_costs
from reship.http_status import status_of
from reship.inventory.models import StockLevel
from reship.papers.product_labels import LABELS_A_SHEET, ProductLabel
from reship.papers.product_labels import product_labels as product_labels_paper
from reship.web.access import PortalRequest, client_of, needs
from reship.web.windows import go_to


@dataclass(frozen=True, slots=True)
class ProductWindow:
    product: Product
    form: forms.Form
    action: str
    back: str
    labels_url: str
    """Empty for those who print nothing."""


class ProductForm(forms.Form):
    """The fields that whoever asks may change; what is typed goes to the verb as it is."""

    def __init__(self, data: object, *, product: Product, levels: list[StockLevel], works: bool, costs: bool) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict, or None
        if works:
            scanned = forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
            self.fields["barcode"] = forms.CharField(
                required=False,
                max_length=60,
                widget=scanned,
                help_text="Scan it. What a scanner reads off the product.",
            )
            self.initial["barcode"] = product.barcode
            for level in levels:
                name = f"bin-{level.warehouse.code}"
                self.fields[name] = forms.CharField(
                    required=False, max_length=40, label=f"Bin in {level.warehouse.name}"
                )
                self.initial[name] = level.bin
        if costs:
            self.fields["unit_cost"] = forms.CharField(
                max_length=20,
                label=f"Cost of a unit, in {product.client.currency}",
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
                help_text="What it costs the client; reports of reships count with it.",
            )
            self.initial["unit_cost"] = f"{product.unit_cost.normalize():f}"

    @property
    def bins(self) -> tuple[tuple[str, str], ...]:
        names = (name for name in self.fields if name.startswith("bin-") and name in self.data)
        return tuple((name.removeprefix("bin-"), self.cleaned_data[name]) for name in names)


@needs(Right.WAREHOUSE_WORK)
@require_safe
def product_labels(request: PortalRequest, client: str, sku: str) -> HttpResponse:
    """A sheet of labels to stick on units that bear no barcode; its SKU is printed as one for a product without."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        product = Product.objects.filter(sku=sku).first() if intake.can_be_stored(sku) else None
    if product is None:
        raise Http404
    label = ProductLabel(product.sku, product.name, product.barcode, copies=LABELS_A_SHEET)
    return HttpResponse(
        product_labels_paper([label]),
        content_type="application/pdf",
        headers={"Content-Disposition": content_disposition_header(False, f"labels-{product.sku}.pdf") or "inline"},
    )


@needs(Right.VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def product_edit(request: PortalRequest, client: str, sku: str) -> HttpResponse:
    """The window of a product; posted, the edit."""
    of_client = client_of(request, client)
    works, costs = request.actor.may(Right.WAREHOUSE_WORK), may_see_costs(request.actor)
    if not works and not costs:
        raise not_allowed(request.actor, Right.SEE_COSTS)
    product, levels = _find(of_client, sku, request.GET.get("warehouse", ""))
    data = request.POST if request.method == "POST" else None
    form = ProductForm(data, product=product, levels=levels, works=works, costs=costs)
    if data is None:
        return _show(request, product, form)
    if not form.is_valid():
        return _show(request, product, form, status=422)
    given = form.cleaned_data
    # What a form does not have stays as it is; what it has empty is emptied.
    barcode = given["barcode"] if "barcode" in request.POST and works else None
    edit = ProductEdit(sku, barcode, form.bins, given.get("unit_cost"))
    try:
        edit_product(edit, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        at_field = {"barcode_taken": "barcode", "invalid_price": "unit_cost"}.get(refusal.code)
        if refusal.code == "invalid_text":
            at_field = "barcode" if refusal.figures.get("field") == "barcode" else None
        form.add_error(at_field if at_field in form.fields else None, refusal.message)
        return _show(request, product, form, status=status_of(refusal))
    messages.success(request, f"{sku} is changed.")
    return go_to(request, _back(request))


def _find(client: Client, sku: str, warehouse: str) -> tuple[Product, list[StockLevel]]:
    """The product and where it lies, and the building in the address, where it may lie soon."""
    with scope(client=client.pk):
        product = Product.objects.select_related("client").filter(sku=sku).first()
        if product is None:
            raise Http404
        levels = list(StockLevel.objects.filter(product=product).select_related("warehouse").order_by("pk"))
    if warehouse not in {level.warehouse.code for level in levels}:
        named = Warehouse.objects.filter(code=warehouse).first() if intake.can_be_stored(warehouse) else None
        levels += [StockLevel(client=client, product=product, warehouse=named)] if named else []
    return product, levels


def _show(request: PortalRequest, product: Product, form: ProductForm, *, status: int = 200) -> HttpResponse:
    action = reverse("web:product_edit", args=[product.client.code, product.sku])
    query = request.GET.urlencode()
    labels = reverse("web:product_labels", args=[product.client.code, product.sku])
    content = ProductWindow(
        product,
        form,
        action=f"{action}?{query}" if query else action,
        back=_back(request),
        labels_url=labels if request.actor.may(Right.WAREHOUSE_WORK) else "",
    )
    template = "web/_product.html" if request.htmx else "web/product.html"
    return render(request, template, {"window": content}, status=status)


def _back(request: PortalRequest) -> str:
    """Where the window was opened: a page of this portal and no other."""
    where = (request.htmx.current_url_abs_path if request.htmx else request.GET.get("next")) or ""
    is_own = where.startswith("/") and url_has_allowed_host_and_scheme(where, allowed_hosts=None)
    return where if is_own else reverse("web:stock")
