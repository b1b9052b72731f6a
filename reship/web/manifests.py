"""Manifests: parcels depart as they are scanned into the truck; the paper that the driver signs is printed after."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from reship import intake
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.database.keyset import Cursor
from reship.errors import Refusal
from reship.floor.manifests import (
    LoadedParcel,
    PackedPage,
    find_manifests,
    loaded_parcels,
    manifest_numbered,
    packed_parcels,
)
from reship.floor.models import Manifest
from reship.fulfilment.manifest import ManifestRequest, close_manifest, depart_on_manifest, scan_onto_manifest
from reship.papers.manifest import Manifest as ManifestPaper
from reship.papers.manifest import Parcel
from reship.papers.manifest import manifest as manifest_paper
from reship.web.access import PortalRequest, client_of, needs, zone_of
from reship.web.floor_place import FloorPlace, chosen_ids, floor_place
from reship.web.scanner import Feedback, Scanned, Scanner, Tone, show
from reship.web.windows import Paths, go_to

MANIFESTS_A_PAGE = 50
PARCELS_A_PAGE = 50
LATEST_SHOWN = 10
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Loading:
    """What stands below the field: the manifest so far, and what is packed and waits at the dock."""

    place: FloorPlace
    carrier: str
    manifest: Manifest | None
    latest: list[LoadedParcel]
    packed: PackedPage | None
    next_url: str


@needs(Right.WAREHOUSE_WORK)
@require_safe
def manifests(request: PortalRequest) -> HttpResponse:
    """The list, newest first."""
    page = request.GET.get("page", "")
    after = Cursor.from_text(page) if page else None
    found = find_manifests(client_ids=chosen_ids(request), limit=MANIFESTS_A_PAGE, after=after)
    here = reverse("web:manifest")
    context = {
        "manifests": found.rows,
        "previous_url": f"{here}?{urlencode({'page': found.previous.as_text()})}" if found.previous else "",
        "next_url": f"{here}?{urlencode({'page': found.next.as_text()})}" if found.next else "",
        "shows_clients": chosen_ids(request) is None,
    }
    return render(request, "web/manifests.html", context)


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def manifest_loading(request: PortalRequest) -> HttpResponse:
    """The page at the truck. Each scan is a departure, written before the next one is taken."""
    place = floor_place(request)
    given = request.POST if request.method == "POST" else request.GET
    carrier = given.get("carrier", "")[:200]
    number = _number(given.get("manifest", "")) if given.get("manifest") else None
    if request.method != "POST":
        return _show(request, place, carrier, number)
    scanned = Scanned.of(request.POST)
    try:
        asked = ManifestRequest(place.chosen_warehouse, carrier, number)
        departed = scan_onto_manifest(
            scanned.code,
            asked,
            key=scanned.key or None,
            client=place.chosen,
            actor=request.actor,
            at=timezone.now(),
        )
    except Refusal as refusal:
        return _show(request, place, carrier, number, refusal=refusal)
    told = Feedback(Tone.GOOD, f"{departed.shipment} departed", f"It stands on manifest {departed.number}.")
    return _show(request, place, carrier, departed.number, feedback=told)


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def manifest_departures(request: PortalRequest) -> HttpResponse:
    """The ticked parcels depart together."""
    if request.method != "POST":
        return redirect("web:manifest_loading")
    place = floor_place(request)
    number = _number(request.POST["manifest"]) if request.POST.get("manifest") else None
    carrier = request.POST.get("carrier", "")[:200]
    codes = request.POST.getlist("parcel")
    try:
        asked = ManifestRequest(place.chosen_warehouse, carrier, number)
        loaded = depart_on_manifest(codes, asked, client=place.chosen, actor=request.actor, at=timezone.now())
    except Refusal as refusal:
        return _show(request, place, carrier, number, refusal=refusal)
    if loaded.departed:
        count = len(loaded.departed)
        parcels = f"{count} parcels" if count > 1 else loaded.departed[0].number
        messages.success(request, f"{parcels} departed with manifest {loaded.number}.")
    for refused in loaded.refused[:10]:
        messages.error(request, refused.message)
    query: dict[str, str | int] = {
        "client": place.chosen.code,
        "warehouse": place.warehouse,
        "carrier": carrier,
        "manifest": loaded.number or "",
    }
    given = urlencode({name: value for name, value in query.items() if value})
    return go_to(request, f"{reverse('web:manifest_loading')}?{given}")


@needs(Right.WAREHOUSE_WORK)
@require_safe
def manifest_page(request: PortalRequest, client: str, manifest: str) -> HttpResponse:
    """One manifest with its parcels."""
    found = _find(request, client, manifest)
    parcels = loaded_parcels(found)
    loading = {"client": found.client.code, "warehouse": found.warehouse.code, "carrier": found.carrier}
    query = urlencode({**loading, "manifest": str(found.number)})
    context = {
        "manifest": found,
        "rows": [(_order_url(found.client, parcel), parcel) for parcel in parcels],
        "units": sum(parcel.units for parcel in parcels),
        "load_url": f"{reverse('web:manifest_loading')}?{query}",
    }
    return render(request, "web/manifest.html", context)


@needs(Right.WAREHOUSE_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def manifest_close(request: PortalRequest, client: str, manifest: str) -> HttpResponse:
    """The truck is full: nothing is added any more."""
    found = _find(request, client, manifest)
    if request.method == "POST":
        close_manifest(found.number, client=found.client, actor=request.actor, at=timezone.now())
        messages.success(request, f"Manifest {found.number} is closed. Print it for the driver.")
    return go_to(request, reverse("web:manifest_page", args=[found.client.code, str(found.number)]))


@needs(Right.WAREHOUSE_WORK)
@require_safe
def manifest_pdf(request: PortalRequest, client: str, manifest: str) -> HttpResponse:
    """The paper with its barcode."""
    found = _find(request, client, manifest)
    at = (found.closed_at or found.made_at).astimezone(zone_of(found.client))
    paper = ManifestPaper(
        number=str(found.number),
        client=found.client.name,
        carrier=found.carrier or "any",
        warehouse=found.warehouse.name,
        at=at,
        parcels=[_on_paper(parcel) for parcel in loaded_parcels(found)],
        closed_by=found.closed_by,
    )
    response = HttpResponse(manifest_paper([paper]), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="manifest-{found.number}.pdf"'
    return response


def _find(request: PortalRequest, client: str, manifest: str) -> Manifest:
    try:
        return manifest_numbered(client_of(request, client), _number(manifest))
    except Manifest.DoesNotExist:
        raise Http404 from None


def _number(text: str) -> int:
    """A manifest's number; whatever else is there, there is no such manifest."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    if not 1 <= number <= _LARGEST_NUMBER:
        raise Http404
    return number


