"""The papers of a parcel: packing slip and label, for whoever packs it or prints them again."""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from django_scopes import scope

from reship.carriers.labels import sender_of
from reship.catalog.models import Product
from reship.clients.roles import Right
from reship.floor.models import Label, LabelState
from reship.fulfilment.facts import OrderFacts, ShipmentFacts, read_orders
from reship.orders.models import Order, Shipment
from reship.papers.packing_slip import PackingSlip, SlipLine
from reship.papers.packing_slip import packing_slip as packing_slip_paper
from reship.papers.shipping_label import ShippingLabel, shipping_label, shipping_label_zpl
from reship.web.access import PortalRequest, client_of, needs, zone_of

_TYPES = {"PDF": "application/pdf", "PNG": "image/png", "ZPL": "application/zpl"}


@needs(Right.WAREHOUSE_WORK)
@require_safe
def packing_slip(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """What the customer finds on top of the goods; without prices."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        facts, of_shipment = _find(shipment)
        lines = of_shipment.units
        products = Product.objects.filter(pk__in=sorted({line.line.product_id for line in lines}))
        names = dict(products.values_list("pk", "name"))
    parcel = of_shipment.shipment
    slip = PackingSlip(
        shipment=parcel.number,
        order=facts.order.number,
        merchant=of_client.name,
        recipient=parcel.address.lines,
        lines=[SlipLine(line.line.sku, names.get(line.line.product_id, ""), line.line.quantity) for line in lines],
        is_replacement=of_shipment.made_by is not None,
        method=parcel.method,
        packed_on=parcel.packed_at.astimezone(zone_of(of_client)).date() if parcel.packed_at else None,
    )
    return _file(packing_slip_paper(slip), "application/pdf", f"packing-slip-{parcel.number}.pdf")


@needs(Right.WAREHOUSE_WORK)
@require_safe
def label(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """The carrier's own label, if one was bought; else the house's, as a PDF."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        facts, of_shipment = _find(shipment)
        bought = (
            Label.objects.filter(shipment=of_shipment.shipment, state=LabelState.BOUGHT)
            .exclude(content=b"")
            .order_by("-bought_at")
            .first()
        )
        if bought is not None and bought.format in _TYPES:
            kind = bought.format
            return _file(bytes(bought.content), _TYPES[kind], f"label-{shipment}.{kind.lower()}")
        ours = _label(facts, of_shipment)
    return _file(shipping_label(ours), "application/pdf", f"label-{shipment}.pdf")


@needs(Right.WAREHOUSE_WORK)
@require_safe
def label_zpl(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """The house's label for printers that understand ZPL."""
    of_client = client_of(request, client)
    with scope(client=of_client.pk):
        ours = _label(*_find(shipment))
    return _file(shipping_label_zpl(ours).encode(), "application/zpl; charset=utf-8", f"label-{shipment}.zpl")


def _find(number: str) -> tuple[OrderFacts, ShipmentFacts]:
    orders = list(Order.objects.filter(pk__in=Shipment.objects.filter(number=number).values("order_id")))
    if not orders:
        raise Http404
    (facts,) = read_orders(orders, lock=False).values()
    of_shipment = facts.shipment(number)
    if of_shipment is None:
        raise Http404
    return facts, of_shipment


def _label(facts: OrderFacts, of_shipment: ShipmentFacts) -> ShippingLabel:
    parcel = of_shipment.shipment
    return ShippingLabel(
        shipment=parcel.number,
        order=facts.order.number,
        sender=sender_of(parcel.warehouse, parcel.client).lines,
        recipient=parcel.address.lines,
        method=parcel.method,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        packed_on=parcel.packed_at.astimezone(zone_of(parcel.client)).date() if parcel.packed_at else None,
    )


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=name) or "inline"
    return response
