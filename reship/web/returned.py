"""The returns desk: a scan takes a parcel back; what is in it is put away as sellable, or written off as damaged."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from reship import intake
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.errors import Refusal
from reship.floor.put_away import returned_parcels
from reship.fulfilment.restock import RestockRequest, ReturnedParcel, inspect_return, receive_return, returned_parcel
from reship.orders.history import Item
from reship.orders.models import Shipment
from reship.web.access import PortalRequest, client_of, needs
from reship.web.floor_place import Shelf, chosen_ids, parcel_of, shelves
from reship.web.scanner import Feedback, Scanned, Scanner, Tone, show
from reship.web.windows import Paths, go_to

PARCELS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """A line of a parcel with what was typed into it."""

    sku: str
    name: str
    bin: str
    quantity: int
    inspected: int
    left: int
    sellable: str
    damaged: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is to inspect of one parcel."""

    client: Client
    shipment: Shipment
    order_url: str
    post_url: str
    rows: list[InspectionRow]
    left: int
    note: str
    key: str


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def returns(request: PortalRequest) -> HttpResponse:
    """A scanned parcel is back in the building; below the field stands what is to inspect of it."""
    if request.method != "POST":
        return _show(request)
    try:
        shipment = parcel_of(request, Scanned.of(request.POST).code)
        client = shipment.client
        is_back_now = receive_return(shipment.number, client=client, actor=request.actor, at=timezone.now())
        parcel = returned_parcel(shipment.number, client=client)
    except Refusal as refusal:
        return _show(request, refusal=refusal)
    told = "is back" if is_back_now else "came back before"
    rest = f"{parcel.left:,} units are to inspect." if parcel.left else "All of it was inspected."
    return _show(request, _inspection(client, parcel), feedback=Feedback(Tone.GOOD, f"{shipment.number} {told}", rest))


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def return_inspection(request: PortalRequest, client: str, shipment: str) -> HttpResponse:
    """One returned parcel; posted, what was found in it."""
    of_client = client_of(request, client)
    parcel = returned_parcel(shipment, client=of_client)
    if request.method != "POST":
        return _show(request, _inspection(of_client, parcel))
    try:
        asked = _request(parcel, request.POST)
        key = request.POST.get("key") or None
        inspect_return(asked, key=key, client=of_client, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return _show(request, _inspection(of_client, parcel, request.POST), refusal=refusal)
    messages.success(request, _told(asked))
    left = returned_parcel(shipment, client=of_client).left
    here = reverse("web:return_inspection", args=[client, shipment])
    return go_to(request, here if left else reverse("web:returns"))


def _request(parcel: ReturnedParcel, post: QueryDict) -> RestockRequest:
    """Empty fields are units that stay to inspect. Refuses `invalid_quantity`."""
    number = parcel.shipment.number
    if "all" in post:
        every = tuple(Item(line.sku, line.left) for line in parcel.lines if line.left)
        return RestockRequest(number, every)
    chosen: dict[str, list[Item]] = {"sellable": [], "damaged": []}
    for line in parcel.lines:
        for kind, items in chosen.items():
            typed = post.get(f"{kind}-{line.sku}", "").strip()
            if typed and set(typed) != {"0"}:
                items.append(Item(line.sku, intake.quantity(typed, sku=line.sku)))
    return RestockRequest(number, tuple(chosen["sellable"]), tuple(chosen["damaged"]), post.get("note", ""))


def _told(asked: RestockRequest) -> str:
    put_away = ", ".join(f"{item.quantity:,} × {item.sku}" for item in asked.items or ())
    written_off = ", ".join(f"{item.quantity:,} × {item.sku}" for item in asked.damaged)
    told = [f"put away {put_away}"] if put_away else []
    told += [f"written off as damaged {written_off}"] if written_off else []
    return f"{asked.shipment}: {'; '.join(told)}."


def _inspection(client: Client, parcel: ReturnedParcel, typed: Mapping[str, str] | None = None) -> Inspection:
    number = parcel.shipment.number
    lies = shelves(client, parcel.shipment.warehouse_id, [line.sku for line in parcel.lines])
    given = typed or {}
    rows = [
        InspectionRow(
            sku=line.sku,
            name=lies.get(line.sku, Shelf("", "")).name,
            bin=lies.get(line.sku, Shelf("", "")).bin,
            quantity=line.quantity,
            inspected=line.inspected,
            left=line.left,
            sellable=given.get(f"sellable-{line.sku}", "")[:10],
            damaged=given.get(f"damaged-{line.sku}", "")[:10],
        )
        for line in parcel.lines
    ]
    return Inspection(
        client=client,
        shipment=parcel.shipment,
        order_url=Paths(client.code, parcel.order_number).shown(number),
        post_url=reverse("web:return_inspection", args=[client.code, number]),
        rows=rows,
        left=parcel.left,
        note=given.get("note", "")[:200],
        key=uuid4().hex,
    )


def _show(
    request: PortalRequest,
    inspection: Inspection | None = None,
    *,
    feedback: Feedback | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    scanner = Scanner(
        "Returns",
        reverse("web:returns"),
        "Parcel: shipment or tracking number",
        hint="A parcel that you scan here is marked as returned.",
    )
    page = request.GET.get("page", "")
    after = Cursor.from_text(page) if page else None
    waiting = returned_parcels(client_ids=chosen_ids(request), limit=PARCELS_A_PAGE, after=after)
    here = reverse("web:returns")
    context = {
        "inspection": inspection,
        "waiting": waiting.rows,
        "next_url": f"{here}?{urlencode({'page': waiting.next.as_text()})}" if waiting.next else "",
        "shows_clients": chosen_ids(request) is None,
    }
    return show(request, scanner, "web/_returns.html", context, feedback=feedback, refusal=refusal)