def _show(
    request: PortalRequest,
    place: FloorPlace,
    carrier: str,
    number: int | None,
    *,
    feedback: Feedback | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    scanner = Scanner(
        "Load parcels",
        reverse("web:manifest_loading"),
        "Parcel: shipment or tracking number",
        hint="Each parcel departs as you scan it.",
    )
    content = _loading(request, place, carrier, number)
    return show(request, scanner, "web/_loading.html", {"loading": content}, feedback=feedback, refusal=refusal)


def _loading(request: PortalRequest, place: FloorPlace, carrier: str, number: int | None) -> Loading:
    begun, latest = None, []
    if number is not None and place.client is not None:
        try:
            begun = manifest_numbered(place.client, number)
        except Manifest.DoesNotExist:
            raise Http404 from None
        latest = loaded_parcels(begun, latest=LATEST_SHOWN)
    building = begun.warehouse if begun else place.building
    carrier = begun.carrier if begun else carrier
    packed, next_url = None, ""
    if place.client is not None and building is not None:
        page = request.GET.get("page", "")
        after = Cursor.from_text(page) if page else None
        packed = packed_parcels(
            place.client,
            warehouse_id=building.pk,
            carrier=carrier if intake.can_be_stored(carrier) else "",
            limit=PARCELS_A_PAGE,
            after=after,
        )
        if packed.next:
            query: dict[str, str | int] = {
                "client": place.client.code,
                "warehouse": building.code,
                "carrier": carrier,
                "manifest": number or "",
                "page": packed.next.as_text(),
            }
            given = urlencode({name: value for name, value in query.items() if value})
            next_url = f"{reverse('web:manifest_loading')}?{given}"
    return Loading(place, carrier, begun, latest, packed, next_url)


def _order_url(client: Client, parcel: LoadedParcel) -> str:
    return Paths(client.code, parcel.shipment.order.number).shown(parcel.shipment.number)


def _on_paper(parcel: LoadedParcel) -> Parcel:
    shipment = parcel.shipment
    return Parcel(
        shipment=shipment.number,
        tracking_number=shipment.tracking_number,
        town=shipment.city,
        postal_code=shipment.postal_code,
        country=shipment.country,
        units=parcel.units,
    )
